//! What the body of a request asks for: `{"path":"/video/m/master.m3u8"}`, and for a URL also `preview_seconds`.

use aws_lambda_events::event::apigw::ApiGatewayV2httpRequest;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hls_rewrite::Preview;
use http::header;
use serde_json::{Map, Value};

use crate::{claims::UniqueClaims, refusal::Refusal};

/// What a URL is asked for.
pub(crate) struct AskedUrl {
    /// The path, with a query if it has one.
    pub(crate) path: String,
    /// The beginning alone.
    pub(crate) preview: Option<Preview>,
}

/// What a request for a URL asks for.
///
/// # Errors
/// [`Refusal::MediaType`], [`Refusal::Body`], [`Refusal::PreviewSeconds`]
pub(crate) fn read_url(request: &ApiGatewayV2httpRequest) -> Result<AskedUrl, Refusal> {
    let mut members = read_object(request)?;
    let preview = members.remove("preview_seconds").map(|seconds| {
        let preview = seconds.as_u64().and_then(Preview::new);
        preview.ok_or(Refusal::PreviewSeconds)
    });
    let path = path_alone(members)?.ok_or(Refusal::Body)?;
    Ok(AskedUrl { path, preview: preview.transpose()? })
}

/// The path that a request for cookies names: `None` without a body, and if the body is an empty object.
///
/// # Errors
/// [`Refusal::MediaType`], [`Refusal::Body`]
pub(crate) fn read_optional(request: &ApiGatewayV2httpRequest) -> Result<Option<String>, Refusal> {
    if request.body.as_ref().is_none_or(String::is_empty) {
        return Ok(None);
    }
    path_alone(read_object(request)?)
}

fn path_alone(mut members: Map<String, Value>) -> Result<Option<String>, Refusal> {
    match (members.remove("path"), members.is_empty()) {
        (None, true) => Ok(None),
        (Some(Value::String(path)), true) => Ok(Some(path)),
        _ => Err(Refusal::Body),
    }
}

fn read_object(request: &ApiGatewayV2httpRequest) -> Result<Map<String, Value>, Refusal> {
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
    serde_json::from_slice(&decoded).map(|UniqueClaims(members)| members).map_err(|_| Refusal::Body)
}
