//! The multivariant playlist (RFC 8216, 4.3.4), by the rules of Apple's HLS authoring specification.

use std::{cmp::Reverse, fmt::Write as _};

use super::{
    boxes::Initialization,
    playlist::{BitRates, Segment},
    rate::Rate,
    track::Track,
};

/// A rendition of the picture, as it was made.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Variant {
    pub(super) folder: String,
    pub(super) initialization: Initialization,
    pub(super) rates: BitRates,
    pub(super) segments: Vec<Segment>,
    /// Of the key frames, if there is a playlist of them.
    pub(super) key_frames: Option<BitRates>,
}

/// A rendition of sound, as it was made.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct AudioTrack {
    pub(super) track: Track,
    pub(super) initialization: Initialization,
    pub(super) rates: BitRates,
    pub(super) segments: Vec<Segment>,
}

/// A rendition of captions, as it was made.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TextTrack {
    pub(super) track: Track,
    pub(super) rates: BitRates,
    pub(super) segments: Vec<Segment>,
}

/// The playlist of all renditions. The first variant is the one with which players begin.
pub(super) fn written(variants: &[Variant], audio: &[AudioTrack], text: &[TextTrack], rate: Rate) -> String {
    let mut playlist = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n".to_owned();
    let first = audio.iter().position(|audio| audio.track.label.is_default).unwrap_or_default();
    for (index, audio) in audio.iter().enumerate() {
        playlist += &audio_line(audio, index == first);
    }
    for text in text {
        playlist += &text_line(&text.track);
    }
    let largest = |rates: &mut dyn Iterator<Item = BitRates>| {
        rates.fold(BitRates::default(), |a, b| BitRates {
            average: a.average.max(b.average),
            peak: a.peak.max(b.peak),
        })
    };
    let sound = largest(&mut audio.iter().map(|audio| audio.rates));
    let words = largest(&mut text.iter().map(|text| text.rates));
    let mut codecs: Vec<&str> = audio.iter().map(|audio| audio.initialization.codec.as_str()).collect();
    codecs.sort_unstable();
    codecs.dedup();
    let groups = [(!audio.is_empty(), ",AUDIO=\"audio\""), (!text.is_empty(), ",SUBTITLES=\"subtitles\"")];
    let groups: String =
        groups.into_iter().filter_map(|(is_there, group)| is_there.then_some(group)).collect();
    for variant in in_order(variants) {
        let codecs = [&[variant.initialization.codec.as_str()], codecs.as_slice()].concat().join(",");
        // Writing to a String cannot fail.
        let _ = writeln!(
            playlist,
            "#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={},CODECS=\"{codecs}\"{},FRAME-RATE={:.3}{groups},\
             CLOSED-CAPTIONS=NONE\n{}/playlist.m3u8",
            variant.rates.peak + sound.peak + words.peak,
            variant.rates.average + sound.average + words.average,
            resolution(variant),
            rate.per_second(),
            variant.folder
        );
    }
    for variant in in_order(variants) {
        if let Some(rates) = variant.key_frames {
            let _ = writeln!(
                playlist,
                "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={},CODECS=\"{}\"{},URI=\"{}/iframes.m3u8\"",
                rates.peak,
                rates.average,
                variant.initialization.codec,
                resolution(variant),
                variant.folder
            );
        }
    }
    playlist
}

/// First the best one that most connections carry, then the others, the best first.
fn in_order(variants: &[Variant]) -> Vec<&Variant> {
    let mut ordered: Vec<&Variant> = variants.iter().collect();
    ordered.sort_by_key(|variant| Reverse(variant.rates.peak));
    let start = ordered
        .iter()
        .position(|variant| variant.rates.peak <= START)
        .unwrap_or(ordered.len().saturating_sub(1));
    if let Some(first) = ordered.get_mut(..=start) {
        first.rotate_right(1);
    }
    ordered
}

fn audio_line(audio: &AudioTrack, is_default: bool) -> String {
    let label = &audio.track.label;
    let channels = audio.initialization.channels;
    let described =
        label.describes_pictures.then_some(",CHARACTERISTICS=\"public.accessibility.describes-video\"");
    format!(
        "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\"{},DEFAULT={},AUTOSELECT={},CHANNELS=\"{channels}\"{},\
         URI=\"{}/playlist.m3u8\"\n",
        names(&audio.track),
        answer(is_default),
        // A player must not choose a commentary by itself.
        answer(is_default || !label.is_commentary),
        described.unwrap_or_default(),
        audio.track.folder
    )
}

fn text_line(track: &Track) -> String {
    let described = track.label.describes_sounds.then_some(DESCRIBES_SOUNDS);
    format!(
        "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"subtitles\"{},DEFAULT=NO,AUTOSELECT=YES,FORCED={}{},\
         URI=\"{}/playlist.m3u8\"\n",
        names(track),
        answer(track.label.is_forced),
        described.unwrap_or_default(),
        track.folder
    )
}

fn names(track: &Track) -> String {
    let language = track.label.language.as_ref().map(|language| format!(",LANGUAGE=\"{}\"", language.tag));
    format!("{},NAME=\"{}\"", language.unwrap_or_default(), track.name)
}

