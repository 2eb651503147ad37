//! One request at the edge, in CloudFront's order: behaviour, method, signature, viewer-request function,
//! origin.

use std::{net::SocketAddr, sync::Arc, time::Instant};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request as HttpRequest,
    response::IntoResponse as _,
};
use cloudfront_signing::{DenialCode, Verifier};
use http::{HeaderValue, Method, Response, StatusCode, header, request::Parts};
use usher_runtime::Clock;

use super::{
    distribution::Distribution,
    identity_provider::{IdentityProvider, SignIn},
    incoming::{Incoming, target},
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
    pub(super) async fn handle(self: Arc<Self>, viewer: SocketAddr, request: HttpRequest) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path().to_owned();
        let path = path.as_str();
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
        let mut record = Record::new(parts.method.as_str(), target(&parts), (self.clock)());
        let response = match to_bytes(body, BODY_LIMIT).await {
            Err(_) => {
                record.rejected("the body has more than the 10 MB that API Gateway takes");
                text(StatusCode::PAYLOAD_TOO_LARGE, "the body has more than the 10 MB that API Gateway takes")
            }
            Ok(body) if path == "/demo/sign-in" => self.sign_in(&parts, &body),
            Ok(body) => self.distribute(viewer, parts, body, &mut record).await,
        };
        record.status = response.status().as_u16();
        let length = response.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
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
        parts: Parts,
        body: Bytes,
        record: &mut Record,
    ) -> Response<Body> {
        let behavior = self.distribution.behavior(parts.uri.path());
        record.behavior = Some(behavior.name().to_owned());
        record.origin = behavior.origin.name();
        record.restricted = behavior.restricted;
        if !behavior.allowed_methods.iter().any(|method| method == parts.method.as_str()) {
            let allowed = behavior.allowed_methods.join(", ");
            let reason = format!("the behaviour {} allows {allowed}", behavior.name());
            record.rejected(&reason);
            return refusal(DenialCode::AccessDenied, &reason);
        }
        let incoming = match Incoming::new(viewer.ip(), parts, body, (self.clock)()) {
            Ok(incoming) => incoming,
            Err(reason) => {
                record.rejected(reason);
                return text(StatusCode::BAD_REQUEST, reason);
            }
        };
        let mut admitted = None;
        if behavior.restricted {
            match incoming.verify(&self.verifier) {
                Ok(verified) => {
                    record.admitted(&verified);
                    admitted = Some(verified);
                }
                Err(denial) => {
                    record.refused(&denial);
                    return refusal(denial.code(), &denial.reason.to_string());
                }
            }
        }
        let request = incoming.into_origin_request(behavior, admitted.as_ref());
        self.origins.call(behavior.origin, &request).await
    }

    /// `POST /demo/sign-in {"viewer":"demo"}`
    fn sign_in(&self, parts: &Parts, body: &[u8]) -> Response<Body> {
        if parts.method != Method::POST {
            return text(StatusCode::METHOD_NOT_ALLOWED, "/demo/sign-in takes POST");
        }
        let Ok(viewer) = serde_json::from_slice::<SignIn>(body) else {
            return text(StatusCode::BAD_REQUEST, r#"the body must be JSON such as {"viewer":"demo"}"#);
        };
        match self.identity_provider.sign_in(&viewer, (self.clock)()) {
            Ok(token) => {
                ([(header::CACHE_CONTROL, "no-store")], axum::Json(serde_json::json!({ "token": token })))
                    .into_response()
            }
            Err(sentence) => text(StatusCode::BAD_REQUEST, sentence),
        }
    }
}

/// CloudFront's answer to a request that is not admitted, and one sentence for people.
fn refusal(code: DenialCode, reason: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(code.to_xml()));
    *response.status_mut() = StatusCode::FORBIDDEN;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    headers.insert(header::SERVER, HeaderValue::from_static("CloudFront"));
    headers.insert("x-cache", HeaderValue::from_static("Error from cloudfront"));
    // A reason repeats what the viewer sent, which may be anything.
    let printable = |c: char| {
        if c.is_ascii() && !c.is_ascii_control() { c } else { '?' }
    };
    if let Ok(reason) = HeaderValue::from_str(&reason.chars().map(printable).collect::<String>()) {
        headers.insert("x-usher-why", reason);
    }
    response
}

/// What API Gateway takes: 10 MB.
const BODY_LIMIT: usize = 10 * 1_024 * 1_024;
