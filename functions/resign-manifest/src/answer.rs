//! An answer before it is encoded and sent.

use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body::Body as _;
use usher_runtime::Problem;

use crate::{
    body::{Content, Pieces},
    record::Record,
};

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

    /// The response, whose body takes the record along. It says its length where that is known already.
    pub(crate) fn into_response(self, mut record: Record) -> Response<Pieces> {
        record.status = self.status;
        let body = Pieces::new(self.content, record);
        let length = body.size_hint().exact();
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        // These two have no content at all, rather than an empty one.
        if let Some(length) = length
            && !matches!(self.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
        {
            response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        response
    }
}

impl From<&Problem> for Answer {
    fn from(problem: &Problem) -> Self {
        let content = Content::Whole(problem.body().into());
        Self { status: problem.status, headers: problem.all_headers(), content }
    }
}
