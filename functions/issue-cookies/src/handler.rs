//! The routes, and the log lines of what is issued; [`refusal`](crate::refusal) has those of what is refused.

use std::sync::Arc;

use aws_lambda_events::event::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use cloudfront_signing::{
    CookieAttributes, CustomPolicy, Error, ExactUrl, Grant, URL_LIMIT, UnixTime, UrlPattern,
};
use futures::future::try_join_all;
use hls_rewrite::{FolderPattern, PathPattern, needs_policy_copy, policy_copy};
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};
use usher_runtime::{Asker, Clock, Grants, KEY_LIMIT, Viewer, ViewerOrigin, Warming, object_key, warm};

use crate::{
    Config, NotEntitled, Subject,
    answer::Answer,
    authenticators::Credential,
    origin_rule::{self, Authority},
    refusal::Refusal,
    remembered_paths,
    urls::UrlRequest,
};

/// The function: one value per instance, one call per request.
pub struct IssueCookies {
    config: Config,
    grants: Grants,
    clock: Clock,
}

/// An authenticated viewer, and what that viewer may watch.
struct Admission {
    /// The origin that the viewer asked.
    origin: ViewerOrigin,
    subject: Subject,
    /// None of them is within another.
    paths: Vec<FolderPattern>,
    now: UnixTime,
}

impl IssueCookies {
    /// Puts the function together.
    #[must_use]
    pub fn new(config: Config, grants: Grants, clock: Clock) -> Self {
        Self { config, grants, clock }
    }

    /// Has the key sign once and fetches the keys of issuers, before the first request. [`Config::open`] has read the
    /// secrets already. This takes three seconds at most, and does not fail: see [`usher_runtime::warm`].
    pub async fn warm(&self) {
        let key = Warming::new("the signing key", KEY_LIMIT, self.grants.try_key());
        let issuers = self.config.authenticators.warmings((self.clock)());
        warm(issuers.into_iter().chain([key])).await;
    }

    /// Answers one request of the HTTP API (payload format 2.0).
    pub async fn handle(&self, request: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
        self.config.secrets.refresh().await;
        let answer = match self.config.origin_secret.as_ref().map(|secret| secret.check(&request.headers)) {
            None | Some(Ok(())) => self.route(&request).await,
            Some(Err(error)) => Err(Refusal::OriginSecret(error)),
        };
        let mut answer = answer.unwrap_or_else(Answer::from);
        answer.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let origin = request.headers.get(header::ORIGIN);
        answer.headers.extend(self.config.cors.headers(origin));
        answer.into()
    }

    async fn route(&self, request: &ApiGatewayV2httpRequest) -> Result<Answer, Refusal> {
        let path = request.raw_path.as_deref().unwrap_or_default();
        let method = &request.request_context.http.method;
        let allowed = match path {
            "/auth/cookies" => "POST, DELETE",
            "/auth/urls" => "POST",
            _ => return Err(Refusal::UnknownPath),
        };
        // Only this function answers preflights: neither the API nor the distribution has CORS settings.
        if *method == Method::OPTIONS {
            return Ok(Answer::empty(StatusCode::NO_CONTENT));
        }
        if !allowed.split(", ").any(|name| name == method.as_str()) {
            return Err(Refusal::Method { path: path.to_owned(), allowed });
        }
        if request.body.as_ref().is_some_and(|body| body.len() > BODY_LIMIT) {
            return Err(Refusal::BodyTooLarge { limit: BODY_LIMIT });
        }
        match (path, method) {
            ("/auth/cookies", &Method::DELETE) => self.clear(request),
            ("/auth/cookies", _) => self.issue(request).await,
            _ => self.sign_url(request).await,
        }
    }

    async fn issue(&self, request: &ApiGatewayV2httpRequest) -> Result<Answer, Refusal> {
        let admission = self.admit(request).await?;
        let Admission { origin, subject, paths, now } = &admission;
        let attributes = |path: &str| self.attributes(origin, path);
        // Before the key signs: a host that cannot have cookies costs no signature.
        attributes("/")?;
        if paths.len() > SETS_LIMIT {
            return Err(not_entitled(subject, NotEntitled::TooMany));
        }
        let grants = paths.iter().map(|path| self.grant(&admission, path.pattern(), self.config.cookie_ttl));
        let grants = try_join_all(grants).await?;
        let mut answer =
            Answer::json(&issued(&grants, self.expiry(&admission, self.config.cookie_ttl), *now));
        for (_, grant) in &grants {
            answer.cookies.extend(grant.set_cookies_with(&attributes(grant.cookie_path())?, *now));
        }
        if remembered_paths::length(&answer.cookies) > remembered_paths::ROOM {
            return Err(not_entitled(subject, NotEntitled::TooMany));
        }
        let before = remembered_paths::read(request, &self.config.tree);
        remembered_paths::replace(&mut answer.cookies, paths, before, &self.config.tree, &attributes)?;
        for (resource, grant) in &grants {
            audit("issued cookies", subject, resource, grant);
        }
        Ok(answer)
    }

