//! Previews: the first seconds of a film, and nothing that is after them.
//!
//! The policy of a preview covers one playlist with the parameter `usher-preview=SECONDS`, not the folder around it. A
//! playlist that is requested by such a policy ends after that many seconds. Each segment in it is signed by itself,
//! with a policy for exactly its URL, so no URL in the playlist opens a later one. Playlists in a multivariant playlist
//! are signed as previews of the same length.

use cloudfront_signing::{UrlPattern, resource_covers};

use crate::{Host, Reference, ReferenceKind, SkipReason, playlist::Lines};

/// The parameter with the length of a preview, in seconds.
const PARAMETER: &str = "usher-preview";

/// A preview of this many seconds.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Preview {
    seconds: u64,
}

/// Why a playlist has no preview.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NoPreview {
    /// Its segments are ranges of a file, and a signature for the file opens all of it.
    #[error("its segments are byte ranges of one file, and a signature opens the complete file")]
    ByteRanges,
    /// It changes, so it has no first seconds.
    #[error("it is live: only a playlist with EXT-X-ENDLIST, or of the type VOD, has a preview")]
    Live,
    /// A segment in the preview is longer than the preview.
    #[error("a segment in it is longer than the preview, or has no duration")]
    LongSegment,
}

impl Preview {
    /// The most seconds: the segments of a longer preview would need too many signatures.
    pub const LONGEST: u64 = 600;

    /// A preview of `seconds`; none of 0 seconds, and of more than [`LONGEST`](Self::LONGEST).
    #[must_use]
    pub fn new(seconds: u64) -> Option<Self> {
        (1..=Self::LONGEST).contains(&seconds).then_some(Self { seconds })
    }

    /// How long it lasts.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.seconds
    }

    /// The parameter that belongs into the query of its playlists, before all others.
    #[must_use]
    pub fn parameter(self) -> String {
        format!("{PARAMETER}={}", self.seconds)
    }

    /// What a policy for the preview of the playlist at `url` covers; `url` has no query and no wildcard. The
    /// parameters after [`parameter`](Self::parameter) are open: the copy of the policy is among them.
    #[must_use]
    pub fn resource(self, url: &str) -> String {
        format!("{url}?{}&*", self.parameter())
    }

    /// The preview for which a resource was written, with the pattern for its playlist.
    pub(crate) fn of(resource: &str) -> Option<(&str, Self)> {
        let (playlist, query) = resource.split_once('?')?;
        let seconds = query.strip_prefix(PARAMETER)?.strip_prefix('=')?.strip_suffix("&*")?;
        // Only what `parameter` writes: no sign, no zeros before the number.
        let preview = seconds.parse().ok().and_then(Self::new)?;
        (preview.parameter() == query.strip_suffix("&*")?).then_some((playlist, preview))
    }

    /// The preview in `resource` if it covers the playlist at `url`.
    pub(crate) fn of_playlist(resource: &str, url: &str) -> Option<Self> {
        Self::of(resource).filter(|(playlist, _)| resource_covers(playlist, url)).map(|(_, preview)| preview)
    }

    /// The beginning of a playlist, with `EXT-X-ENDLIST`: every segment that starts within the preview. A multivariant
    /// playlist is returned as it is.
    ///
    /// # Errors
    /// [`NoPreview`]
    pub fn cut(self, playlist: &[u8]) -> Result<Vec<u8>, NoPreview> {
        // A playlist with both kinds of tags is none of the two, and has no preview.
        if contains(playlist, b"#EXT-X-STREAM-INF") && !contains(playlist, b"#EXTINF") {
            return Ok(playlist.to_vec());
        }
        let mut lines = Lines::new(playlist);
        let (mut kept, mut started, mut duration) = (None, 0.0, None);
        let (mut is_over, mut ended, mut end_of_line) = (false, false, "\n");
        while let Some((start, line)) = lines.next() {
            let text = line.trim_ascii();
            if lines.is_ended(line) {
                end_of_line = lines.end_of(line).as_str();
            }
            if text == b"#EXT-X-ENDLIST" || text == b"#EXT-X-PLAYLIST-TYPE:VOD" {
                ended = true;
            }
            if is_over {
                continue;
            }
            if let Some(value) = text.strip_prefix(b"#EXTINF:") {
                duration = seconds(value);
                if started >= self.seconds as f64 {
                    is_over = true;
                }
            } else if !text.is_empty() && !text.starts_with(b"#") {
                let length = duration.take().filter(|length| *length <= self.seconds as f64);
                started += length.ok_or(NoPreview::LongSegment)?;
                kept = Some(start + line.len());
            }
        }
        if !ended {
            return Err(NoPreview::Live);
        }
        let kept = kept.ok_or(NoPreview::LongSegment)?;
        let mut cut = playlist.get(..kept).unwrap_or_default().to_vec();
        if contains(&cut, b"BYTERANGE") {
            return Err(NoPreview::ByteRanges);
        }
        if NAMES_WHAT_FOLLOWS.iter().any(|tag| contains(&cut, tag)) {
            return Err(NoPreview::Live);
        }
        if !cut.ends_with(end_of_line.as_bytes()) {
            cut.extend_from_slice(end_of_line.as_bytes());
        }
        cut.extend_from_slice(b"#EXT-X-ENDLIST");
        cut.extend_from_slice(end_of_line.as_bytes());
        Ok(cut)
    }

    /// What a reference in such a playlist is signed for: a playlist as a preview, a segment or key by its own URL.
    /// `host` is the viewer's own, and `own_resource` covers the asset of the playlist, which a preview does not leave.
    ///
    /// # Errors
    /// Why it is not signed.
    pub fn target(
        self,
        reference: &Reference<'_>,
        host: &Host,
        own_resource: &str,
    ) -> Result<UrlPattern, SkipReason> {
        if reference.origin != host.origin {
            return Err(SkipReason::OtherHost);
        }
        let path = reference.path;
        let asset = host.tree.of(path).ok_or(SkipReason::OutOfScope)?;
        let is_own = own_resource.strip_prefix(host.written.as_str()) == Some(asset.as_str());
        // A `*` in a path would be a wildcard.
        if reference.kind == ReferenceKind::Document || path.contains('*') || !is_own {
            return Err(SkipReason::NotCovered);
        }
        let url = format!("{}{path}", host.written);
        let resource = match (reference.kind, reference.has_query) {
            // The parameter of a preview must be the first.
            (ReferenceKind::Playlist, true) => return Err(SkipReason::NotCovered),
            (ReferenceKind::Playlist, false) => self.resource(&url),
            (_, true) => format!("{url}?*"),
            (_, false) => url,
        };
        UrlPattern::new(resource).map_err(|_| SkipReason::Invalid)
    }
}

