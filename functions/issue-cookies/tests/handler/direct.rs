//! Requests straight to the API, which has an address of its own: nothing that they say counts.

use cloudfront_signing::HashAlgorithm;
use hls_rewrite::policy_copy;
use serde_json::{Value, json};

use crate::{
    function::{
        DELETE_COOKIES, Function, HOST, NOW, POST_COOKIES, POST_URLS, config, grant, problem, remove_header,
        response, set_header, settings_problem, signed_in,
    },
    log::Log,
};

const SECRET: &str = "kT7+3fNq:x9Zr#2Lw/8Vb,5Hs-1Dg=6J";
const WITH_SECRET: (&str, &str) = ("ORIGIN_SECRET", SECRET);
const SPOOFED: [&str; 4] = ["evil.example", "other.example.com", "*", ""];

/// The answer to a viewer who may watch everything on this host.
fn cookies_for(host: &str) -> Value {
    let resource = format!("https://{host}/video/*");
    let (expires, refresh_after) = (1_790_003_400, NOW + 2_720);
    let cookies = grant(&resource, expires, HashAlgorithm::Sha256).set_cookies();
    let body = json!({"resource": resource, "expires_at": expires, "refresh_after": refresh_after});
    response(200, json!({"content-type": "application/json"}), Some(body), json!(cookies))
}

fn url_for(host: &str) -> Value {
    let expires = 1_790_021_400;
    let grant = grant(&format!("https://{host}/video/m/*"), expires, HashAlgorithm::Sha256);
    let url = format!("https://{host}/video/m/master.m3u8?{}&{}", grant.query(), policy_copy(&grant));
    let body = json!({"url": url, "expires_at": expires});
    response(200, json!({"content-type": "application/json"}), Some(body), json!([]))
}

fn refused() -> Value {
    problem(403, "not-through-distribution", "the request did not come through the distribution", json!({}))
}

#[tokio::test]
async fn with_a_configured_host_a_spoofed_header_gets_no_policy_for_another() {
    let function = Function::new(&[("VIEWER_HOST", "video.example.com")]).await;
    for (text, expected) in
        [(POST_COOKIES, cookies_for("video.example.com")), (POST_URLS, url_for("video.example.com"))]
    {
        let mut event = signed_in(text);
        remove_header(&mut event, "origin");
        for host in SPOOFED {
            set_header(&mut event, "x-viewer-host", host);
            assert_eq!(function.answer(event.clone()).await, expected, "{host}");
        }
        remove_header(&mut event, "x-viewer-host");
        assert_eq!(function.answer(event).await, expected);
    }
}

#[tokio::test]
async fn with_a_configured_host_its_pages_may_call_and_those_of_the_header_may_not() {
    let function = Function::new(&[("VIEWER_HOST", "video.example.com")]).await;
    let mut event = signed_in(POST_COOKIES);
    let detail = "pages of this origin may not call here: it is neither this host's own nor an allowed one";
    assert_eq!(function.answer(event.clone()).await, problem(403, "foreign-origin", detail, json!({})));
    set_header(&mut event, "origin", "https://video.example.com");
    assert_eq!(function.answer(event).await, cookies_for("video.example.com"));
}

#[tokio::test]
async fn with_a_secret_whoever_does_not_know_it_gets_nothing_but_a_refusal() {
    let function = Function::new(&[WITH_SECRET]).await;
    let other = SECRET.replace('J', "j");
    for text in [POST_COOKIES, DELETE_COOKIES, POST_URLS] {
        for (method, path) in [
            ("POST", "/auth/cookies"),
            ("DELETE", "/auth/cookies"),
            ("POST", "/auth/urls"),
            ("OPTIONS", "/auth/urls"),
            ("GET", "/auth/cookies"),
            ("GET", "/"),
        ] {
            let mut event = signed_in(text);
            remove_header(&mut event, "x-origin-secret");
            event["requestContext"]["http"]["method"] = json!(method);
            event["rawPath"] = json!(path);
            assert_eq!(function.answer(event.clone()).await, refused(), "{method} {path}");
            for secret in ["", &other, &SECRET[1..], &format!("{SECRET},{SECRET}")] {
                set_header(&mut event, "x-origin-secret", secret);
                assert_eq!(function.answer(event.clone()).await, refused(), "{method} {path} {secret}");
            }
        }
    }
}

#[tokio::test]
async fn the_log_tells_a_secret_that_is_absent_from_one_that_is_wrong() {
    let log = Log::start();
    let function = Function::new(&[WITH_SECRET]).await;
    let mut event = signed_in(POST_COOKIES);
    remove_header(&mut event, "x-origin-secret");
    let rows = [
        (None, "the request has no x-origin-secret header"),
        (Some(&SECRET[1..]), "the request's x-origin-secret is not ORIGIN_SECRET"),
    ];
    for (secret, why) in rows {
        if let Some(secret) = secret {
            set_header(&mut event, "x-origin-secret", secret);
        }
        log.take();
        assert_eq!(function.answer(event.clone()).await, refused());
        let line = format!(
            " INFO issue_cookies::record: refused a request method=\"POST\" path=\"/auth/cookies\" status=403 \
             problem=\"not-through-distribution\" error=\"{why}\"\n"
        );
        assert_eq!(log.take(), line);
    }
}

#[tokio::test]
async fn with_a_secret_a_spoofed_header_gets_no_policy_at_all() {
    let function = Function::new(&[WITH_SECRET]).await;
    for text in [POST_COOKIES, POST_URLS] {
        let mut event = signed_in(text);
        for host in SPOOFED {
            set_header(&mut event, "x-viewer-host", host);
            assert_eq!(function.answer(event.clone()).await, refused(), "{host}");
        }
    }
}

#[tokio::test]
async fn who_knows_the_secret_is_answered_as_if_there_were_none() {
    let (with, without) = (Function::new(&[WITH_SECRET]).await, Function::new(&[]).await);
    for (text, expected) in [(POST_COOKIES, cookies_for(HOST)), (POST_URLS, url_for(HOST))] {
        let mut event = signed_in(text);
        set_header(&mut event, "x-origin-secret", SECRET);
        assert_eq!(with.answer(event.clone()).await, expected);
        assert_eq!(without.answer(event).await, expected);
    }
}

#[tokio::test]
async fn the_secret_stands_in_no_answer_no_log_line_and_no_debug_text() {
    let log = Log::start();
    let function = Function::new(&[WITH_SECRET]).await;
    for (text, secret) in [(POST_COOKIES, SECRET), (POST_URLS, SECRET), (POST_COOKIES, &SECRET[1..])] {
        let mut event = signed_in(text);
        set_header(&mut event, "x-origin-secret", secret);
        let answer = function.answer(event).await.to_string();
        assert!(!answer.contains(&SECRET[1..]), "{answer}");
    }
    let lines = log.take();
    assert!(!lines.contains(&SECRET[1..]), "{lines}");
    let debug = format!("{:?}", config("unused", &[WITH_SECRET]));
    assert!(!debug.contains(&SECRET[1..]), "{debug}");
}

#[test]
fn a_host_or_a_secret_that_cannot_work_is_told_at_start() {
    let host = "VIEWER_HOST must be a host as browsers send it, such as video.example.com";
    let secret =
        "ORIGIN_SECRET must have 32 characters at least, of those in ASCII that are not spaces".to_owned();
    let both = [("VIEWER_HOST", "https://video.example.com"), ("ORIGIN_SECRET", "guess")];
    assert_eq!(settings_problem(&both), format!("{host}; {secret}"));
}