fn resolution(variant: &Variant) -> String {
    let size = variant.initialization.size;
    size.map(|size| format!(",RESOLUTION={}x{}", size.width, size.height)).unwrap_or_default()
}

fn answer(yes: bool) -> &'static str {
    if yes { "YES" } else { "NO" }
}

const DESCRIBES_SOUNDS: &str = ",CHARACTERISTICS=\"public.accessibility.transcribes-spoken-dialog,\
    public.accessibility.describes-music-and-sound\"";
/// Bits per second.
const START: u64 = 3_000_000;

#[cfg(test)]
mod tests {
    use super::{
        super::{ladder::Size, language::Language, source::Label},
        *,
    };

    fn rates(peak: u64) -> BitRates {
        BitRates { average: peak / 2, peak }
    }

    fn variant(width: u32, height: u32, peak: u64) -> Variant {
        let codec = "avc1.64001f".to_owned();
        let initialization = Initialization { codec, size: Some(Size { width, height }), channels: 0 };
        Variant {
            folder: format!("{height}p"),
            initialization,
            rates: rates(peak),
            segments: Vec::new(),
            key_frames: Some(rates(peak / 10)),
        }
    }

    fn track(folder: &str, language: &str) -> Track {
        let language = Language::read(language);
        let name = language.as_ref().map_or("Audio", |language| language.name.as_str()).to_owned();
        Track { folder: folder.to_owned(), name, label: Label { language, ..Label::default() } }
    }

    #[test]
    fn the_playlist_states_what_was_made() {
        let sound = Initialization { codec: "mp4a.40.2".to_owned(), size: None, channels: 2 };
        let audio = ["en", "de"].map(|language| AudioTrack {
            track: track(&format!("audio-{language}"), language),
            initialization: sound.clone(),
            rates: rates(128_000),
            segments: Vec::new(),
        });
        let mut forced = track("subtitles-en", "en");
        forced.label.is_forced = true;
        forced.label.describes_sounds = true;
        let text = [TextTrack { track: forced, rates: rates(1_000), segments: Vec::new() }];
        let variants =
            [variant(1920, 1080, 6_000_000), variant(1280, 720, 2_000_000), variant(640, 360, 900_000)];
        let playlist = written(&variants, &audio, &text, Rate { numerator: 30_000, denominator: 1_001 });
        let stream = |bandwidth: &str, size: &str, folder: &str| {
            format!(
                "#EXT-X-STREAM-INF:{bandwidth},CODECS=\"avc1.64001f,mp4a.40.2\",RESOLUTION={size},FRAME-RATE=29.970,\
                 AUDIO=\"audio\",SUBTITLES=\"subtitles\",CLOSED-CAPTIONS=NONE\n{folder}/playlist.m3u8\n"
            )
        };
        let key_frames = |bandwidth: &str, size: &str, folder: &str| {
            format!(
                "#EXT-X-I-FRAME-STREAM-INF:{bandwidth},CODECS=\"avc1.64001f\",RESOLUTION={size},\
                 URI=\"{folder}/iframes.m3u8\"\n"
            )
        };
        let expected = [
            "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n\
             #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",LANGUAGE=\"en\",NAME=\"English\",DEFAULT=YES,AUTOSELECT=YES,\
             CHANNELS=\"2\",URI=\"audio-en/playlist.m3u8\"\n\
             #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",LANGUAGE=\"de\",NAME=\"Deutsch\",DEFAULT=NO,AUTOSELECT=YES,\
             CHANNELS=\"2\",URI=\"audio-de/playlist.m3u8\"\n\
             #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"subtitles\",LANGUAGE=\"en\",NAME=\"English\",DEFAULT=NO,\
             AUTOSELECT=YES,FORCED=YES,CHARACTERISTICS=\"public.accessibility.transcribes-spoken-dialog,\
             public.accessibility.describes-music-and-sound\",URI=\"subtitles-en/playlist.m3u8\"\n"
                .to_owned(),
            stream("BANDWIDTH=2129000,AVERAGE-BANDWIDTH=1064500", "1280x720", "720p"),
            stream("BANDWIDTH=6129000,AVERAGE-BANDWIDTH=3064500", "1920x1080", "1080p"),
            stream("BANDWIDTH=1029000,AVERAGE-BANDWIDTH=514500", "640x360", "360p"),
            key_frames("BANDWIDTH=200000,AVERAGE-BANDWIDTH=100000", "1280x720", "720p"),
            key_frames("BANDWIDTH=600000,AVERAGE-BANDWIDTH=300000", "1920x1080", "1080p"),
            key_frames("BANDWIDTH=90000,AVERAGE-BANDWIDTH=45000", "640x360", "360p"),
        ];
        assert_eq!(playlist, expected.concat());
    }

    #[test]
    fn a_silent_film_names_no_groups() {
        let one = Variant { key_frames: None, ..variant(320, 180, 9_000_000) };
        assert_eq!(
            written(&[one], &[], &[], Rate { numerator: 25, denominator: 1 }),
            "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n\
             #EXT-X-STREAM-INF:BANDWIDTH=9000000,AVERAGE-BANDWIDTH=4500000,CODECS=\"avc1.64001f\",RESOLUTION=320x180,\
             FRAME-RATE=25.000,CLOSED-CAPTIONS=NONE\n180p/playlist.m3u8\n"
        );
    }
}
