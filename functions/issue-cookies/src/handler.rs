//! The routes.

use std::sync::Arc;

use aws_lambda_events::event::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use cloudfront_signing::{CookieAttributes, CustomPolicy, Error, ExactUrl, Grant, UnixTime, UrlPattern};
use futures::future::try_join_all;
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};
use usher_runtime::{
    Asker, Clock, Grants, KEY_LIMIT, Problem, Viewer, Warming, needs_policy_copy, object_key, policy_copy,
    warm,
};

use crate::{
    Config, NotEntitled, Subject,
    answer::{Answer, bad_request, not_entitled, unauthenticated},
    authenticators::Credential,
    entitlement::covers,
    origin_rule::{self, Authority},
    remembered_paths,
    urls::UrlRequest,
};

/// The function: one value per instance, one call per request.
pub struct IssueCookies {
    config: Config,
    grants: Grants,
    clock: Clock,
}

/// A viewer who may call, and what that viewer may watch.
struct Admission {
    viewer: Viewer,
    subject: Subject,
    /// Path patterns such as `/video/*`, none within another.
    paths: Vec<String>,
    now: UnixTime,
}

impl IssueCookies {
    /// Puts the function together.
    #[must_use]
    pub fn new(config: Config, grants: Grants, clock: Clock) -> Self {
        Self { config, grants, clock }
    }

    /// Has the key sign once and fetches the keys of issuers, before the first request comes: the secrets of the
    /// settings have been read already. It takes three seconds at most, and does not fail: see
    /// [`usher_runtime::warm`].
    pub async fn warm(&self) {
        let key = Warming::new("the signing key", KEY_LIMIT, self.grants.try_key());
        let issuers = self.config.authenticators.warmings((self.clock)());
        warm(issuers.into_iter().chain([key])).await;
    }

    /// Answers one request of the HTTP API (payload format 2.0).
    pub async fn handle(&self, request: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
        self.config.secrets.refresh().await;
        let secret = self.config.origin_secret.as_ref();
        let answer = match secret.map(|secret| secret.matches(&request.headers)) {
            None | Some(Ok(true)) => self.route(&request).await,
            Some(Ok(false)) => {
                Err(Problem::new(StatusCode::FORBIDDEN, "the request did not come through the distribution"))
            }
            Some(Err(_)) => Err(Problem::unavailable(UNREAD)),
        };
        let mut answer = answer.unwrap_or_else(Answer::from);
        answer.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let origin = request.headers.get(header::ORIGIN);
        answer.headers.extend(self.config.cors.headers(origin));
        answer.into()
    }

