//! What the viewer-request function passes on: the origin sees neither the viewer's host nor its
//! signature.
//!
//! The headers `x-viewer-host`, `x-viewer-credential`, `x-viewer-resource`, `x-viewer-expires` and
//! `x-viewer-policy-copy` are set by the distribution, whatever the viewer sent under these names. With the path and
//! `usher-style` they are the key of a playlist in CloudFront's cache, so they say nothing that its bytes do not
//! depend on. A request that does not come through the distribution may hold anything there: where the host is known, it
//! comes from the configuration instead.

use std::{fmt, str::FromStr};

use cloudfront_signing::{SignatureLocation, UnixTime};
use hls_rewrite::{ViewerPolicy, is_viewer_host};
use http::{HeaderMap, HeaderName};

use crate::{InvalidSetting, Settings};

/// The protocol that viewers use, as a policy's resource names it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ViewerProtocol {
    /// On a laptop.
    Http,
    /// In AWS: the distribution's behaviors are `https-only`.
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

/// Where the functions know from which host the viewers ask.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ViewerHost {
    /// The distribution's own domain name: policies name it, whatever a request says.
    Configured(String),
    /// What the distribution writes into [`Viewer::HOST`].
    Header,
}

impl ViewerHost {
    /// Reads `VIEWER_HOST` (default: none, the header).
    ///
    /// # Errors
    /// [`InvalidSetting`]
    pub fn read(settings: &mut Settings<'_>) -> Result<Self, InvalidSetting> {
        match settings.optional("VIEWER_HOST") {
            None => Ok(Self::Header),
            // Browsers write hosts in lower case: a policy for another spelling would fit none of their URLs.
            Some(host) if is_viewer_host(&host) && host == host.to_ascii_lowercase() => {
                Ok(Self::Configured(host))
            }
            Some(_) => {
                Err(settings
                    .invalid("VIEWER_HOST must be a host as browsers send it, such as video.example.com"))
            }
        }
    }
}

