//! The template's own function against the table that Node runs too.

use std::collections::BTreeMap;

use axum::body::to_bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde_json::json;

use super::*;
use usher_cloudformation::Template;

mod failures;
mod requests;
mod responses;
mod standing;

/// The template's viewer-request function.
pub(crate) fn of_template() -> ViewerFunction {
    let template = Template::parse("t", include_str!("../../../../template.yaml")).expect("a template");
    let stack = template.with_parameters([("", ""); 0]).expect("a stack");
    let resource = stack.resource("ViewerRequestFunction").expect("a function");
    let mut not_modelled = Vec::new();
    let function = ViewerFunction::read("ViewerRequestFunction", &resource["Properties"], &mut not_modelled);
    assert_eq!(not_modelled, [""; 0]);
    function.expect("a good one").expect("no module")
}

/// A function by its code.
fn function(code: &str) -> ViewerFunction {
    let properties = json!({"FunctionCode": code, "FunctionConfig": {"Runtime": RUNTIME}});
    ViewerFunction::read("Fn", &properties, &mut Vec::new()).expect("a good one").expect("no module")
}

/// A function that executes this statement before it returns the request.
fn changing(statement: &str) -> ViewerFunction {
    function(&format!(
        "function handler(event) {{ var request = event.request; {statement}; return request; }}"
    ))
}

/// `GET /video/a.m3u8` with a query and headers.
fn request(query: Option<&str>, headers: &[(&'static str, &'static str)]) -> ViewerRequest {
    let headers = headers.iter().map(|(name, value)| {
        (HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).expect("a value"))
    });
    let mut all = HeaderMap::new();
    for (name, value) in headers {
        all.append(name, value);
    }
    ViewerRequest {
        method: Method::GET,
        path: "/video/a.m3u8".to_owned(),
        query: query.map(str::to_owned),
        headers: all,
        viewer: [192, 0, 2, 2].into(),
        time: cloudfront_signing::UnixTime::new(1_790_000_000).expect("seconds"),
    }
}

/// A whole answer: status, headers in their order, body, and the reason.
async fn whole(answer: Answer) -> (u16, Vec<String>, String, String) {
    let (parts, body) = answer.response.into_parts();
    let mut headers: Vec<String> =
        lines(&parts.headers).iter().map(|(name, value)| format!("{name}: {value}")).collect();
    headers.sort();
    let body = to_bytes(body, 100_000).await.expect("a body");
    (parts.status.as_u16(), headers, String::from_utf8(body.to_vec()).expect("a text"), answer.reason)
}

fn lines(headers: &HeaderMap) -> Vec<(String, String)> {
    let line = |(name, value): (&HeaderName, &HeaderValue)| {
        (name.to_string(), value.to_str().expect("ASCII").to_owned())
    };
    headers.iter().map(line).collect()
}

/// CloudFront's event shape: an object of fields, each with one value or all its values.
fn pairs(fields: &Value) -> Vec<(String, String)> {
    let one = |field: &Value| field["value"].as_str().expect("a value").to_owned();
    let fields = fields.as_object().expect("an object").iter();
    let all = fields.flat_map(|(name, field)| {
        let values = match field["multiValue"].as_array() {
            Some(values) => values.iter().map(one).collect(),
            None => vec![one(field)],
        };
        values.into_iter().map(|value| (name.clone(), value))
    });
    all.collect()
}

fn joined(pairs: &[(String, String)], delimiter: &str) -> String {
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(delimiter)
}

fn sorted(lines: impl IntoIterator<Item = (String, String)>) -> BTreeMap<String, Vec<String>> {
    let mut sorted: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in lines {
        sorted.entry(name).or_default().push(value);
    }
    sorted
}

/// The response object of CloudFront Functions.
async fn object(answer: Answer) -> Value {
    let (parts, body) = answer.response.into_parts();
    let headers: serde_json::Map<String, Value> =
        lines(&parts.headers).into_iter().map(|(name, value)| (name, json!({ "value": value }))).collect();
    let body = to_bytes(body, 100_000).await.expect("a body");
    json!({
        "statusCode": parts.status.as_u16(),
        "statusDescription": parts.status.canonical_reason(),
        "headers": headers,
        "body": {"encoding": "text", "data": String::from_utf8_lossy(&body)},
    })
}

#[tokio::test]
async fn the_templates_function_does_here_what_it_does_in_node() {
    let cases: Vec<Value> =
        serde_json::from_str(include_str!("../../../../tests/system/sam/viewer-request.json"))
            .expect("cases");
    assert!(!cases.is_empty());
    let function = of_template();
    for case in cases {
        let claim = &case["claim"];
        let mut given = request(None, &[]);
        for (name, value) in pairs(&case["headers"]) {
            let name = HeaderName::try_from(name).expect("a name");
            given.headers.append(name, HeaderValue::try_from(value).expect("a value"));
        }
        let cookies = joined(&pairs(&case["cookies"]), "; ");
        if !cookies.is_empty() {
            given.headers.insert(header::COOKIE, HeaderValue::try_from(cookies).expect("a header"));
        }
        given.method = case["method"].as_str().unwrap_or("GET").parse().expect("a method");
        given.path = case["uri"].as_str().unwrap_or("/video/m/master.m3u8").to_owned();
        given.query = Some(joined(&pairs(&case["querystring"]), "&")).filter(|query| !query.is_empty());
        let removed = case["removed"].as_array().cloned().unwrap_or_default();
        let stays = |name: &str| !name.starts_with("x-viewer-") && !removed.iter().any(|one| one == name);
        let kept: Vec<_> = lines(&given.headers).into_iter().filter(|(name, _)| stays(name)).collect();
        match function.viewer_request(given.clone()).await {
            Ok(returned) => {
                assert!(case["answer"].is_null(), "{claim}: it goes on");
                let expected = kept.into_iter().chain(pairs(&case["expect"]));
                assert_eq!(sorted(lines(&returned.headers)), sorted(expected), "{claim}");
                let headers = HeaderMap::new();
                let without = |request: ViewerRequest| ViewerRequest { headers: headers.clone(), ..request };
                assert_eq!(without(returned), without(given), "{claim}");
            }
            Err(answer) => assert_eq!(object(*answer).await, case["answer"], "{claim}"),
        }
    }
}
