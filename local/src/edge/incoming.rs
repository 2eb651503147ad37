//! A viewer's request as it arrived.

use std::net::IpAddr;

use cloudfront_signing::{Admitted, Denial, Request, UnixTime, Verifier, without_reserved_parameters};
use http::{HeaderMap, Method, header, request::Parts};
use usher_runtime::is_viewer_host;

use super::{
    distribution::{Behavior, OriginRequestPolicy},
    origin_request::{self, OriginRequest, remove_hop_by_hop},
    viewer_request::viewer_request,
};

/// A request with what was made of its `Host`.
pub(super) struct Incoming {
    viewer: IpAddr,
    parts: Parts,
    url: String,
    time: UnixTime,
}

impl Incoming {
    /// Takes a request with one `Host` that is one: it becomes part of the URL that signatures are for, and
    /// `Host: h/video/a` must not turn `/b` into `/video/a/b`.
    pub(super) fn new(viewer: IpAddr, parts: Parts, time: UnixTime) -> Result<Self, &'static str> {
        let mut hosts = parts.headers.get_all(header::HOST).iter();
        let host = match (hosts.next(), hosts.next()) {
            (Some(host), None) => host.to_str().ok().filter(|host| is_viewer_host(host)),
            _ => None,
        };
        let host =
            host.ok_or("the request must have one Host: a name or an address, with or without a port")?;
        // The bytes as they came: a signature covers these and no others.
        let url = format!("http://{host}{}", target(&parts));
        Ok(Self { viewer: viewer.to_canonical(), parts, url, time })
    }

    pub(super) fn method(&self) -> &Method {
        &self.parts.method
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// What the viewer asked for, by `http`.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn verify(&self, verifier: &Verifier) -> Result<Admitted, Box<Denial>> {
        let headers = self.parts.headers.get_all(header::COOKIE).iter();
        // Another program on this host may have set a cookie that is no ASCII; the rest still counts.
        let headers: Vec<_> = headers.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        let request = Request::new(&self.url).viewer_address(self.viewer);
        let request = headers.iter().fold(request, |request, header| request.cookie_header(header));
        verifier.verify(&request, self.time)
    }

    /// What goes on to the origin: what the viewer-request function makes of it, if the behaviour has it, and
    /// of that what the origin request policy says. The signature's parameters never do.
    pub(super) fn into_origin_request(self, behavior: &Behavior) -> OriginRequest {
        let mut headers = self.parts.headers;
        // Before the function: what that sets is CloudFront's, and no viewer may name it in `Connection`.
        remove_hop_by_hop(&mut headers);
        if behavior.viewer_request_function {
            viewer_request(&mut headers, self.parts.uri.query());
        }
        let query = without_reserved_parameters(&self.url).split_once('?').map(|(_, query)| query.to_owned());
        OriginRequest {
            method: self.parts.method,
            path: self.parts.uri.path().to_owned(),
            query: query.filter(|_| behavior.origin_request != OriginRequestPolicy::None),
            headers: origin_request::headers(headers, self.viewer, behavior),
            viewer: self.viewer,
            time: self.time,
        }
    }
}

/// The path and the query, in the bytes that came.
pub(super) fn target(parts: &Parts) -> &str {
    parts.uri.path_and_query().map_or("/", |target| target.as_str())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http::{HeaderName, HeaderValue};
    use usher_runtime::Viewer;

    use super::*;
    use crate::edge::distribution::{Origin, Target, ViewerProtocolPolicy};

    #[test]
    fn connection_takes_away_what_the_viewer_sent_and_nothing_of_ours() {
        let behavior = Behavior {
            path_pattern: None,
            origin: Arc::new(Origin {
                target: Target::IssueCookies,
                custom_headers: vec![(
                    HeaderName::from_static("x-origin-secret"),
                    HeaderValue::from_static("ours"),
                )],
                access_control: false,
            }),
            restricted: false,
            trusts_signing_key: true,
            allowed_methods: Vec::new(),
            viewer_protocol: ViewerProtocolPolicy::AllowAll,
            origin_request: OriginRequestPolicy::AllViewerExceptHostHeader,
            viewer_request_function: true,
            cors: None,
        };
        let (parts, ()) = http::Request::post("/auth/cookies?Expires=1790000000")
            .header("host", "127.0.0.1:8080")
            .header("connection", "close, x-hop, X-Viewer-Host, x-viewer-credential")
            .header("connection", "x-viewer-expires, x-origin-secret, via, x-forwarded-for")
            .header("x-forwarded-for", "198.51.100.1")
            .header("x-hop", "1")
            .header(Viewer::HOST, "evil.example")
            .body(())
            .expect("a request")
            .into_parts();
        let time = UnixTime::new(1_700_000_000).expect("seconds");
        let incoming = Incoming::new(IpAddr::from([192, 0, 2, 2]), parts, time).expect("one host");

        let mut lines: Vec<String> = incoming
            .into_origin_request(&behavior)
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().expect("ASCII")))
            .collect();
        lines.sort();

        let expected = [
            "via: 1.1 local.cloudfront.net (CloudFront)",
            "x-forwarded-for: 192.0.2.2",
            "x-origin-secret: ours",
            "x-viewer-credential: url",
            "x-viewer-expires: 1790000000",
            "x-viewer-host: 127.0.0.1:8080",
        ];
        assert_eq!(lines, expected);
    }
}
