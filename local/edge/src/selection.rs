//! The headers, cookies and query parameters of a request that a policy names.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cache-key-understand-cache-policy.html>

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// What a cache policy or an origin request policy names.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Parameters {
    pub(super) headers: Selection,
    pub(super) cookies: Selection,
    pub(super) query_strings: Selection,
}

/// Selected values of one kind, by their names.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) enum Selection {
    #[default]
    None,
    All,
    Only(Vec<String>),
    AllExcept(Vec<String>),
}

impl Selection {
    /// Header names are compared in any case; names of cookies and parameters are case-sensitive.
    fn takes(&self, name: &str, equal: impl Fn(&str, &str) -> bool) -> bool {
        let is_named = |names: &[String]| names.iter().any(|one| equal(one, name));
        match self {
            Self::None => false,
            Self::All => true,
            Self::Only(names) => is_named(names),
            Self::AllExcept(names) => !is_named(names),
        }
    }

    /// Whether the policy selects a header.
    pub(super) fn takes_header(&self, name: &HeaderName) -> bool {
        self.takes(name.as_str(), str::eq_ignore_ascii_case)
    }

    /// Whether the policy lists a header by its name.
    pub(super) fn names_header(&self, name: &HeaderName) -> bool {
        matches!(self, Self::Only(_)) && self.takes_header(name)
    }
}

impl Parameters {
    /// The parameters of a query that any of the policies selects, unchanged and in their order.
    pub(super) fn query(all: &[&Self], query: &str) -> Option<String> {
        let taken = |pair: &&str| {
            let name = pair.split_once('=').map_or(*pair, |(name, _)| name);
            all.iter().any(|one| one.query_strings.takes(name, |one, other| one == other))
        };
        let kept: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).filter(taken).collect();
        (!kept.is_empty()).then(|| kept.join("&"))
    }

    /// The cookies that any of the policies selects, in one line.
    pub(super) fn cookies(all: &[&Self], headers: &HeaderMap) -> Option<HeaderValue> {
        let lines = headers.get_all(header::COOKIE).iter();
        let cookies = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
        let taken = |cookie: &&[u8]| {
            let name = cookie.split(|byte| *byte == b'=').next().unwrap_or_default();
            let name = String::from_utf8_lossy(name);
            !cookie.is_empty() && all.iter().any(|one| one.cookies.takes(&name, |one, other| one == other))
        };
        let kept: Vec<&[u8]> = cookies.map(<[u8]>::trim_ascii).filter(taken).collect();
        HeaderValue::from_bytes(&kept.join(&b"; "[..])).ok().filter(|line| !line.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(names: &[&str]) -> Selection {
        Selection::Only(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn parameters_are_taken_by_their_names_as_they_came() {
        let of = |query_strings| Parameters { query_strings, ..Parameters::default() };
        let except = Selection::AllExcept(vec!["a".to_owned()]);
        for (all, query, expected) in [
            (vec![of(only(&["a", "c"]))], "a=1&b=2&a=%33&c&A=4", Some("a=1&a=%33&c")),
            (vec![of(only(&["a"])), of(only(&["b"]))], "c=3&b=2&&a", Some("b=2&a")),
            (vec![of(except)], "a=1&b=2", Some("b=2")),
            (vec![of(Selection::All)], "a=1&&b", Some("a=1&b")),
            (vec![of(Selection::None)], "a=1", None),
            (vec![of(only(&["a"]))], "", None),
        ] {
            let all: Vec<&Parameters> = all.iter().collect();
            assert_eq!(Parameters::query(&all, query).as_deref(), expected, "{query}");
        }
    }

    #[test]
    fn cookies_are_taken_by_their_names_and_headers_in_any_case() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; b=2;"));
        headers.append(header::COOKIE, HeaderValue::from_static("a=3"));
        let of = |cookies| Parameters { cookies, ..Parameters::default() };
        let line = |cookies| Parameters::cookies(&[&of(cookies)], &headers);
        assert_eq!(line(only(&["a"])), Some(HeaderValue::from_static("a=1; a=3")));
        assert_eq!(line(Selection::All), Some(HeaderValue::from_static("a=1; b=2; a=3")));
        assert_eq!(line(only(&["A"])), None);
        assert!(only(&["X-Viewer-Host"]).takes_header(&HeaderName::from_static("x-viewer-host")));
    }
}
