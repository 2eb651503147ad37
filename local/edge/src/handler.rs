//! One request at the edge: cache behavior, method, signature, viewer-request function, cache, origin.
//!
//! AWS does not document whether CloudFront verifies the signature before it runs the function. The edge does:
//! a viewer without a valid signature does not see the function's answer.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use axum::{
    body::{Body, HttpBody as _, to_bytes},
    extract::Request as HttpRequest,
    response::IntoResponse as _,
};
use cloudfront_signing::{DenialCode, Verifier};
use futures::FutureExt as _;
use hls_rewrite::AssetTree;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header, request::Parts};
use usher_runtime::{Clock, Problem, ProblemType, ViewerProtocol};

use super::{
    cache::{Cache, Rules, passed_on},
    cors::CrossOrigin,
    distribution::{Behavior, Distribution, Target, ViewerProtocolPolicy},
    hosts::Hosts,
    https::Https,
    identity_provider::{IdentityProvider, SignIn},
    incoming::{Incoming, Signatures, protocol, target, url},
    inspector::{Inspector, Record, Told, reason_of},
    limits::too_long,
    origin::Origins,
    origin_request::OriginRequest,
    pages::Pages,
    plain_text::text,
};

/// Everything that a request needs.
pub(super) struct Edge {
    pub(super) hosts: Hosts,
    /// `None` if the edge speaks HTTP only.
    pub(super) https: Option<Arc<Https>>,
    pub(super) distribution: Distribution,
    pub(super) verifier: Verifier,
    /// For cache behaviors that trust other keys.
    pub(super) stranger: Verifier,
    pub(super) signatures: Signatures,
    pub(super) cache: Cache,
    pub(super) origins: Origins,
    pub(super) pages: Pages,
    /// `None` if the demo is off.
    pub(super) identity_provider: Option<IdentityProvider>,
    pub(super) inspector: Inspector,
    /// Whose viewers may sign in.
    pub(super) vouchers: Vec<String>,
    /// Which asset a path belongs to.
    pub(super) tree: AssetTree,
    pub(super) clock: Clock,
}

impl Edge {
    /// Answers one request. Usher's own pages come first, then the distribution.
    pub(super) async fn handle(self: Arc<Self>, viewer: SocketAddr, request: HttpRequest) -> Response<Body> {
        let started = Instant::now();
        let (parts, body) = request.into_parts();
        let host = self.hosts.of(&parts.headers);
        if let Ok(host) = &host {
            if let Some(authority) = self.authority(parts.uri.path()) {
                return authority;
            }
            if let Some(own) = self.own_page(&parts).await {
                return self.by_https(host, &parts).unwrap_or(own);
            }
        }

        let mut record = Record::new(parts.method.as_str(), target(&parts), &parts.headers, (self.clock)());
        let path = parts.uri.path().to_owned();
        let response = match host {
            Err(wrong) => {
                record.rejected("edge", &wrong.sentence);
                text(wrong.status, wrong.sentence)
            }
            Ok(host) if parts.uri.path() == "/demo/sign-in" => match self.by_https(&host, &parts) {
                Some(elsewhere) => elsewhere,
                None => self.sign_in(&parts, body).await,
            },
            Ok(host) => self.distribute(viewer, &host, parts, body, &mut record).await,
        };
        record.asset = self.tree.of(record.video(&path)).map(|asset| asset.as_str().to_owned());
        if record.is_unknown_viewer(&response) {
            record.accepted.clone_from(&self.vouchers);
        }
        record.left(&response, started.elapsed().as_secs_f64() * 1_000.0);
        self.inspector.note(record);
        response
    }

    /// The player, the inspector, and their files.
    async fn own_page(self: &Arc<Self>, parts: &Parts) -> Option<Response<Body>> {
        let path = parts.uri.path();
        if path == "/__usher/events" {
            return Some(self.inspector.events().into_response());
        }
        if path == "/__usher/films" {
            return Some(self.films(&parts.headers).await);
        }
        if matches!(parts.method, Method::GET | Method::HEAD)
            && let Some(page) = self.pages.page(path)
        {
            return Some(page);
        }
        path.starts_with("/__usher/").then(|| text(StatusCode::NOT_FOUND, "there is nothing at this path"))
    }

