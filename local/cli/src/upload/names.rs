//! File names that may not play as expected.

use super::{
    Plan,
    plan::{MPD, PLAYLIST},
};

impl Plan {
    /// Warnings about names before the upload, a sentence for each kind of name.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        [self.not_resigned(), self.to_be_encoded()].into_iter().flatten().collect()
    }

    /// The distribution's cache behaviors `/video/*.m3u8` and `/video/*.mpd` are case-sensitive, as every path pattern in
    /// CloudFront.
    fn not_resigned(&self) -> Option<String> {
        let manifests = self.uploads.iter().filter(|upload| [PLAYLIST, MPD].contains(&upload.content_type));
        let keys = manifests.map(|upload| upload.key.as_str());
        let keys = keys.filter(|key| !key.ends_with(".m3u8") && !key.ends_with(".mpd"));
        Some(format!(
            "the distribution does not re-sign {}: it re-signs what ends in .m3u8 or .mpd, in lower case, so \
             rename the files and what refers to them",
            told(keys)?
        ))
    }

    fn to_be_encoded(&self) -> Option<String> {
        let keys = self.uploads.iter().map(|upload| upload.key.as_str());
        let odd = keys.filter(|key| !key.bytes().all(is_plain));
        let plus = if odd.clone().any(|key| key.contains('+')) { PLUS } else { "" };
        Some(format!(
            "URLs must percent-encode characters outside A-Z a-z 0-9 . _ - / in {}{plus}",
            told(odd)?
        ))
    }
}

/// The first name, and how many more there are.
fn told<'a>(keys: impl Iterator<Item = &'a str>) -> Option<String> {
    let keys: Vec<_> = keys.collect();
    let shown: Vec<_> = keys.iter().take(SHOWN).map(|key| format!("{key:?}")).collect();
    let (first, more) = (shown.join(", "), keys.len().saturating_sub(SHOWN));
    match (keys.len(), more) {
        (0, _) => None,
        (_, 0) => Some(first),
        _ => Some(format!("{first} and {more} more")),
    }
}

/// Whether every program writes the byte into a URL without an escape.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._-/".contains(&byte)
}

const PLUS: &str = "; S3 reads a + in a path as a space, so write %2B in playlists";
const SHOWN: usize = 3;

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    fn warnings(names: &[&str], destination: &str) -> Vec<String> {
        let film = TempDir::new().expect("a folder");
        for name in names {
            fs::write(film.path().join(name), "#EXTM3U\n").expect("a file");
        }
        let destination = destination.parse().expect("a destination");
        Plan::read(film.path(), destination).expect("a plan").warnings()
    }

    #[test]
    fn a_playlist_that_is_not_re_signed_is_named() {
        let rows: [(&[&str], &[&str]); 3] = [
            (&["master.m3u8", "manifest.mpd", "s0.ts"], &[]),
            (
                &["LOW.M3U8"],
                &[
                    "the distribution does not re-sign \"video/m/LOW.M3U8\": it re-signs what ends in .m3u8 or .mpd, \
                   in lower case, so rename the files and what refers to them",
                ],
            ),
            (
                &["a.m3u", "b.M3U", "c.m3U8", "d.M3u8", "e.m3u8"],
                &[
                    "the distribution does not re-sign \"video/m/a.m3u\", \"video/m/b.M3U\", \"video/m/c.m3U8\" and 1 \
                   more: it re-signs what ends in .m3u8 or .mpd, in lower case, so rename the files and what \
                   refers to them",
                ],
            ),
        ];
        for (names, expected) in rows {
            assert_eq!(warnings(names, "s3://films/video/m"), expected, "{names:?}");
        }
    }

    #[test]
    fn a_name_that_must_be_percent_encoded_is_named() {
        let rows: [(&str, &[&str], &[&str]); 4] = [
            ("video/m", &["s-0_1.ts"], &[]),
            (
                "video/m",
                &["a b.ts", "c*.ts"],
                &["URLs must percent-encode characters outside A-Z a-z 0-9 . _ - / in \"video/m/a b.ts\", \
                   \"video/m/c*.ts\""],
            ),
            (
                "video/m",
                &["seg+1.ts", "seg+2.ts", "seg+3.ts", "seg+4.ts", "\u{e4}.ts"],
                &[
                    "URLs must percent-encode characters outside A-Z a-z 0-9 . _ - / in \"video/m/seg+1.ts\", \
                   \"video/m/seg+2.ts\", \"video/m/seg+3.ts\" and 2 more; S3 reads a + in a path as a space, so write %2B \
                   in playlists",
                ],
            ),
            (
                "video/a+b",
                &["s0.ts"],
                &[
                    "URLs must percent-encode characters outside A-Z a-z 0-9 . _ - / in \"video/a+b/s0.ts\"; S3 reads a + \
                   in a path as a space, so write %2B in playlists",
                ],
            ),
        ];
        for (prefix, names, expected) in rows {
            assert_eq!(warnings(names, &format!("s3://films/{prefix}")), expected, "{names:?}");
        }
    }
}
