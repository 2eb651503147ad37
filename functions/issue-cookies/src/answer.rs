//! The function's answers, and the log lines of its refusals.

use aws_lambda_events::event::apigw::ApiGatewayV2httpResponse;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use usher_runtime::Problem;

use crate::{AuthenticationError, NotEntitled, Subject, origin_secret::OriginSecretError};

/// An answer before it is made into an event.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<String>,
    pub(crate) cookies: Vec<String>,
}

impl Answer {
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: None, cookies: Vec::new() }
    }

    pub(crate) fn json(body: &serde_json::Value) -> Self {
        let mut answer = Self::empty(StatusCode::OK);
        answer.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        answer.body = Some(body.to_string());
        answer
    }
}

impl From<Problem> for Answer {
    fn from(problem: Problem) -> Self {
        Self {
            status: problem.status,
            headers: problem.all_headers(),
            body: Some(problem.body()),
            cookies: Vec::new(),
        }
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

/// What the viewer learns about a refused credential: what to do, and nothing that would help to forge one. The log has
/// the rest.
pub(crate) fn unauthenticated(error: AuthenticationError) -> Problem {
    if let AuthenticationError::Unavailable(_) = error {
        tracing::error!(%error, "a credential cannot be verified");
        return Problem::unavailable("who you are cannot be checked at the moment: try again soon");
    }
    tracing::info!(%error, "refused a credential");
    let (detail, challenge) = match error {
        AuthenticationError::Missing => ("sign in first: send Authorization: Bearer", "Bearer"),
        AuthenticationError::Ambiguous => {
            ("the request has two different credentials: sign out, then sign in again", INVALID_TOKEN)
        }
        error if error.is_expired() => ("the token has expired: sign in again", INVALID_TOKEN),
        _ => ("the token is not accepted here", INVALID_TOKEN),
    };
    Problem::new(StatusCode::UNAUTHORIZED, detail)
        .header(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
}

/// A viewer who is signed in, and may not watch this.
pub(crate) fn not_entitled(subject: &Subject, error: &NotEntitled) -> Problem {
    let Subject { id, authenticator, .. } = subject;
    tracing::info!(subject = id, authenticator, %error, "refused a viewer");
    Problem::new(StatusCode::FORBIDDEN, "you are signed in, and may not watch this")
}

/// What the viewer learns about a request that may not have come through the distribution. The log says why.
pub(crate) fn not_from_the_distribution(error: &OriginSecretError) -> Problem {
    if let OriginSecretError::Unread(_) = error {
        tracing::error!(%error, "a request cannot be checked");
        return Problem::unavailable(
            "whether the request came through the distribution cannot be checked at the moment: try again soon",
        );
    }
    tracing::info!(%error, "refused a request");
    Problem::new(StatusCode::FORBIDDEN, "the request did not come through the distribution")
}

#[expect(clippy::needless_pass_by_value, reason = "it is an argument of map_err")]
pub(crate) fn bad_request(error: cloudfront_signing::Error) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, error.to_string())
}

const INVALID_TOKEN: &str = r#"Bearer error="invalid_token""#;
