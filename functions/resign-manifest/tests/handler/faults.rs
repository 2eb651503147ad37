//! A bucket that fails: the viewer gets one sentence, and never half of a playlist.

use std::time::Duration;

use serde_json::json;
use tokio::time::timeout;

use crate::{
    bucket::{Then, fault, nobody},
    function::{Answer, Function, get, problem},
};

const PLAYLIST: &str = "#EXTM3U\n#EXTINF:4,\ns.ts\n";

fn unavailable() -> Answer {
    let detail = "the bucket cannot be read for the moment: try again soon";
    let retry_after = json!({"retry-after": "5"});
    problem(503, "Service Unavailable", detail, retry_after)
}

fn not_found() -> Answer {
    let detail = "there is no playlist at this path";
    problem(404, "Not Found", detail, json!({}))
}

fn too_large() -> Answer {
    let detail = "the playlist in the bucket has more than 2000 bytes";
    problem(502, "Bad Gateway", detail, json!({}))
}

fn forbidden() -> Answer {
    let detail = "the bucket does not give out this playlist";
    problem(403, "Forbidden", detail, json!({}))
}

/// S3's error document, which names things that are none of the viewer's business.
fn s3_error(status: &str, code: &str) -> String {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>User: \
         arn:aws:sts::123456789012:assumed-role/r is not authorized</Message></Error>"
    );
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
}

fn ok(headers: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{headers}\r\nConnection: close\r\n\r\n{body}")
}

async fn assert_answers(rows: impl IntoIterator<Item = (String, Answer)>) {
    for (bytes, expected) in rows {
        let function = Function::new(fault(bytes.clone(), Then::Close).await);
        for query in ["", "usher-style=inline"] {
            let answer = function.answer(get("/video/m/p.m3u8", query)).await;
            assert_eq!(answer, expected, "{bytes}");
        }
        assert_eq!(function.signed(), 0);
    }
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
        ("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n".to_owned(), unavailable()),
    ])
    .await;
}

#[tokio::test]
async fn a_playlist_that_is_cut_off_is_not_handed_out() {
    let chunk = format!("{:x}\r\n{PLAYLIST}\r\n", PLAYLIST.len());
    assert_answers([
        (ok("Content-Length: 1000", PLAYLIST), unavailable()),
        (ok("Transfer-Encoding: chunked", &chunk), unavailable()),
        ("HTTP/1.1 200 OK\r\nContent-Le".to_owned(), unavailable()),
        ("this is not HTTP\r\n\r\n".to_owned(), unavailable()),
        (String::new(), unavailable()),
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
        // Nothing of it is waited for.
        (ok("Content-Length: 9000000000000000000", ""), too_large()),
        (ok("Transfer-Encoding: chunked", &chunks), too_large()),
        (ok("x-amz-request-id: no length at all", &large), too_large()),
    ])
    .await;
}

#[tokio::test]
async fn an_error_page_with_status_200_is_not_signed() {
    let detail = "the object at this path is not a playlist: it does not start with #EXTM3U";
    let expected = problem(502, "Bad Gateway", detail, json!({}));
    let page = "<!DOCTYPE html>\n<a href=\"s.ts\">\ns.ts\n</a>\n";
    let length = format!("Content-Length: {}", page.len());
    assert_answers([(ok(&length, page), expected)]).await;
}

#[tokio::test]
async fn a_bucket_that_does_not_answer_in_time_is_unavailable() {
    let silent = Function::new(fault("", Then::Hang).await);
    let stalled = Function::new(fault(ok("Content-Length: 1000", PLAYLIST), Then::Hang).await);
    let event = || get("/video/m/p.m3u8", "");
    let both = async { tokio::join!(silent.answer(event()), stalled.answer(event())) };
    // Before Lambda would end the function without an answer.
    let answers = timeout(Duration::from_secs(10), both).await;
    assert_eq!(answers, Ok((unavailable(), unavailable())));
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_unavailable() {
    let function = Function::new(nobody().await);
    let answer = function.answer(get("/video/m/p.m3u8", "")).await;
    assert_eq!(answer, unavailable());
}
