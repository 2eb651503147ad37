//! Adds query parameters to the URIs of an HLS playlist, and touches no other byte.
//!
//! Where a URI can stand is a table, after [RFC 8216bis]: URI lines and the attributes of a few tags. The
//! module is pure: it knows nothing of keys, grants or hosts. The closure that it is given sees where each
//! reference points, and decides.
//!
//! What it leaves alone, on purpose:
//!
//! - tags that it does not know, even with an attribute `URI`: what a vendor's tag means is not
//!   known, and parameters that open a whole folder must not go astray;
//! - values that are not quoted strings, and everything that the attributes above do not cover;
//! - references that cannot be resolved to one `http` or `https` URL that all readers agree on.
//!
//! [RFC 8216bis]: https://datatracker.ietf.org/doc/html/draft-pantos-hls-rfc8216bis

mod attributes;
mod definitions;
mod facts;
mod location;
mod output;
mod places;
mod query;
mod reference;
mod server_control;
mod summary;
#[cfg(test)]
mod tests;
mod variables;
mod walk;

pub use self::{
    definitions::Definitions,
    facts::Facts,
    output::{Discard, Output},
    reference::{References, Signed},
    summary::{Left, Summary},
    walk::{Changes, Origin, Rewriter},
};

use url::Url;

use self::walk::tag;

/// What a reference points at, as far as the playlist tells.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// Data about the presentation: session data, a steering manifest, an interstitial's asset.
    Document,
    /// A decryption key.
    Key,
    /// A media segment, partial segment or initialization section.
    Media,
    /// Another playlist: by its place, or because the path ends in `.m3u8` or `.m3u`.
    Playlist,
}

/// Where one reference of a playlist points: variables expanded, dot segments removed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Reference<'a> {
    /// What it points at.
    pub kind: Kind,
    /// Protocol, host and port of its URL, `http` or `https`, as the `url` crate writes them.
    pub origin: &'a str,
    /// The path of its URL, percent-encoded.
    pub path: &'a str,
}

/// Whether `body` is a playlist: its first tag is `#EXTM3U`, and no URI stands before it.
///
/// A byte order mark, blank space and comments before it are against the specification, but they
/// occur, and some players play on. [`rewrite`] takes anything; ask here first, so that no error
/// page is ever signed.
pub fn is_playlist(body: &[u8]) -> bool {
    let text = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    text.split(|&byte| byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .find(|line| line.starts_with(b"#EXT") || !matches!(line.first(), None | Some(b'#')))
        .and_then(|line| line.strip_prefix(b"#EXTM3U"))
        .is_some_and(|rest| rest.first().is_none_or(u8::is_ascii_whitespace))
}

/// Appends `playlist` to `out`, its references with the parameters that `sign` answers for them.
///
/// `playlist_url` is the URL that the player asked for: references are relative to it. `sign` answers query
/// parameters, encoded, without `?` and without quotes, or why a reference stays as it is. They replace
/// CloudFront's own and those of the same name, so that signing twice equals signing once.
///
/// ```
/// use resign_manifest::rewrite::{Left, rewrite};
/// use url::Url;
///
/// let playlist_url = Url::parse("https://media.example.com/video/m/low.m3u8")?;
/// let mut out = Vec::new();
/// let summary = rewrite(
///     b"#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"skd://k\"\n#EXTINF:2,\ns1.ts\n",
///     &playlist_url,
///     &mut out,
///     |reference| match reference.origin {
///         "https://media.example.com" => Ok("Expires=1"),
///         _ => Err(Left::OtherHost),
///     },
/// );
/// assert_eq!(
///     out,
///     b"#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"skd://k\"\n#EXTINF:2,\ns1.ts?Expires=1\n"
/// );
/// assert_eq!(summary.to_string(), "1 signed, 1 left: 1 of another scheme");
/// # Ok::<(), url::ParseError>(())
/// ```
pub fn rewrite<S: AsRef<str>>(
    playlist: &[u8],
    playlist_url: &Url,
    out: &mut impl Output,
    sign: impl FnMut(&Reference<'_>) -> Result<S, Left>,
) -> Summary {
    let mut rewriter = Rewriter::new(playlist_url, Changes::default());
    rewriter.advance(playlist, out, usize::MAX, sign);
    *rewriter.summary()
}

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
