//! Pages of other origins: the allowed one may read every answer, nobody else any.

use serde_json::{Value, json};

use crate::function::{
    DELETE_COOKIES, Function, POST_COOKIES, POST_URLS, event, problem, set_header, signed_in,
};

const ALLOWED: &str = "https://app.example.com";

/// An answer of every status that there is.
fn events() -> Vec<(u16, Value)> {
    let change = |text: &str, pointer: &str, value: Value| {
        let mut event = signed_in(text);
        *event.pointer_mut(pointer).unwrap() = value;
        event
    };
    vec![
        (200, signed_in(POST_COOKIES)),
        (200, signed_in(POST_URLS)),
        (204, signed_in(DELETE_COOKIES)),
        (400, change(POST_URLS, "/body", json!("{"))),
        (400, change(POST_URLS, "/headers/x-viewer-host", json!("*"))),
        (401, event(POST_COOKIES, "this-is-not-a-token")),
        (403, change(POST_URLS, "/body", json!(r#"{"path":"/m"}"#))),
        (404, change(POST_COOKIES, "/rawPath", json!("/auth/other"))),
        (405, change(POST_COOKIES, "/requestContext/http/method", json!("GET"))),
        (413, change(POST_URLS, "/body", json!("a".repeat(9_000)))),
        (415, change(POST_URLS, "/headers/content-type", json!("text/plain"))),
        (204, change(POST_URLS, "/requestContext/http/method", json!("OPTIONS"))),
    ]
}

/// What a page of another origin gets: where its origin would be told apart, a refusal. What nobody may ask
/// and preflights are answered alike to all; the headers alone tell a browser that the page may not call.
fn foreign(event: &Value, own: Value) -> Value {
    let is_preflight = event["requestContext"]["http"]["method"] == json!("OPTIONS");
    let has_host = event["headers"]["x-viewer-host"] != json!("*");
    if is_preflight || !has_host || [404, 405, 413].contains(&own["statusCode"].as_u64().unwrap()) {
        return own;
    }
    let detail = "pages of this origin may not call here: it is neither this host's own nor an allowed one";
    problem(403, "foreign-origin", detail, json!({}))
}

#[tokio::test]
async fn the_allowed_origin_may_read_every_answer() {
    let function = Function::new(&[]).await;
    for (status, mut event) in events() {
        let mut expected = function.answer(event.clone()).await;
        assert_eq!(expected["statusCode"], json!(status));
        assert_eq!(expected["headers"]["vary"], json!("Origin"), "{status}");
        expected["headers"].as_object_mut().unwrap().extend([
            ("access-control-allow-origin".to_owned(), json!(ALLOWED)),
            ("access-control-allow-credentials".to_owned(), json!("true")),
            ("access-control-allow-headers".to_owned(), json!("Authorization, Content-Type")),
            ("access-control-allow-methods".to_owned(), json!("POST, DELETE")),
            ("access-control-expose-headers".to_owned(), json!("Date, Retry-After")),
            ("access-control-max-age".to_owned(), json!("600")),
        ]);
        set_header(&mut event, "origin", ALLOWED);
        assert_eq!(function.answer(event).await, expected, "{status}");
    }
}

#[tokio::test]
async fn no_other_origin_is_echoed() {
    let function = Function::new(&[]).await;
    for (status, mut event) in events() {
        let expected = foreign(&event, function.answer(event.clone()).await);
        for origin in [
            "https://app.example.com.evil.test",
            "https://app.example.com:8443",
            "https://app.example.com/",
            "https://APP.example.com",
            "http://app.example.com",
            "https://evil.test",
            "null",
            "*",
            "",
        ] {
            set_header(&mut event, "origin", origin);
            let answer = function.answer(event.clone()).await;
            assert_eq!(answer, expected, "{status} {origin}");
        }
    }
}

#[tokio::test]
async fn an_app_may_call_from_its_web_view_if_its_very_origin_is_allowed() {
    let list = "https://app.example.com,capacitor://localhost,tauri://localhost";
    let function = Function::new(&[("ALLOWED_ORIGINS", list)]).await;
    let mut preflight = signed_in(POST_URLS);
    preflight["requestContext"]["http"]["method"] = json!("OPTIONS");
    for (event, status) in [(signed_in(POST_COOKIES), 200), (signed_in(POST_URLS), 200), (preflight, 204)] {
        for (origin, allowed) in [
            ("capacitor://localhost", true),
            ("tauri://localhost", true),
            (ALLOWED, true),
            ("ionic://localhost", false),
            ("capacitor://localhost:3000", false),
            ("capacitor://evil.example", false),
            ("Capacitor://localhost", false),
            ("https://localhost", false),
        ] {
            let mut event = event.clone();
            set_header(&mut event, "origin", origin);
            let answer = function.answer(event).await;
            let expected = if allowed || status == 204 { status } else { 403 };
            let echoed = if allowed { json!(origin) } else { Value::Null };
            let found = (&answer["statusCode"], &answer["headers"]["access-control-allow-origin"]);
            assert_eq!(found, (&json!(expected), &echoed), "{status} {origin}");
        }
    }
}

#[tokio::test]
async fn without_allowed_origins_no_origin_is_echoed() {
    let function = Function::new(&[("ALLOWED_ORIGINS", "")]).await;
    for (status, mut event) in events() {
        let own = function.answer(event.clone()).await;
        let expected = foreign(&event, own.clone());
        for origin in [ALLOWED, "", "null", "*"] {
            set_header(&mut event, "origin", origin);
            assert_eq!(function.answer(event.clone()).await, expected, "{status} {origin}");
        }
        let headers = own["headers"].as_object().unwrap();
        let cors = headers.keys().find(|name| name.starts_with("access-control-"));
        assert_eq!(cors, None, "{status}");
        assert_eq!(headers["cache-control"], json!("no-store"), "{status}");
        assert_eq!(headers["vary"], json!("Origin"), "{status}");
    }
}
