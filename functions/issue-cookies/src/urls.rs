//! `POST /auth/urls`: what a body may ask for.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, header};
use serde::Deserialize;

use crate::refusal::Refusal;

/// The body of `POST /auth/urls`.
#[derive(Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct UrlRequest {
    /// The path to sign, with a query if it needs one.
    pub(crate) path: String,
}

impl UrlRequest {
    pub(crate) fn read(headers: &HeaderMap, body: Option<&str>, is_base64: bool) -> Result<Self, Refusal> {
        let media_type =
            headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/json") {
            return Err(Refusal::MediaType);
        }
        let body = body.unwrap_or_default();
        let decoded = if is_base64 { STANDARD.decode(body).map_err(|_| Refusal::Body)? } else { body.into() };
        serde_json::from_slice(&decoded).map_err(|_| Refusal::Body)
    }
}
