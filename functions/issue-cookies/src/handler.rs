//! The routes.

use aws_lambda_events::event::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use cloudfront_signing::{ExactUrl, Policy, UnixTime, UrlPattern, clear_cookies};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde_json::json;
use usher_runtime::{Clock, Grants, Problem, Viewer};

use crate::{AuthenticationError, Config, Subject, urls::UrlRequest};

/// The function: one value per instance, one call per request.
pub struct IssueCookies {
    config: Config,
    grants: Grants,
    clock: Clock,
}

impl IssueCookies {
    /// Puts the function together.
    #[must_use]
    pub fn new(config: Config, grants: Grants, clock: Clock) -> Self {
        Self { config, grants, clock }
    }

    /// Answers one request of the HTTP API (payload format 2.0).
    pub async fn handle(&self, request: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
        let mut answer = self.route(&request).await.unwrap_or_else(|problem| Answer {
            status: problem.status,
            headers: problem.all_headers(),
            body: Some(problem.body()),
            cookies: Vec::new(),
        });
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
            ("/auth/cookies", &Method::DELETE) => Ok(self.clear()),
            ("/auth/cookies", _) => self.issue(request).await,
            _ => self.sign_url(request).await,
        }
    }

    async fn issue(&self, request: &ApiGatewayV2httpRequest) -> Result<Answer, Problem> {
        let now = (self.clock)();
        let viewer = viewer(request)?;
        let subject = self.authenticate(request, now)?;
        let resource = self.resource(&viewer, &self.config.scope.everything())?;
        let expires = self.grants.expiry(now, self.config.cookie_ttl).min(subject.expires);
        let policy = Policy::new(resource.clone(), expires).map_err(bad_request)?;
        let grant = self.grants.grant(policy).await.map_err(|error| Problem::from(&*error))?;
        tracing::info!(subject = subject.id, %resource, expires = expires.seconds(), "issued cookies");
        let refresh_after = now.plus((expires.seconds() - now.seconds()) * 4 / 5);
        let mut answer = Answer::json(&json!({
            "resource": resource.as_str(),
            "expires_at": expires.seconds(),
            "refresh_after": refresh_after.seconds(),
        }));
        answer.cookies = grant.set_cookies();
        Ok(answer)
    }

    fn clear(&self) -> Answer {
        let everything = self.config.scope.everything();
        let path = everything.trim_end_matches('*');
        Answer { cookies: clear_cookies(path), ..Answer::empty(StatusCode::NO_CONTENT) }
    }

    async fn sign_url(&self, request: &ApiGatewayV2httpRequest) -> Result<Answer, Problem> {
        let now = (self.clock)();
        let viewer = viewer(request)?;
        let subject = self.authenticate(request, now)?;
        let asked = UrlRequest::read(&request.headers, request.body.as_deref(), request.is_base64_encoded)?;
        // First what cannot be signed at all, then what is not this function's to sign.
        let url = format!("{}://{}{}", self.config.protocol, viewer.host, asked.path);
        let url = ExactUrl::new(url).map_err(bad_request)?;
        let path = asked.path.split('?').next().unwrap_or_default();
        let Some(scope) = self.config.scope.of(path) else {
            let everything = self.config.scope.everything();
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                format!("the path is not below {everything}, or there are dot segments in it"),
            ));
        };
        // The grant covers the whole asset: a player adds parameters to playlist URLs.
        let resource = self.resource(&viewer, &scope)?;
        let expires = self.grants.expiry(now, self.config.url_ttl).min(subject.expires);
        let policy = Policy::new(resource.clone(), expires).map_err(bad_request)?;
        let grant = self.grants.grant(policy).await.map_err(|error| Problem::from(&*error))?;
        tracing::info!(subject = subject.id, %resource, expires = expires.seconds(), "signed a URL");
        let signed = grant.url(&url).map_err(bad_request)?;
        Ok(Answer::json(&json!({ "url": signed, "expires_at": expires.seconds() })))
    }

    fn resource(&self, viewer: &Viewer, path: &str) -> Result<UrlPattern, Problem> {
        UrlPattern::new(format!("{}://{}{path}", self.config.protocol, viewer.host)).map_err(bad_request)
    }

    fn authenticate(&self, request: &ApiGatewayV2httpRequest, now: UnixTime) -> Result<Subject, Problem> {
        let authorization = request.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        self.config.authenticator.authenticate(authorization, now).map_err(|error| {
            tracing::info!(%error, "refused a credential");
            let (detail, challenge) = match error {
                AuthenticationError::Missing => ("sign in first: send Authorization: Bearer", "Bearer"),
                AuthenticationError::Expired => {
                    ("the token has expired: sign in again", r#"Bearer error="invalid_token""#)
                }
                _ => ("the token is not accepted here", r#"Bearer error="invalid_token""#),
            };
            Problem::new(StatusCode::UNAUTHORIZED, detail)
                .header(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
        })
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Option<String>,
    cookies: Vec<String>,
}

impl Answer {
    fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: None, cookies: Vec::new() }
    }

    fn json(body: &serde_json::Value) -> Self {
        let mut answer = Self::empty(StatusCode::OK);
        answer.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        answer.body = Some(body.to_string());
        answer
    }
}

impl From<Answer> for ApiGatewayV2httpResponse {
    fn from(answer: Answer) -> Self {
        let mut response = Self::default();
        response.status_code = answer.status.as_u16().into();
        response.headers = answer.headers;
        response.body = answer.body.map(Into::into);
        response.cookies = answer.cookies;
        response
    }
}

fn viewer(request: &ApiGatewayV2httpRequest) -> Result<Viewer, Problem> {
    Viewer::from_headers(&request.headers)
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.to_string()))
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn bad_request(error: cloudfront_signing::Error) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, error.to_string())
}

/// A body is a path in JSON; a token stands in a header.
const BODY_LIMIT: usize = 8 * 1_024;