    async fn route(&self, request: &ApiGatewayV2httpRequest) -> Result<Answer, Problem> {
        let path = request.raw_path.as_deref().unwrap_or_default();
        let method = &request.request_context.http.method;
        let allowed: &[Method] = match path {
            "/auth/cookies" => &[Method::POST, Method::DELETE],
            "/auth/urls" => &[Method::POST],
            _ => {
                return Err(Problem::new(StatusCode::NOT_FOUND, "there is nothing at this path"));
            }
        };
        // Preflights are answered here alone: neither the API nor the distribution has CORS of its own.
        if *method == Method::OPTIONS {
            return Ok(Answer::empty(StatusCode::NO_CONTENT));
        }
        if !allowed.contains(method) {
            let names: Vec<&str> = allowed.iter().map(Method::as_str).collect();
            let problem =
                Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("{path} takes {}", names.join(", ")));
            let value =
                HeaderValue::from_str(&names.join(", ")).map_err(|_| Problem::unavailable("try again"))?;
            return Err(problem.header(header::ALLOW, value));
        }
        if request.body.as_ref().is_some_and(|body| body.len() > BODY_LIMIT) {
            return Err(Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("the body has more than {BODY_LIMIT} bytes"),
            ));
        }
        match (path, method) {
            ("/auth/cookies", &Method::DELETE) => self.clear(request),
            ("/auth/cookies", _) => self.issue(request).await,
            _ => self.sign_url(request).await,
        }
    }

    async fn issue(&self, request: &ApiGatewayV2httpRequest) -> Result<Answer, Problem> {
        let admission = self.admit(request).await?;
        let Admission { viewer, subject, paths, now } = &admission;
        let attributes = |path: &str| self.attributes(viewer, path);
        // Before the key is used: what cannot have cookies costs no signature.
        attributes("/")?;
        if paths.len() > SETS_LIMIT {
            return Err(not_entitled(subject, &NotEntitled::TooMany));
        }
        let grants = paths.iter().map(|path| self.grant(&admission, path, self.config.cookie_ttl));
        let grants = try_join_all(grants).await?;
        let mut answer =
            Answer::json(&issued(&grants, self.expiry(&admission, self.config.cookie_ttl), *now));
        for (_, grant) in &grants {
            answer.cookies.extend(grant.set_cookies_with(&attributes(grant.cookie_path())?, *now));
        }
        if remembered_paths::length(&answer.cookies) > remembered_paths::ROOM {
            return Err(not_entitled(subject, &NotEntitled::TooMany));
        }
        let before = remembered_paths::read(request, &self.config.scope);
        remembered_paths::replace(&mut answer.cookies, paths, before, &self.config.scope, &attributes)?;
        for (resource, grant) in &grants {
            audit("issued cookies", subject, resource, grant);
        }
        Ok(answer)
    }

    /// Whoever wants to forget may: no credential is needed.
    fn clear(&self, request: &ApiGatewayV2httpRequest) -> Result<Answer, Problem> {
        let viewer = self.viewer(request)?;
        self.check_page(request, &viewer, Authority::Explicit)?;
        let mut answer = Answer::empty(StatusCode::NO_CONTENT);
        let attributes = |path: &str| self.attributes(&viewer, path);
        let before = remembered_paths::read(request, &self.config.scope);
        remembered_paths::forget(&mut answer.cookies, before, &self.config.scope, &attributes)?;
        Ok(answer)
    }

    async fn sign_url(&self, request: &ApiGatewayV2httpRequest) -> Result<Answer, Problem> {
        let admission = self.admit(request).await?;
        let asked = UrlRequest::read(&request.headers, request.body.as_deref(), request.is_base64_encoded)?;
        // First what cannot be signed at all, then what is not this function's to sign.
        let url = format!("{}://{}{}", self.config.protocol, admission.viewer.host, asked.path);
        let url = ExactUrl::new(url).map_err(bad_request)?;
        let path = asked.path.split('?').next().unwrap_or_default();
        // A URL for what the playlist function takes for no object would be of no use, and its dot segments
        // could lead elsewhere.
        let asset = object_key(path).and_then(|_| self.config.scope.of(path));
        let Some(asset) = asset else {
            let everything = self.config.scope.everything();
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                format!(
                    "the path is not below {everything}, or there are dot segments or broken escapes in it"
                ),
            ));
        };
        if !admission.paths.iter().any(|entitled| covers(entitled, path)) {
            return Err(not_entitled(&admission.subject, &NotEntitled::Nothing));
        }
        // The grant covers the whole asset, since a player adds parameters to playlist URLs.
        let (resource, grant) = self.grant(&admission, &asset, self.config.url_ttl).await?;
        let mut signed = grant.url(&url).map_err(bad_request)?;
        // The policy once more, for the function that answers for playlists: CloudFront keeps the parameters of
        // the signature to itself.
        if needs_policy_copy(path) {
            signed = format!("{signed}&{}", policy_copy(&grant));
            let length = signed.len();
            if length > URL_LIMIT {
                return Err(bad_request(Error::SignedUrlTooLong { length }));
            }
        }
        audit("signed a URL", &admission.subject, &resource, &grant);
        let expires = grant.policy().date_less_than();
        Ok(Answer::json(&json!({ "url": signed, "expires_at": expires.seconds() })))
    }

    /// Who asks, and what that viewer may watch.
    async fn admit(&self, request: &ApiGatewayV2httpRequest) -> Result<Admission, Problem> {
        let now = (self.clock)();
        let viewer = self.viewer(request)?;
        let credential = self.config.authenticators.credential(request);
        let is_ambient = credential.as_ref().is_ok_and(Credential::is_ambient);
        self.check_page(request, &viewer, if is_ambient { Authority::Ambient } else { Authority::Explicit })?;
        let credential = credential.map_err(unauthenticated)?;
        let subject =
            self.config.authenticators.authenticate(&credential, now).await.map_err(unauthenticated)?;
        let paths = self.config.entitlements.resources(&subject);
        let paths = paths.map_err(|error| not_entitled(&subject, &error))?;
        Ok(Admission { viewer, subject, paths, now })
    }

    fn viewer(&self, request: &ApiGatewayV2httpRequest) -> Result<Viewer, Problem> {
        Viewer::from_headers(&request.headers, &self.config.viewer_host)
            .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.to_string()))
    }

    fn attributes(&self, viewer: &Viewer, path: &str) -> Result<CookieAttributes, Problem> {
        let attributes = self.config.cookies.attributes(&viewer.host, path);
        attributes.map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.to_string()))
    }

    fn check_page(
        &self,
        request: &ApiGatewayV2httpRequest,
        viewer: &Viewer,
        authority: Authority,
    ) -> Result<(), Problem> {
        let Config { protocol, cors, .. } = &self.config;
        origin_rule::check(&request.headers, *protocol, &viewer.host, cors, authority)
            .map_err(|refusal| Problem::new(StatusCode::FORBIDDEN, refusal.to_string()))
    }

    /// The grant for a path pattern.
    async fn grant(
        &self,
        admission: &Admission,
        path: &str,
        ttl: u64,
    ) -> Result<(UrlPattern, Arc<Grant>), Problem> {
        let resource = format!("{}://{}{path}", self.config.protocol, admission.viewer.host);
        let resource = UrlPattern::new(resource).map_err(bad_request)?;
        let policy = CustomPolicy::new(resource.clone(), self.expiry(admission, ttl)).map_err(bad_request)?;
        let asker = Asker::new(&admission.subject.id);
        let granted = self.grants.grant(policy, asker).await.map_err(|error| Problem::from(&*error))?;
        Ok((resource, granted.into_grant()))
    }

    /// The end of what lives for `ttl` seconds, and no longer than the credential.
    fn expiry(&self, Admission { subject, now, .. }: &Admission, ttl: u64) -> UnixTime {
        self.grants.expiry(now.plus(ttl).min(subject.expires), *now)
    }
}

