//! Where a URI can be in a tag, after [RFC 8216bis]. `EXT-X-IMAGE-STREAM-INF` comes from the image media playlists
//! of Roku, DISH and AWS Elemental; the two tags whose whole value is a URI come from low-latency HLS before
//! Apple's.
//!
//! [RFC 8216bis]: https://datatracker.ietf.org/doc/html/draft-pantos-hls-rfc8216bis#section-4.4

use super::ReferenceKind;

/// An attribute that holds a URI.
pub(super) struct UriAttribute {
    pub(super) tag: &'static [u8],
    pub(super) attribute: &'static [u8],
    /// The `CLASS` that gives the attribute this meaning.
    pub(super) class: Option<&'static [u8]>,
    pub(super) kind: ReferenceKind,
}

const fn place(tag: &'static [u8], attribute: &'static [u8], kind: ReferenceKind) -> UriAttribute {
    UriAttribute { tag, attribute, class: None, kind }
}

// A preload must equal its target byte for byte, so the kind of both depends on the path alone. That is why an
// interstitial's asset is a Document, although it is most often a playlist.
const fn date_range(class: &'static [u8], attribute: &'static [u8]) -> UriAttribute {
    UriAttribute { tag: DATE_RANGE, attribute, class: Some(class), kind: ReferenceKind::Document }
}

pub(super) const DATE_RANGE: &[u8] = b"EXT-X-DATERANGE";

/// Sorted by tag; behind them those of `EXT-X-DATERANGE`, by class.
pub(super) const URI_ATTRIBUTES: &[UriAttribute] = &[
    place(b"EXT-X-CONTENT-STEERING", b"SERVER-URI", ReferenceKind::Document),
    place(b"EXT-X-I-FRAME-STREAM-INF", b"URI", ReferenceKind::Playlist),
    place(b"EXT-X-IMAGE-STREAM-INF", b"URI", ReferenceKind::Playlist),
    place(b"EXT-X-KEY", b"URI", ReferenceKind::Key),
    place(b"EXT-X-MAP", b"URI", ReferenceKind::Media),
    place(b"EXT-X-MEDIA", b"URI", ReferenceKind::Playlist),
    place(b"EXT-X-PART", b"URI", ReferenceKind::Media),
    place(b"EXT-X-PRELOAD-HINT", b"URI", ReferenceKind::Media),
    place(b"EXT-X-RENDITION-REPORT", b"URI", ReferenceKind::Playlist),
    place(b"EXT-X-SESSION-DATA", b"URI", ReferenceKind::Document),
    place(b"EXT-X-SESSION-KEY", b"URI", ReferenceKind::Key),
    date_range(b"com.apple.hls.interstitial", b"X-ASSET-LIST"),
    date_range(b"com.apple.hls.interstitial", b"X-ASSET-URI"),
    date_range(b"com.apple.hls.preload", b"X-URI"),
];

/// Tags whose value is the URI of a segment that does not exist yet.
pub(super) const PREFETCH: [&[u8]; 2] = [b"EXT-X-PREFETCH", b"EXT-X-TWITCH-PREFETCH"];
