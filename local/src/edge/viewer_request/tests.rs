use std::collections::BTreeMap;

use serde_json::json;

use super::*;

/// CloudFront's event shape: an object of values, each with all its values where there are several.
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

fn lines(headers: &HeaderMap) -> Vec<(String, String)> {
    let line = |(name, value): (&HeaderName, &HeaderValue)| {
        (name.to_string(), value.to_str().expect("ASCII").to_owned())
    };
    headers.iter().map(line).collect()
}

fn sorted(lines: impl IntoIterator<Item = (String, String)>) -> BTreeMap<String, Vec<String>> {
    let mut sorted: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in lines {
        sorted.entry(name).or_default().push(value);
    }
    sorted
}

/// The response object of CloudFront Functions.
fn answer(problem: &Problem) -> Value {
    let headers = lines(&problem.all_headers());
    let headers: serde_json::Map<String, Value> =
        headers.into_iter().map(|(name, value)| (name, json!({ "value": value }))).collect();
    json!({
        "statusCode": problem.status.as_u16(),
        "statusDescription": problem.status.canonical_reason(),
        "headers": headers,
        "body": {"encoding": "text", "data": problem.body()},
    })
}

#[test]
fn it_does_what_the_templates_javascript_does() {
    let cases: Vec<Value> =
        serde_json::from_str(include_str!("../../../../tests/system/sam/viewer-request.json"))
            .expect("cases");
    assert!(!cases.is_empty());
    for case in cases {
        let claim = &case["claim"];
        let mut headers = HeaderMap::new();
        for (name, value) in pairs(&case["headers"]) {
            headers.append(
                HeaderName::try_from(name).expect("a name"),
                HeaderValue::try_from(value).expect("a value"),
            );
        }
        let cookies = joined(&pairs(&case["cookies"]), "; ");
        if !cookies.is_empty() {
            headers.insert(header::COOKIE, HeaderValue::try_from(cookies).expect("a header"));
        }
        let kept: Vec<_> =
            lines(&headers).into_iter().filter(|(name, _)| !name.starts_with("x-viewer-")).collect();
        let method: Method = case["method"].as_str().unwrap_or("GET").parse().expect("a method");
        let path = case["uri"].as_str().unwrap_or("/video/m/master.m3u8");
        let query = joined(&pairs(&case["querystring"]), "&");
        let query = Some(query.as_str()).filter(|query| !query.is_empty());
        match viewer_request(&method, path, query, &mut headers) {
            Ok(()) => {
                assert!(case["answer"].is_null(), "{claim}: it goes on");
                let expected = kept.into_iter().chain(pairs(&case["expect"]));
                assert_eq!(sorted(lines(&headers)), sorted(expected), "{claim}");
            }
            Err(problem) => assert_eq!(answer(&problem), case["answer"], "{claim}"),
        }
    }
}
