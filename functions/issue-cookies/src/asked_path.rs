//! The path that the body of a request names: `{"path":"/video/m/master.m3u8"}`.

use aws_lambda_events::event::apigw::ApiGatewayV2httpRequest;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::header;
use serde_json::Value;

use crate::{authenticators::UniqueClaims, refusal::Refusal};

/// The path that a request's body names, with a query if it has one.
///
/// # Errors
/// [`Refusal::MediaType`], [`Refusal::Body`]
pub(crate) fn read(request: &ApiGatewayV2httpRequest) -> Result<String, Refusal> {
    read_object(request)?.ok_or(Refusal::Body)
}

/// As [`read`], for a request that need not name one: `None` without a body, and if the body is an empty object.
///
/// # Errors
/// As [`read`].
pub(crate) fn read_optional(request: &ApiGatewayV2httpRequest) -> Result<Option<String>, Refusal> {
    if request.body.as_ref().is_none_or(String::is_empty) { Ok(None) } else { read_object(request) }
}

/// A body that is an object with a path, or with nothing.
fn read_object(request: &ApiGatewayV2httpRequest) -> Result<Option<String>, Refusal> {
    let media_type = request.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        return Err(Refusal::MediaType);
    }
    let body = request.body.as_deref().unwrap_or_default();
    let decoded = if request.is_base64_encoded {
        STANDARD.decode(body).map_err(|_| Refusal::Body)?
    } else {
        body.into()
    };
    let UniqueClaims(mut members) = serde_json::from_slice(&decoded).map_err(|_| Refusal::Body)?;
    match (members.remove("path"), members.is_empty()) {
        (None, true) => Ok(None),
        (Some(Value::String(path)), true) => Ok(Some(path)),
        _ => Err(Refusal::Body),
    }
}
