//! One request at the edge, in CloudFront's order: behaviour, method, signature, viewer-request function,
//! origin.

use std::{net::SocketAddr, sync::Arc, time::Instant};

use axum::{
    body::{Body, HttpBody as _, to_bytes},
    extract::Request as HttpRequest,
    response::IntoResponse as _,
};
use cloudfront_signing::{DenialCode, Verifier};
use http::{HeaderValue, Method, Response, StatusCode, header, request::Parts};
use usher_runtime::Clock;

use super::{
    cors::CrossOrigin,
    distribution::{Behavior, Distribution},
    identity_provider::{IdentityProvider, SignIn},
    incoming::{Incoming, target},
    inspector::{Inspector, Record},
    origin::{Origins, text},
    pages::Pages,
    viewer_protocol::came_by_http,
};

/// Everything that a request may need.
pub(super) struct Edge {
    pub(super) distribution: Distribution,
    pub(super) verifier: Verifier,
    /// For behaviours that trust other keys.
    pub(super) stranger: Verifier,
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
        let response = if path == "/demo/sign-in" {
            self.sign_in(&parts, body).await
        } else {
            self.distribute(viewer, parts, body, &mut record).await
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
        body: Body,
        record: &mut Record,
    ) -> Response<Body> {
        let behavior = self.distribution.behavior(parts.uri.path());
        record.behavior = Some(behavior.name().to_owned());
        record.origin = behavior.origin.target.name();
        record.restricted = behavior.restricted;
        let incoming = match Incoming::new(viewer.ip(), parts, (self.clock)()) {
            Ok(incoming) => incoming,
            Err(reason) => {
                record.rejected(reason);
                return text(StatusCode::BAD_REQUEST, reason);
            }
        };
        if came_by_http(incoming.headers())
            && let Some(response) = behavior.viewer_protocol.answer(incoming.method(), incoming.url())
        {
            record.rejected("it came by HTTP");
            return response;
        }
        if let Some(reason) = not_taken(behavior, incoming.method(), &body) {
            record.rejected(&reason);
            return refusal(DenialCode::AccessDenied, &reason);
        }
        let verifier = if behavior.trusts_signing_key { &self.verifier } else { &self.stranger };
        match behavior.restricted.then(|| incoming.verify(verifier)) {
            Some(Err(denial)) => {
                record.refused(&denial);
                return refusal(denial.code(), &denial.reason.to_string());
            }
            Some(Ok(verified)) => record.admitted(&verified),
            None => {}
        }
        let cross_origin = CrossOrigin::new(incoming.method(), incoming.headers());
        let request = incoming.into_origin_request(behavior);
        let mut response = self.origins.call(&behavior.origin.target, request, body).await;
        if let (Some(cors), Some(cross_origin)) = (&behavior.cors, &cross_origin) {
            cors.apply(cross_origin, response.headers_mut());
        }
        response
    }

    /// `POST /demo/sign-in {"viewer":"demo"}`
    async fn sign_in(&self, parts: &Parts, body: Body) -> Response<Body> {
        if parts.method != Method::POST {
            return text(StatusCode::METHOD_NOT_ALLOWED, "/demo/sign-in takes POST");
        }
        let body = to_bytes(body, SIGN_IN_LIMIT).await.unwrap_or_default();
        let Ok(viewer) = serde_json::from_slice::<SignIn>(&body) else {
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

/// Why a behaviour does not take a request, whoever signed it.
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html#RequestCustom-get-body>
fn not_taken(behavior: &Behavior, method: &Method, body: &Body) -> Option<String> {
    if !behavior.allowed_methods.iter().any(|allowed| allowed == method.as_str()) {
        let allowed = behavior.allowed_methods.join(", ");
        return Some(format!("the behaviour {} allows {allowed}", behavior.name()));
    }
    let has_body = method == Method::GET && !body.is_end_stream();
    has_body.then(|| "CloudFront takes no GET with a body".to_owned())
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

const SIGN_IN_LIMIT: usize = 8_192;
