//! The function's answers.

use aws_lambda_events::event::apigw::ApiGatewayV2httpResponse;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use usher_runtime::Problem;

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
            status: problem.status(),
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
