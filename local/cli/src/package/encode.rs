//! The arguments with which ffmpeg makes each part of the package, in a folder of its own.

use std::{ffi::OsString, path::Path};

use super::{
    ffmpeg::named,
    ladder::{Rung, Size},
    rate::Rate,
    source::{Picture, Range, Scan, Sound},
};

/// How the pictures of the source become those of the renditions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Tones {
    AsTheyAre,
    /// HDR becomes SDR.
    Mapped,
}

/// The format of all sound, so that players can change the language without a gap.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Format {
    channels: u32,
    sample_rate: u32,
}

impl Format {
    pub(super) fn of(sound: &[Sound]) -> Self {
        let is_mono = sound.iter().all(|sound| sound.channels == 1);
        let is_of_discs = sound.iter().all(|sound| sound.sample_rate == 44_100);
        Self { channels: if is_mono { 1 } else { 2 }, sample_rate: if is_of_discs { 44_100 } else { 48_000 } }
    }
}

/// The playlist that ffmpeg writes beside the segments.
pub(super) const LIST: &str = "list.m3u8";
/// The initialization section.
pub(super) const INITIALIZATION: &str = "init.mp4";
/// WebVTT, before it is in segments.
pub(super) const WHOLE_CAPTIONS: &str = "captions.vtt";

/// A rendition of the picture: H.264, with key frames at the same times in each rendition.
pub(super) fn picture(
    film: &Path,
    picture: &Picture,
    tones: Tones,
    rung: &Rung,
    seconds: f64,
) -> Vec<OsString> {
    let rate = picture.rate;
    let most = if rate.per_second() > MANY_FRAMES { rung.kilobits * 3 / 2 } else { rung.kilobits };
    let interval = rate.key_frame_interval().to_string();
    let filters = filters(picture, tones, &format!("fps={rate}:start_time=0"), rung.size);
    let most = format!("{most}k");
    let encoder = [
        "-vf",
        &filters,
        "-c:v",
        "libx264",
        "-preset",
        "fast",
        "-profile:v",
        "high",
        "-crf",
        "21",
        "-maxrate",
        &most,
        "-bufsize",
        &most,
        "-g",
        &interval,
        "-keyint_min",
        &interval,
        "-sc_threshold",
        "0",
        "-a53cc",
        "0",
    ];
    [input(film), only(picture.index), texts(&encoder), until(seconds), segments(rate)].concat()
}

/// A rendition of sound: AAC-LC from the beginning of the film to its end, in segments as long as the picture's.
pub(super) fn sound(film: &Path, index: usize, format: Format, rate: Rate, seconds: f64) -> Vec<OsString> {
    let Format { channels, sample_rate } = format;
    let bit_rate = if channels == 1 { "80k" } else { "128k" };
    let (channels, sample_rate) = (channels.to_string(), sample_rate.to_string());
    let encoder = [
        "-af",
        "aresample=async=1:first_pts=0,apad",
        "-c:a",
        "aac",
        "-b:a",
        bit_rate,
        "-ac",
        &channels,
        "-ar",
        &sample_rate,
    ];
    [input(film), only(index), texts(&encoder), until(seconds), segments(rate)].concat()
}

/// Captions inside the film, as WebVTT.
pub(super) fn captions(film: &Path, index: usize) -> Vec<OsString> {
    [input(film), texts(&["-map", &format!("0:{index}"), "-f", "webvtt", WHOLE_CAPTIONS])].concat()
}

/// A file of captions as WebVTT. Old files are in Windows' encoding.
pub(super) fn caption_file(file: &Path, is_utf: bool) -> Vec<OsString> {
    let encoding: &[&str] = if is_utf { &[] } else { &["-sub_charenc", "CP1252"] };
    [texts(encoding), input(file), texts(&["-f", "webvtt", WHOLE_CAPTIONS])].concat()
}

