//! A bucket that fails: the viewer gets one sentence, and never half of a playlist.

use std::{io::Write as _, time::Duration};

use flate2::{Compression, write::GzEncoder};
use serde_json::json;
use tokio::time::timeout;

use crate::{
    bucket::{Then, fault, nobody},
    function::{Answer, Function, get, grant, head, problem, served, with_method},
};

const PLAYLIST: &str = "#EXTM3U\n#EXTINF:4,\ns.ts\n#EXT-X-ENDLIST\n";
const NO_PLAYLIST: &str = "the object at this path is not a playlist: it does not start with #EXTM3U";

fn unavailable() -> Answer {
    let detail = "the bucket cannot be read for the moment: try again soon";
    let retry_after = json!({"retry-after": "5"});
    problem(503, "bucket-unavailable", detail, retry_after)
}

fn not_found() -> Answer {
    let detail = "there is no playlist at this path";
    problem(404, "not-found", detail, json!({}))
}

fn timed_out() -> Answer {
    let detail = "the bucket did not give out the whole playlist within 2s: try again soon";
    problem(503, "bucket-unavailable", detail, json!({"retry-after": "5"}))
}

fn bad_gateway(problem_type: &str, detail: &str) -> Answer {
    problem(502, problem_type, detail, json!({}))
}

fn too_large() -> Answer {
    bad_gateway("playlist-too-large", "the playlist in the bucket has more than 2000 bytes")
}

fn damaged() -> Answer {
    bad_gateway(
        "playlist-damaged",
        "the playlist in the bucket is stored as gzip and is truncated or damaged",
    )
}

fn forbidden() -> Answer {
    let detail = "the bucket does not give out this playlist";
    problem(403, "not-readable", detail, json!({}))
}

/// S3's error document, which contains names that viewers must not see.
fn s3_error(status: &str, code: &str) -> Vec<u8> {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>User: \
         arn:aws:sts::123456789012:assumed-role/r is not authorized</Message></Error>"
    );
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn ok(headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n{headers}\r\n\r\n");
    [head.as_bytes(), body.as_ref()].concat()
}

/// An object that was stored with this encoding.
fn encoded(encoding: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let length = body.as_ref().len();
    ok(&format!("Content-Encoding: {encoding}\r\nETag: \"e\"\r\nContent-Length: {length}"), body)
}

fn gzip(content: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content.as_ref()).unwrap();
    encoder.finish().unwrap()
}

/// Each style, GET and HEAD: the same answer, and no signature.
async fn assert_answers(rows: impl IntoIterator<Item = (Vec<u8>, Answer)>) {
    for (bytes, expected) in rows {
        assert_answer(bytes, Then::Close, expected).await;
    }
}

async fn assert_answer(bytes: Vec<u8>, then: Then, expected: Answer) {
    let function = Function::new(fault(bytes.clone(), then).await);
    for query in ["", "usher-style=inline"] {
        let event = get("/video/m/p.m3u8", query);
        assert_eq!(function.answer(event.clone()).await, expected, "{}", bytes.escape_ascii());
        let answer = function.answer(with_method(event, "HEAD")).await;
        assert_eq!(answer, head(expected.clone()), "{}", bytes.escape_ascii());
    }
    assert_eq!(function.signed(), 0);
}

#[tokio::test]
async fn each_error_of_s3_has_its_own_answer() {
    assert_answers([
        (s3_error("403 Forbidden", "AccessDenied"), forbidden()),
        (s3_error("403 Forbidden", "InvalidAccessKeyId"), forbidden()),
        (s3_error("404 Not Found", "NoSuchKey"), not_found()),
        (s3_error("400 Bad Request", "KeyTooLongError"), not_found()),
        (s3_error("404 Not Found", "NoSuchBucket"), unavailable()),
        (s3_error("301 Moved Permanently", "PermanentRedirect"), unavailable()),
        (s3_error("500 Internal Server Error", "InternalError"), unavailable()),
        (s3_error("503 Service Unavailable", "SlowDown"), unavailable()),
        ("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n".into(), unavailable()),
    ])
    .await;
}