/// The line of the audit log about what is handed out: never the credential, nor the signature.
fn audit(what: &str, subject: &Subject, resource: &UrlPattern, grant: &Grant) {
    let issuer = subject.claims.get("iss").and_then(Value::as_str);
    tracing::info!(
        subject = subject.id,
        iss = issuer,
        authenticator = subject.authenticator,
        %resource,
        expires = grant.policy().date_less_than().seconds(),
        key_pair_id = %grant.key_pair_id(),
        "{what}"
    );
}

/// The body that tells a page what it has, and when to ask again.
fn issued(grants: &[(UrlPattern, Arc<Grant>)], expires: UnixTime, now: UnixTime) -> Value {
    let resources: Vec<&str> = grants.iter().map(|(resource, _)| resource.as_str()).collect();
    let refresh_after = now.plus((expires.seconds() - now.seconds()) * 4 / 5);
    let mut body = json!({
        "resource": resources.first(),
        "expires_at": expires.seconds(),
        "refresh_after": refresh_after.seconds(),
    });
    if let (2.., Some(members)) = (resources.len(), body.as_object_mut()) {
        members.insert("resources".to_owned(), json!(resources));
    }
    body
}

/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html>
const URL_LIMIT: usize = 8_192;
const UNREAD: &str = "whether the request came through the distribution cannot be checked at the moment: try again \
     soon";
/// A body is a path in JSON; a token stands in a header.
const BODY_LIMIT: usize = 8 * 1_024;
/// A set takes 700 bytes at least, so more cannot fit.
const SETS_LIMIT: usize = 12;
