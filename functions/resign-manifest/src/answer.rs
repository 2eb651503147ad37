//! An answer, and the form that Lambda requires.

use aws_lambda_events::event::lambda_function_urls::LambdaFunctionUrlResponse;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use usher_runtime::Problem;

use crate::body::{Content, Encoded, TooLarge};

/// Status, headers and content.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) content: Content,
}

impl Answer {
    /// An answer without content, and without headers.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), content: Content::empty() }
    }

    /// The response, and the size of its body in bytes. Lambda sets the viewer's `Content-Length`.
    ///
    /// # Errors
    /// [`TooLarge`] if it has more than `limit` bytes.
    pub(crate) fn into_response(
        self,
        takes_gzip: bool,
        limit: usize,
    ) -> Result<(LambdaFunctionUrlResponse, usize), TooLarge> {
        let Encoded { text, is_base64, is_gzip, length } = self.content.encode(takes_gzip, limit)?;
        let mut response = LambdaFunctionUrlResponse::default();
        response.status_code = i64::from(self.status.as_u16());
        response.headers = self.headers;
        response.headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        if is_gzip {
            response.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response.body = Some(text);
        response.is_base64_encoded = is_base64;
        Ok((response, length))
    }
}

impl From<&Problem> for Answer {
    fn from(problem: &Problem) -> Self {
        let content = Content::Whole(problem.body().into());
        Self { status: problem.status(), headers: problem.all_headers(), content }
    }
}