#[tokio::test]
async fn a_playlist_that_is_cut_off_is_not_handed_out() {
    let chunk = format!("{:x}\r\n{PLAYLIST}\r\n", PLAYLIST.len());
    assert_answers([
        (ok("Content-Length: 1000", PLAYLIST), unavailable()),
        (ok("Transfer-Encoding: chunked", &chunk), unavailable()),
        ("HTTP/1.1 200 OK\r\nContent-Le".into(), unavailable()),
        ("this is not HTTP\r\n\r\n".into(), unavailable()),
        (Vec::new(), unavailable()),
    ])
    .await;
}

#[tokio::test]
async fn a_playlist_that_is_too_large_is_not_handed_out_whatever_the_headers_say() {
    let large = format!("{PLAYLIST}#{}", "x".repeat(2_000));
    let length = format!("Content-Length: {}", large.len());
    let chunks = format!("{:x}\r\n{large}\r\n0\r\n\r\n", large.len());
    assert_answers([
        (ok(&length, &large), too_large()),
        // The function does not wait for the body.
        (ok("Content-Length: 9000000000000000000", ""), too_large()),
        (ok("Transfer-Encoding: chunked", &chunks), too_large()),
        (ok("x-amz-request-id: no length at all", &large), too_large()),
    ])
    .await;
}

#[tokio::test]
async fn an_error_page_with_status_200_is_not_signed() {
    let page = "<!DOCTYPE html>\n<a href=\"s.ts\">\ns.ts\n</a>\n";
    for content_type in ["text/html", "application/vnd.apple.mpegurl"] {
        let headers = format!("Content-Type: {content_type}\r\nContent-Length: {}", page.len());
        assert_answers([(ok(&headers, page), bad_gateway("not-a-playlist", NO_PLAYLIST))]).await;
    }
}

#[tokio::test]
async fn a_playlist_is_told_by_its_first_line_and_not_by_its_content_type() {
    let signed = PLAYLIST.replace("s.ts", &format!("s.ts?{}", grant("/video/m/*").query()));
    for content_type in ["binary/octet-stream", "text/html", "application/json", "no media type"] {
        let headers =
            format!("Content-Type: {content_type}\r\nETag: \"e\"\r\nContent-Length: {}", PLAYLIST.len());
        let function = Function::new(fault(ok(&headers, PLAYLIST), Then::Close).await);
        let answer = function.answer(get("/video/m/p.m3u8", "")).await;
        assert_eq!(answer, served(PLAYLIST), "{content_type}");
        let answer = function.answer(get("/video/m/p.m3u8", "usher-style=inline")).await;
        assert_eq!(answer, served(&signed), "{content_type}");
    }
}

#[tokio::test]
async fn a_playlist_that_is_stored_compressed_is_read() {
    let signed = PLAYLIST.replace("s.ts", &format!("s.ts?{}", grant("/video/m/*").query()));
    let (first, second) = PLAYLIST.split_at(9);
    for stored in [
        encoded("gzip", gzip(PLAYLIST)),
        encoded("x-gzip", gzip(PLAYLIST)),
        encoded("aws-chunked,gzip", gzip(PLAYLIST)),
        // gzip allows more than one member in a file.
        encoded("gzip", [gzip(first), gzip(second)].concat()),
        encoded("identity", PLAYLIST),
        encoded("", PLAYLIST),
    ] {
        let function = Function::new(fault(stored.clone(), Then::Close).await);
        let answer = function.answer(get("/video/m/p.m3u8", "")).await;
        assert_eq!(answer, served(PLAYLIST), "{}", stored.escape_ascii());
        let answer = function.answer(get("/video/m/p.m3u8", "usher-style=inline")).await;
        assert_eq!(answer, served(&signed), "{}", stored.escape_ascii());
    }
}

