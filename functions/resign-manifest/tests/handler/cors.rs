//! Pages of other origins: the allowed one may read every answer, nobody else any.

use serde_json::{Value, json};

use crate::{
    bucket::{Bucket, nobody},
    function::{Function, get, prelude, with_header, with_method},
};

const ALLOWED: &str = "https://app.example.com";
const SETTINGS: [(&str, &str); 1] = [("ALLOWED_ORIGINS", ALLOWED)];

async fn bucket() -> Bucket {
    let bucket = Bucket::new().await;
    bucket.put("video/m/p.m3u8", "#EXTM3U\n#EXTINF:4,\ns.ts\n");
    bucket.put("video/m/page.m3u8", "<!DOCTYPE html>\n");
    bucket.put("video/m/large.m3u8", &format!("#EXTM3U\n#{}", "x".repeat(2_000)));
    bucket
}

/// An answer of every status that there is, but for 503.
fn events() -> Vec<(u16, Value)> {
    vec![
        (200, get("/video/m/p.m3u8", "")),
        (200, get("/video/m/p.m3u8", "usher-style=inline")),
        (200, with_method(get("/video/m/p.m3u8", ""), "HEAD")),
        (204, with_method(get("/video/m/p.m3u8", ""), "OPTIONS")),
        (304, with_header(get("/video/m/p.m3u8", ""), "if-none-match", "*")),
        (400, get("/video/m/p.m3u8", "usher-style=fancy")),
        (404, get("/video/m/missing.m3u8", "")),
        (405, with_method(get("/video/m/p.m3u8", ""), "POST")),
        (502, get("/video/m/page.m3u8", "")),
        (502, get("/video/m/large.m3u8", "")),
    ]
}

/// The answer is the same for a page of the allowed origin, with what lets it be read.
async fn assert_readable(function: &Function, status: u16, event: Value) {
    let (mut expected, body) = function.answer(event.clone()).await;
    assert_eq!(expected["statusCode"], json!(status));
    assert_eq!(expected["headers"]["vary"], json!("Accept-Encoding, Origin"), "{status}");
    expected["headers"].as_object_mut().unwrap().extend([
        ("access-control-allow-origin".to_owned(), json!(ALLOWED)),
        ("access-control-allow-credentials".to_owned(), json!("true")),
        ("access-control-allow-headers".to_owned(), json!("Range")),
        ("access-control-allow-methods".to_owned(), json!("GET, HEAD")),
        ("access-control-expose-headers".to_owned(), json!("Date, Retry-After")),
        ("access-control-max-age".to_owned(), json!("600")),
    ]);
    let answer = function.answer(with_header(event, "origin", ALLOWED)).await;
    assert_eq!(answer, (expected, body), "{status}");
}

#[tokio::test]
async fn the_allowed_origin_may_read_every_answer() {
    let bucket = bucket().await;
    let function = Function::with(bucket.client(), &SETTINGS);
    for (status, event) in events() {
        assert_readable(&function, status, event).await;
    }
    let function = Function::with(nobody().await, &SETTINGS);
    assert_readable(&function, 503, get("/video/m/p.m3u8", "")).await;
}

#[tokio::test]
async fn no_other_origin_is_echoed() {
    let bucket = bucket().await;
    let function = Function::with(bucket.client(), &SETTINGS);
    for (status, event) in events() {
        let expected = function.answer(event.clone()).await;
        for origin in ["https://app.example.com.evil.test", "http://app.example.com", "null", "*", ""] {
            let answer = function.answer(with_header(event.clone(), "origin", origin)).await;
            assert_eq!(answer, expected, "{status} {origin}");
        }
    }
}

#[tokio::test]
async fn a_preflight_has_no_content() {
    let bucket = bucket().await;
    let function = Function::with(bucket.client(), &SETTINGS);
    let event = with_method(get("/video/m/p.m3u8", ""), "OPTIONS");
    let headers = json!({"vary": "Accept-Encoding, Origin"});
    assert_eq!(function.answer(event).await, (prelude(204, &headers), String::new()));
}

#[tokio::test]
async fn without_allowed_origins_the_origin_plays_no_part() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    for (_, event) in events() {
        let expected = function.answer(event.clone()).await;
        assert_eq!(expected.0["headers"]["vary"], json!("Accept-Encoding"));
        let answer = function.answer(with_header(event, "origin", ALLOWED)).await;
        assert_eq!(answer, expected);
    }
}
