//! A viewer's request as it arrived.

use std::net::IpAddr;

use bytes::Bytes;
use cloudfront_signing::{Admitted, Denial, Request, UnixTime, Verifier, without_reserved_parameters};
use http::{header, request::Parts};
use usher_runtime::{Viewer, is_viewer_host};

use super::{distribution::Behavior, events::OriginRequest};

/// A request with what was made of its `Host`.
pub(super) struct Incoming {
    viewer: IpAddr,
    parts: Parts,
    body: Bytes,
    host: String,
    url: String,
    time: UnixTime,
}

impl Incoming {
    /// Takes a request with one `Host` that is one: it becomes part of the URL that signatures are for, and
    /// `Host: h/video/a` must not turn `/b` into `/video/a/b`.
    pub(super) fn new(
        viewer: IpAddr,
        parts: Parts,
        body: Bytes,
        time: UnixTime,
    ) -> Result<Self, &'static str> {
        let mut hosts = parts.headers.get_all(header::HOST).iter();
        let host = match (hosts.next(), hosts.next()) {
            (Some(host), None) => host.to_str().ok().filter(|host| is_viewer_host(host)),
            _ => None,
        };
        let host = host
            .ok_or("the request must have one Host: a name or an address, with or without a port")?
            .to_owned();
        // The bytes as they came: a signature covers these and no others.
        let url = format!("http://{host}{}", target(&parts));
        Ok(Self { viewer: viewer.to_canonical(), parts, body, host, url, time })
    }

    pub(super) fn verify(&self, verifier: &Verifier) -> Result<Admitted, Box<Denial>> {
        let headers = self.parts.headers.get_all(header::COOKIE).iter();
        // Another program on this host may have set a cookie that is no ASCII; the rest still counts.
        let headers: Vec<_> = headers.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        let request = Request::new(&self.url).viewer_address(self.viewer);
        let request = headers.iter().fold(request, |request, header| request.cookie_header(header));
        verifier.verify(&request, self.time)
    }

    /// What goes on to the origin: the signature's parameters are taken out, and where the behaviour has the
    /// viewer-request function, its three headers are set to what was verified.
    pub(super) fn into_origin_request(
        self,
        behavior: &Behavior,
        admitted: Option<&Admitted>,
    ) -> OriginRequest {
        let mut headers = self.parts.headers;
        if behavior.viewer_request_function {
            let viewer = Viewer {
                host: self.host,
                credential: admitted.map(|admitted| admitted.credential),
                expires: admitted.map(|admitted| admitted.policy.date_less_than),
            };
            viewer.set_headers(&mut headers);
        }
        let query = without_reserved_parameters(&self.url).split_once('?').map(|(_, query)| query.to_owned());
        OriginRequest {
            method: self.parts.method,
            path: self.parts.uri.path().to_owned(),
            query,
            headers,
            body: self.body,
            viewer: self.viewer,
            time: self.time,
        }
    }
}

/// The path and the query, in the bytes that came.
pub(super) fn target(parts: &Parts) -> &str {
    parts.uri.path_and_query().map_or("/", |target| target.as_str())
}
