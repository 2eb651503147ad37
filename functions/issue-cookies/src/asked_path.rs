//! The path that the body of a request names.

use aws_lambda_events::event::apigw::ApiGatewayV2httpRequest;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::header;
use serde::Deserialize;

use crate::refusal::Refusal;

/// A body.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    path: String,
}

/// A body with nothing in it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Empty {}

/// The path that a request's body names, with a query if it has one.
///
/// # Errors
/// [`Refusal::MediaType`], [`Refusal::Body`]
pub(crate) fn read(request: &ApiGatewayV2httpRequest) -> Result<String, Refusal> {
    let Body { path } = serde_json::from_slice(&body(request)?).map_err(|_| Refusal::Body)?;
    Ok(path)
}

/// As [`read`], for a request that need not name one: `None` without a body, and if the body is an empty object.
///
/// # Errors
/// As [`read`].
pub(crate) fn read_optional(request: &ApiGatewayV2httpRequest) -> Result<Option<String>, Refusal> {
    if request.body.as_ref().is_none_or(String::is_empty) {
        return Ok(None);
    }
    match serde_json::from_slice(&body(request)?) {
        Ok(Empty {}) => Ok(None),
        Err(_) => read(request).map(Some),
    }
}

fn body(request: &ApiGatewayV2httpRequest) -> Result<Vec<u8>, Refusal> {
    let media_type = request.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        return Err(Refusal::MediaType);
    }
    let body = request.body.as_deref().unwrap_or_default();
    if !request.is_base64_encoded {
        return Ok(body.as_bytes().to_vec());
    }
    STANDARD.decode(body).map_err(|_| Refusal::Body)
}
