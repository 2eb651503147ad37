//! One request at the edge, in CloudFront's order: behaviour, method, signature, viewer-request function,
//! origin.

use std::{net::SocketAddr, sync::Arc, time::Instant};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request as HttpRequest,
    response::IntoResponse as _,
};
use cloudfront_signing::{
    Admitted, Denial, Request, UnixTime, Verifier, without_reserved_parameters,
};
use http::{HeaderValue, Method, Response, StatusCode, header, request::Parts};
use usher_runtime::{Clock, Viewer};

use super::{
    distribution::{Behavior, Distribution},
    events::OriginRequest,
    identity_provider::{IdentityProvider, SignIn},
    inspector::{Inspector, Record},
    origin::{Origins, text},
    pages::Pages,
};

/// Everything that a request may need.
pub(super) struct Edge {
    pub(super) distribution: Distribution,
    pub(super) verifier: Verifier,
    pub(super) origins: Origins,
    pub(super) pages: Pages,
    pub(super) identity_provider: IdentityProvider,
    pub(super) inspector: Inspector,
    pub(super) clock: Clock,
}

impl Edge {
    /// Answers one request. What is Usher's own on a laptop comes first, the distribution after it.
    pub(super) async fn handle(
        self: Arc<Self>,
        viewer: SocketAddr,
        request: HttpRequest,
    ) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path();
        if path == "/__usher/events" {
            return self.inspector.events().into_response();
        }
        if matches!(parts.method, Method::GET | Method::HEAD)
            && let Some(page) = self.pages.page(path)
        {
            return page;
        }
        if path.starts_with("/__usher/") {
            return text(StatusCode::NOT_FOUND, "there is nothing at this path");
        }

        let started = Instant::now();
        let target = parts
            .uri
            .path_and_query()
            .map_or("/", |target| target.as_str());
        let mut record = Record::new(parts.method.as_str(), target, (self.clock)());
        let response = match to_bytes(body, BODY_LIMIT).await {
            Err(_) => text(
                StatusCode::PAYLOAD_TOO_LARGE,
                "the body has more than the 10 MB that API Gateway takes",
            ),
            Ok(body) if path == "/demo/sign-in" => self.sign_in(&parts, &body),
            Ok(body) => self.distribute(viewer, &parts, body, &mut record).await,
        };
        record.status = response.status().as_u16();
        let length = response
            .headers()
            .get(header::CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok());
        record.bytes = length.and_then(|length| length.parse().ok());
        record.milliseconds = started.elapsed().as_secs_f64() * 1_000.0;
        tracing::info!(
            method = record.method,
            target = record.target,
            status = record.status,
            verdict = record.verdict,
            code = record.code,
            "request"
        );
        self.inspector.note(record);
        response
    }

    async fn distribute(
        &self,
        viewer: SocketAddr,
        parts: &Parts,
        body: Bytes,
        record: &mut Record,
    ) -> Response<Body> {
        let behavior = self.distribution.behavior(parts.uri.path());
        record.behavior = Some(behavior.name().to_owned());
        record.origin = behavior.origin.name();
        record.restricted = behavior.restricted;
        let Some(host) = parts
            .headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok())
        else {
            return text(StatusCode::BAD_REQUEST, "the request has no Host");
        };
        if !behavior
            .allowed_methods
            .iter()
            .any(|method| method == parts.method.as_str())
        {
            return with_reason(
                text(
                    StatusCode::FORBIDDEN,
                    "the distribution does not allow this method here",
                ),
                &format!(
                    "the behaviour {} allows {}",
                    behavior.name(),
                    behavior.allowed_methods.join(", ")
                ),
            );
        }
        // The bytes as they came: a signature covers these and no others.
        let target = parts
            .uri
            .path_and_query()
            .map_or("/", |target| target.as_str());
        let url = format!("http://{host}{target}");
        let now = (self.clock)();
        let admitted = if behavior.restricted {
            match self.verify(viewer, parts, &url, now) {
                Ok(admitted) => {
                    record.admitted(&admitted);
                    Some(admitted)
                }
                Err(denial) => {
                    record.refused(&denial);
                    return refusal(&denial);
                }
            }
        } else {
            None
        };
        let request = origin_request(
            viewer,
            parts,
            body,
            (&url, host),
            (behavior, admitted.as_ref()),
            now,
        );
        self.origins.call(behavior.origin, &request).await
    }

    fn verify(
        &self,
        viewer: SocketAddr,
        parts: &Parts,
        url: &str,
        now: UnixTime,
    ) -> Result<Admitted, Box<Denial>> {
        let cookies = parts
            .headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok());
        let request = cookies
            .fold(Request::new(url), Request::cookie_header)
            .viewer_address(viewer.ip().to_canonical());
        self.verifier.verify(&request, now)
    }

    /// `POST /demo/sign-in {"viewer":"demo"}`
    fn sign_in(&self, parts: &Parts, body: &[u8]) -> Response<Body> {
        if parts.method != Method::POST {
            return text(StatusCode::METHOD_NOT_ALLOWED, "/demo/sign-in takes POST");
        }
        let Ok(viewer) = serde_json::from_slice::<SignIn>(body) else {
            return text(
                StatusCode::BAD_REQUEST,
                r#"the body must be JSON such as {"viewer":"demo"}"#,
            );
        };
        match self.identity_provider.sign_in(&viewer, (self.clock)()) {
            Ok(token) => (
                [(header::CACHE_CONTROL, "no-store")],
                axum::Json(serde_json::json!({ "token": token })),
            )
                .into_response(),
            Err(sentence) => text(StatusCode::BAD_REQUEST, sentence),
        }
    }
}

