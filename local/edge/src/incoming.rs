//! A viewer's request as it arrived.

use std::net::SocketAddr;

use cloudfront_signing::{
    Admitted, Denial, RESERVED_PARAMETERS, Request, UnixTime, Verifier, without_reserved_parameters,
};
use http::{HeaderMap, Method, header, request::Parts};
use usher_runtime::ViewerProtocol;

use super::{
    cache::Key,
    distribution::Behavior,
    functions::{Answer, ViewerRequest},
    origin_request::{self, OriginRequest, remove_hop_by_hop, remove_signed_cookies},
    selection::Parameters,
    viewer_protocol::came_by_http,
};

/// Whether the viewer-request function sees a signature, which AWS does not document.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Signatures {
    /// CloudFront removes it from the request first.
    Hidden,
    /// The request is as the viewer sent it.
    Seen,
}

/// A request, and the URL that its `Host` gives.
pub(super) struct Incoming {
    viewer: SocketAddr,
    parts: Parts,
    url: String,
    time: UnixTime,
}

impl Incoming {
    /// A request to this host, which is its only `Host`.
    pub(super) fn new(viewer: SocketAddr, host: &str, parts: Parts, time: UnixTime) -> Self {
        let url = url(host, &parts);
        let viewer = SocketAddr::new(viewer.ip().to_canonical(), viewer.port());
        Self { viewer, parts, url, time }
    }

    pub(super) fn method(&self) -> &Method {
        &self.parts.method
    }

    /// Whether it came by HTTP where HTTPS was possible.
    pub(super) fn came_by_http(&self) -> bool {
        came_by_http(&self.parts.headers, protocol(&self.parts))
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// The URL that the viewer requested.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn verify(&self, verifier: &Verifier) -> Result<Admitted, Box<Denial>> {
        let headers = self.parts.headers.get_all(header::COOKIE).iter();
        // Another program on this host may have set a cookie that is not ASCII; the others still count.
        let headers: Vec<_> = headers.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        let request = Request::new(&self.url).viewer_address(self.viewer.ip());
        let request = headers.iter().fold(request, |request, header| request.cookie_header(header));
        verifier.verify(&request, self.time)
    }

    /// The request to the origin, and its cache key: the viewer-request function, if the cache behavior has one,
    /// changes the request, and the policies select from it. The signature's parameters are never included. An
    /// error is the answer that the viewer gets instead: the function's own, or CloudFront's if the function
    /// failed.
    pub(super) async fn into_origin_request(
        self,
        behavior: &Behavior,
        signatures: Signatures,
    ) -> Result<(OriginRequest, Key), Box<Answer>> {
        let mut headers = self.parts.headers;
        // Before the function: a viewer must not name the headers that the function sets in `Connection`.
        remove_hop_by_hop(&mut headers);
        let mut path = self.parts.uri.path().to_owned();
        let mut url = self.url;
        if let Some(function) = &behavior.viewer_request_function {
            let query = self.parts.uri.query();
            let query = match signatures {
                Signatures::Seen => query.map(str::to_owned),
                Signatures::Hidden => {
                    remove_signed_cookies(&mut headers);
                    query.and_then(without_signature)
                }
            };
            let (method, viewer, time) = (self.parts.method.clone(), self.viewer.ip(), self.time);
            let given = ViewerRequest { method, path, query: query.clone(), headers, viewer, time };
            let returned = function.viewer_request(given).await?;
            (path, headers) = (returned.path, returned.headers);
            if returned.query != query {
                url = returned.query.map_or_else(|| path.clone(), |query| format!("{path}?{query}"));
            }
        }
        let query = without_reserved_parameters(&url).split_once('?').map(|(_, query)| query.to_owned());
        remove_signed_cookies(&mut headers);
        let key = Key::new(&behavior.cache, &path, query.as_deref(), &headers);
        let policies = behavior.parameters();
        let request = OriginRequest {
            method: self.parts.method,
            path,
            query: query.and_then(|query| Parameters::query(&policies, &query)),
            headers: origin_request::headers(&headers, self.viewer, behavior),
            viewer: self.viewer.ip(),
            time: self.time,
        };
        Ok((request, key))
    }
}

