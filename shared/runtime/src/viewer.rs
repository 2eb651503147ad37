//! What the viewer-request function passes on: the origin sees neither the viewer's host nor its
//! signature.
//!
//! The headers `x-viewer-host`, `x-viewer-credential` and `x-viewer-expires` are set by the distribution,
//! whatever the viewer sent under these names.

use std::{fmt, net::Ipv6Addr, str::FromStr};

use cloudfront_signing::{Credential, UnixTime};
use http::{HeaderMap, HeaderName, HeaderValue};

/// The protocol that viewers use, as a policy's resource names it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ViewerProtocol {
    /// On a laptop.
    Http,
    /// In AWS: the distribution's behaviours are `https-only`.
    Https,
}

impl FromStr for ViewerProtocol {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "http" => Ok(Self::Http),
            "https" => Ok(Self::Https),
            _ => Err("it must be http or https"),
        }
    }
}

impl fmt::Display for ViewerProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Https => "https",
        })
    }
}

/// A viewer, as the distribution saw it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Viewer {
    /// The host (and port) that the viewer asked.
    pub host: String,
    /// Where the viewer's signature stood, if it had one.
    pub credential: Option<Credential>,
    /// When that signature ends, where it could be read.
    pub expires: Option<UnixTime>,
}

/// The request did not come through the distribution.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the request has no usable x-viewer-host header: it must come through the distribution")]
pub struct ViewerError;

impl Viewer {
    /// The header with the host.
    pub const HOST: HeaderName = HeaderName::from_static("x-viewer-host");
    /// The header with `cookies` or `url`.
    pub const CREDENTIAL: HeaderName = HeaderName::from_static("x-viewer-credential");
    /// The header with a Unix time.
    pub const EXPIRES: HeaderName = HeaderName::from_static("x-viewer-expires");

    /// Reads the headers. The host goes into policies, so nothing but a host name, an address and a port
    /// is taken: a `*` would be a wildcard.
    ///
    /// # Errors
    /// [`ViewerError`] without a usable host.
    pub fn from_headers(headers: &HeaderMap) -> Result<Self, ViewerError> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let host = text(Self::HOST).filter(|host| is_viewer_host(host)).ok_or(ViewerError)?.to_owned();
        let credential = match text(Self::CREDENTIAL) {
            Some("cookies") => Some(Credential::Cookies),
            Some("url") => Some(Credential::Url),
            _ => None,
        };
        let expires = text(Self::EXPIRES)
            .and_then(|seconds| seconds.parse().ok())
            .and_then(|seconds| UnixTime::new(seconds).ok());
        Ok(Self { host, credential, expires })
    }

    /// Sets the three headers, or takes away what the viewer sent under their names: what the
    /// viewer-request function of the template does.
    pub fn set_headers(&self, headers: &mut HeaderMap) {
        let credential = self.credential.map(|credential| match credential {
            Credential::Cookies => HeaderValue::from_static("cookies"),
            Credential::Url => HeaderValue::from_static("url"),
        });
        let values = [
            (Self::HOST, HeaderValue::from_str(&self.host).ok()),
            (Self::CREDENTIAL, credential),
            (Self::EXPIRES, self.expires.map(|expires| HeaderValue::from(expires.seconds()))),
        ];
        for (name, value) in values {
            match value {
                Some(value) => headers.insert(name, value),
                None => headers.remove(name),
            };
        }
    }
}

/// Whether a `Host` is a host name or address, with or without a port: a `/`, `?` or `*` in it would move
/// the border between host and path in what is signed and verified.
#[must_use]
pub fn is_viewer_host(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => {
            let Some((address, port)) = rest.split_once(']') else { return false };
            if address.parse::<Ipv6Addr>().is_err() {
                return false;
            }
            ("address", port)
        }
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let is_name = (1..=253).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    is_name && is_port
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_read_and_what_the_viewer_sent_is_gone() {
        let mut headers = HeaderMap::new();
        headers.insert(Viewer::CREDENTIAL, HeaderValue::from_static("cookies"));
        headers.insert(Viewer::EXPIRES, HeaderValue::from_static("1"));
        let anonymous = Viewer { host: "127.0.0.1:8080".to_owned(), credential: None, expires: None };
        anonymous.set_headers(&mut headers);
        assert_eq!(Viewer::from_headers(&headers), Ok(anonymous));
        let signed = Viewer {
            host: "d111111abcdef8.cloudfront.net".to_owned(),
            credential: Some(Credential::Url),
            expires: UnixTime::new(1_790_000_000).ok(),
        };
        signed.set_headers(&mut headers);
        assert_eq!(Viewer::from_headers(&headers), Ok(signed));
    }

    #[test]
    fn a_host_is_a_name_or_an_address_with_or_without_a_port() {
        for host in ["localhost", "127.0.0.1:8080", "[::1]:8080", "[::1]", "d111111abcdef8.cloudfront.net"] {
            assert!(is_viewer_host(host), "{host}");
        }
    }

    #[test]
    fn a_host_that_would_be_a_wildcard_is_refused() {
        for host in ["*", "*.example.com", "a/b", "a?b", "u@h", "", ":443", "h:1:2", "h:x", "[::1", "[h]:1"] {
            let mut headers = HeaderMap::new();
            headers.insert(Viewer::HOST, HeaderValue::from_str(host).expect("a header value"));
            assert_eq!(Viewer::from_headers(&headers), Err(ViewerError), "{host}");
        }
        assert_eq!(Viewer::from_headers(&HeaderMap::new()), Err(ViewerError));
    }
}
