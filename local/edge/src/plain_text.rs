//! The edge's own short answers.

use axum::body::Body;
use http::{HeaderValue, Response, StatusCode, header};

/// A short answer in plain text.
pub(super) fn text(status: StatusCode, sentence: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(sentence.into());
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
