//! A web site as an origin: the edge streams the request to it, and its answer back.

use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use http::{Response, StatusCode, header};
use reqwest::{Client, redirect::Policy};

use super::{
    origin_request::{OriginRequest, remove_hop_by_hop},
    plain_text::text,
};

/// The client for web sites.
pub(super) struct Websites(Client);

impl Websites {
    pub(super) fn new() -> reqwest::Result<Self> {
        // The viewer follows a site's redirects. The edge connects to the site directly, not through a proxy.
        let client = Client::builder().redirect(Policy::none()).no_proxy().connect_timeout(TIMEOUT);
        Ok(Self(client.build()?))
    }

    /// Sends a request to the site at `url`, which has no path. If the request has no `Host`, the site's own is
    /// sent.
    pub(super) async fn call(&self, url: &str, request: OriginRequest, body: Body) -> Response<Body> {
        // Otherwise the path would continue the host name.
        if !request.path.starts_with('/') {
            return text(StatusCode::BAD_REQUEST, "the path must begin with a slash");
        }
        let query = request.query.map(|query| format!("?{query}")).unwrap_or_default();
        let asked =
            self.0.request(request.method, format!("{url}{}{query}", request.path)).headers(request.headers);
        // A body of unknown length is sent in chunks, which not every server accepts, least of all with GET.
        let asked = match body.is_end_stream() {
            true => asked,
            false => asked.body(reqwest::Body::wrap_stream(body.into_data_stream())),
        };
        match asked.send().await {
            Ok(answer) => {
                let (mut parts, body) = http::Response::from(answer).into_parts();
                remove_hop_by_hop(&mut parts.headers);
                parts.headers.remove(header::TRANSFER_ENCODING);
                let mut response = Response::new(Body::new(body));
                *response.status_mut() = parts.status;
                *response.headers_mut() = parts.headers;
                response
            }
            Err(error) => {
                tracing::warn!(error = %error.without_url(), "the web site does not answer");
                text(StatusCode::BAD_GATEWAY, "the web site does not answer")
            }
        }
    }
}

/// How long CloudFront waits for a connection.
const TIMEOUT: Duration = Duration::from_secs(10);
