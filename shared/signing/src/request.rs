//! A viewer's request, in the bytes that were received.

use std::net::IpAddr;

use crate::{CookieName, parameters::reserved_parameters};

/// Where the signature of a request is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum SignatureLocation {
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
        Self { url, cookies: Vec::new(), viewer_address: None }
    }

    /// Adds the value of one `Cookie` header; of it, the `CloudFront-*` cookies are kept.
    #[must_use]
    pub fn cookie_header(mut self, header: &'a str) -> Self {
        self.cookies.extend(header.split(';').filter_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            Some((CookieName::parse(name.trim())?, value.trim()))
        }));
        self
    }

    /// The viewer's address, for policies with `IpAddress`.
    #[must_use]
    pub fn viewer_address(mut self, address: IpAddr) -> Self {
        self.viewer_address = Some(address);
        self
    }

    /// Where this request's signature is, if it has one: a signed URL takes precedence over cookies.
    #[must_use]
    pub fn signature_location(&self) -> Option<SignatureLocation> {
        if reserved_parameters(self.url).next().is_some() {
            Some(SignatureLocation::Url)
        } else if self.cookies.is_empty() {
            None
        } else {
            Some(SignatureLocation::Cookies)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signed_url_wins_over_cookies() {
        let cookies = "other=1; CloudFront-Key-Pair-Id=K; CloudFront-Signature=s";
        let rows = [
            ("https://h/a", "", None),
            ("https://h/a", "other=1", None),
            ("https://h/a", cookies, Some(SignatureLocation::Cookies)),
            ("https://h/a?Expires=", cookies, Some(SignatureLocation::Url)),
        ];
        for (url, header, signature_location) in rows {
            assert_eq!(
                Request::new(url).cookie_header(header).signature_location(),
                signature_location,
                "{url} {header}"
            );
        }
    }
}
