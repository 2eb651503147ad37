//! The events that AWS sends: API Gateway HTTP API (payload format 2.0) and function URLs.
//!
//! They are written as JSON and read by the same types as in AWS, so that a handler receives the same values
//! here as there.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>
#![expect(
    clippy::indexing_slicing,
    reason = "a JSON object takes any member, and a JSON value answers null for one it does not have"
)]

use base64::{Engine as _, engine::general_purpose::STANDARD};
use cloudfront_signing::UnixTime;
use cookie::Cookie;
use http::{HeaderMap, header};
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::origin_request::OriginRequest;

/// The event of `ANY /auth/{proxy+}`.
pub(super) fn http_api_event(request: &OriginRequest, body: &[u8]) -> Value {
    let route = "ANY /auth/{proxy+}";
    let mut event = common(request, body, "local.execute-api.us-east-1.amazonaws.com", route);
    let proxy = request.path.strip_prefix("/auth/").unwrap_or_default();
    event["pathParameters"] = json!({ "proxy": proxy });
    event
}

/// The event of the function URL.
pub(super) fn function_url_event(request: &OriginRequest, body: &[u8]) -> Value {
    let mut event = common(request, body, "local.lambda-url.us-east-1.on.aws", "$default");
    event["requestContext"]["accountId"] = json!("anonymous");
    event
}

fn common(request: &OriginRequest, body: &[u8], domain_name: &str, route: &str) -> Value {
    let mut headers = plain_headers(&request.headers);
    headers.insert("host".to_owned(), domain_name.into());
    headers.insert("x-forwarded-port".to_owned(), "443".into());
    headers.insert("x-forwarded-proto".to_owned(), "https".into());
    let user_agent = headers.get("user-agent").cloned().unwrap_or_default();
    let mut event = json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": request.path,
        "rawQueryString": request.query.as_deref().unwrap_or_default(),
        "headers": headers,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": domain_name,
            "domainPrefix": "local",
            "http": {
                "method": request.method.as_str(),
                "path": request.path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.viewer.to_string(),
                "userAgent": user_agent,
            },
            "requestId": "local",
            "routeKey": route,
            "stage": "$default",
            "time": clf_time(request.time),
            "timeEpoch": request.time.seconds() * 1_000,
        },
        "isBase64Encoded": false,
    });
    let cookies = cookies(&request.headers);
    if !cookies.is_empty() {
        event["cookies"] = json!(cookies);
    }
    if let Some(query) = &request.query {
        event["queryStringParameters"] = query_parameters(query);
    }
    match std::str::from_utf8(body) {
        Ok("") => {}
        Ok(text) => event["body"] = json!(text),
        Err(_) => {
            event["body"] = json!(STANDARD.encode(body));
            event["isBase64Encoded"] = json!(true);
        }
    }
    event
}

/// Names in lower case, repeated values joined by commas, cookies separate.
fn plain_headers(headers: &HeaderMap) -> Map<String, Value> {
    let mut plain = Map::new();
    for name in headers.keys().filter(|name| !matches!(**name, header::COOKIE | header::HOST)) {
        let values: Vec<_> =
            headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        plain.insert(name.as_str().to_owned(), values.join(",").into());
    }
    plain
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    let texts = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    texts
        .flat_map(Cookie::split_parse)
        .filter_map(Result::ok)
        .map(|cookie| format!("{}={}", cookie.name(), cookie.value()))
        .collect()
}

/// Decoded, repeated values joined by commas.
fn query_parameters(query: &str) -> Value {
    let mut parameters: Map<String, Value> = Map::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let joined = match parameters.get(name.as_ref()).and_then(Value::as_str) {
            Some(before) => format!("{before},{value}"),
            None => value.into_owned(),
        };
        parameters.insert(name.into_owned(), joined.into());
    }
    Value::from(parameters)
}

/// The Common Log Format's time, as API Gateway writes it.
fn clf_time(time: UnixTime) -> String {
    let timestamp =
        i64::try_from(time.seconds()).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    timestamp.map(|timestamp| timestamp.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use http::{HeaderValue, Method};

    use super::*;

    fn request() -> OriginRequest {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("127.0.0.1:8080"));
        headers.insert("user-agent", HeaderValue::from_static("player/1"));
        headers.append("accept", HeaderValue::from_static("a"));
        headers.append("accept", HeaderValue::from_static("b"));
        headers.insert("cookie", HeaderValue::from_static("theme=dark; a=b"));
        OriginRequest {
            method: Method::GET,
            path: "/video/m/master.m3u8".to_owned(),
            query: Some("x=a%20b&x=2".to_owned()),
            headers,
            viewer: IpAddr::from([127, 0, 0, 1]),
            time: UnixTime::new(1_790_000_000).expect("seconds"),
        }
    }

    #[test]
    fn a_function_url_event_is_what_aws_sends() {
        assert_eq!(
            function_url_event(&request(), b""),
            json!({
                "version": "2.0",
                "routeKey": "$default",
                "rawPath": "/video/m/master.m3u8",
                "rawQueryString": "x=a%20b&x=2",
                "cookies": ["theme=dark", "a=b"],
                "headers": {
                    "accept": "a,b",
                    "host": "local.lambda-url.us-east-1.on.aws",
                    "user-agent": "player/1",
                    "x-forwarded-port": "443",
                    "x-forwarded-proto": "https",
                },
                "queryStringParameters": {"x": "a b,2"},
                "requestContext": {
                    "accountId": "anonymous",
                    "apiId": "local",
                    "domainName": "local.lambda-url.us-east-1.on.aws",
                    "domainPrefix": "local",
                    "http": {
                        "method": "GET",
                        "path": "/video/m/master.m3u8",
                        "protocol": "HTTP/1.1",
                        "sourceIp": "127.0.0.1",
                        "userAgent": "player/1",
                    },
                    "requestId": "local",
                    "routeKey": "$default",
                    "stage": "$default",
                    "time": "21/Sep/2026:14:13:20 +0000",
                    "timeEpoch": 1_790_000_000_000_u64,
                },
                "isBase64Encoded": false,
            })
        );
    }

    #[test]
    fn a_body_that_is_no_text_is_base64() {
        let event = http_api_event(&request(), &[0xff, 0x00]);
        assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("/wA="), &json!(true)));
    }
}
