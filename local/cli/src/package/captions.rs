//! Captions: the files beside a film, and WebVTT in segments.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{PackageError, language::Language, playlist::Segment, source::Label};

/// A file of captions beside the film.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct CaptionFile {
    pub(super) path: PathBuf,
    pub(super) label: Label,
}

/// The files `film.srt`, `film.en.srt`, `film.de.forced.vtt` and so on beside `film.mp4`, in the order of their names.
pub(super) fn beside(film: &Path) -> Result<Vec<CaptionFile>, PackageError> {
    let folder = film.parent().unwrap_or(Path::new("."));
    let stem = film.file_stem().unwrap_or_default().to_string_lossy().into_owned() + ".";
    let failed = |source| PackageError::File { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some(label) = name.strip_prefix(&stem).and_then(label) {
            files.push(CaptionFile { path, label });
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// Reads `en.srt`, what follows the film's own name.
fn label(rest: &str) -> Option<Label> {
    let mut parts: Vec<&str> = rest.split('.').collect();
    let extension = parts.pop()?.to_ascii_lowercase();
    if !["srt", "vtt"].contains(&extension.as_str()) {
        return None;
    }
    let mut label = Label::default();
    for part in parts {
        match part.to_ascii_lowercase().as_str() {
            "forced" => label.is_forced = true,
            "sdh" | "cc" | "hi" => label.describes_sounds = true,
            _ if label.language.is_none() && label.title.is_none() => match Language::read(part) {
                Some(language) => label.language = Some(language),
                None => label.title = Some(part.to_owned()),
            },
            // `film.part.two.srt` belongs to another film.
            _ => return None,
        }
    }
    Some(label)
}

/// WebVTT (<https://www.w3.org/TR/webvtt1/>), as far as segments need it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Captions {
    /// Styles and regions, which each segment repeats.
    head: Vec<String>,
    cues: Vec<Cue>,
}

#[derive(Clone, Debug, PartialEq)]
struct Cue {
    start: f64,
    end: f64,
    text: String,
}

impl Captions {
    /// Reads WebVTT; blocks that are no cues, styles or regions are left out.
    pub(super) fn read(text: &str) -> Self {
        let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
        let mut captions = Self::default();
        for block in text.split("\n\n").map(|block| block.trim_matches('\n')) {
            if let Some((start, end)) = block.lines().take(2).find_map(times) {
                captions.cues.push(Cue { start, end, text: block.to_owned() });
            } else if block.starts_with("STYLE") || block.starts_with("REGION") {
                captions.head.push(block.to_owned());
            }
        }
        captions
    }

    pub(super) fn is_empty(&self) -> bool {
        self.cues.is_empty()
    }

    /// Segments that together last for the film: their place in the playlist, and what is in the file. A cue is in
    /// each segment in which it is shown.
    pub(super) fn segments(&self, segment_seconds: f64, film_seconds: f64) -> Vec<(Segment, String)> {
        let mut segments = Vec::new();
        let mut start = 0.0;
        while start < film_seconds {
            let left = film_seconds - start;
            // What is left over would be a segment without length.
            let is_last = left < segment_seconds + LEAST_SECONDS;
            let seconds = if is_last { left } else { segment_seconds };
            let end = if is_last { f64::INFINITY } else { start + seconds };
            let mut text = HEADER.to_owned();
            let cues = self.cues.iter().filter(|cue| cue.start < end && cue.end > start).map(|cue| &cue.text);
            for block in self.head.iter().chain(cues) {
                text += "\n";
                text += block;
                text += "\n";
            }
            let name = format!("{:05}.vtt", segments.len());
            segments.push((Segment { seconds, name, part: None }, text));
            start += seconds;
        }
        segments
    }
}

/// The times of `00:01.000 --> 01:02:03.000 line:0`.
fn times(line: &str) -> Option<(f64, f64)> {
    let (start, rest) = line.split_once("-->")?;
    Some((seconds(start.trim())?, seconds(rest.split_whitespace().next()?)?))
}

fn seconds(clock: &str) -> Option<f64> {
    let mut seconds = 0.0;
    for part in clock.split(':') {
        seconds =
            seconds * 60.0 + part.parse::<f64>().ok().filter(|part| part.is_finite() && *part >= 0.0)?;
    }
    Some(seconds)
}

/// The times of cues are those of the film: the renditions begin at 0.
const HEADER: &str = "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n";
const LEAST_SECONDS: f64 = 0.01;

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn captions_lie_beside_the_film() {
        let folder = TempDir::new().expect("a folder");
        let names = [
            "my film.mp4",
            "my film.srt",
            "my film.en.srt",
            "my film.de.forced.VTT",
            "my film.pt-BR.sdh.srt",
            "my film.Signs.srt",
            "my film.txt",
            "my film 2.en.srt",
            "my film.part.two.srt",
            "my film.en.srt.bak",
        ];
        for name in names {
            fs::write(folder.path().join(name), "").expect("a file");
        }
        let found = beside(&folder.path().join("my film.mp4")).expect("captions");
        let told: Vec<_> = found
            .iter()
            .map(|file| {
                let name = file.path.file_name().expect("a name").to_string_lossy().into_owned();
                let language = file.label.language.as_ref().map(|language| language.tag.clone());
                (name, language, file.label.title.clone(), file.label.is_forced, file.label.describes_sounds)
            })
            .collect();
        let row = |name: &str, language: Option<&str>, title: Option<&str>, forced, sounds| {
            (name.to_owned(), language.map(str::to_owned), title.map(str::to_owned), forced, sounds)
        };
        assert_eq!(
            told,
            [
                row("my film.Signs.srt", None, Some("Signs"), false, false),
                row("my film.de.forced.VTT", Some("de"), None, true, false),
                row("my film.en.srt", Some("en"), None, false, false),
                row("my film.pt-BR.sdh.srt", Some("pt-BR"), None, false, true),
                row("my film.srt", None, None, false, false),
            ]
        );
    }

    #[test]
    fn a_cue_is_in_each_segment_in_which_it_is_shown() {
        let text = "\u{feff}WEBVTT\r\n\r\nSTYLE\r\n::cue { color: red }\r\n\r\nNOTE none\r\n\r\n1\r\n00:01.000 --> 00:02.500 \
                    line:0\r\nfirst\r\n\r\n00:00:05.000 --> 00:00:07.000\r\nboth\r\nlines\r\n\r\n00:30.000 --> 00:31.000\r\nlate";
        let style = "\nSTYLE\n::cue { color: red }\n";
        let both = "\n00:00:05.000 --> 00:00:07.000\nboth\nlines\n";
        let segments = Captions::read(text).segments(6.0, 12.001);
        let expected = [
            (6.0, format!("{HEADER}{style}\n1\n00:01.000 --> 00:02.500 line:0\nfirst\n{both}")),
            (6.001, format!("{HEADER}{style}{both}\n00:30.000 --> 00:31.000\nlate\n")),
        ];
        assert_eq!(segments.len(), 2);
        for ((index, (segment, text)), (seconds, expected)) in segments.iter().enumerate().zip(expected) {
            assert!((segment.seconds - seconds).abs() < 1e-9, "{}", segment.seconds);
            assert_eq!(segment.name, format!("{index:05}.vtt"));
            assert_eq!(*text, expected);
        }
    }

    #[test]
    fn what_is_no_webvtt_has_no_cues() {
        for text in ["", "WEBVTT", "hello\n\nworld", "WEBVTT\n\nx --> y\nno"] {
            assert!(Captions::read(text).is_empty(), "{text}");
        }
    }
}
