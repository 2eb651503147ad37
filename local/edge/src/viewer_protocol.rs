//! What happens to a request that came by HTTP if the cache behavior requires HTTPS.
//!
//! Without `--tls`, the edge speaks plain HTTP and treats it as HTTPS, unless a proxy in front of it says
//! otherwise. AWS documents 301 for redirect-to-https, and 403 for https-only. It does not document the rest of
//! CloudFront's answers.
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-https-viewers-to-cloudfront.html>

use axum::body::Body;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use usher_runtime::ViewerProtocol;

use super::{distribution::ViewerProtocolPolicy, plain_text::text};

/// Whether the connection was not the HTTPS that it could have been, or a proxy says that the viewer used HTTP.
pub(super) fn came_by_http(headers: &HeaderMap, connection: Option<ViewerProtocol>) -> bool {
    connection == Some(ViewerProtocol::Http) || says_http(headers)
}

fn says_http(headers: &HeaderMap) -> bool {
    headers.get("x-forwarded-proto").is_some_and(|protocol| protocol.as_bytes().eq_ignore_ascii_case(b"http"))
}

impl ViewerProtocolPolicy {
    /// The answer to a request that came by HTTP for `url`; `None` if the request goes on.
    pub(super) fn answer(self, method: &Method, url: &str) -> Option<Response<Body>> {
        match self {
            Self::AllowAll => None,
            Self::HttpsOnly => Some(text(StatusCode::FORBIDDEN, "this cache behavior accepts HTTPS only")),
            Self::RedirectToHttps => {
                // After 307 the viewer keeps the method and the body. AWS does not document which status
                // CloudFront returns here.
                let status = match *method {
                    Method::GET | Method::HEAD => StatusCode::MOVED_PERMANENTLY,
                    _ => StatusCode::TEMPORARY_REDIRECT,
                };
                let mut response = text(status, "this cache behavior accepts HTTPS only");
                let location = url.split_once("://").map(|(_, rest)| format!("https://{rest}"));
                if let Some(Ok(location)) = location.map(HeaderValue::try_from) {
                    response.headers_mut().insert(header::LOCATION, location);
                }
                Some(response)
            }
        }
    }
}
