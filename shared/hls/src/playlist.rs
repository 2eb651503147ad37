//! Adds query parameters to the URIs of an HLS playlist, and touches no other byte.
//!
//! One [`Scan`] over the lines finds what the playlist says and where parameters can go. Between the scan and
//! the rewriting, the caller decides what this viewer may get. The rewriting only copies and inserts.
//!
//! A table in `uri_attributes.rs` lists where a URI can be, after [RFC 8216bis]: URI lines and the attributes of a few
//! tags. They are read as packagers write them: without quotes, in lower case, with various line ends. The module is
//! pure: it knows nothing of keys, grants or hosts.
//!
//! Some references stay as they are on purpose, and count as a [`SkipReason`]:
//!
//! - an attribute `URI` in an unknown tag: the meaning of a vendor's tag is unknown, and parameters that open a
//!   whole folder must not reach another host;
//! - references that cannot be resolved to one `http` or `https` URL that all readers agree on.
//!
//! [RFC 8216bis]: https://datatracker.ietf.org/doc/html/draft-pantos-hls-rfc8216bis

mod attributes;
mod counts;
mod definitions;
mod lines;
mod location;
mod output;
mod pictures;
mod query;
mod reference;
mod scan;
mod server_control;
#[cfg(test)]
mod tests;
mod uri_attributes;
mod variables;

pub(crate) use self::lines::Lines;
pub use self::{
    counts::{RewriteCounts, SkipReason},
    definitions::Definitions,
    pictures::is_web_vtt,
    query::{is_replaced, is_signature},
    reference::{InsertionPoint, References},
    scan::{Origin, PlaylistInfo, Scan},
};

use url::Url;

/// What a reference points at, as far as the playlist says.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ReferenceKind {
    /// Data about the presentation: session data, a steering manifest, an interstitial's asset.
    Document,
    /// A decryption key.
    Key,
    /// A media segment, partial segment, initialization section or image.
    Media,
    /// Another playlist or MPD: by its tag or element, or because the path ends in `.m3u8` or `.mpd`.
    Playlist,
}

impl ReferenceKind {
    /// Whether its target may contain references itself. Beside the signature, a reference to it then carries what
    /// `resign-manifest` needs to answer the request for it: the requested style, and the policy copy. In the style
    /// `define`, one that is not signed makes the whole playlist `inline`.
    #[must_use]
    pub fn is_nested(self) -> bool {
        matches!(self, Self::Document | Self::Playlist)
    }
}

/// Where one reference of a playlist points: variables expanded, dot segments removed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Reference<'a> {
    /// What it points at.
    pub kind: ReferenceKind,
    /// Protocol, host and port of its URL, `http` or `https`, as the `url` crate writes them.
    pub origin: &'a str,
    /// The path of its URL, percent-encoded.
    pub path: &'a str,
    /// Its URL also has a query.
    pub has_query: bool,
}

/// Whether `body` is a playlist: its first tag is `#EXTM3U`, and no URI precedes it.
///
/// The specification forbids a byte order mark, blank space and comments before it, but they occur, and some
/// players accept them. [`rewrite`] accepts any text; call this function first, so that no error page is ever
/// signed.
pub fn is_playlist(body: &[u8]) -> bool {
    lines::Lines::new(body)
        .map(|(_, line)| line.trim_ascii())
        .find(|line| line.starts_with(b"#EXT") || !matches!(line.first(), None | Some(b'#')))
        .and_then(|line| line.strip_prefix(b"#EXTM3U"))
        .is_some_and(|rest| rest.first().is_none_or(u8::is_ascii_whitespace))
}

/// Appends `playlist` to `out`. Its references receive the parameters that `sign` returns for them.
///
/// `playlist_url` is the URL that the player requested: references are relative to it. `sign` returns query
/// parameters, encoded, without `?`, quotes and commas, or why a reference stays as it is. The parameters
/// replace CloudFront's own and their copies, so that signing twice equals signing once.
///
/// ```
/// use hls_rewrite::{SkipReason, rewrite};
/// use url::Url;
///
/// let playlist_url = Url::parse("https://media.example.com/video/m/low.m3u8")?;
/// let mut out = Vec::new();
/// let counts = rewrite(
///     b"#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"skd://k\"\n#EXTINF:2,\ns1.ts\n",
///     &playlist_url,
///     &mut out,
///     |reference| match reference.origin {
///         "https://media.example.com" => Ok("Expires=1".to_owned()),
///         _ => Err(SkipReason::OtherHost),
///     },
/// );
/// assert_eq!(
///     out,
///     b"#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"skd://k\"\n#EXTINF:2,\ns1.ts?Expires=1\n"
/// );
/// assert_eq!(counts.to_string(), "1 signed, 1 left: 1 of another scheme");
/// # Ok::<(), url::ParseError>(())
/// ```
pub fn rewrite(
    playlist: &[u8],
    playlist_url: &Url,
    out: &mut Vec<u8>,
    mut sign: impl FnMut(&Reference<'_>) -> Result<String, SkipReason>,
) -> RewriteCounts {
    let mut all: Vec<String> = Vec::new();
    let scan = Scan::read(playlist, playlist_url, Origin::AsStated, None, |reference| {
        let parameters = sign(reference)?;
        let known = all.iter().position(|known| *known == parameters);
        Ok(known.unwrap_or_else(|| {
            all.push(parameters);
            all.len() - 1
        }))
    });
    let mut counts = scan.left;
    counts.count(Ok(()), scan.targets().count());
    scan.append(playlist, &Definitions::default(), |target, _| all.get(target).map(String::as_str), out);
    counts
}