#[tokio::test]
async fn a_compressed_playlist_that_is_not_whole_is_not_handed_out() {
    let whole = gzip(PLAYLIST);
    let mut wrong_sum = whole.clone();
    let sum = wrong_sum.len() - 8;
    wrong_sum[sum] ^= 1;
    let cut = |length: usize| encoded("gzip", &whole[..length]);
    assert_answers([
        (encoded("gzip", ""), damaged()),
        (cut(1), damaged()),
        (cut(10), damaged()),
        (cut(whole.len() / 2), damaged()),
        (cut(whole.len() - 1), damaged()),
        (encoded("gzip", wrong_sum), damaged()),
        (encoded("gzip", PLAYLIST), damaged()),
        (encoded("gzip", [&whole, PLAYLIST.as_bytes()].concat()), damaged()),
        // The gzip data is whole; the connection is cut.
        (ok("Content-Encoding: gzip\r\nContent-Length: 1000", &whole), unavailable()),
        // It decompresses without an error, but to something that is no playlist.
        (encoded("gzip", gzip(gzip(PLAYLIST))), bad_gateway("not-a-playlist", NO_PLAYLIST)),
    ])
    .await;
}

#[tokio::test]
async fn a_gzip_bomb_stops_at_the_limit() {
    let bomb = gzip([PLAYLIST.as_bytes(), &vec![b'#'; 1_000_000]].concat());
    assert!(bomb.len() < 2_000, "{}", bomb.len());
    // The function does not read beyond the limit.
    let unfinished = &bomb[..bomb.len() - 100];
    assert_answers([
        (encoded("gzip", &bomb), too_large()),
        (encoded("gzip", unfinished), too_large()),
        (encoded("gzip", gzip(bomb.repeat(1_000))), too_large()),
    ])
    .await;
}

#[tokio::test]
async fn another_compression_than_gzip_is_not_guessed_at() {
    let expected = bad_gateway(
        "unsupported-encoding",
        "the playlist in the bucket is stored with a Content-Encoding other than gzip, which is not read",
    );
    for encoding in ["br", "zstd", "deflate", "gzip, gzip", "br, gzip", "a b"] {
        assert_answers([(encoded(encoding, PLAYLIST), expected.clone())]).await;
    }
}

#[tokio::test]
async fn a_connection_that_is_reset_is_unavailable() {
    let headers = format!("Content-Length: {}", PLAYLIST.len() + 1);
    let chunk = format!("{:x}\r\n{PLAYLIST}\r\n", PLAYLIST.len());
    for bytes in [
        Vec::new(),
        b"HTTP/1.1 200 OK\r\nContent-Le".to_vec(),
        ok(&headers, ""),
        ok(&headers, PLAYLIST),
        ok("Transfer-Encoding: chunked", chunk),
        // Without a length, only the reset shows that data is missing.
        ok("x-amz-request-id: no length at all", PLAYLIST),
    ] {
        assert_answer(bytes, Then::Reset, unavailable()).await;
    }
}

#[tokio::test]
async fn a_bucket_that_does_not_answer_in_time_is_given_up_and_the_answer_says_when() {
    let silent = Function::new(fault("", Then::Hang).await);
    let stalled = Function::new(fault(ok("Content-Length: 1000", PLAYLIST), Then::Hang).await);
    let event = || get("/video/m/p.m3u8", "");
    let both = async { tokio::join!(silent.answer(event()), stalled.answer(event())) };
    // Before Lambda would end the function without an answer.
    let answers = timeout(Duration::from_secs(10), both).await;
    assert_eq!(answers, Ok((timed_out(), timed_out())));
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_unavailable() {
    let function = Function::new(nobody().await);
    let answer = function.answer(get("/video/m/p.m3u8", "")).await;
    assert_eq!(answer, unavailable());
}
