//! What ffprobe says about a film.

use std::path::Path;

use serde::Deserialize;

use super::{PackageError, ladder::Size, language::Language, rate::Rate};

/// A film that can be packaged.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Source {
    pub(super) seconds: f64,
    pub(super) picture: Picture,
    pub(super) sound: Vec<Sound>,
    pub(super) captions: Vec<Captions>,
    /// What will be otherwise than in the film, a sentence each.
    pub(super) notes: Vec<String>,
}

/// The picture, as it is shown: turned, and with square pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Picture {
    pub(super) index: usize,
    pub(super) size: Size,
    pub(super) rate: Rate,
    pub(super) scan: Scan,
    pub(super) range: Range,
}

/// Whether a frame is shown at once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Scan {
    Interlaced,
    Progressive,
}

/// How bright the picture may be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Range {
    Hdr,
    Sdr,
}

/// An audio stream.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sound {
    pub(super) index: usize,
    pub(super) channels: u32,
    pub(super) sample_rate: u32,
    pub(super) label: Label,
}

/// A stream of subtitles in text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Captions {
    pub(super) index: usize,
    pub(super) label: Label,
}

/// What a stream says about itself.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Label {
    pub(super) language: Option<Language>,
    pub(super) title: Option<String>,
    pub(super) is_default: bool,
    pub(super) is_forced: bool,
    pub(super) is_commentary: bool,
    pub(super) describes_pictures: bool,
    pub(super) describes_sounds: bool,
}

/// Reads ffprobe's answer for `film`.
pub(super) fn read(film: &Path, answer: &[u8]) -> Result<Source, PackageError> {
    let unreadable = |reason: String| PackageError::Unreadable { path: film.to_owned(), reason };
    let probe: Probe = serde_json::from_slice(answer).map_err(|error| unreadable(error.to_string()))?;
    let mut notes = Vec::new();
    let pictures: Vec<&Stream> = probe.streams.iter().filter(|stream| stream.is_picture()).collect();
    let stream = *pictures.first().ok_or_else(|| PackageError::NoVideo(film.to_owned()))?;
    if pictures.len() > 1 {
        notes.push(format!("the film has {} video streams; the first one is used", pictures.len()));
    }
    let seconds = [stream.seconds(), probe.format.seconds()].into_iter().flatten().next();
    let seconds = seconds.ok_or_else(|| PackageError::NoDuration(film.to_owned()))?;
    if seconds < LEAST_SECONDS {
        return Err(PackageError::TooLittle { path: film.to_owned(), what: format!("short ({seconds} s)") });
    }
    let picture = picture(film, stream, &mut notes)?;
    let mut sound = Vec::new();
    let mut captions = Vec::new();
    for stream in &probe.streams {
        match stream.codec_type.as_deref() {
            Some("audio") => match stream.sound() {
                Some(track) => sound.push(track),
                None => notes.push(format!("ffmpeg cannot read audio stream {}; it is left out", stream.index)),
            },
            Some("subtitle") if stream.is_text() => {
                captions.push(Captions { index: stream.index, label: stream.label() });
            }
            Some("subtitle") => notes.push(format!(
                "subtitle stream {} ({}) is left out, because it consists of pictures or is in an unknown form",
                stream.index,
                stream.codec_name.as_deref().unwrap_or("unknown")
            )),
            _ => {}
        }
    }
    if sound.is_empty() {
        notes.push("the film has no sound".to_owned());
    }
    Ok(Source { seconds, picture, sound, captions, notes })
}

fn picture(film: &Path, stream: &Stream, notes: &mut Vec<String>) -> Result<Picture, PackageError> {
    let size = stream.shown_size();
    if size.width < LEAST_LENGTH || size.height < LEAST_LENGTH {
        let what = format!("small ({}x{})", size.width, size.height);
        return Err(PackageError::TooLittle { path: film.to_owned(), what });
    }
    let is_interlaced = stream.field_order.as_deref().is_some_and(|order| FIELD_ORDERS.contains(&order));
    let [average, least] =
        [&stream.avg_frame_rate, &stream.r_frame_rate].map(|rate| Rate::read(rate.as_deref()?));
    let average = average.or(least).unwrap_or(UNKNOWN_RATE);
    let rate = average.of_renditions();
    let per_second = |rate: Rate| (rate.per_second() * 1_000.0).round() / 1_000.0;
    let varies =
        least.is_some_and(|least| least.per_second() > average.per_second() * 1.01) && !is_interlaced;
    if varies {
        notes
            .push(format!("the frame rate varies; the renditions have {} frames a second", per_second(rate)));
    } else if rate.per_second() < average.per_second() * 0.9 {
        notes.push(format!("{} frames a second become {}", per_second(average), per_second(rate)));
    }
    let is_hdr = stream.color_transfer.as_deref().is_some_and(|transfer| HDR_TRANSFERS.contains(&transfer));
    if stream.closed_captions.unwrap_or_default() != 0 {
        notes.push("the captions inside the picture (CEA-608) are left out".to_owned());
    }
    Ok(Picture {
        index: stream.index,
        size,
        rate,
        scan: if is_interlaced { Scan::Interlaced } else { Scan::Progressive },
        range: if is_hdr { Range::Hdr } else { Range::Sdr },
    })
}

