//! What a function sees of a request, and which of its changes reach the origin.

use super::*;

/// The event as a function sees it.
async fn event(request: ViewerRequest) -> Value {
    let code = "function handler(event) { return { statusCode: 200, body: JSON.stringify(event) }; }";
    let answer = function(code).viewer_request(request).await.expect_err("an answer");
    let mut event: Value = serde_json::from_str(&whole(*answer).await.2).expect("JSON");
    let id = event["context"]["requestId"].take();
    assert_eq!(id.as_str().map(str::len), Some(40));
    event
}

#[tokio::test]
async fn a_function_sees_the_documented_event() {
    let given = request(
        Some("b=1&a&b=%20&&2=x=y&__proto__=p"),
        &[
            ("host", "127.0.0.1:8080"),
            ("accept", "a/b"),
            ("accept", "c/d, e/f"),
            ("cookie", "theme=dark; flag; a=b=c"),
            ("cookie", "theme=light;"),
            ("x-forwarded-proto", "https"),
            ("x-amz-cf-id", "1"),
            ("x-note", "\u{e9}"),
        ],
    );
    let expected = json!({
        "version": "1.0",
        "context": {
            "distributionDomainName": "local.cloudfront.net",
            "distributionId": "LOCAL",
            "eventType": "viewer-request",
            "requestId": null,
        },
        "viewer": {"ip": "192.0.2.2"},
        "request": {
            "method": "GET",
            "uri": "/video/a.m3u8",
            "querystring": {
                "b": {"value": "1", "multiValue": [{"value": "1"}, {"value": "%20"}]},
                "a": {"value": ""},
                "2": {"value": "x=y"},
                "__proto__": {"value": "p"},
            },
            "headers": {
                "host": {"value": "127.0.0.1:8080"},
                "accept": {"value": "a/b", "multiValue": [{"value": "a/b"}, {"value": "c/d, e/f"}]},
                "x-note": {"value": "\u{e9}"},
            },
            "cookies": {
                "theme": {"value": "dark", "multiValue": [{"value": "dark"}, {"value": "light"}]},
                "flag": {"value": ""},
                "a": {"value": "b=c"},
            },
        },
    });
    assert_eq!(event(given).await, expected);
    let bare = event(request(None, &[("host", "h")])).await;
    let empty = json!({
        "method": "GET", "uri": "/video/a.m3u8", "querystring": {}, "headers": {"host": {"value": "h"}}, "cookies": {},
    });
    assert_eq!(bare["request"], empty);
}