    /// Anybody may have their cookies cleared: this needs no credential.
    fn clear(&self, request: &ApiGatewayV2httpRequest) -> Result<Answer, Refusal> {
        let origin = self.origin(request)?;
        self.check_page(request, &origin, Authority::Explicit)?;
        let mut answer = Answer::empty(StatusCode::NO_CONTENT);
        let attributes = |path: &str| self.attributes(&origin, path);
        let before = remembered_paths::read(request, &self.config.tree);
        remembered_paths::forget(&mut answer.cookies, before, &self.config.tree, &attributes)?;
        Ok(answer)
    }

    async fn sign_url(&self, request: &ApiGatewayV2httpRequest) -> Result<Answer, Refusal> {
        let admission = self.admit(request).await?;
        let asked = UrlRequest::read(&request.headers, request.body.as_deref(), request.is_base64_encoded)?;
        // First what nobody can sign, then what this function may not sign.
        let url = ExactUrl::new(admission.origin.url(&asked.path)).map_err(Refusal::Url)?;
        let path = asked.path.split('?').next().unwrap_or_default();
        // The playlist function would not answer for such a path, and its dot segments could lead elsewhere.
        let asset = object_key(path).and_then(|_| self.config.tree.of(path));
        let outside = || Refusal::OutsideOfScope { root: self.config.tree.root().clone() };
        let asset = asset.ok_or_else(outside)?;
        if !admission.paths.iter().any(|entitled| entitled.covers(path)) {
            return Err(not_entitled(&admission.subject, NotEntitled::Nothing));
        }
        // The grant covers the whole asset, since a player adds parameters to playlist URLs.
        let (resource, grant) = self.grant(&admission, &asset, self.config.url_ttl).await?;
        let mut signed = grant.url(&url).map_err(Refusal::Url)?;
        // A copy of the policy, for the function that answers for playlists: CloudFront removes the parameters of the
        // signature.
        if needs_policy_copy(path) {
            signed = format!("{signed}&{}", policy_copy(&grant));
            let length = signed.len();
            if length > URL_LIMIT {
                return Err(Refusal::Url(Error::SignedUrlTooLong { length }));
            }
        }
        audit("signed a URL", &admission.subject, &resource, &grant);
        let expires = grant.policy().date_less_than();
        Ok(Answer::json(&json!({ "url": signed, "expires_at": expires.seconds() })))
    }

    /// Who the viewer is, and what that viewer may watch.
    async fn admit(&self, request: &ApiGatewayV2httpRequest) -> Result<Admission, Refusal> {
        let now = (self.clock)();
        let origin = self.origin(request)?;
        let credential = self.config.authenticators.credential(request);
        let is_ambient = credential.as_ref().is_ok_and(Credential::is_ambient);
        self.check_page(request, &origin, if is_ambient { Authority::Ambient } else { Authority::Explicit })?;
        let credential = credential.map_err(Refusal::Credential)?;
        let subject =
            self.config.authenticators.authenticate(credential, now).await.map_err(Refusal::Credential)?;
        let paths = self.config.entitlements.resources(&subject);
        let paths = paths.map_err(|error| not_entitled(&subject, error))?;
        Ok(Admission { origin, subject, paths, now })
    }

    fn origin(&self, request: &ApiGatewayV2httpRequest) -> Result<ViewerOrigin, Refusal> {
        Viewer::from_headers(&request.headers, &self.config.viewer_host)
            .map(|viewer| ViewerOrigin::of(&viewer, self.config.protocol))
            .map_err(Refusal::Viewer)
    }

    fn attributes(&self, origin: &ViewerOrigin, path: &str) -> Result<CookieAttributes, Refusal> {
        self.config.cookies.attributes(origin.host(), path).map_err(Refusal::Host)
    }

    fn check_page(
        &self,
        request: &ApiGatewayV2httpRequest,
        origin: &ViewerOrigin,
        authority: Authority,
    ) -> Result<(), Refusal> {
        origin_rule::check(&request.headers, origin, &self.config.cors, authority).map_err(Refusal::Page)
    }

    /// The grant for a path pattern.
    async fn grant(
        &self,
        admission: &Admission,
        path: &PathPattern,
        ttl: u64,
    ) -> Result<(UrlPattern, Arc<Grant>), Refusal> {
        let resource = UrlPattern::new(admission.origin.url(path.as_str())).map_err(Refusal::Url)?;
        let policy =
            CustomPolicy::new(resource.clone(), self.expiry(admission, ttl)).map_err(Refusal::Url)?;
        let asker = Asker::new(&admission.subject.id);
        let granted = self.grants.grant(policy, asker).await.map_err(Refusal::Signing)?;
        Ok((resource, granted.into_grant()))
    }

    /// When something ends that lasts `ttl` seconds, and no longer than the credential.
    fn expiry(&self, Admission { subject, now, .. }: &Admission, ttl: u64) -> UnixTime {
        self.grants.expiry(now.plus(ttl).min(subject.expires), *now)
    }
}

/// A viewer who is signed in, and may not watch what was asked for.
fn not_entitled(subject: &Subject, error: NotEntitled) -> Refusal {
    Refusal::NotEntitled { subject: subject.id.clone(), authenticator: subject.authenticator, error }
}

/// The line of the audit log: never the credential, nor the signature.
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

/// A body is a path in JSON; a token is in a header.
const BODY_LIMIT: usize = 8 * 1_024;
/// A set takes 700 bytes at least, so more cannot fit.
const SETS_LIMIT: usize = 12;