/// Tags of live playlists, which name parts of segments, or segments that do not exist yet.
const NAMES_WHAT_FOLLOWS: [&[u8]; 3] = [b"EXT-X-PART:", b"EXT-X-PRELOAD-HINT", b"PREFETCH:"];

/// The duration in a value of `EXTINF`, in seconds.
fn seconds(value: &[u8]) -> Option<f64> {
    let number = value.split(|byte| *byte == b',').next()?;
    let seconds: f64 = str::from_utf8(number).ok()?.trim().parse().ok()?;
    (seconds.is_finite() && seconds >= 0.0).then_some(seconds)
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(text, part).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AssetTree;

    const VOD: &str = "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:6.006,\ns1.m4s\n\
        #EXT-X-DISCONTINUITY\n#EXTINF:5.5,a title\ns2.m4s\n#EXT-X-KEY:METHOD=AES-128,URI=\"k2\"\n#EXTINF:6,\ns3.m4s\n\
        #EXT-X-ENDLIST\n";

    fn cut(seconds: u64, playlist: &str) -> Result<String, NoPreview> {
        let preview = Preview::new(seconds).expect("a preview");
        preview.cut(playlist.as_bytes()).map(|cut| String::from_utf8(cut).expect("a text"))
    }

    fn up_to(name: &str) -> String {
        let end = VOD.find(name).expect("a segment") + name.len();
        format!("{}\n#EXT-X-ENDLIST\n", &VOD[..end])
    }

    #[test]
    fn a_playlist_ends_with_the_segment_in_which_the_preview_ends() {
        for (seconds, last) in [(7, "s2.m4s"), (11, "s2.m4s"), (12, "s3.m4s"), (600, "s3.m4s")] {
            assert_eq!(cut(seconds, VOD), Ok(up_to(last)), "{seconds}");
        }
        let crlf = |text: &str| text.replace('\n', "\r\n");
        assert_eq!(cut(7, &crlf(VOD)), Ok(crlf(&up_to("s2.m4s"))));
        let typed =
            VOD.replace("#EXT-X-ENDLIST\n", "").replace("#EXTM3U\n", "#EXTM3U\n#EXT-X-PLAYLIST-TYPE:VOD\n");
        let expected = up_to("s3.m4s").replace("#EXTM3U\n", "#EXTM3U\n#EXT-X-PLAYLIST-TYPE:VOD\n");
        assert_eq!(cut(60, typed.trim_end()), Ok(expected));
    }

    #[test]
    fn a_multivariant_playlist_stays_as_it_is() {
        let master = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n";
        assert_eq!(cut(5, master), Ok(master.to_owned()));
    }

    #[test]
    fn what_would_open_more_has_no_preview() {
        let whole = "#EXTM3U\n#EXTINF:7200,\nfilm.vtt\n#EXT-X-ENDLIST\n";
        let rows = [
            (VOD.replace("#EXT-X-ENDLIST\n", ""), NoPreview::Live),
            (VOD.replace("s1.m4s", "#EXT-X-BYTERANGE:100@0\ns1.m4s"), NoPreview::ByteRanges),
            (VOD.replace("\"init.mp4\"", "\"film.mp4\",BYTERANGE=\"700@0\""), NoPreview::ByteRanges),
            (VOD.replace("s1.m4s", "#EXT-X-PREFETCH:s9.m4s\ns1.m4s"), NoPreview::Live),
            (VOD.replace("s1.m4s", "#EXT-X-PART:DURATION=1,URI=\"s9.m4s\"\ns1.m4s"), NoPreview::Live),
            (whole.to_owned(), NoPreview::LongSegment),
            (VOD.replace("#EXTINF:6.006,", "#EXT-X-STREAM-INF:BANDWIDTH=1"), NoPreview::LongSegment),
            (VOD.replace("#EXTINF:6.006,\n", ""), NoPreview::LongSegment),
            (VOD.replace("6.006", "nan"), NoPreview::LongSegment),
            ("#EXTM3U\n#EXT-X-ENDLIST\n".to_owned(), NoPreview::LongSegment),
        ];
        for (playlist, expected) in rows {
            assert_eq!(cut(60, &playlist), Err(expected), "{playlist}");
        }
        assert_eq!(cut(6, VOD), Err(NoPreview::LongSegment), "6.006 s are more than 6");
    }

    #[test]
    fn a_resource_is_of_a_preview_only_as_it_is_written() {
        let of = |resource| Preview::of_playlist(resource, "https://h/video/m/a.m3u8").map(Preview::seconds);
        let written = Preview::new(60).expect("a preview").resource("https://h/video/m/a.m3u8");
        assert_eq!(written, "https://h/video/m/a.m3u8?usher-preview=60&*");
        for (resource, seconds) in [
            (written.as_str(), Some(60)),
            ("https://h/video/*?usher-preview=600&*", Some(600)),
            ("https://h/video/m/b.m3u8?usher-preview=60&*", None),
            ("https://h/video/m/a.m3u8?usher-preview=060&*", None),
            ("https://h/video/m/a.m3u8?usher-preview=+60&*", None),
            ("https://h/video/m/a.m3u8?usher-preview=601&*", None),
            ("https://h/video/m/a.m3u8?usher-preview=0&*", None),
            ("https://h/video/m/a.m3u8?usher-preview=60*", None),
            ("https://h/video/m/a.m3u8?x=1&usher-preview=60&*", None),
            ("https://h/video/m/*", None),
        ] {
            assert_eq!(of(resource), seconds, "{resource}");
        }
    }

    #[test]
    fn each_reference_is_signed_for_itself_alone() {
        let (written, tree) = ("https://h".to_owned(), AssetTree::new("/video/*", 1).expect("a tree"));
        let host = Host { origin: written.clone(), written, tree };
        let preview = Preview::new(60).expect("a preview");
        let target = |kind, path, has_query| {
            let reference = Reference { kind, origin: "https://h", path, has_query };
            preview.target(&reference, &host, "https://h/video/m/*").map(|one| one.to_string())
        };
        use ReferenceKind::{Document, Key, Media, Playlist};
        for (kind, path, has_query, expected) in [
            (Media, "/video/m/s1.m4s", false, Ok("https://h/video/m/s1.m4s")),
            (Media, "/video/m/s1.m4s", true, Ok("https://h/video/m/s1.m4s?*")),
            (Key, "/video/m/k", false, Ok("https://h/video/m/k")),
            (Playlist, "/video/m/v.m3u8", false, Ok("https://h/video/m/v.m3u8?usher-preview=60&*")),
            (Playlist, "/video/m/v.m3u8", true, Err(SkipReason::NotCovered)),
            (Media, "/video/m/s*.m4s", false, Err(SkipReason::NotCovered)),
            (Media, "/video/n/s1.m4s", false, Err(SkipReason::NotCovered)),
            (Document, "/video/m/a.json", false, Err(SkipReason::NotCovered)),
            (Media, "/other/s1.m4s", false, Err(SkipReason::OutOfScope)),
        ] {
            assert_eq!(target(kind, path, has_query), expected.map(str::to_owned), "{path}");
        }
    }
}
