//! Adds query parameters to the URIs of an HLS playlist, and touches no other byte.
//!
//! Where a URI can stand is the table `PLACES` below, after [RFC 8216bis]: URI lines and the
//! attributes of a few tags. The module is pure: it knows nothing of keys, grants or hosts. The
//! closure that it is given sees each reference as an absolute URL and decides.
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
mod query;
#[cfg(test)]
mod tests;
mod variables;

use memchr::memchr;
use url::Url;

use self::{attributes::Attributes, variables::Variables};

/// What a reference points at, as far as the playlist tells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
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

/// One reference of a playlist.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Reference<'a> {
    /// What it points at.
    pub kind: Kind,
    /// The absolute URL, `http` or `https`: variables expanded, without fragment and without the
    /// parameters of an earlier signature.
    pub url: &'a Url,
}

/// What happened to the references of a playlist.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Summary {
    /// References that received parameters.
    pub signed: usize,
    /// References that stay as they were.
    pub left: usize,
}

/// Whether `body` is a playlist: its first tag is `#EXTM3U`, and no URI stands before it.
///
/// A byte order mark, blank space and comments before it are against the specification, but they
/// occur, and some players play on. [`rewrite`] takes anything; ask here first, so that no error
/// page is ever signed.
pub fn is_playlist(body: &[u8]) -> bool {
    let (_, text) = split_byte_order_mark(body);
    text.split(|&byte| byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .find(|line| line.starts_with(b"#EXT") || !matches!(line.first(), None | Some(b'#')))
        .and_then(|line| line.strip_prefix(b"#EXTM3U"))
        .is_some_and(|rest| rest.first().is_none_or(u8::is_ascii_whitespace))
}

/// Appends `playlist` to `out`, its references with the parameters that `sign` answers for them.
///
/// `playlist_url` is the URL that the player asked for: references are relative to it. `sign` answers query parameters, encoded,
/// without `?` and without quotes, or nothing to leave a reference as it is. They replace
/// CloudFront's own and those of the same name, so that signing twice equals signing once.
///
/// ```
/// use resign_manifest::rewrite::{Summary, rewrite};
/// use url::Url;
///
/// let playlist_url = Url::parse("https://media.example.com/video/m/low.m3u8")?;
/// let mut out = Vec::new();
/// let summary = rewrite(
///     b"#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"skd://k\"\n#EXTINF:2,\ns1.ts\n",
///     &playlist_url,
///     &mut out,
///     |reference| (reference.url.host() == playlist_url.host()).then_some("Expires=1"),
/// );
/// assert_eq!(
///     out,
///     b"#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"skd://k\"\n#EXTINF:2,\ns1.ts?Expires=1\n"
/// );
/// assert_eq!(summary, Summary { signed: 1, left: 1 });
/// # Ok::<(), url::ParseError>(())
/// ```
pub fn rewrite<S: AsRef<str>>(
    playlist: &[u8],
    playlist_url: &Url,
    out: &mut Vec<u8>,
    sign: impl FnMut(&Reference<'_>) -> Option<S>,
) -> Summary {
    let mut rewriter = Rewriter {
        next_is_variant: false,
        playlist_url,
        sign,
        summary: Summary::default(),
        variables: Variables::default(),
    };
    let (mark, mut rest) = split_byte_order_mark(playlist);
    out.extend_from_slice(mark);
    while !rest.is_empty() {
        let end = memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        let (line, following) = rest.split_at(end);
        rewriter.line(line, out);
        rest = following;
    }
    rewriter.summary
}

struct Rewriter<'u, F> {
    /// The URI line to come belongs to an `EXT-X-STREAM-INF`.
    next_is_variant: bool,
    playlist_url: &'u Url,
    sign: F,
    summary: Summary,
    variables: Variables,
}

impl<S: AsRef<str>, F: FnMut(&Reference<'_>) -> Option<S>> Rewriter<'_, F> {
    fn line(&mut self, line: &[u8], out: &mut Vec<u8>) {
        match line.trim_ascii_start().first() {
            None => out.extend_from_slice(line),
            Some(b'#') => self.tag(line, out),
            Some(_) if std::mem::take(&mut self.next_is_variant) => {
                self.reference(line, Kind::Playlist, out);
            }
            Some(_) => self.reference(line, Kind::Media, out),
        }
    }

    fn tag(&mut self, line: &[u8], out: &mut Vec<u8>) {
        let end = memchr(b':', line).map_or(line.len(), |at| at + 1);
        let (head, list) = line.split_at(end);
        let tag = head.strip_suffix(b":").unwrap_or(head).trim_ascii();
        match tag {
            b"#EXT-X-DEFINE" => self.variables.define(list),
            b"#EXT-X-STREAM-INF" => self.next_is_variant = true,
            _ => {}
        }
        if !PLACES.iter().any(|place| place.tag == tag) {
            out.extend_from_slice(line);
            return;
        }
        out.extend_from_slice(head);
        self.attributes(tag, list, out);
    }

    fn attributes(&mut self, tag: &[u8], list: &[u8], out: &mut Vec<u8>) {
        // CLASS may stand behind the attribute whose meaning it decides.
        let class = Attributes::new(list).find(|attribute| attribute.name == b"CLASS");
        let class = class.map(|attribute| attribute.value);
        let mut attributes = Attributes::new(list);
        for attribute in attributes.by_ref() {
            out.extend_from_slice(attribute.before);
            let place = PLACES.iter().find(|place| {
                place.tag == tag
                    && place.attribute == attribute.name
                    && (place.class.is_none() || place.class == class)
            });
            match place {
                Some(place) => self.reference(attribute.value, place.kind, out),
                None => out.extend_from_slice(attribute.value),
            }
            out.push(b'"');
        }
        out.extend_from_slice(attributes.rest());
    }

    /// Writes a reference with the white space around it.
    fn reference(&mut self, raw: &[u8], kind: Kind, out: &mut Vec<u8>) {
        let (before, rest) = raw.split_at(raw.len() - raw.trim_ascii_start().len());
        let (text, after) = rest.split_at(rest.trim_ascii_end().len());
        out.extend_from_slice(before);
        if self.write_signed(text, kind, out).is_some() {
            self.summary.signed += 1;
        } else {
            self.summary.left += 1;
            out.extend_from_slice(text);
        }
        out.extend_from_slice(after);
    }

    /// Writes a reference with its parameters, or nothing at all when it has to be left.
    fn write_signed(&mut self, text: &[u8], place: Kind, out: &mut Vec<u8>) -> Option<()> {
        let text = str::from_utf8(text).ok()?;
        let (text, fragment) = text.split_at(text.find('#').unwrap_or(text.len()));
        let query_start = self.variables.query_start(text);

        let url = self.resolve(&query::without(text, query_start, query::is_reserved))?;
        let kind = if names_a_playlist(&url) { Kind::Playlist } else { place };
        let parameters = (self.sign)(&Reference { kind, url: &url })?;
        let parameters = Some(parameters.as_ref()).filter(|added| !added.is_empty())?;

        let kept = query::without(text, query_start, |name| {
            query::is_reserved(name) || query::names(parameters).any(|added| added == name)
        });
        let separator = match query_start {
            None => "?",
            Some(_) if kept.ends_with('&') || self.has_empty_query(&kept) => "",
            Some(_) => "&",
        };
        for part in [&*kept, separator, parameters, fragment] {
            out.extend_from_slice(part.as_bytes());
        }
        Some(())
    }

    fn has_empty_query(&self, text: &str) -> bool {
        // Only the first `?` begins a query; a later one is a part of it.
        text.strip_suffix('?').is_some_and(|path| !self.variables.expand(path).contains('?'))
    }

    /// The URL that every player takes `text` for, if there is one and it is http or https.
    fn resolve(&self, text: &str) -> Option<Url> {
        let expanded = self.variables.expand(text);
        let (path, query) = expanded.split_once('?').unwrap_or((&expanded, ""));
        // A reference to the playlist itself: the player repeats the query that it came with.
        let itself = expanded.is_empty();
        // Browsers take `\` for `/` and drop tabs and outer blanks, other players do not: the host
        // is in doubt. A `#` can come only out of a variable, and would cut off what is added.
        let ambiguous = expanded.contains(|c: char| c.is_control() || matches!(c, '\\' | '#'))
            || expanded.trim_ascii().len() < expanded.len();
        // An undefined variable in the query changes neither the host nor the path.
        let undefined = path.contains("{$");
        // Parameters inside a variable cannot be replaced without breaking its other uses.
        let signed_by_variable = query::names(query).any(|name| query::is_reserved(&name));
        if itself || ambiguous || undefined || signed_by_variable {
            return None;
        }
        let mut url = self.playlist_url.join(&expanded).ok()?;
        query::trim(&mut url);
        matches!(url.scheme(), "http" | "https").then_some(url)
    }
}

fn names_a_playlist(url: &Url) -> bool {
    url.path().rsplit_once('.').is_some_and(|(_, extension)| {
        extension.eq_ignore_ascii_case("m3u8") || extension.eq_ignore_ascii_case("m3u")
    })
}

fn split_byte_order_mark(body: &[u8]) -> (&[u8], &[u8]) {
    let mark = if body.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    body.split_at(mark)
}

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// An attribute that holds a URI.
struct Place {
    tag: &'static [u8],
    attribute: &'static [u8],
    /// The `CLASS` that gives the attribute this meaning.
    class: Option<&'static [u8]>,
    kind: Kind,
}

const fn place(tag: &'static [u8], attribute: &'static [u8], kind: Kind) -> Place {
    Place { tag, attribute, class: None, kind }
}

// A preload must equal its target byte for byte, so both are told apart by the path alone: hence
// Document for an interstitial's asset, although it is most often a playlist.
const fn date_range(class: &'static [u8], attribute: &'static [u8]) -> Place {
    Place { tag: b"#EXT-X-DATERANGE", attribute, class: Some(class), kind: Kind::Document }
}

const PLACES: [Place; 14] = [
    place(b"#EXT-X-CONTENT-STEERING", b"SERVER-URI", Kind::Document),
    place(b"#EXT-X-I-FRAME-STREAM-INF", b"URI", Kind::Playlist),
    // Not in the specification: thumbnails as Roku, DISH and AWS Elemental describe them.
    place(b"#EXT-X-IMAGE-STREAM-INF", b"URI", Kind::Playlist),
    place(b"#EXT-X-KEY", b"URI", Kind::Key),
    place(b"#EXT-X-MAP", b"URI", Kind::Media),
    place(b"#EXT-X-MEDIA", b"URI", Kind::Playlist),
    place(b"#EXT-X-PART", b"URI", Kind::Media),
    place(b"#EXT-X-PRELOAD-HINT", b"URI", Kind::Media),
    place(b"#EXT-X-RENDITION-REPORT", b"URI", Kind::Playlist),
    place(b"#EXT-X-SESSION-DATA", b"URI", Kind::Document),
    place(b"#EXT-X-SESSION-KEY", b"URI", Kind::Key),
    date_range(b"com.apple.hls.interstitial", b"X-ASSET-LIST"),
    date_range(b"com.apple.hls.interstitial", b"X-ASSET-URI"),
    date_range(b"com.apple.hls.preload", b"X-URI"),
];
