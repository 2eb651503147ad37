//! Answers that a function generates itself.

use super::*;

/// The answer of a handler that returns this.
async fn answered(returned: &str) -> (u16, Vec<String>, String, String) {
    let function = function(&format!("function handler(event) {{ return {returned}; }}"));
    whole(*function.viewer_request(request(None, &[])).await.expect_err("an answer")).await
}

fn expected(status: u16, headers: &[&str], body: &str, reason: &str) -> (u16, Vec<String>, String, String) {
    (status, headers.iter().map(|line| (*line).to_owned()).collect(), body.to_owned(), reason.to_owned())
}

#[tokio::test]
async fn a_function_may_answer_itself() {
    let rows = [
        ("{ statusCode: 204 }", expected(204, &[], "", "the function Fn answered 204 No Content")),
        (
            "{ statusCode: 302, statusDescription: 'Found', headers: { location: { value: '/a' } } }",
            expected(302, &["location: /a"], "", "the function Fn answered 302 Found"),
        ),
        (
            "{ statusCode: 200, body: 'a text' }",
            expected(200, &[], "a text", "the function Fn answered 200 OK"),
        ),
        (
            "{ statusCode: 200, body: { encoding: 'text', data: 'YQ==' } }",
            expected(200, &[], "YQ==", "the function Fn answered 200 OK"),
        ),
        (
            "{ statusCode: 200, body: { encoding: 'base64', data: 'YQ==' } }",
            expected(200, &[], "a", "the function Fn answered 200 OK"),
        ),
        (
            "{ statusCode: 401, body: JSON.stringify({ detail: 'sign in first' }) }",
            expected(401, &[], r#"{"detail":"sign in first"}"#, "sign in first"),
        ),
        (
            "{ statusCode: 200, headers: { 'x-a': { multiValue: [{ value: '1' }, { value: '2' }] } } }",
            expected(200, &["x-a: 1", "x-a: 2"], "", "the function Fn answered 200 OK"),
        ),
        (
            "{ statusCode: 200, cookies: {
                a: { value: '1', attributes: 'Path=/; Secure' },
                b: { value: '2' },
                c: { value: '', multiValue: [{ value: '3', attributes: 'HttpOnly' }, { value: '4' }] } } }",
            expected(
                200,
                &[
                    "set-cookie: a=1; Path=/; Secure",
                    "set-cookie: b=2",
                    "set-cookie: c=3; HttpOnly",
                    "set-cookie: c=4",
                ],
                "",
                "the function Fn answered 200 OK",
            ),
        ),
    ];
    for (returned, answer) in rows {
        assert_eq!(answered(returned).await, answer, "{returned}");
    }
}

#[tokio::test]
async fn what_is_no_answer_is_named() {
    let rows = [
        ("{ statusCode: 99 }", "response.statusCode must be a number from 200 to 599"),
        ("{ statusCode: '200' }", "response.statusCode must be a number from 200 to 599"),
        ("{ statusCode: 200.5 }", "response.statusCode must be a number from 200 to 599"),
        ("{ statusCode: 200, statusDescription: 1 }", "response.statusDescription must be a string"),
        ("{ statusCode: 200, headers: { via: { value: 'a' } } }", r#"response.headers["via"] is read-only"#),
        (
            "{ statusCode: 200, headers: { 'x-cache': { value: 'a' } } }",
            r#"response.headers["x-cache"] may not be set by a function"#,
        ),
        (
            "{ statusCode: 200, headers: { 'set-cookie': { value: 'a' } } }",
            r#"response.headers["set-cookie"] must be set in response.cookies"#,
        ),
        (
            "{ statusCode: 200, cookies: { 'a b': { value: '1' } } }",
            r#"response.cookies["a b"] cannot be sent as a cookie"#,
        ),
        (
            "{ statusCode: 200, cookies: { a: { value: '1', attributes: '\\n' } } }",
            r#"response.cookies["a"] cannot be sent as a cookie"#,
        ),
        ("{ statusCode: 200, body: 1 }", "response.body.data must be a string"),
        ("{ statusCode: 200, body: { data: 'a' } }", "response.body.encoding must be text or base64"),
        ("{ statusCode: 200, body: { encoding: 'base64', data: '*' } }", "response.body.data must be base64"),
        ("{}", "request.method must be a string"),
        (
            "undefined",
            "what it returned is no request and no response: invalid type: null, expected struct Anything at line 1 column 4",
        ),
        (
            "'text'",
            "what it returned is no request and no response: invalid type: string \"text\", expected struct Anything at line 1 column 6",
        ),
    ];
    for (returned, problem) in rows {
        let reason = format!("the function Fn returned an invalid value: {problem}");
        let why = format!("x-usher-why: {reason}");
        let headers = [
            "content-type: text/plain; charset=utf-8",
            "server: CloudFront",
            "x-cache: FunctionValidationError from cloudfront",
            &why,
        ];
        assert_eq!(
            answered(returned).await,
            expected(502, &headers, "502 ERROR: FunctionValidationError\n", &reason),
            "{returned}"
        );
    }
}
