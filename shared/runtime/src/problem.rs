//! Errors of the functions' HTTP interfaces, as `application/problem+json`.
//!
//! <https://www.rfc-editor.org/rfc/rfc9457>

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::{ProblemType, SigningError, with_sources};

/// An answer that says what was wrong, and nothing that would help to forge a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// What kind of problem it is.
    pub problem_type: ProblemType,
    /// One sentence for people.
    pub detail: String,
    /// Headers besides `Content-Type` and `Cache-Control`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// A problem with a sentence about it. A 503 tells the client when to try again.
    #[must_use]
    pub fn new(problem_type: ProblemType, detail: impl Into<String>) -> Self {
        let problem = Self { problem_type, detail: detail.into(), headers: Vec::new() };
        if problem.status() == StatusCode::SERVICE_UNAVAILABLE {
            problem.header(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS))
        } else {
            problem
        }
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.problem_type.status()
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// All headers of the answer.
    #[must_use]
    pub fn all_headers(&self) -> HeaderMap {
        let mut headers: HeaderMap = self.headers.iter().cloned().collect();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers
    }

    /// The JSON body.
    #[must_use]
    pub fn body(&self) -> String {
        serde_json::json!({
            "type": self.problem_type.uri(),
            "title": self.status().canonical_reason(),
            "status": self.status().as_u16(),
            "detail": self.detail,
        })
        .to_string()
    }
}

impl From<&SigningError> for Problem {
    /// The details go to the log; the viewer learns whether to try again.
    fn from(error: &SigningError) -> Self {
        tracing::error!(error = %with_sources(error), "nothing was signed");
        match error {
            SigningError::Unavailable(_) => Self::new(
                ProblemType::SigningKeyUnavailable,
                "the signing key is out of reach for the moment: try again soon",
            ),
            _ => Self::new(
                ProblemType::SigningKeyUnusable,
                "the signing key cannot be used: the function's log says why",
            ),
        }
    }
}

const RETRY_AFTER_SECONDS: &str = "5";