    /// The certificate of the authority. Devices also get it by HTTP, because they do not trust it yet.
    fn authority(&self, path: &str) -> Option<Response<Body>> {
        let https = self.https.as_ref().filter(|_| path == "/__usher/authority.crt")?;
        let certificate = https.authority().der().to_vec();
        Some(([(header::CONTENT_TYPE, "application/x-x509-ca-cert")], certificate).into_response())
    }

    /// The way to HTTPS, for a request that came by HTTP where HTTPS was possible.
    fn by_https(&self, host: &str, parts: &Parts) -> Option<Response<Body>> {
        let came_by_http = protocol(parts) == Some(ViewerProtocol::Http);
        let redirect = ViewerProtocolPolicy::RedirectToHttps;
        came_by_http.then(|| redirect.answer(&parts.method, &url(host, parts))).flatten()
    }

    /// The films in the media folder, and which of them the viewer with this token may watch.
    async fn films(self: &Arc<Self>, headers: &HeaderMap) -> Response<Body> {
        let viewer = self.identity_provider.as_ref().and_then(|provider| provider.viewer(headers));
        let edge = Arc::clone(self);
        let films = move || edge.pages.films(&edge.distribution, viewer.as_ref());
        let answer = tokio::task::spawn_blocking(films).await;
        answer.unwrap_or_else(|_| text(StatusCode::INTERNAL_SERVER_ERROR, "the media folder cannot be read"))
    }

    async fn distribute(
        &self,
        viewer: SocketAddr,
        host: &str,
        parts: Parts,
        body: Body,
        record: &mut Record,
    ) -> Response<Body> {
        if let Some(response) = too_long(host, &parts) {
            record.rejected("edge", "the request is too long");
            return response;
        }
        let behavior = self.distribution.behavior(parts.uri.path());
        record.behavior = Some(behavior.name().to_owned());
        record.origin = behavior.origin.target.name();
        record.restricted = behavior.restricted;
        if matches!(behavior.origin.target, Target::IssueCookies) {
            record.signs_in(&parts.headers);
        }
        let incoming = Incoming::new(viewer, host, parts, (self.clock)());
        if incoming.came_by_http()
            && let Some(response) = behavior.viewer_protocol.answer(incoming.method(), incoming.url())
        {
            record.rejected("edge", "it came by HTTP");
            return response;
        }
        if let Some(reason) = not_taken(behavior, incoming.method(), &body) {
            record.rejected("edge", &reason);
            return refusal(DenialCode::AccessDenied, &reason);
        }
        let verifier = if behavior.trusts_signing_key { &self.verifier } else { &self.stranger };
        match behavior.restricted.then(|| incoming.verify(verifier)) {
            Some(Err(denial)) => {
                record.refused(&denial);
                return refusal(denial.code(), &reason_of(&denial));
            }
            Some(Ok(verified)) => record.admitted(&verified),
            None => {}
        }
        let cross_origin = CrossOrigin::new(incoming.method(), incoming.headers());
        let (request, key) = match incoming.into_origin_request(behavior, self.signatures).await {
            Ok(request) => request,
            Err(answer) => {
                record.rejected("viewer-request", &answer.reason);
                record.problem = answer.problem;
                return answer.response;
            }
        };
        let target = &behavior.origin.target;
        let is_cached = !behavior.cache.is_disabled() && matches!(request.method, Method::GET | Method::HEAD);
        let told = Mutex::new(None);
        let mut response = if is_cached {
            let rules = Rules { policy: &behavior.cache, compress: behavior.compress };
            let ask = |request| self.ask(target, request, Body::empty(), &told).boxed();
            let response = self.cache.respond(rules, key, request, self.now(), &ask).await;
            record.cache = Some(cache_word(response.headers()));
            response
        } else {
            passed_on(self.ask(target, request, body, &told).await)
        };
        record.answered(told.into_inner().unwrap_or_else(PoisonError::into_inner), &response);
        behavior.response_headers.apply(cross_origin.as_ref(), response.headers_mut());
        response
    }

    /// The origin's response, and in `told` what a function says about it. A response in the cache has none.
    async fn ask(
        &self,
        target: &Target,
        request: OriginRequest,
        body: Body,
        told: &Mutex<Option<Told>>,
    ) -> Response<Body> {
        let mut response = self.origins.call(target, request, body).await;
        *told.lock().unwrap_or_else(PoisonError::into_inner) = response.extensions_mut().remove::<Told>();
        response
    }

