//! Functions that do not finish, and those that do not start.

use super::*;

#[tokio::test]
async fn a_function_that_fails_is_a_503_and_the_next_request_is_served() {
    let code = "function handler(event) {
        if (event.request.querystring.loop) for (;;);
        if (event.request.querystring.fail) throw new Error('on purpose');
        return event.request;
    }";
    let function = function(code);
    for (query, problem) in [("loop", "ran too long"), ("fail", "threw Error: on purpose in line 3")] {
        let answer = function.viewer_request(request(Some(query), &[])).await.expect_err("an answer");
        let reason = format!("the function Fn {problem}");
        let headers = [
            "content-type: text/plain; charset=utf-8",
            "server: CloudFront",
            "x-cache: FunctionExecutionError from cloudfront",
            &format!("x-usher-why: {reason}"),
        ];
        let expected = (
            503,
            headers.map(str::to_owned).into(),
            "503 ERROR: FunctionExecutionError\n".to_owned(),
            reason,
        );
        assert_eq!(whole(*answer).await, expected);
        let given = request(Some("go=on"), &[]);
        assert_eq!(function.viewer_request(given.clone()).await.expect("it goes on"), given);
    }
}

#[tokio::test]
async fn a_loop_that_the_engine_cannot_end_keeps_its_thread_and_no_request() {
    let code = "function handler(event) {
        if (event.request.querystring.loop) Array.prototype.indexOf.call({ length: 5000000 }, 1);
        return event.request;
    }";
    let mut function = function(code);
    function.patience = Duration::from_millis(20);
    let answer = function.viewer_request(request(Some("loop"), &[])).await.expect_err("an answer");
    assert_eq!(
        (answer.response.status().as_u16(), answer.reason.as_str()),
        (503, "the function Fn ran too long")
    );
    function.patience = PATIENCE;
    let given = request(None, &[]);
    assert_eq!(function.viewer_request(given.clone()).await.expect("it goes on"), given);
}

#[tokio::test]
async fn nothing_passes_from_one_viewer_to_the_next() {
    let code = "var last = 'nobody';
    function handler(event) {
        var before = [last, globalThis.global, Math.last, {}.inherited].join();
        last = event.viewer.ip;
        globalThis.global = last;
        Math.last = last;
        Object.prototype.inherited = last;
        return { statusCode: 200, body: before };
    }";
    let function = function(code);
    for _ in 0..3 {
        let answer = function.viewer_request(request(None, &[])).await.expect_err("an answer");
        assert_eq!(whole(*answer).await.2, "nobody,,,");
    }
}

#[tokio::test]
async fn many_requests_at_once_get_each_its_own_answer() {
    let code =
        "function handler(event) { return { statusCode: 200, body: event.request.querystring.n.value }; }";
    let function = function(code);
    let ask = async |n: usize| {
        let answer = function.viewer_request(request(Some(&format!("n={n}")), &[])).await;
        whole(*answer.expect_err("an answer")).await.2
    };
    let answers = futures::future::join_all((0..20).map(ask)).await;
    assert_eq!(answers, (0..20).map(|n| n.to_string()).collect::<Vec<_>>());
}

/// Whether a function starts, and what the edge does not model of it.
fn read(code: &str, runtime: &str) -> (Result<bool, String>, Vec<String>) {
    let mut not_modelled = Vec::new();
    let properties = json!({"FunctionCode": code, "FunctionConfig": {"Runtime": runtime}});
    let read = ViewerFunction::read("Fn", &properties, &mut not_modelled).map(|function| function.is_some());
    (read, not_modelled)
}

#[test]
fn what_cloudfront_would_not_run_does_not_start() {
    let fits = |length: usize| format!("{:<length$}", "function handler(event) { return event.request; }");
    assert_eq!(read(&fits(10_240), RUNTIME), (Ok(true), Vec::new()));
    let refusal = |code: &str, runtime: &str| read(code, runtime).0.expect_err("a refusal");
    let rows = [
        (
            refusal(&fits(10_241), RUNTIME),
            "the function Fn has 10241 bytes of code: CloudFront accepts at most 10240",
        ),
        (
            refusal(&fits(100), "cloudfront-js-1.0"),
            "the function Fn has the runtime \"cloudfront-js-1.0\": only cloudfront-js-2.0 runs here",
        ),
        (refusal("var a = 1;", RUNTIME), "the function Fn declares no function handler"),
        (refusal("for (;;);", RUNTIME), "the function Fn ran too long"),
    ];
    for (sentence, expected) in rows {
        assert_eq!(sentence, expected);
    }
    let sentence = refusal("function handler( {", RUNTIME);
    assert!(sentence.starts_with("the function Fn threw SyntaxError: "), "{sentence}");
    let none = ViewerFunction::read("Fn", &json!({"FunctionConfig": {"Runtime": RUNTIME}}), &mut Vec::new());
    assert_eq!(none.map(drop), Err("the function Fn has no FunctionCode that is known here".to_owned()));
}

#[test]
fn what_is_not_here_is_named() {
    let module = "import cf from 'cloudfront';\nasync function handler(event) { return event.request; }";
    assert_eq!(
        read(module, RUNTIME),
        (Ok(false), vec!["the function Fn, which imports a module".to_owned()])
    );
    let timers = "function handler(event) { setTimeout(f, 1); return require('querystring').parse(''); }";
    let named = ["setTimeout in the function Fn", "require('querystring') in the function Fn"];
    assert_eq!(read(timers, RUNTIME), (Ok(true), named.map(str::to_owned).into()));
}