/// What goes on to the origin: the signature's parameters are taken out, and where the behaviour has the
/// viewer-request function, its headers are set.
fn origin_request(
    viewer: SocketAddr,
    parts: &Parts,
    body: Bytes,
    (url, host): (&str, &str),
    (behavior, admitted): (&Behavior, Option<&Admitted>),
    time: UnixTime,
) -> OriginRequest {
    let mut headers = parts.headers.clone();
    if behavior.viewer_request_function {
        let viewer = Viewer {
            host: host.to_owned(),
            credential: admitted.map(|admitted| admitted.credential),
            expires: admitted.map(|admitted| admitted.policy.date_less_than),
        };
        viewer.set_headers(&mut headers);
    }
    let query = without_reserved_parameters(url)
        .split_once('?')
        .map(|(_, query)| query.to_owned());
    OriginRequest {
        method: parts.method.clone(),
        path: parts.uri.path().to_owned(),
        query,
        headers,
        body,
        viewer: viewer.ip(),
        time,
    }
}

/// CloudFront's answer to a request that is not admitted, and one sentence for people.
fn refusal(denial: &Denial) -> Response<Body> {
    let mut response = Response::new(Body::from(denial.to_xml()));
    *response.status_mut() = StatusCode::FORBIDDEN;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    headers.insert(header::SERVER, HeaderValue::from_static("CloudFront"));
    headers.insert("x-cache", HeaderValue::from_static("Error from cloudfront"));
    with_reason(response, &denial.reason.to_string())
}

fn with_reason(mut response: Response<Body>, reason: &str) -> Response<Body> {
    // A reason repeats what the viewer sent, which may be anything.
    let printable: String = reason
        .chars()
        .map(|c| {
            if c.is_ascii() && !c.is_ascii_control() {
                c
            } else {
                '?'
            }
        })
        .collect();
    if let Ok(value) = HeaderValue::from_str(&printable) {
        response.headers_mut().insert("x-usher-why", value);
    }
    response
}

/// What API Gateway takes: 10 MB.
const BODY_LIMIT: usize = 10 * 1_024 * 1_024;
