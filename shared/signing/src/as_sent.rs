//! What a client changes in a URL before it sends the request: CloudFront sees the changed URL, which nobody signed.
//!
//! The rules are those of the [URL Standard], for the schemes `http` and `https`: browsers follow them, and so do the
//! URL libraries of most languages. Here is what no client changes; where that is not certain, the answer is that it
//! does.
//!
//! [URL Standard]: https://url.spec.whatwg.org/#concept-basic-url-parser

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
};

use crate::Error;

/// What a client changes in a URL.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// An apostrophe in the query becomes `%27`.
    Apostrophe,
    /// The port of the scheme disappears.
    DefaultPort,
    /// A segment `.` or `..` disappears, and `..` takes the segment before it along.
    DotSegment,
    /// The host gets another form, or the client rejects it.
    Host,
    /// An empty path becomes `/`.
    MissingPath,
    /// The port gets another form, or the client rejects it.
    Port,
    /// An upper-case letter of the host becomes a lower-case one.
    UpperCase(char),
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Apostrophe => f.write_str("the ' in the query"),
            Self::DefaultPort => f.write_str("the default port"),
            Self::DotSegment => f.write_str("the dot segment"),
            Self::Host => f.write_str("the host"),
            Self::MissingPath => f.write_str("the missing path"),
            Self::Port => f.write_str("the port"),
            Self::UpperCase(letter) => write!(f, "the upper-case {letter} of the host"),
        }
    }
}

impl Change {
    /// What to write instead.
    pub(crate) fn cure(self) -> &'static str {
        match self {
            Self::Apostrophe => "write %27",
            Self::DefaultPort | Self::DotSegment => "leave it out",
            Self::Host => "write it as the address bar of a browser does",
            Self::MissingPath => "write /",
            Self::Port => "write a number from 0 to 65535 without leading zeros, or no colon",
            Self::UpperCase(_) => "write it in lower case",
        }
    }
}

/// Checks a URL or a pattern that has a scheme and a host, and none of the characters that nobody may sign.
pub(crate) fn check_as_sent(url: &str) -> Result<(), Error> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let host_at = url.len() - rest.len();
    let authority_ends = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at(authority_ends);
    check_authority(scheme, authority, host_at)?;
    let path_at = host_at + authority_ends;
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    if path.is_empty() && !url.contains('*') {
        return Err(changes(Change::MissingPath, path_at));
    }
    let mut segment_at = path_at;
    for segment in path.split('/') {
        let decoded = segment.to_ascii_lowercase().replace("%2e", ".");
        if matches!(decoded.as_str(), "." | "..") {
            return Err(changes(Change::DotSegment, segment_at));
        }
        segment_at += segment.len() + 1;
    }
    match query.and_then(|query| query.find('\'')) {
        Some(offset) => Err(changes(Change::Apostrophe, path_at + path.len() + 1 + offset)),
        None => Ok(()),
    }
}

fn check_authority(scheme: &str, authority: &str, host_at: usize) -> Result<(), Error> {
    let host_ends = match authority.rfind(']') {
        Some(bracket) => bracket + 1,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at(host_ends);
    if let Some((offset, letter)) = host.char_indices().find(|(_, letter)| letter.is_ascii_uppercase()) {
        return Err(changes(Change::UpperCase(letter), host_at + offset));
    }
    if !is_host(host) {
        return Err(changes(Change::Host, host_at));
    }
    let port_at = host_at + host_ends;
    let number = match port.strip_prefix(':') {
        None if port.is_empty() => return Ok(()),
        None => return Err(changes(Change::Host, host_at)),
        Some(number) => number,
    };
    let is_default = matches!((scheme, number), ("http", "80") | ("https", "443"));
    let is_canonical = number.parse::<u16>().is_ok_and(|parsed| parsed.to_string() == number);
    match (is_default, is_canonical || number.contains('*')) {
        (true, _) => Err(changes(Change::DefaultPort, port_at)),
        (false, false) => Err(changes(Change::Port, port_at)),
        (false, true) => Ok(()),
    }
}

/// Whether a client sends this host as it is: a name, or an address in its one canonical form.
fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[') {
        let address = address.strip_suffix(']').unwrap_or_default();
        return address.parse::<Ipv6Addr>().is_ok_and(|parsed| parsed.to_string() == address);
    }
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._~*".contains(&byte);
    if !host.bytes().all(is_plain) {
        return false;
    }
    // Such a host is an IPv4 address or nothing: https://url.spec.whatwg.org/#ends-in-a-number-checker
    let last = host.strip_suffix('.').unwrap_or(host).rsplit('.').next().unwrap_or_default();
    let hexadecimal = last.strip_prefix("0x");
    let is_number = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit())
        || hexadecimal.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    !is_number || host.contains('*') || host.parse::<Ipv4Addr>().is_ok()
}

