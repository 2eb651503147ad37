//! Resolves references ([RFC 3986, section 5.2]), in the usual case without an allocation.
//!
//! [RFC 3986, section 5.2]: https://www.rfc-editor.org/rfc/rfc3986#section-5.2

use memchr::memchr_iter;
use url::Url;

use super::SkipReason;

/// The origin and the path of a URL, as the `url` crate writes them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Location<'a> {
    pub(super) origin: &'a str,
    pub(super) path: &'a str,
}

/// The URL of a playlist, which references are relative to.
pub(super) struct Base {
    url: Url,
    /// Empty if the playlist has no `http` or `https` URL.
    origin: String,
    /// The playlist's folder, followed by the last reference that was resolved.
    path: String,
    folder: usize,
    /// The origin and URL of the last reference that was not plain.
    other: Option<(String, Url)>,
}

impl Base {
    pub(super) fn new(url: &Url) -> Self {
        let origin = if is_http(url) { url.origin().ascii_serialization() } else { String::new() };
        let folder = url.path().rfind('/').map_or(0, |at| at + 1);
        let path = url.path().get(..folder).unwrap_or_default().to_owned();
        Self { url: url.clone(), origin, path, folder, other: None }
    }

    /// Where `reference` points, if it is plain: a path without dot segments, escapes, query, fragment and
    /// variables.
    pub(super) fn resolve_plain<'a>(&'a mut self, reference: &'a str) -> Option<Location<'a>> {
        if self.origin.is_empty() || !is_plain(reference) {
            return None;
        }
        if reference.starts_with('/') {
            return Some(Location { origin: &self.origin, path: reference });
        }
        self.path.truncate(self.folder);
        self.path.push_str(reference);
        Some(Location { origin: &self.origin, path: &self.path })
    }

    /// Where `reference` points, which has neither query nor fragment.
    pub(super) fn resolve<'a>(&'a mut self, reference: &'a str) -> Result<Location<'a>, SkipReason> {
        if self.origin.is_empty() {
            return self.join(reference);
        }
        if reference.is_empty() {
            return Ok(Location { origin: &self.origin, path: self.url.path() });
        }
        let below_origin = reference.strip_prefix(self.origin.as_str());
        let text = below_origin.filter(|rest| rest.starts_with('/')).unwrap_or(reference);
        if is_plain(text) {
            return self.resolve_plain(text).ok_or(SkipReason::Invalid);
        }
        self.join(reference)
    }

    fn join(&mut self, reference: &str) -> Result<Location<'_>, SkipReason> {
        if !names_its_host(reference) {
            return Err(SkipReason::Ambiguous);
        }
        let url = self.url.join(reference).map_err(|_| SkipReason::Invalid)?;
        if !is_http(&url) {
            return Err(SkipReason::OtherScheme);
        }
        let (origin, url) = self.other.insert((url.origin().ascii_serialization(), url));
        Ok(Location { origin, path: url.path() })
    }
}

/// Whether a reference with the scheme `http` or `https` contains a host. Browsers resolve `https:a.ts` and
/// `https:///a.ts` in their own way, and other players read `a.ts` as a host.
fn names_its_host(reference: &str) -> bool {
    let is_http = |scheme: &str| ["http", "https"].iter().any(|http| scheme.eq_ignore_ascii_case(http));
    let Some((_, rest)) = reference.split_once(':').filter(|(scheme, _)| is_http(scheme)) else {
        return true;
    };
    rest.strip_prefix("//").is_some_and(|host| !host.is_empty() && !host.starts_with('/'))
}

fn is_http(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

/// Whether `text` is a path that resolving does not change: no scheme, no host, no dot segments, no characters
/// that require escapes.
fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    // Without a branch for each byte: this runs for every segment of a playlist.
    let plain = bytes.iter().fold(true, |plain, byte| plain & (PLAIN.get(usize::from(*byte)) == Some(&true)));
    let begins_odd = |at| matches!(bytes.get(at + 1), Some(b'.' | b'/'));
    plain && !matches!(bytes.first(), None | Some(b'.')) && !memchr_iter(b'/', bytes).any(begins_odd)
}

/// Letters, digits and some other characters, by their byte.
#[expect(clippy::indexing_slicing, reason = "in a constant, an index that is out of bounds does not compile")]
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let bytes = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_~+=,@./";
    let mut index = 0;
    while index < bytes.len() {
        plain[bytes[index] as usize] = true;
        index += 1;
    }
    plain
};

#[cfg(test)]
mod tests {
    use super::*;

    const REFERENCES: [&str; 40] = [
        "s.ts",
        "a/b.ts",
        "a/../b.ts",
        "./s.ts",
        "../s.ts",
        "../../../s.ts",
        "..",
        ".",
        "./",
        "a/..",
        "a//b",
        ".hidden",
        "a/.hidden",
        "...",
        "a/.../b",
        "%2e%2e/s.ts",
        "a%20b",
        "a b",
        "é.ts",
        "/",
        "/s.ts",
        "//other.example/s.ts",
        "///s.ts",
        "/a//b",
        "/../s.ts",
        "http:s.ts",
        "https:s.ts",
        "https://h.example",
        "https://h.example/",
        "https://h.example/s.ts",
        "https://h.example//s.ts",
        "https://h.example:443/s.ts",
        "https://h.example.evil/s.ts",
        "HTTPS://H.example/s.ts",
        "https://u@h.example/s.ts",
        "seg_12:00.ts",
        "a:b",
        "a@b,c+d=e~f",
        "a;b",
        "*",
    ];

    #[test]
    fn a_scheme_without_a_host_is_ambiguous() {
        let url = Url::parse("https://h.example/video/m/low.m3u8").unwrap();
        for reference in [
            "https:a.ts",
            "http:a.ts",
            "HTTPS:/a.ts",
            "https:",
            "https://",
            "https:///h.example/a",
            "https:////h/a",
        ] {
            assert_eq!(Base::new(&url).resolve(reference), Err(SkipReason::Ambiguous), "{reference}");
        }
    }

    #[test]
    fn the_short_way_leads_where_the_long_one_does() {
        for playlist_url in
            ["https://h.example/video/m/low.m3u8?x=1", "https://h.example/low.m3u8", "https://h.example"]
        {
            let url = Url::parse(playlist_url).unwrap();
            for reference in REFERENCES {
                let (mut short, mut long) = (Base::new(&url), Base::new(&url));
                assert_eq!(short.resolve(reference), long.join(reference), "{playlist_url} {reference}");
            }
        }
    }
}
