//! [WebVTT] files whose cues are URLs of pictures: thumbnails and storyboards, often with `#xywh=` for a part of one.
//!
//! The text of subtitles must never change, so the file decides, not the cue: each cue consists of one line, and the
//! line is a URL whose path ends in the extension of a picture. Otherwise the file has no references. Blocks are read
//! as section 6.1 reads them; notes, styles, regions, identifiers and settings are not looked at.
//!
//! [WebVTT]: https://www.w3.org/TR/webvtt1/

use url::Url;

use super::{
    Origin, Reference, ReferenceKind, Scan, SkipReason,
    lines::{Lines, without_line_end},
    scan::Scanner,
};

/// Whether `body` is a WebVTT file, by its first line.
#[must_use]
pub fn is_web_vtt(body: &[u8]) -> bool {
    Lines::new(body).next().is_some_and(|(_, line)| is_header(without_line_end(line)))
}

impl<T: Copy + PartialEq> Scan<T> {
    /// Reads the WebVTT file of this URL. `find` returns the target of a reference, or why it is not signed. `None` if
    /// the file is not WebVTT, or if its cues are not pictures.
    pub fn read_pictures(
        vtt: &[u8],
        url: &Url,
        find: impl FnMut(&Reference<'_>) -> Result<T, SkipReason>,
    ) -> Option<Self> {
        let pictures = pictures(vtt)?;
        let mut scanner = Scanner::new(url, Origin::AsStated, None, find);
        scanner.scan.info.ended = true;
        for (start, line) in pictures {
            scanner.reference(start, line, ReferenceKind::Media);
        }
        Some(scanner.scan)
    }
}

/// The line of each cue, with its start; `None` if a cue is anything else than a picture.
fn pictures(vtt: &[u8]) -> Option<Vec<(usize, &[u8])>> {
    let mut lines = Lines::new(vtt).map(|(start, line)| (start, without_line_end(line)));
    let (_, header) = lines.next()?;
    if !is_header(header) {
        return None;
    }
    let mut pictures = Vec::new();
    // The lines of this block so far; in a cue, those after its times.
    let (mut block, mut is_cue) = (1, false);
    for (start, line) in lines {
        let has_times = memchr::memmem::find(line, b"-->").is_some();
        if line.is_empty() || (has_times && is_cue) {
            // A cue ends with a blank line, or where the next one begins.
            if is_cue && block != 1 {
                return None;
            }
            (block, is_cue) = (0, has_times);
        } else if has_times {
            (block, is_cue) = (0, true);
        } else {
            block += 1;
            if is_cue {
                pictures.push((start, line));
            }
        }
    }
    let is_complete = !is_cue || block == 1;
    (is_complete && !pictures.is_empty() && pictures.iter().all(|(_, line)| is_picture(line)))
        .then_some(pictures)
}

fn is_header(line: &[u8]) -> bool {
    line.strip_prefix(b"WEBVTT").is_some_and(|rest| matches!(rest.first(), None | Some(b' ' | b'\t')))
}

/// Whether the line is a URL of a picture. A URL has no blank space inside, a sentence has.
fn is_picture(line: &[u8]) -> bool {
    let url = line.trim_ascii();
    let path = url.split(|byte| matches!(byte, b'?' | b'#')).next().unwrap_or_default();
    let is_text =
        |byte: &u8| byte.is_ascii_whitespace() || byte.is_ascii_control() || matches!(byte, b'<' | b'>');
    let has_extension = |extension: &&str| {
        let name = path.len().checked_sub(extension.len()).and_then(|at| path.split_at_checked(at));
        name.is_some_and(|(name, end)| !name.is_empty() && end.eq_ignore_ascii_case(extension.as_bytes()))
    };
    !url.iter().any(is_text) && EXTENSIONS.iter().any(has_extension)
}

const EXTENSIONS: [&str; 6] = [".avif", ".gif", ".jpeg", ".jpg", ".png", ".webp"];

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of the cues, if all are pictures.
    fn read(vtt: &str) -> Option<Vec<&str>> {
        let found = pictures(vtt.as_bytes())?;
        Some(found.into_iter().map(|(_, line)| str::from_utf8(line).unwrap()).collect())
    }

    #[test]
    fn cues_that_are_pictures_are_found() {
        let rows: [(&str, &[&str]); 8] = [
            ("WEBVTT\n\n00:00.000 --> 00:05.000\na.jpg#xywh=0,0,1,1\n", &["a.jpg#xywh=0,0,1,1"]),
            ("\u{feff}WEBVTT - thumbnails\r\n\r\n00:00 --> 00:05\r\n a.PNG \r\n", &[" a.PNG "]),
            ("WEBVTT\r\r0 --> 1\ra.webp\r\r1 --> 2\rb.avif", &["a.webp", "b.avif"]),
            ("WEBVTT\tx\nKind: metadata\n\n\n0 --> 1\na.gif?x=1\n", &["a.gif?x=1"]),
            (
                "WEBVTT\n\nNOTE a.jpg\nb.jpg\n\nSTYLE\n::cue{}\n\nREGION\nid:a\n\nname\n0 --> 1 align:left\nb.jpeg",
                &["b.jpeg"],
            ),
            // The next cue begins without a blank line.
            ("WEBVTT\n0 --> 1\na.jpg\n1 --> 2\nb.jpg\n", &["a.jpg", "b.jpg"]),
            (
                "WEBVTT\n\n0 --> 1\nhttps://other.example/a.jpg\n\nNOTE the end",
                &["https://other.example/a.jpg"],
            ),
            ("WEBVTT\n\n0 --> 1\na.jpg\n\n\n\n", &["a.jpg"]),
        ];
        for (vtt, expected) in rows {
            assert_eq!(read(vtt).as_deref(), Some(expected), "{vtt:?}");
        }
    }

    #[test]
    fn a_cue_that_is_no_picture_leaves_the_whole_file() {
        let picture = "WEBVTT\n\n0 --> 1\na.jpg\n\n1 --> 2\n";
        assert_eq!(read(&format!("{picture}b.jpg\n")).map(|found| found.len()), Some(2));
        for cue in [
            "",
            "\n",
            "Hello.\n",
            "Look at b.jpg\n",
            "b.jpg\nc.jpg\n",
            "<b>b.jpg\n",
            ".jpg\n",
            "b.ts\n",
            "b.jpg.\n",
            "- b.jpg\n",
            "b.jpg\u{b}c.jpg\n",
            "b.jpg\rc.jpg\n",
            "b.jpg\\#xywh=0,0,1,1\n",
        ] {
            assert_eq!(read(&format!("{picture}{cue}")), None, "{cue:?}");
        }
    }

    #[test]
    fn what_is_not_web_vtt_has_no_pictures() {
        for text in [
            "",
            "\n",
            "WEBVTT",
            "WEBVTT\n\n",
            "WEBVTTX\n\n0 --> 1\na.jpg\n",
            "0 --> 1\na.jpg\n",
            "\nWEBVTT\n\n0 --> 1\na.jpg\n",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
        assert_eq!(
            ["WEBVTT", "WEBVTT x\r\n", "WEBVTTX", "webvtt", ""].map(|text| is_web_vtt(text.as_bytes())),
            [true, true, false, false, false]
        );
    }
}