/// One picture, not of the dark beginning. The film is read from its start: not every file can be searched.
pub(super) fn poster(film: &Path, picture: &Picture, tones: Tones, seconds: f64) -> Vec<OsString> {
    let start = (seconds / 10.0).min(60.0);
    let size = picture.size.within(POSTER.turned_as(picture.size));
    let filters = filters(picture, tones, &format!("trim=start={start:.3},thumbnail=50"), size);
    let encoder = ["-map", &format!("0:{}", picture.index), "-frames:v", "1", "-vf", &filters];
    [input(film), texts(&encoder), texts(&JPEG), texts(&["-update", "1", "poster.jpg"])].concat()
}

/// Small pictures, one after each `every` seconds, in sheets of `columns` by `rows`.
pub(super) fn thumbnails(
    film: &Path,
    picture: &Picture,
    tones: Tones,
    size: Size,
    every: u32,
    (columns, rows): (u32, u32),
    seconds: f64,
) -> Vec<OsString> {
    let filters = filters(picture, tones, &format!("fps=1/{every}:start_time=0"), size);
    let filters = format!("{filters},tile={columns}x{rows}");
    let encoder = ["-map", &format!("0:{}", picture.index), "-vf", &filters];
    // A limit of the output would count sheets as seconds.
    let limit = [texts(&["-t"]), vec![format!("{seconds:.6}").into()]].concat();
    [limit, input(film), texts(&encoder), texts(&JPEG), texts(&["%d.jpg"])].concat()
}

/// The renditions in one file, without being encoded again.
pub(super) fn download(renditions: &[String]) -> Vec<OsString> {
    let mut arguments = Vec::new();
    for rendition in renditions {
        arguments.extend(texts(&["-i", &format!("../../../{rendition}/playlist.m3u8")]));
    }
    for index in 0..renditions.len() {
        arguments.extend(texts(&["-map", &index.to_string()]));
    }
    [arguments, texts(&["-c", "copy", "-movflags", "+faststart", "film.mp4"])].concat()
}

fn filters(picture: &Picture, tones: Tones, frames: &str, size: Size) -> String {
    let Size { width, height } = size;
    let deinterlace = if picture.scan == Scan::Interlaced { "yadif," } else { "" };
    let tones = if picture.range == Range::Hdr && tones == Tones::Mapped { TONE_MAPPING } else { "" };
    format!("{deinterlace}{frames},scale={width}:{height}:out_range=tv{tones},setsar=1,format=yuv420p")
}

fn segments(rate: Rate) -> Vec<OsString> {
    let length = rate.segment_microseconds();
    let length = format!("{}.{:06}", length / 1_000_000, length % 1_000_000);
    texts(&[
        // Times before 0, of the encoder's own delay, stay what they are: the edit list says so. If each rendition were
        // moved to 0, sound and picture would be apart.
        "-avoid_negative_ts",
        "disabled",
        "-f",
        "hls",
        "-hls_time",
        &length,
        "-hls_list_size",
        "0",
        "-hls_playlist_type",
        "vod",
        "-hls_segment_type",
        "fmp4",
        "-hls_flags",
        "independent_segments",
        "-hls_fmp4_init_filename",
        INITIALIZATION,
        "-hls_segment_filename",
        "%05d.m4s",
        LIST,
    ])
}

fn input(film: &Path) -> Vec<OsString> {
    vec!["-i".into(), named(film)]
}

/// One stream, without what the film says about itself.
fn only(stream: usize) -> Vec<OsString> {
    texts(&["-map", &format!("0:{stream}"), "-map_metadata", "-1", "-map_chapters", "-1"])
}

fn until(seconds: f64) -> Vec<OsString> {
    texts(&["-t", &format!("{seconds:.6}")])
}

fn texts(texts: &[&str]) -> Vec<OsString> {
    texts.iter().map(Into::into).collect()
}

const JPEG: [&str; 6] = ["-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "4"];
/// Above, a second needs more bits.
const MANY_FRAMES: f64 = 30.5;
const POSTER: Size = Size { width: 1_280, height: 720 };
/// PQ or HLG in BT.2020 to SDR in BT.709.
const TONE_MAPPING: &str = ",zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,\
    zscale=t=bt709:m=bt709:r=tv";
