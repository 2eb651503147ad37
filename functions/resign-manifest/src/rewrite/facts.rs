//! What a playlist tells about itself: how long it is, whether it grows, which variables it has.

use std::collections::BTreeSet;

use memchr::{memchr, memmem};

use super::{
    tag,
    variables::{Author, Variables},
};

/// What is known of a playlist once all of it was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// The sum of its `EXTINF`, in seconds.
    pub seconds: f64,
    /// Its `EXT-X-TARGETDURATION`, in seconds.
    pub target_seconds: u64,
    /// How many segments it has; a Multivariant Playlist has none.
    pub segments: usize,
    /// It will not change any more: `EXT-X-ENDLIST`, or the type `VOD`.
    pub ended: bool,
    /// It is a delta update: segments that are older than its first one stand in an earlier copy.
    pub skips: bool,
    /// It states a version.
    pub has_version: bool,
    /// The names that belong to its author: no variable may be defined under them.
    pub variables: BTreeSet<String>,
}

impl Facts {
    /// Reads a playlist.
    #[must_use]
    pub fn read(playlist: &[u8]) -> Self {
        let mut facts = Self::default();
        let mut variables = Variables::default();
        let mut rest = playlist;
        while !rest.is_empty() {
            let (line, next) = rest.split_at(memchr(b'\n', rest).map_or(rest.len(), |at| at + 1));
            rest = next;
            let line = line.trim_ascii();
            if line.first() != Some(&b'#') {
                continue;
            }
            let (name, at) = tag(line);
            let value = line.get(at..).unwrap_or_default();
            match name {
                b"EXT-X-DEFINE" => {
                    if let Author::Playlist { name } = variables.define(value) {
                        facts.variables.insert(name.to_owned());
                    }
                }
                b"EXT-X-ENDLIST" => facts.ended = true,
                b"EXT-X-PLAYLIST-TYPE" => facts.ended |= value.trim_ascii() == b"VOD",
                b"EXT-X-SKIP" => facts.skips = true,
                b"EXT-X-TARGETDURATION" => {
                    let number = str::from_utf8(value.trim_ascii()).unwrap_or_default();
                    facts.target_seconds = number.parse().unwrap_or_default();
                }
                b"EXT-X-VERSION" => facts.has_version = true,
                b"EXTINF" => {
                    facts.segments += 1;
                    facts.seconds += seconds(value);
                }
                _ => {}
            }
        }
        facts
    }
}

impl Facts {
    /// Takes the variables that `text` refers to for the author's, defined or not: a reference that stays in a
    /// URI must not come to mean a signature.
    pub fn leave_to_author(&mut self, text: &[u8]) {
        for start in memmem::find_iter(text, b"{$") {
            let name = text.get(start + 2..).unwrap_or_default();
            let end = memchr(b'}', name).filter(|end| *end <= LONGEST_NAME);
            let name = end.and_then(|end| str::from_utf8(name.get(..end)?).ok());
            self.variables.extend(name.map(str::to_owned));
        }
    }
}

/// Of those that this rewriter gives, with room to spare.
const LONGEST_NAME: usize = 64;

/// The duration in front of an `EXTINF`'s comma; what is none counts as nothing.
fn seconds(value: &[u8]) -> f64 {
    let end = memchr(b',', value).unwrap_or(value.len());
    let number = value.get(..end).unwrap_or_default().trim_ascii();
    let seconds = str::from_utf8(number).ok().and_then(|number| number.parse::<f64>().ok());
    seconds.filter(|seconds| seconds.is_finite() && *seconds > 0.0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_playlist_tells_how_long_it_is_and_whether_it_grows() {
        let variables = ["a", "b"].map(str::to_owned).into();
        let rows = [
            ("", Facts::default()),
            ("s.ts\n#EXT-X-SERVER-CONTROL:HOLD-BACK=3\n# EXTINF:4,", Facts::default()),
            (
                "\u{feff}#EXTM3U\r\n#EXT-X-TARGETDURATION:5\r\n#EXT-X-VERSION:3\r\n#EXTINF:4.5,\r\na\r\n#EXTINF:4,",
                Facts { seconds: 8.5, target_seconds: 5, segments: 2, has_version: true, ..Facts::default() },
            ),
            ("  #EXT-X-ENDLIST  ", Facts { ended: true, ..Facts::default() }),
            ("#EXT-X-PLAYLIST-TYPE: VOD ", Facts { ended: true, ..Facts::default() }),
            (
                "#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-SKIP:SKIPPED-SEGMENTS=3",
                Facts { skips: true, ..Facts::default() },
            ),
            ("#EXT-X-TARGETDURATION:-5", Facts::default()),
            (
                "#EXT-X-DEFINE:NAME=\"a\",VALUE=\"1\"\n#EXT-X-DEFINE:IMPORT=\"b\"\n\
                 #EXT-X-DEFINE:NAME=\"usher\",VALUE=\"Policy=1&Signature=2&Key-Pair-Id=3\"",
                Facts { variables, ..Facts::default() },
            ),
        ];
        for (playlist, expected) in rows {
            assert_eq!(Facts::read(playlist.as_bytes()), expected, "{playlist}");
        }
    }

    #[test]
    fn a_duration_ends_at_the_comma() {
        let rows: [(&[u8], f64); 9] = [
            (b"4,", 4.0),
            (b"3.904,title, with a comma\r\n", 3.904),
            (b"10\n", 10.0),
            (b" 4 ,", 4.0),
            (b"-1,live", 0.0),
            (b"inf,", 0.0),
            (b"NaN,", 0.0),
            (b"", 0.0),
            (b"\xff,", 0.0),
        ];
        for (value, expected) in rows {
            assert_eq!(seconds(value), expected, "{}", value.escape_ascii());
        }
    }
}