/// A viewer, as the distribution saw it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Viewer {
    /// The host (and port) that the viewer asked.
    pub host: String,
    /// Where the viewer's signature is, if the request has one.
    pub signature: Option<SignatureLocation>,
    /// The policy of that signature, where it could be read.
    pub policy: Option<ViewerPolicy>,
    /// Where it could not: what the query holds of a [copy](hls_rewrite::policy_copy), which nobody has verified.
    pub policy_copy: Option<String>,
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
    /// The header with the `Resource` of a custom policy.
    pub const RESOURCE: HeaderName = HeaderName::from_static("x-viewer-resource");
    /// The header with the Unix time at which the policy ends.
    pub const EXPIRES: HeaderName = HeaderName::from_static("x-viewer-expires");
    /// The header with the parameters of a copy of the policy, as they stand in the query.
    pub const POLICY_COPY: HeaderName = HeaderName::from_static("x-viewer-policy-copy");

    /// Reads the headers; that with the host only where `host` says so. The host goes into policies, so
    /// nothing but a host name, an address and a port is taken: a `*` would be a wildcard.
    ///
    /// # Errors
    /// [`ViewerError`] without a usable host.
    pub fn from_headers(headers: &HeaderMap, host: &ViewerHost) -> Result<Self, ViewerError> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let host = match host {
            ViewerHost::Configured(host) => host,
            ViewerHost::Header => text(Self::HOST).filter(|host| is_viewer_host(host)).ok_or(ViewerError)?,
        };
        let host = host.to_owned();
        let signature = match text(Self::CREDENTIAL) {
            Some("cookies") => Some(SignatureLocation::Cookies),
            Some("url") => Some(SignatureLocation::Url),
            _ => None,
        };
        let expires = text(Self::EXPIRES)
            .and_then(|seconds| seconds.parse().ok())
            .and_then(|seconds| UnixTime::new(seconds).ok());
        // A resource that is no text must not pass for none: that would be a canned policy.
        let policy = expires.and_then(|expires| match headers.get(Self::RESOURCE) {
            None => Some(ViewerPolicy::Canned { expires }),
            Some(resource) => {
                let resource = resource.to_str().ok().filter(|resource| !resource.is_empty())?.to_owned();
                Some(ViewerPolicy::Custom { resource, expires })
            }
        });
        // Without a signature there is no policy.
        let policy = policy.filter(|_| signature.is_some());
        let policy_copy = text(Self::POLICY_COPY).map(str::to_owned);
        Ok(Self { host, signature, policy, policy_copy })
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn what_the_distribution_says_is_read() {
        let read = |headers: &[(HeaderName, &'static str)]| {
            let headers = headers.iter().map(|(name, value)| {
                (name.clone(), HeaderValue::from_bytes(value.as_bytes()).expect("a value"))
            });
            Viewer::from_headers(&headers.collect(), &ViewerHost::Header)
        };
        let viewer = |signature, policy| {
            Ok(Viewer { host: "127.0.0.1:8080".to_owned(), signature, policy, policy_copy: None })
        };
        let host = (Viewer::HOST, "127.0.0.1:8080");
        let is = |credential| (Viewer::CREDENTIAL, credential);
        let covers = |resource| (Viewer::RESOURCE, resource);
        let ends = |expires| (Viewer::EXPIRES, expires);
        let expires = UnixTime::new(1_790_000_000).expect("a time");
        assert_eq!(read(std::slice::from_ref(&host)), viewer(None, None));
        assert_eq!(
            read(&[host.clone(), is("url"), ends("1790000000")]),
            viewer(Some(SignatureLocation::Url), Some(ViewerPolicy::Canned { expires }))
        );
        let resource = "https://h/video/m/*";
        assert_eq!(
            read(&[host.clone(), is("cookies"), covers(resource), ends("1790000000")]),
            viewer(
                Some(SignatureLocation::Cookies),
                Some(ViewerPolicy::Custom { resource: resource.to_owned(), expires })
            )
        );
        for policy in [
            [covers(resource), ends("soon")],
            [covers(""), ends("1790000000")],
            [covers("\u{e9}"), ends("1790000000")],
            [covers(resource), ends("1790000000000")],
        ] {
            let headers = [&[host.clone(), is("cookies")], policy.as_slice()].concat();
            assert_eq!(read(&headers), viewer(Some(SignatureLocation::Cookies), None), "{policy:?}");
        }
        assert_eq!(
            read(&[host.clone(), covers(resource), ends("1790000000")]),
            viewer(None, None),
            "a policy without a signature is nobody's"
        );
        assert_eq!(read(&[host, is("password")]), viewer(None, None));
        assert_eq!(read(&[is("url")]), Err(ViewerError));
    }

    #[test]
    fn a_host_that_would_be_a_wildcard_is_refused() {
        for host in ["*", "*.example.com", "a/b", "a?b", "u@h", "", ":443", "h:1:2", "h:x", "[::1", "[h]:1"] {
            let mut headers = HeaderMap::new();
            headers.insert(Viewer::HOST, HeaderValue::from_str(host).expect("a header value"));
            assert_eq!(Viewer::from_headers(&headers, &ViewerHost::Header), Err(ViewerError), "{host}");
        }
        assert_eq!(Viewer::from_headers(&HeaderMap::new(), &ViewerHost::Header), Err(ViewerError));
    }

    fn read(viewer_host: &str) -> Result<ViewerHost, String> {
        let look_up = |name: &str| (name == "VIEWER_HOST").then(|| viewer_host.to_owned());
        let mut settings = Settings::new(&look_up);
        let host = ViewerHost::read(&mut settings);
        settings.finish(|| host).map_err(|error| error.to_string())
    }

    #[test]
    fn a_configured_host_stands_whatever_the_header_says() {
        let host = read("video.example.com").expect("a host");
        let viewer = Viewer {
            host: "video.example.com".to_owned(),
            signature: Some(SignatureLocation::Url),
            policy: None,
            policy_copy: None,
        };
        for sent in [None, Some("video.example.com"), Some("evil.example"), Some("*"), Some("")] {
            let mut headers = HeaderMap::new();
            headers.insert(Viewer::CREDENTIAL, HeaderValue::from_static("url"));
            headers.extend(sent.map(|sent| (Viewer::HOST, HeaderValue::from_static(sent))));
            assert_eq!(Viewer::from_headers(&headers, &host), Ok(viewer.clone()), "{sent:?}");
        }
    }

    #[test]
    fn a_host_is_configured_as_browsers_send_it() {
        assert_eq!(read(""), Ok(ViewerHost::Header));
        for host in ["video.example.com", "127.0.0.1:8080", "xn--bcher-kva.example"] {
            assert_eq!(read(host), Ok(ViewerHost::Configured(host.to_owned())));
        }
        let problem = "the configuration cannot be used: \
                       VIEWER_HOST must be a host as browsers send it, such as video.example.com";
        for host in
            ["https://video.example.com", "video.example.com/", "*.example.com", "Video.example.com", " "]
        {
            assert_eq!(read(host), Err(problem.to_owned()), "{host}");
        }
    }
}
