//! Answers compressed for who takes gzip, whole either way.

use std::io::Read as _;

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::{
    bucket::Bucket,
    function::{
        ETAG, Function, complete, get, grant, playlist_headers, prelude, problem, with_credential,
        with_header, with_method,
    },
};

const SEGMENTS: usize = 50;

async fn bucket() -> Bucket {
    let bucket = Bucket::new().await;
    let segments: String = (0..SEGMENTS).map(|n| format!("#EXTINF:4,\ns{n:03}.ts\n")).collect();
    bucket.put("video/m/p.m3u8", &format!("#EXTM3U\n{segments}#EXT-X-ENDLIST\n"));
    bucket.put("video/m/tiny.m3u8", "#EXTM3U\n");
    bucket
}

fn signed() -> String {
    let query = grant("/video/m/*").query().to_owned();
    let segments = (0..SEGMENTS).map(|n| format!("#EXTINF:4,\ns{n:03}.ts?{query}\n"));
    format!("#EXTM3U\n{}#EXT-X-ENDLIST\n", segments.collect::<String>())
}

fn gunzip(bytes: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(bytes).read_to_string(&mut text).unwrap();
    text
}

/// The answer with its body decompressed, and how many bytes were sent.
async fn ask(function: &Function, event: Value) -> (Value, String, usize) {
    let (mut prelude, bytes) = function.bytes(event).await;
    if let Some(etag) = prelude.pointer_mut("/headers/etag") {
        *etag = json!(ETAG);
    }
    let encoded = prelude["headers"].get("content-encoding").is_some() && !bytes.is_empty();
    let text = if encoded { gunzip(&bytes) } else { String::from_utf8(bytes.to_vec()).unwrap() };
    (prelude, text, bytes.len())
}

fn compressed(cache_control: &str) -> Value {
    let mut headers = playlist_headers(cache_control);
    headers["content-encoding"] = json!("gzip");
    prelude(200, &headers)
}

#[tokio::test]
async fn who_takes_gzip_gets_it_and_nobody_else() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let event = get("/video/m/p.m3u8", "usher-style=inline");
    let (identity, _) = complete("");
    for (accepted, is_compressed) in [
        ("gzip", true),
        ("x-gzip", true),
        ("GZIP", true),
        ("gzip, deflate, br, zstd", true),
        ("br, gzip;q=0.1", true),
        ("identity;q=0.5, gzip;q=0.6", true),
        ("gzip;q=1.0, identity;q=0", true),
        ("gzip; q=0.001", true),
        ("", false),
        ("identity", false),
        ("gzip;q=0", false),
        ("gzip;q=0.000, br", false),
        ("identity;q=0.6, gzip;q=0.5", false),
        ("br, zstd, deflate", false),
        ("*", false),
        ("gzip;q=2", false),
    ] {
        let event = with_header(event.clone(), "accept-encoding", accepted);
        let (prelude, text, sent) = ask(&function, event).await;
        assert_eq!(text, signed(), "{accepted}");
        if is_compressed {
            assert_eq!(prelude, compressed("private, max-age=300"), "{accepted}");
            assert!(sent < text.len() / 10, "{sent} of {}", text.len());
        } else {
            assert_eq!(prelude, identity, "{accepted}");
        }
    }
}

#[tokio::test]
async fn who_asks_for_a_range_gets_the_whole_as_it_is() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let (identity, _) = complete("");
    for range in ["bytes=0-", "bytes=125-137"] {
        let event = with_header(get("/video/m/p.m3u8", "usher-style=inline"), "accept-encoding", "gzip");
        let (prelude, text, _) = ask(&function, with_header(event, "range", range)).await;
        assert_eq!((prelude, text), (identity.clone(), signed()), "{range}");
    }
}

#[tokio::test]
async fn a_plain_playlist_is_compressed_too_unless_it_is_tiny() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let ask = async |path: &str| {
        let event = with_header(get(path, ""), "accept-encoding", "gzip");
        let (prelude, text, _) = ask(&function, event).await;
        (prelude, text.len())
    };
    assert_eq!(ask("/video/m/p.m3u8").await, (compressed("private, no-cache"), 8 + SEGMENTS * 19 + 15));
    let mut tiny = playlist_headers("private, no-cache");
    tiny["content-length"] = json!("8");
    assert_eq!(ask("/video/m/tiny.m3u8").await, (prelude(200, &tiny), 8));
}

#[tokio::test]
async fn head_has_the_headers_of_a_compressed_answer_too() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    for (query, cache_control) in [("", "private, no-cache"), ("usher-style=inline", "private, max-age=300")]
    {
        let event = with_header(get("/video/m/p.m3u8", query), "accept-encoding", "gzip");
        let answer = ask(&function, with_method(event, "HEAD")).await;
        assert_eq!(answer, (compressed(cache_control), String::new(), 0), "{query}");
    }
}

#[tokio::test]
async fn a_problem_is_compressed_like_anything_else() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let event = with_header(get("/video/m/missing.m3u8", ""), "accept-encoding", "gzip");
    let (prelude, body) = problem(404, "Not Found", "there is no playlist at this path", json!({}));
    let mut expected = prelude;
    let headers = expected["headers"].as_object_mut().unwrap();
    headers.remove("content-length");
    headers.insert("content-encoding".to_owned(), json!("gzip"));
    let (prelude, text, _) = ask(&function, event).await;
    assert_eq!((prelude, text), (expected, body));
}

#[tokio::test]
async fn an_answer_that_may_be_too_large_to_be_sent_is_refused_compressed_or_not() {
    let bucket = bucket().await;
    let enough = u64::try_from(signed().len()).unwrap();
    let event = with_credential(get("/video/m/p.m3u8", ""), Some("url"));

    let function = Function::new(bucket.client()).sending_at_most(enough);
    assert_eq!(function.answer(event.clone()).await, complete(&signed()));

    let function = Function::new(bucket.client()).sending_at_most(enough - 1);
    let limit = enough - 1;
    let detail = format!(
        "with its signatures the playlist may have more than the {limit} bytes that can be sent: \
         ask for it with usher-style=define"
    );
    let expected = problem(502, "Bad Gateway", &detail, json!({}));
    assert_eq!(function.answer(event.clone()).await, expected);
    let (prelude, text, _) = ask(&function, with_header(event, "accept-encoding", "gzip")).await;
    assert_eq!((&prelude["statusCode"], &text), (&json!(502), &expected.1));
}
