//! Answers that end a request at its function: the function's own, and CloudFront's if the function failed.

use axum::body::Body;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::Value;

use super::returned::GeneratedResponse;
use crate::handler::{WHY, why};

/// A response instead of the origin's.
#[derive(Debug)]
pub(crate) struct Answer {
    /// One sentence for people.
    pub(crate) reason: String,
    /// The type of the problem, if the function names one.
    pub(crate) problem: Option<String>,
    pub(crate) response: Response<Body>,
}

/// The two errors that CloudFront distinguishes.
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html>
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Failure {
    /// 503: the function did not finish.
    Execution,
    /// 502: it finished with a result that CloudFront does not accept.
    Validation,
}

impl Answer {
    /// The answer that a function generates itself. The detail of a problem document is the reason.
    pub(super) fn generated(function: &str, generated: GeneratedResponse) -> Self {
        let problem: Option<Value> = serde_json::from_slice(&generated.body).ok();
        let member = |name| problem.as_ref().and_then(|problem| problem.get(name)?.as_str());
        let reason = member("detail")
            .map_or_else(|| format!("the function {function} answered {}", generated.status), str::to_owned);
        let problem = member("type").map(str::to_owned);
        let mut response = Response::new(Body::from(generated.body));
        *response.status_mut() = generated.status;
        *response.headers_mut() = generated.headers;
        Self { reason, problem, response }
    }

    /// CloudFront's answer if a function failed, and one sentence for people.
    pub(super) fn failed(failure: Failure, reason: String) -> Self {
        let (status, code) = match failure {
            Failure::Execution => (StatusCode::SERVICE_UNAVAILABLE, "FunctionExecutionError"),
            Failure::Validation => (StatusCode::BAD_GATEWAY, "FunctionValidationError"),
        };
        tracing::warn!(code, "{reason}");
        let mut response = Response::new(Body::from(format!("{} ERROR: {code}\n", status.as_u16())));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        headers.insert(header::SERVER, HeaderValue::from_static("CloudFront"));
        if let Ok(cache) = HeaderValue::try_from(format!("{code} from cloudfront")) {
            headers.insert("x-cache", cache);
        }
        if let Some(why) = why(&reason) {
            headers.insert(WHY, why);
        }
        Self { reason, problem: None, response }
    }
}