#[derive(Debug, Deserialize)]
struct Probe {
    #[serde(default)]
    streams: Vec<Stream>,
    #[serde(default)]
    format: Format,
}

#[derive(Debug, Default, Deserialize)]
struct Format {
    duration: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Stream {
    index: usize,
    codec_type: Option<String>,
    codec_name: Option<String>,
    width: Option<u32>,
    height: Option<u32>,
    sample_aspect_ratio: Option<String>,
    avg_frame_rate: Option<String>,
    r_frame_rate: Option<String>,
    field_order: Option<String>,
    color_transfer: Option<String>,
    closed_captions: Option<u8>,
    duration: Option<String>,
    channels: Option<u32>,
    sample_rate: Option<String>,
    #[serde(default)]
    disposition: Disposition,
    #[serde(default)]
    tags: Tags,
    #[serde(default)]
    side_data_list: Vec<SideData>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Disposition {
    attached_pic: u8,
    comment: u8,
    default: u8,
    forced: u8,
    hearing_impaired: u8,
    visual_impaired: u8,
}

#[derive(Debug, Default, Deserialize)]
struct Tags {
    language: Option<String>,
    title: Option<String>,
    rotate: Option<String>,
    #[serde(rename = "DURATION")]
    duration: Option<String>,
}

#[derive(Debug, Deserialize)]
struct SideData {
    rotation: Option<f64>,
}

impl Format {
    fn seconds(&self) -> Option<f64> {
        positive(self.duration.as_deref()?)
    }
}

impl Stream {
    fn is_picture(&self) -> bool {
        self.codec_type.as_deref() == Some("video") && self.disposition.attached_pic == 0
    }

    fn is_text(&self) -> bool {
        self.codec_name.as_deref().is_some_and(|codec| TEXT_CODECS.contains(&codec))
    }

    /// The stream's own length; Matroska writes it as a tag.
    fn seconds(&self) -> Option<f64> {
        let clock = |text: &str| {
            let mut parts = text.splitn(3, ':').map(str::parse::<f64>);
            let [hours, minutes, seconds] = [parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?];
            let seconds = (hours * 60.0 + minutes) * 60.0 + seconds;
            (seconds > 0.0).then_some(seconds)
        };
        let stated = self.duration.as_deref().and_then(positive);
        stated.or_else(|| self.tags.duration.as_deref().and_then(clock))
    }

    /// Turned, and with square pixels.
    fn shown_size(&self) -> Size {
        let (width, height) = (self.width.unwrap_or_default(), self.height.unwrap_or_default());
        let aspect = self.sample_aspect_ratio.as_deref().and_then(|ratio| {
            let (across, down) = ratio.split_once(':')?;
            let aspect = across.parse::<f64>().ok()? / down.parse::<f64>().ok()?;
            (aspect.is_finite() && aspect > 0.0).then_some(aspect)
        });
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
        let width = (f64::from(width) * aspect.unwrap_or(1.0)).round() as u32;
        let stated = self.side_data_list.iter().find_map(|data| data.rotation);
        let turned = stated.or_else(|| self.tags.rotate.as_deref()?.parse().ok()).unwrap_or_default();
        let is_on_its_side = (turned.abs() % 180.0 - 90.0).abs() < 45.0;
        if is_on_its_side { Size { width: height, height: width } } else { Size { width, height } }
    }

    fn sound(&self) -> Option<Sound> {
        let channels = self.channels.filter(|&channels| channels > 0)?;
        let sample_rate = self.sample_rate.as_deref()?.parse().ok()?;
        self.codec_name.as_ref()?;
        Some(Sound { index: self.index, channels, sample_rate, label: self.label() })
    }

    fn label(&self) -> Label {
        Label {
            language: self.tags.language.as_deref().and_then(Language::read),
            title: self.tags.title.clone().filter(|title| !title.trim().is_empty()),
            is_default: self.disposition.default != 0,
            is_forced: self.disposition.forced != 0,
            is_commentary: self.disposition.comment != 0,
            describes_pictures: self.disposition.visual_impaired != 0,
            describes_sounds: self.disposition.hearing_impaired != 0,
        }
    }
}

fn positive(seconds: &str) -> Option<f64> {
    seconds.parse().ok().filter(|&seconds: &f64| seconds.is_finite() && seconds > 0.0)
}

const FIELD_ORDERS: [&str; 4] = ["tt", "bb", "tb", "bt"];
const HDR_TRANSFERS: [&str; 2] = ["smpte2084", "arib-std-b67"];
const LEAST_LENGTH: u32 = 16;
const LEAST_SECONDS: f64 = 0.5;
const TEXT_CODECS: [&str; 8] = ["subrip", "srt", "ass", "ssa", "mov_text", "webvtt", "text", "stl"];
const UNKNOWN_RATE: Rate = Rate { numerator: 25, denominator: 1 };

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn video(more: &Value) -> Value {
        let mut stream = json!({
            "index": 0, "codec_type": "video", "codec_name": "h264", "width": 640, "height": 360,
            "avg_frame_rate": "25/1", "r_frame_rate": "25/1", "duration": "20.0",
        });
        for (name, value) in more.as_object().expect("an object") {
            stream[name] = value.clone();
        }
        stream
    }

    fn told(streams: &Value, duration: &str) -> Result<Source, String> {
        let answer = json!({ "streams": streams, "format": { "duration": duration } }).to_string();
        read(Path::new("film.mp4"), answer.as_bytes()).map_err(|error| error.to_string())
    }

    fn size(stream: &Value) -> (u32, u32) {
        let size = told(&json!([stream]), "20").expect("a film").picture.size;
        (size.width, size.height)
    }

    #[test]
    fn the_size_is_the_one_that_is_shown() {
        assert_eq!(size(&video(&json!({}))), (640, 360));
        assert_eq!(size(&video(&json!({ "side_data_list": [{ "rotation": -90 }] }))), (360, 640));
        assert_eq!(size(&video(&json!({ "tags": { "rotate": "270" } }))), (360, 640));
        assert_eq!(size(&video(&json!({ "tags": { "rotate": "180" } }))), (640, 360));
        let dvd = json!({ "width": 720, "height": 576, "sample_aspect_ratio": "64:45" });
        assert_eq!(size(&video(&dvd)), (1_024, 576));
        assert_eq!(size(&video(&json!({ "sample_aspect_ratio": "0:1" }))), (640, 360));
    }

    #[test]
    fn what_becomes_different_is_said() {
        let notes = |more: Value| told(&json!([video(&more)]), "20").expect("a film").notes;
        let silent = "the film has no sound".to_owned();
        assert_eq!(notes(json!({})), std::slice::from_ref(&silent));
        let varies = "the frame rate varies; the renditions have 29.97 frames a second".to_owned();
        let varying = json!({ "avg_frame_rate": "2987/100", "r_frame_rate": "90000/1" });
        assert_eq!(notes(varying), [varies, silent.clone()]);
        let slowed = "120 frames a second become 60".to_owned();
        assert_eq!(
            notes(json!({ "avg_frame_rate": "120/1", "r_frame_rate": "120/1" })),
            [slowed, silent.clone()]
        );
        let interlaced = json!({ "field_order": "tt", "r_frame_rate": "50/1" });
        assert_eq!(notes(interlaced), [silent]);
    }

    #[test]
    fn streams_bring_their_language_and_purpose() {
        let streams = json!([
            video(&json!({})),
            { "index": 1, "codec_type": "audio", "codec_name": "aac", "channels": 6, "sample_rate": "44100",
              "tags": { "language": "ger", "title": "Kommentar" }, "disposition": { "comment": 1 } },
            { "index": 2, "codec_type": "audio", "codec_name": "mp3" },
            { "index": 3, "codec_type": "subtitle", "codec_name": "mov_text", "tags": { "language": "und" } },
            { "index": 4, "codec_type": "subtitle", "codec_name": "hdmv_pgs_subtitle" },
            { "index": 5, "codec_type": "video", "codec_name": "mjpeg", "disposition": { "attached_pic": 1 } },
        ]);
        let source = told(&streams, "20").expect("a film");
        let label = Label {
            language: Language::read("de"),
            title: Some("Kommentar".to_owned()),
            is_commentary: true,
            ..Label::default()
        };
        assert_eq!(source.sound, [Sound { index: 1, channels: 6, sample_rate: 44_100, label }]);
        assert_eq!(source.captions, [Captions { index: 3, label: Label::default() }]);
        assert_eq!(
            source.notes,
            [
                "ffmpeg cannot read audio stream 2; it is left out",
                "subtitle stream 4 (hdmv_pgs_subtitle) is left out, because it consists of pictures or is in an unknown \
                 form",
            ]
        );
    }

    #[test]
    fn what_is_no_film_is_refused_in_a_sentence() {
        let cover = video(&json!({ "disposition": { "attached_pic": 1 } }));
        let rows = [
            (json!([]), "20", "film.mp4 has no video stream: there is no picture to make a film of"),
            (json!([cover]), "20", "film.mp4 has no video stream: there is no picture to make a film of"),
            (
                json!([video(&json!({ "duration": null }))]),
                "N/A",
                "film.mp4 does not say how long it is: `ffmpeg -fflags +genpts -i FILM -c copy whole.mkv` writes it anew; \
                 package whole.mkv",
            ),
            (
                json!([video(&json!({ "duration": "0.04" }))]),
                "0.04",
                "film.mp4 is too short (0.04 s) to be a film",
            ),
            (json!([video(&json!({ "width": 8 }))]), "20", "film.mp4 is too small (8x360) to be a film"),
        ];
        for (streams, duration, expected) in rows {
            assert_eq!(told(&streams, duration), Err(expected.to_owned()));
        }
    }

    #[test]
    fn matroska_says_the_length_in_a_tag() {
        let stream = video(&json!({ "duration": null, "tags": { "DURATION": "01:02:03.500000000" } }));
        assert_eq!(told(&json!([stream]), "4000").expect("a film").seconds, 3_723.5);
    }
}