/// A query without the five parameters under their plain names; the rest stays as it arrived.
fn without_signature(query: &str) -> Option<String> {
    let is_signature = |pair: &str| {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        RESERVED_PARAMETERS.contains(&name)
    };
    let kept: Vec<&str> = query.split('&').filter(|pair| !is_signature(pair)).collect();
    (!kept.is_empty()).then(|| kept.join("&"))
}

/// The URL that the viewer requested: the bytes as they arrived, because a signature covers exactly these.
pub(super) fn url(host: &str, parts: &Parts) -> String {
    let protocol = protocol(parts).unwrap_or(ViewerProtocol::Http);
    format!("{protocol}://{host}{}", target(parts))
}

/// The protocol of the connection, if the edge speaks both.
pub(super) fn protocol(parts: &Parts) -> Option<ViewerProtocol> {
    parts.extensions.get().copied()
}

/// The path and the query, with the bytes that arrived.
pub(super) fn target(parts: &Parts) -> &str {
    parts.uri.path_and_query().map_or("/", |target| target.as_str())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http::{HeaderName, HeaderValue};
    use usher_runtime::Viewer;

    use super::*;
    use crate::{
        distribution::{Origin, Target, ViewerProtocolPolicy},
        functions::of_template,
        selection::Selection,
    };

    /// The headers that the origin receives, a line each.
    async fn passed_on(request: http::request::Builder, signatures: Signatures) -> Vec<String> {
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
            cache: Arc::default(),
            compress: false,
            origin_request: Some(Arc::new(Parameters {
                headers: Selection::AllExcept(vec!["host".to_owned()]),
                cookies: Selection::All,
                query_strings: Selection::All,
            })),
            viewer_request_function: Some(Arc::new(of_template())),
            response_headers: Arc::default(),
        };
        let request = request.header("host", "127.0.0.1:8080").header("authorization", "Bearer token");
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        let time = UnixTime::new(1_700_000_000).expect("seconds");
        let viewer = SocketAddr::from(([192, 0, 2, 2], 46_532));
        let incoming = Incoming::new(viewer, "127.0.0.1:8080", parts, time);
        let (request, _) = incoming.into_origin_request(&behavior, signatures).await.expect("it goes on");
        let mut lines: Vec<String> = request
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().expect("ASCII")))
            .collect();
        lines.sort();
        lines
    }

    #[tokio::test]
    async fn connection_takes_away_what_the_viewer_sent_and_nothing_of_ours() {
        let request = http::Request::post("/auth/cookies?Expires=1790000000")
            .header("connection", "close, x-hop, X-Viewer-Host, x-viewer-credential")
            .header("connection", "x-viewer-expires, x-origin-secret, via, x-forwarded-for")
            .header("x-forwarded-for", "198.51.100.1")
            .header("x-hop", "1")
            .header(Viewer::HOST, "evil.example");
        let expected = [
            "authorization: Bearer token",
            "via: 1.1 local.cloudfront.net (CloudFront)",
            "x-forwarded-for: 192.0.2.2",
            "x-origin-secret: ours",
            "x-viewer-credential: url",
            "x-viewer-expires: 1789999800",
            "x-viewer-host: 127.0.0.1:8080",
        ];
        assert_eq!(passed_on(request, Signatures::Seen).await, expected);
    }

    #[tokio::test]
    async fn the_viewer_request_function_sees_no_signature_that_is_hidden_from_it() {
        let expected = [
            "authorization: Bearer token",
            "cookie: theme=dark",
            "via: 1.1 local.cloudfront.net (CloudFront)",
            "x-forwarded-for: 192.0.2.2",
            "x-origin-secret: ours",
            "x-viewer-host: 127.0.0.1:8080",
        ];
        for query in
            ["?Expires=1790000000&Signature=s&Key-Pair-Id=K", "?x=1&Hash-Algorithm=SHA256&Policy=p", ""]
        {
            let request = http::Request::get(format!("/video/m/master.m3u8{query}"))
                .header("cookie", "CloudFront-Expires=1790000000; CloudFront-Signature=s; theme=dark")
                .header("cookie", "CloudFront-Key-Pair-Id=K");
            assert_eq!(passed_on(request, Signatures::Hidden).await, expected, "{query}");
        }
    }
}