#[tokio::test]
async fn the_raw_query_is_as_it_came() {
    let raw = "return { statusCode: 200, body: JSON.stringify([request.rawQueryString()]) }";
    for (query, expected) in
        [(Some("b&a=%20&&b=%2f"), r#"["b&a=%20&&b=%2f"]"#), (Some(""), r#"[""]"#), (None, "[null]")]
    {
        let answer = changing(raw).viewer_request(request(query, &[])).await.expect_err("an answer");
        assert_eq!(whole(*answer).await.2, expected);
    }
}

#[tokio::test]
async fn what_a_function_does_not_change_stays_byte_for_byte() {
    let latin = HeaderValue::from_bytes(b"a=\xe9;  b ;;c = d").expect("a value");
    let mut given = request(
        Some("b=1&2=x&&a&b=%zz&a="),
        &[("host", "h"), ("accept", "a"), ("accept", "b"), ("expect", "1")],
    );
    given.headers.append(header::COOKIE, latin.clone());
    given.headers.append(header::COOKIE, HeaderValue::from_static("last"));
    given.headers.append("x-latin", latin);
    assert_eq!(changing("").viewer_request(given.clone()).await.expect("it goes on"), given);
    // An equal object is no change.
    let code = "request.querystring = JSON.parse(JSON.stringify(request.querystring));
        request.cookies = Object.assign({}, request.cookies); delete request.headers['x-nothing']";
    assert_eq!(changing(code).viewer_request(given.clone()).await.expect("it goes on"), given);
}

#[tokio::test]
async fn what_a_function_changes_goes_on() {
    let given = request(
        Some("b=1&a&b=2&c=3"),
        &[("host", "h"), ("accept", "a"), ("accept", "b"), ("cookie", "x=1; flag; y=2"), ("cookie", "x=3")],
    );
    let code = "request.uri = '/other%20name';
        request.querystring.c = { value: 'new' };
        request.querystring.d = { multiValue: [{ value: '1' }, { value: '2' }] };
        delete request.headers.accept;
        request.headers['x-new'] = { value: 'n' };
        request.headers['x-many'] = { value: 'ignored', multiValue: [{ value: '1' }, { value: '2' }] };
        delete request.cookies.y;
        request.cookies.z = { value: '9' }";
    let expected = ViewerRequest {
        path: "/other%20name".to_owned(),
        ..request(
            Some("b=1&b=2&a&c=new&d=1&d=2"),
            &[
                ("host", "h"),
                ("x-new", "n"),
                ("x-many", "1"),
                ("x-many", "2"),
                ("cookie", "x=1; x=3; flag; z=9"),
            ],
        )
    };
    assert_eq!(changing(code).viewer_request(given.clone()).await.expect("it goes on"), expected);
    let emptied =
        ViewerRequest { query: None, ..request(None, &[("host", "h"), ("accept", "a"), ("accept", "b")]) };
    let code = "request.querystring = {}; request.cookies = {}";
    assert_eq!(changing(code).viewer_request(given).await.expect("it goes on"), emptied);
}

#[tokio::test]
async fn what_cloudfront_does_not_accept_is_named() {
    let rows = [
        ("request.method = 'POST'", "request.method is read-only"),
        (
            "request.uri = 'a'",
            r#"request.uri must begin with / and hold no query and nothing that must be encoded: "a""#,
        ),
        (
            "request.uri = '/a?b'",
            r#"request.uri must begin with / and hold no query and nothing that must be encoded: "/a?b""#,
        ),
        ("request.uri = 1", "request.uri must be a string"),
        ("delete request.headers.host", r#"request.headers["host"] is read-only"#),
        ("request.headers.host = { value: 'evil' }", r#"request.headers["host"] is read-only"#),
        ("request.headers.via = { value: '1' }", r#"request.headers["via"] is read-only"#),
        (
            "request.headers['content-length'] = { value: '1' }",
            r#"request.headers["content-length"] is read-only"#,
        ),
        (
            "request.headers['transfer-encoding'] = { value: 'chunked' }",
            r#"request.headers["transfer-encoding"] is read-only"#,
        ),
        (
            "request.headers.connection = { value: 'x' }",
            r#"request.headers["connection"] may not be set by a function"#,
        ),
        (
            "request.headers['x-amz-cf-id'] = { value: 'x' }",
            r#"request.headers["x-amz-cf-id"] may not be set by a function"#,
        ),
        (
            "request.headers['x-edge-a'] = { value: 'x' }",
            r#"request.headers["x-edge-a"] may not be set by a function"#,
        ),
        ("request.headers['X-A'] = { value: 'x' }", r#"request.headers["X-A"] must be in lower case"#),
        ("request.headers['x a'] = { value: 'x' }", r#"request.headers["x a"] cannot be sent as a header"#),
        (
            "request.headers['x-a'] = { value: 'a\\r\\nb: c' }",
            r#"request.headers["x-a"] cannot be sent as a header"#,
        ),
        (
            "request.headers['x-a'] = { value: '\\u00e9' }",
            r#"request.headers["x-a"] cannot be sent as a header"#,
        ),
        ("request.headers['x-a'] = { value: 1 }", r#"request.headers["x-a"].value must be a string"#),
        ("request.headers['x-a'] = 'a'", r#"request.headers["x-a"].value must be a string"#),
        (
            "request.headers['x-a'] = { multiValue: [] }",
            r#"request.headers["x-a"].multiValue must be an array with something in it"#,
        ),
        (
            "request.headers['x-a'] = { multiValue: [{}] }",
            r#"request.headers["x-a"].multiValue[0].value must be a string"#,
        ),
        (
            "request.headers.cookie = { value: 'a=b' }",
            r#"request.headers["cookie"] must be set in request.cookies"#,
        ),
        ("request.querystring.a = { value: 'a b' }", r#"request.querystring["a"] must be URL-encoded"#),
        ("request.querystring.a = { value: 'a&b' }", r#"request.querystring["a"] must be URL-encoded"#),
        ("request.querystring['a='] = { value: 'a' }", r#"request.querystring["a="] must be URL-encoded"#),
        ("request.cookies.a = { value: 'a; b' }", r#"request.cookies["a"] cannot be sent as a cookie"#),
        ("delete request.cookies", "request.cookies must be an object"),
        ("delete request.headers", "request.headers must be an object"),
        ("delete request.querystring", "request.querystring must be an object"),
    ];
    for (statement, problem) in rows {
        let given = request(Some("b"), &[("host", "h"), ("cookie", "c=d")]);
        let answer = changing(statement).viewer_request(given).await.expect_err(statement);
        assert_eq!(
            (answer.response.status().as_u16(), answer.reason.as_str()),
            (502, format!("the function Fn returned an invalid value: {problem}").as_str()),
            "{statement}"
        );
    }
}
