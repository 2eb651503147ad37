//! Answers are compressed for viewers that accept gzip, and whole either way.

use std::io::Read as _;

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::{
    bucket::Bucket,
    function::{
        ETAG, Function, get, grant, head, parts, playlist_headers, problem, served, with_credential,
        with_header, with_method,
    },
};

const SEGMENTS: usize = 50;

async fn bucket() -> Bucket {
    let bucket = Bucket::new().await;
    let segments: String = (0..SEGMENTS).map(|n| format!("#EXTINF:4,\ns{n:03}.ts\n")).collect();
    bucket.put("video/m/p.m3u8", format!("#EXTM3U\n{segments}#EXT-X-ENDLIST\n"));
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
    let (mut parts, bytes) = function.bytes(event).await;
    if let Some(etag) = parts.pointer_mut("/headers/etag") {
        *etag = json!(ETAG);
    }
    let encoded = parts["headers"].get("content-encoding").is_some() && !bytes.is_empty();
    let text = if encoded { gunzip(&bytes) } else { String::from_utf8(bytes.to_vec()).unwrap() };
    (parts, text, bytes.len())
}

fn compressed(cache_control: &str) -> Value {
    let mut headers = playlist_headers(cache_control);
    headers["content-encoding"] = json!("gzip");
    parts(200, &headers)
}

#[tokio::test]
async fn who_takes_gzip_gets_it_and_nobody_else() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let event = get("/video/m/p.m3u8", "usher-style=inline");
    let (identity, _) = served(&signed());
    for (accepted, is_compressed) in [
        ("gzip", true),
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
        ("br, zstd, deflate", false),
        ("*", false),
        ("gzip;q=2", false),
    ] {
        let event = with_header(event.clone(), "accept-encoding", accepted);
        let (parts, text, sent) = ask(&function, event).await;
        assert_eq!(text, signed(), "{accepted}");
        if is_compressed {
            assert_eq!(parts, compressed("max-age=0, s-maxage=300"), "{accepted}");
            assert!(sent < text.len() / 10, "{sent} of {}", text.len());
        } else {
            assert_eq!(parts, identity, "{accepted}");
        }
    }
}

#[tokio::test]
async fn a_plain_playlist_is_compressed_too_unless_it_is_tiny() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let ask = async |path: &str| {
        let event = with_header(get(path, ""), "accept-encoding", "gzip");
        let (parts, text, _) = ask(&function, event).await;
        (parts, text.len())
    };
    assert_eq!(ask("/video/m/p.m3u8").await, (compressed("max-age=0, s-maxage=300"), 8 + SEGMENTS * 19 + 15));
    let tiny = playlist_headers("max-age=0, s-maxage=1");
    assert_eq!(ask("/video/m/tiny.m3u8").await, (parts(200, &tiny), 8));
}

#[tokio::test]
async fn head_has_the_headers_of_a_compressed_answer_too() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    for query in ["", "usher-style=inline"] {
        let event = with_header(get("/video/m/p.m3u8", query), "accept-encoding", "gzip");
        let answer = ask(&function, with_method(event, "HEAD")).await;
        assert_eq!(answer, (compressed("max-age=0, s-maxage=300"), String::new(), 0), "{query}");
    }
}

#[tokio::test]
async fn a_problem_is_sent_as_it_is() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let event = with_header(get("/video/m/missing.m3u8", ""), "accept-encoding", "gzip");
    let expected = problem(404, "not-found", "there is no playlist at this path", json!({}));
    assert_eq!(function.answer(event).await, expected);
}

#[tokio::test]
async fn what_lambda_would_not_send_is_refused_with_what_to_do() {
    let bucket = bucket().await;
    let event = with_credential(get("/video/m/p.m3u8", ""), Some("url"));
    let zipped = with_header(event.clone(), "accept-encoding", "gzip");
    // In JSON: two quotes, and two bytes for each of the line ends.
    let enough = serde_json::to_string(&signed()).unwrap().len();

    let function = Function::new(bucket.client()).sending_at_most(enough);
    assert_eq!(function.answer(event.clone()).await, served(&signed()));

    let function = Function::new(bucket.client()).sending_at_most(enough - 1);
    let too_large = |cure: &str| {
        let detail = format!(
            "with its signatures the playlist has more than the 6 MB that Lambda sends: ask for it {cure}"
        );
        problem(502, "answer-too-large", &detail, json!({}))
    };
    let expected = too_large("with Accept-Encoding: gzip, or with usher-style=define");
    assert_eq!(function.answer(event.clone()).await, expected);
    assert_eq!(function.answer(with_method(event, "HEAD")).await, head(expected));
    let (_, text, sent) = ask(&function, zipped.clone()).await;
    assert_eq!(text, signed());

    let function = Function::new(bucket.client()).sending_at_most(sent);
    assert_eq!(function.answer(zipped).await, too_large("with usher-style=define"));
}

#[tokio::test]
async fn a_playlist_that_is_no_utf_8_keeps_its_bytes() {
    let bucket = bucket().await;
    let playlist = b"#EXTM3U\n#EXTINF:4,caf\xe9\ns.ts\n";
    bucket.put("video/m/latin.m3u8", playlist);
    let function = Function::new(bucket.client());
    let (_, bytes) = function.bytes(get("/video/m/latin.m3u8", "")).await;
    assert_eq!(bytes, playlist);
}

#[tokio::test]
async fn a_hundred_thousand_segments_fit_in_gzip() {
    let bucket = Bucket::new().await;
    let segments: String = (0..100_000).map(|n| format!("#EXTINF:2,\nsegment{n:06}.ts\n")).collect();
    bucket.put("video/m/long.m3u8", format!("#EXTM3U\n{segments}#EXT-X-ENDLIST\n"));
    let function = Function::with(bucket.client(), &[("MAX_PLAYLIST_BYTES", "16777216")]);
    let event = get("/video/m/long.m3u8", "usher-style=inline");
    let (_, text, _) = ask(&function, with_header(event.clone(), "accept-encoding", "gzip")).await;
    let query = grant("/video/m/*").query().to_owned();
    assert_eq!(text.matches(&query).count(), 100_000);
    assert_eq!(text.replace(&format!("?{query}"), ""), format!("#EXTM3U\n{segments}#EXT-X-ENDLIST\n"));
    let (parts, _) = function.answer(event).await;
    assert_eq!(parts["statusCode"], 502);
}
