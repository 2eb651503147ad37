//! What a function returns: the request, or its own response.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html>

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::Value;

use super::{
    fields::{Fields, Returned},
    header_rules::READ_ONLY,
    request::{add_header, is_cookie},
};

/// What a function returned.
#[derive(Debug)]
pub(super) enum Outcome {
    Request(ReturnedRequest),
    Response(GeneratedResponse),
}

/// The request that goes on.
#[derive(Debug)]
pub(super) struct ReturnedRequest {
    pub(super) method: String,
    pub(super) uri: String,
    pub(super) querystring: Fields,
    pub(super) headers: Fields,
    pub(super) cookies: Fields,
}

/// A response for the viewer.
#[derive(Debug)]
pub(super) struct GeneratedResponse {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Anything {
    #[serde(default)]
    method: Value,
    #[serde(default)]
    uri: Value,
    querystring: Option<Returned>,
    headers: Option<Returned>,
    cookies: Option<Returned>,
    status_code: Option<Value>,
    #[serde(default)]
    status_description: Value,
    #[serde(default)]
    body: Value,
}

impl Outcome {
    /// Reads the result of a handler from JSON. An error names what CloudFront would not accept.
    pub(super) fn read(json: &str) -> Result<Self, String> {
        let anything: Anything = serde_json::from_str(json)
            .map_err(|error| format!("what it returned is no request and no response: {error}"))?;
        match anything.status_code {
            Some(_) => anything.response().map(Self::Response),
            None => anything.request().map(Self::Request),
        }
    }
}

impl Anything {
    fn request(self) -> Result<ReturnedRequest, String> {
        Ok(ReturnedRequest {
            method: text(&self.method, "request.method")?,
            uri: text(&self.uri, "request.uri")?,
            querystring: Fields::read("request.querystring", self.querystring)?,
            headers: Fields::read("request.headers", self.headers)?,
            cookies: Fields::read("request.cookies", self.cookies)?,
        })
    }

    fn response(self) -> Result<GeneratedResponse, String> {
        let code = self.status_code.as_ref().and_then(Value::as_u64).filter(|code| (200..600).contains(code));
        let status = code.and_then(|code| StatusCode::from_u16(u16::try_from(code).ok()?).ok());
        let status = status.ok_or("response.statusCode must be a number from 200 to 599")?;
        // HTTP/2 has no status description, so it is not sent.
        if !self.status_description.is_null() {
            text(&self.status_description, "response.statusDescription")?;
        }
        let mut headers = HeaderMap::new();
        if self.headers.is_some() {
            for (name, values) in Fields::read("response.headers", self.headers)?.iter() {
                if READ_ONLY.contains(&name) {
                    return Err(format!("response.headers[{name:?}] is read-only"));
                }
                add_header(&mut headers, "response", name, values)?;
            }
        }
        if self.cookies.is_some() {
            add_cookies(&mut headers, &Fields::read("response.cookies", self.cookies)?)?;
        }
        Ok(GeneratedResponse { status, headers, body: body(&self.body)? })
    }
}

fn add_cookies(headers: &mut HeaderMap, cookies: &Fields) -> Result<(), String> {
    for (name, values) in cookies.iter() {
        for one in values {
            let attributes = one.attributes.iter().map(|attributes| format!("; {attributes}"));
            let line = format!("{name}={}{}", one.value, attributes.collect::<String>());
            let line = HeaderValue::from_str(&line).ok().filter(|_| is_cookie(name, &one.value));
            headers.append(
                header::SET_COOKIE,
                line.ok_or_else(|| format!("response.cookies[{name:?}] cannot be sent as a cookie"))?,
            );
        }
    }
    Ok(())
}

/// A string, or an object that names its encoding.
fn body(body: &Value) -> Result<Vec<u8>, String> {
    match body {
        Value::Null => Ok(Vec::new()),
        Value::String(text) => Ok(text.clone().into_bytes()),
        body => {
            let data = text(body.get("data").unwrap_or(&Value::Null), "response.body.data")?;
            match body.get("encoding").and_then(Value::as_str) {
                Some("text") => Ok(data.into_bytes()),
                Some("base64") => {
                    STANDARD.decode(data).map_err(|_| "response.body.data must be base64".to_owned())
                }
                _ => Err("response.body.encoding must be text or base64".to_owned()),
            }
        }
    }
}

fn text(value: &Value, path: &str) -> Result<String, String> {
    value.as_str().map(str::to_owned).ok_or_else(|| format!("{path} must be a string"))
}