fn changes(change: Change, offset: usize) -> Error {
    Error::ClientChanges { change, offset }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ExactUrl, UrlPattern};

    #[test]
    fn what_a_client_changes_is_named_with_its_offset() {
        use Change::{Apostrophe, DefaultPort, DotSegment, Host, MissingPath, Port, UpperCase};
        let rows = [
            ("https://h/a?x='", Apostrophe, 14),
            ("https://Host/a", UpperCase('H'), 8),
            ("https://h.Example/a", UpperCase('E'), 10),
            ("http://[2001:DB8::1]/a", UpperCase('D'), 13),
            ("https://h:443/a", DefaultPort, 9),
            ("http://h:80/a", DefaultPort, 8),
            ("https://h:/a", Port, 9),
            ("https://h:0443/a", Port, 9),
            ("https://h:65536/a", Port, 9),
            ("https://h:a/a", Port, 9),
            ("https://h", MissingPath, 9),
            ("https://h?x=1", MissingPath, 9),
            ("https://h/./a", DotSegment, 10),
            ("https://h/a/../b", DotSegment, 12),
            ("https://h/a/..", DotSegment, 12),
            ("https://h/a/.?x=1", DotSegment, 12),
            ("https://h/a/%2e%2E/b", DotSegment, 12),
            ("https://h/.%2e/b", DotSegment, 10),
            ("https://127.1/a", Host, 8),
            ("https://127.0.0.01/a", Host, 8),
            ("https://0x7f.0.0.1/a", Host, 8),
            ("https://2130706433/a", Host, 8),
            ("https://h.0x/a", Host, 8),
            ("https://127.0.0.1./a", Host, 8),
            ("https://h%2e/a", Host, 8),
            ("https://[0:0::1]/a", Host, 8),
            ("https://[::1]h/a", Host, 8),
            ("https://[h]/a", Host, 8),
        ];
        for (url, change, offset) in rows {
            let expected = Err(Error::ClientChanges { change, offset });
            assert_eq!(ExactUrl::new(url).and_then(|url| url.check_as_sent()), expected, "{url}");
        }
    }

    #[test]
    fn what_no_client_changes_may_be_signed() {
        for url in [
            "https://d111111abcdef8.cloudfront.net/a%20b/...//c;d=1,2/(e)!'~$@.?x=%7E&y=1+2&z&&=&q=a/b?c=d:e@f",
            "https://h/",
            "https://h:80/a",
            "http://h:443/a",
            "http://127.0.0.1:8080/video/m/s_12:00.ts",
            "http://[::1]:8080/..a/.b/%2ec",
            "https://a_b.example./x",
            "https://h/?../x",
        ] {
            assert_eq!(ExactUrl::new(url).and_then(|url| url.check_as_sent()), Ok(()), "{url}");
        }
    }

    #[test]
    fn the_same_holds_for_a_pattern_around_its_wildcards() {
        let check = |pattern: &str| UrlPattern::new(pattern).and_then(|pattern| pattern.check_as_sent());
        for pattern in
            ["https://h/video/*", "*://*.cloudfront.net/*?*", "https://*", "http://*:8080/*", "https://h*/.*"]
        {
            assert_eq!(check(pattern), Ok(()), "{pattern}");
        }
        let character = |character, offset| Error::ForbiddenCharacter { character, offset };
        let change = |change, offset| Error::ClientChanges { change, offset };
        let rows = [
            ("https://H/video/*", change(Change::UpperCase('H'), 8)),
            ("https://h:443/*", change(Change::DefaultPort, 9)),
            ("https://h/a/../*", change(Change::DotSegment, 12)),
            ("https://h/*?x='*", change(Change::Apostrophe, 14)),
            ("https://h/{a,b}/*", character('{', 10)),
        ];
        for (pattern, error) in rows {
            assert_eq!(check(pattern), Err(error), "{pattern}");
        }
    }
}