    /// The time of the clock, which has whole seconds. If it is the machine's, then with the part of the present second
    /// that has passed; a clock that a story sets stands still.
    fn now(&self) -> Duration {
        let seconds = (self.clock)().seconds();
        let passed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        if passed.as_secs() == seconds { passed } else { Duration::from_secs(seconds) }
    }

    /// `POST /demo/sign-in {"viewer":"demo"}`, with `groups`, `tenant` and `paths` if the viewer has them.
    async fn sign_in(&self, parts: &Parts, body: Body) -> Response<Body> {
        let Some(identity_provider) = &self.identity_provider else {
            return problem(&Problem::new(ProblemType::NotFound, NO_DEMO));
        };
        if parts.method != Method::POST {
            return text(StatusCode::METHOD_NOT_ALLOWED, "/demo/sign-in accepts POST only");
        }
        let body = to_bytes(body, SIGN_IN_LIMIT).await.unwrap_or_default();
        let Ok(viewer) = serde_json::from_slice::<SignIn>(&body) else {
            return text(
                StatusCode::BAD_REQUEST,
                r#"the body must be JSON such as {"viewer":"demo"}, with "groups" and "tenant" if you like"#,
            );
        };
        match identity_provider.sign_in(&viewer, (self.clock)()) {
            Ok(token) => {
                ([(header::CACHE_CONTROL, "no-store")], axum::Json(serde_json::json!({ "token": token })))
                    .into_response()
            }
            Err(sentence) => text(StatusCode::BAD_REQUEST, sentence),
        }
    }
}

/// Why a cache behavior rejects a request, whatever its signature.
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html#RequestCustom-get-body>
fn not_taken(behavior: &Behavior, method: &Method, body: &Body) -> Option<String> {
    if !behavior.allowed_methods.iter().any(|allowed| allowed == method.as_str()) {
        let allowed = behavior.allowed_methods.join(", ");
        return Some(format!("the behavior {} allows {allowed}", behavior.name()));
    }
    let has_body = method == Method::GET && !body.is_end_stream();
    has_body.then(|| "CloudFront rejects a GET with a body".to_owned())
}

/// `X-Cache` in one word. For an error it does not say where the error comes from; one in the cache has an age.
fn cache_word(headers: &HeaderMap) -> &'static str {
    let told = headers.get("x-cache").and_then(|told| told.to_str().ok()).unwrap_or_default();
    match told.split(' ').next() {
        Some("Hit") => "hit",
        Some("RefreshHit") => "refreshed",
        Some("Error") if headers.contains_key(header::AGE) => "hit",
        _ => "miss",
    }
}

/// CloudFront's answer to a request that is rejected, and one sentence for people.
fn refusal(code: DenialCode, reason: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(code.to_xml()));
    *response.status_mut() = StatusCode::FORBIDDEN;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    headers.insert(header::SERVER, HeaderValue::from_static("CloudFront"));
    headers.insert("x-cache", HeaderValue::from_static("Error from cloudfront"));
    if let Some(why) = why(reason) {
        headers.insert(WHY, why);
    }
    response
}

/// A reason as the header `x-usher-why`. It may quote the viewer's request, which may contain any bytes.
pub(super) fn why(reason: &str) -> Option<HeaderValue> {
    let printable = |c: char| {
        if c.is_ascii() && !c.is_ascii_control() { c } else { '?' }
    };
    HeaderValue::from_str(&reason.chars().map(printable).collect::<String>()).ok()
}

/// `application/problem+json`
fn problem(problem: &Problem) -> Response<Body> {
    let mut response = Response::new(Body::from(problem.body()));
    *response.status_mut() = problem.status();
    *response.headers_mut() = problem.all_headers();
    response
}

const NO_DEMO: &str = "the demo sign-in is off, since usher serve listens on an address that others can reach: to let \
    everybody there sign in, start it with --demo";
/// The reason, in a sentence for people.
pub(super) const WHY: HeaderName = HeaderName::from_static("x-usher-why");
const SIGN_IN_LIMIT: usize = 8_192;
