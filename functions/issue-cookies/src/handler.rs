//! The routes.

use std::sync::Arc;

use aws_lambda_events::event::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use cloudfront_signing::{CookieAttributes, ExactUrl, Grant, Policy, UnixTime, UrlPattern, clear_cookies};
use futures::future::try_join_all;
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::json;
use usher_runtime::{Clock, Grants, Problem, Viewer};

use crate::{
    AuthenticationError, Config, NotEntitled, Subject,
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

    /// Answers one request of the HTTP API (payload format 2.0).
    pub async fn handle(&self, request: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
        let mut answer = self.route(&request).await.unwrap_or_else(Answer::from);
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
        let now = admission.now;
        let paths = &admission.paths;
        let grants =
            paths.iter().map(|path| self.grant(&admission, path, self.config.cookie_ttl, "issued cookies"));
        let grants = try_join_all(grants).await?;
        let resources: Vec<&str> = grants.iter().map(|(resource, _)| resource.as_str()).collect();
        let expires = self.grants.expiry(now, self.config.cookie_ttl).min(admission.subject.expires);
        let refresh_after = now.plus((expires.seconds() - now.seconds()) * 4 / 5);
        let mut body = json!({
            "resource": resources.first(),
            "expires_at": expires.seconds(),
            "refresh_after": refresh_after.seconds(),
        });
        if let (2.., Some(members)) = (resources.len(), body.as_object_mut()) {
            members.insert("resources".to_owned(), json!(resources));
        }
        let mut answer = Answer::json(&body);
        for (_, grant) in &grants {
            let attributes = self.attributes(&admission.viewer, grant.cookie_path())?;
            answer.cookies.extend(grant.set_cookies_with(&attributes, now));
        }
        if *paths != [self.config.scope.everything()] {
            let attributes = self.attributes(&admission.viewer, remembered_paths::PATH)?;
            answer.cookies.push(remembered_paths::remember(paths, &attributes));
        }
        Ok(answer)
    }

    /// Whoever wants to forget may: no credential is needed.
    fn clear(&self, request: &ApiGatewayV2httpRequest) -> Result<Answer, Problem> {
        let viewer = viewer(request)?;
        self.check_page(request, &viewer, Authority::Explicit)?;
        let mut answer = Answer::empty(StatusCode::NO_CONTENT);
        let everything = self.config.scope.everything();
        let cookies = request.cookies.as_deref().unwrap_or_default();
        let remembered = remembered_paths::remembered(cookies, &self.config.scope);
        if !remembered.is_empty() {
            let attributes = self.attributes(&viewer, remembered_paths::PATH)?;
            answer.cookies.push(attributes.clear_cookie(remembered_paths::NAME));
        }
        for path in
            std::iter::once(everything.trim_end_matches('*')).chain(remembered.iter().map(String::as_str))
        {
            answer.cookies.extend(clear_cookies(&self.attributes(&viewer, path)?));
        }
        Ok(answer)
    }

    async fn sign_url(&self, request: &ApiGatewayV2httpRequest) -> Result<Answer, Problem> {
        let admission = self.admit(request).await?;
        let asked = UrlRequest::read(&request.headers, request.body.as_deref(), request.is_base64_encoded)?;
        // First what cannot be signed at all, then what is not this function's to sign.
        let url = format!("{}://{}{}", self.config.protocol, admission.viewer.host, asked.path);
        let url = ExactUrl::new(url).map_err(bad_request)?;
        let path = asked.path.split('?').next().unwrap_or_default();
        let Some(asset) = self.config.scope.of(path) else {
            let everything = self.config.scope.everything();
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                format!("the path is not below {everything}, or there are dot segments in it"),
            ));
        };
        let entitled = admission.paths.iter().find(|entitled| covers(entitled, path));
        let entitled = entitled.ok_or_else(|| not_entitled(&admission.subject, &NotEntitled::Nothing))?;
        // The grant covers the whole asset, since a player adds parameters to playlist URLs; but where the
        // viewer may watch a part of the asset only, it covers that.
        let covered = if covers(entitled, &asset) { &asset } else { entitled };
        let (_, grant) = self.grant(&admission, covered, self.config.url_ttl, "signed a URL").await?;
        let signed = grant.url(&url).map_err(bad_request)?;
        let expires = grant.statement().date_less_than();
        Ok(Answer::json(&json!({ "url": signed, "expires_at": expires.seconds() })))
    }

    /// Who asks, and what that viewer may watch.
    async fn admit(&self, request: &ApiGatewayV2httpRequest) -> Result<Admission, Problem> {
        let now = (self.clock)();
        let viewer = viewer(request)?;
        let credential = self.config.authenticators.credential(request);
        let is_ambient = credential.as_ref().is_some_and(Credential::is_ambient);
        self.check_page(request, &viewer, if is_ambient { Authority::Ambient } else { Authority::Explicit })?;
        let credential = credential.ok_or_else(|| unauthenticated(AuthenticationError::Missing))?;
        let subject =
            self.config.authenticators.authenticate(&credential, now).await.map_err(unauthenticated)?;
        let paths = self.config.entitlements.resources(&subject);
        let paths = paths.map_err(|error| not_entitled(&subject, &error))?;
        Ok(Admission { viewer, subject, paths, now })
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

    /// The grant for a path pattern, which lasts for `ttl` seconds or as long as the credential does, and
    /// the line about it in the audit log.
    async fn grant(
        &self,
        admission: &Admission,
        path: &str,
        ttl: u64,
        what: &str,
    ) -> Result<(UrlPattern, Arc<Grant>), Problem> {
        let Admission { viewer, subject, now, .. } = admission;
        let resource = format!("{}://{}{path}", self.config.protocol, viewer.host);
        let resource = UrlPattern::new(resource).map_err(bad_request)?;
        let expires = self.grants.expiry(*now, ttl).min(subject.expires);
        let policy = Policy::new(resource.clone(), expires).map_err(bad_request)?;
        let grant = self.grants.grant(policy).await.map_err(|error| Problem::from(&*error))?;
        tracing::info!(
            subject = subject.id,
            authenticator = subject.authenticator,
            %resource,
            expires = expires.seconds(),
            key_pair_id = %grant.key_pair_id(),
            "{what}"
        );
        Ok((resource, grant))
    }
}

fn viewer(request: &ApiGatewayV2httpRequest) -> Result<Viewer, Problem> {
    Viewer::from_headers(&request.headers)
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.to_string()))
}

/// A body is a path in JSON; a token stands in a header.
const BODY_LIMIT: usize = 8 * 1_024;
