//! A viewer's request, in the bytes that came.

use std::net::IpAddr;

use cookie::Cookie;
use percent_encoding::percent_decode_str;

use crate::{CookieName, stream::stream_name};

/// The query parameters that make a URL a signed URL. With any of them in it, CloudFront does not look
/// at cookies at all.
///
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-choosing-signed-urls-cookies.html>
pub const RESERVED_PARAMETERS: [&str; 5] = [
    "Expires",
    "Policy",
    "Signature",
    "Key-Pair-Id",
    "Hash-Algorithm",
];

/// Where the signature of a request stands.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Credential {
    /// In `CloudFront-*` cookies.
    Cookies,
    /// In the URL.
    Url,
}

/// What of a request a verifier looks at: its URL, its cookies, its viewer's address.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    pub(crate) url: &'a str,
    pub(crate) cookies: Vec<(CookieName, &'a str)>,
    pub(crate) viewer_address: Option<IpAddr>,
}

impl<'a> Request<'a> {
    /// A request for `url`: scheme, host, path and query exactly as the viewer sent them; or an RTMP URL
    /// or stream name.
    #[must_use]
    pub fn new(url: &'a str) -> Self {
        Self {
            url,
            cookies: Vec::new(),
            viewer_address: None,
        }
    }

    /// Adds the value of one `Cookie` header; of it, the `CloudFront-*` cookies are kept.
    #[must_use]
    pub fn cookie_header(mut self, header: &'a str) -> Self {
        self.cookies
            .extend(Cookie::split_parse(header).filter_map(|cookie| {
                let cookie = cookie.ok()?;
                Some((CookieName::parse(cookie.name_raw()?)?, cookie.value_raw()?))
            }));
        self
    }

    /// The address the viewer's request came from, for policies with `IpAddress`.
    #[must_use]
    pub fn viewer_address(mut self, address: IpAddr) -> Self {
        self.viewer_address = Some(address);
        self
    }

    /// Where this request's signature stands, if it has one: a signed URL wins over cookies.
    #[must_use]
    pub fn credential(&self) -> Option<Credential> {
        if reserved_parameters(self.url).next().is_some() {
            Some(Credential::Url)
        } else if self.cookies.is_empty() {
            None
        } else {
            Some(Credential::Cookies)
        }
    }
}

/// `url` without CloudFront's five parameters, the rest byte for byte and in its order: what the origin
/// sees, and the resource of a canned policy.
#[must_use]
pub fn without_reserved_parameters(url: &str) -> String {
    let Some((base, query)) = url.split_once('?') else {
        return url.to_owned();
    };
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| reserved_name(pair).is_none())
        .collect();
    if kept.is_empty() {
        base.to_owned()
    } else {
        format!("{base}?{}", kept.join("&"))
    }
}

/// The reserved parameters in `url`, each with the byte offset of its name, in their order.
pub(crate) fn reserved_parameters(url: &str) -> impl Iterator<Item = (&'static str, usize)> {
    parameters(url).filter_map(|(pair, offset)| Some((reserved_name(pair)?, offset)))
}

/// The values of one reserved parameter in `url`, raw.
pub(crate) fn parameter_values<'a>(url: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    parameters(url)
        .filter(move |(pair, _)| reserved_name(pair) == Some(name))
        .map(|(pair, _)| pair.split_once('=').map_or("", |(_, value)| value))
}

fn parameters(url: &str) -> impl Iterator<Item = (&str, usize)> {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    query.split('&').scan(base.len() + 1, |offset, pair| {
        let at = *offset;
        *offset += pair.len() + 1;
        Some((pair, at))
    })
}

/// Which reserved name a `name=value` pair has; names are compared percent-decoded, so that
/// `%50olicy` is no way round.
fn reserved_name(pair: &str) -> Option<&'static str> {
    let name = pair.split_once('=').map_or(pair, |(name, _)| name);
    RESERVED_PARAMETERS
        .into_iter()
        .find(|reserved| percent_decode_str(name).eq(reserved.bytes()))
}

/// A URL in the sections that a wildcard stays inside of, or a stream name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RequestTarget<'a> {
    Url {
        scheme: &'a str,
        host: &'a str,
        path: &'a str,
        query: Option<&'a str>,
    },
    Stream(&'a str),
}

impl<'a> RequestTarget<'a> {
    pub(crate) fn parse(url: &'a str) -> Self {
        let Some((scheme @ ("http" | "https"), rest)) = url.split_once("://") else {
            return Self::Stream(stream_name(url));
        };
        let (before_query, query) = match rest.split_once('?') {
            Some((before, query)) => (before, Some(query)),
            None => (rest, None),
        };
        let path_at = before_query.find('/').unwrap_or(before_query.len());
        let (host, path) = before_query.split_at(path_at);
        Self::Url {
            scheme,
            host,
            path: if path.is_empty() { "/" } else { path },
            query,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_parameters_are_taken_out_wherever_they_stand() {
        let rows = [
            (
                "https://h/a?Expires=1&x=%7E&Signature=s&y&Key-Pair-Id=K",
                "https://h/a?x=%7E&y",
            ),
            (
                "https://h/a?%45xpires=1&Hash-Algorithm=SHA256",
                "https://h/a",
            ),
            ("https://h/a?expires=1", "https://h/a?expires=1"),
            ("https://h/a?&Expires=1", "https://h/a?"),
            ("https://h/a", "https://h/a"),
        ];
        for (url, stripped) in rows {
            assert_eq!(without_reserved_parameters(url), stripped);
        }
    }

    #[test]
    fn a_signed_url_wins_over_cookies() {
        let cookies = "other=1; CloudFront-Key-Pair-Id=K; CloudFront-Signature=s";
        let rows = [
            ("https://h/a", "", None),
            ("https://h/a", "other=1", None),
            ("https://h/a", cookies, Some(Credential::Cookies)),
            ("https://h/a?Expires=", cookies, Some(Credential::Url)),
        ];
        for (url, header, credential) in rows {
            assert_eq!(
                Request::new(url).cookie_header(header).credential(),
                credential,
                "{url} {header}"
            );
        }
    }
}
