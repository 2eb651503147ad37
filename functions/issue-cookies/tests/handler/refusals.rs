//! What is wrong gets its status and one clear sentence.

use serde_json::{Value, json};

use crate::{
    function::{
        DELETE_COOKIES, Function, NOW, POST_COOKIES, POST_URLS, event, problem, remove_header, set_header,
        signed_in,
    },
    tokens,
};

#[tokio::test]
async fn without_a_token_the_viewer_is_asked_to_sign_in() {
    let function = Function::new(&[]).await;
    let detail = "sign in first: send Authorization: Bearer";
    let expected = problem(401, "sign-in-required", detail, json!({"www-authenticate": "Bearer"}));
    for text in [POST_COOKIES, POST_URLS] {
        let mut event = signed_in(text);
        remove_header(&mut event, "authorization");
        assert_eq!(function.answer(event.clone()).await, expected);
        for authorization in ["", "Bearer", "Bearer ", "Basic YW5uYTpwYXNz"] {
            set_header(&mut event, "authorization", authorization);
            assert_eq!(function.answer(event.clone()).await, expected, "{authorization}");
        }
    }
}

#[tokio::test]
async fn an_expired_token_is_refused_from_its_very_second() {
    let function = Function::new(&[]).await;
    let detail = "the token has expired: sign in again";
    let challenge = json!({"www-authenticate": "Bearer error=\"invalid_token\""});
    let expected = problem(401, "token-expired", detail, challenge);
    for exp in [NOW, NOW - 1, NOW - 86_400, 0] {
        for text in [POST_COOKIES, POST_URLS] {
            let event = event(text, &tokens::hs256(&tokens::until(exp)));
            assert_eq!(function.answer(event).await, expected, "{exp}");
        }
    }
}

#[tokio::test]
async fn malformed_and_foreign_tokens_are_refused_alike() {
    let eddsa = Function::new(&[("JWT_SECRET", ""), ("JWT_PUBLIC_KEY", &tokens::public_key())]).await;
    let hs256 = Function::new(&[]).await;
    let challenge = json!({"www-authenticate": "Bearer error=\"invalid_token\""});
    let detail = "the token is not accepted here";
    let expected = problem(401, "credential-rejected", detail, challenge);

    let claim = |name: &str, value: Value| {
        let mut claims = tokens::claims();
        claims[name] = value;
        claims
    };
    let rows = [
        (&hs256, "this-is-not-a-token".to_owned()),
        (&hs256, "e30.e30.".to_owned()),
        (&hs256, tokens::hs256_by("another secret of thirty-two bytes", &tokens::claims())),
        (&hs256, tokens::eddsa(&tokens::claims())),
        (&hs256, tokens::hs256(&claim("sub", json!(7)))),
        (&hs256, tokens::hs256(&claim("exp", json!((NOW + 60) * 1_000)))),
        (&eddsa, tokens::hs256(&tokens::claims())),
        // The public key taken for a secret: the oldest of all forgeries.
        (&eddsa, tokens::hs256_by(&tokens::public_key(), &tokens::claims())),
    ];
    for (function, token) in rows {
        for text in [POST_COOKIES, POST_URLS] {
            let answer = function.answer(event(text, &token)).await;
            assert_eq!(answer, expected, "{token}");
        }
    }
}

#[tokio::test]
async fn an_unknown_path_is_not_found() {
    let function = Function::new(&[]).await;
    let expected = problem(404, "not-found", "there is nothing at this path", json!({}));
    for path in
        ["", "/", "/auth", "/auth/", "/auth/cookies/", "/auth//cookies", "/auth/Cookies", "/video/m/s.ts"]
    {
        let mut event = signed_in(POST_COOKIES);
        event["rawPath"] = json!(path);
        assert_eq!(function.answer(event).await, expected, "{path}");
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let function = Function::new(&[]).await;
    let rows = [
        (POST_COOKIES, "GET", "/auth/cookies takes POST, DELETE", "POST, DELETE"),
        (POST_COOKIES, "HEAD", "/auth/cookies takes POST, DELETE", "POST, DELETE"),
        (POST_COOKIES, "PUT", "/auth/cookies takes POST, DELETE", "POST, DELETE"),
        (POST_URLS, "GET", "/auth/urls takes POST", "POST"),
        (POST_URLS, "DELETE", "/auth/urls takes POST", "POST"),
    ];
    for (text, method, detail, allow) in rows {
        let mut event = signed_in(text);
        event["requestContext"]["http"]["method"] = json!(method);
        let expected = problem(405, "method-not-allowed", detail, json!({"allow": allow}));
        assert_eq!(function.answer(event).await, expected, "{method}");
    }
}

#[tokio::test]
async fn a_body_that_is_not_json_is_an_unsupported_media_type() {
    let function = Function::new(&[]).await;
    let detail = "the body must be JSON: send Content-Type: application/json";
    let expected = problem(415, "unsupported-media-type", detail, json!({}));
    let mut event = signed_in(POST_URLS);
    for media_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "text/plain; application/json",
        "",
    ] {
        set_header(&mut event, "content-type", media_type);
        assert_eq!(function.answer(event.clone()).await, expected, "{media_type}");
    }
    remove_header(&mut event, "content-type");
    assert_eq!(function.answer(event).await, expected);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_not_read() {
    let function = Function::new(&[]).await;
    let detail = "the body has more than 8192 bytes";
    let expected = problem(413, "body-too-large", detail, json!({}));
    for text in [POST_COOKIES, POST_URLS, DELETE_COOKIES] {
        let mut event = signed_in(text);
        event["body"] = json!("a".repeat(8_193));
        assert_eq!(function.answer(event).await, expected);
    }
}

#[tokio::test]
async fn a_request_that_did_not_come_through_the_distribution_is_refused() {
    let function = Function::new(&[]).await;
    let detail = "the request has no usable x-viewer-host header: it must come through the distribution";
    let expected = problem(400, "no-viewer-host", detail, json!({}));
    for text in [POST_COOKIES, POST_URLS] {
        let mut event = signed_in(text);
        for host in [
            "*",
            "*.cloudfront.net",
            "d111111abcdef8.cloudfront.net/other",
            "a,b",
            "user@host",
            "h?x",
            "h#x",
            "h ",
            "",
        ] {
            set_header(&mut event, "x-viewer-host", host);
            let answer = function.answer(event.clone()).await;
            assert_eq!(answer, expected, "{host}");
        }
        remove_header(&mut event, "x-viewer-host");
        assert_eq!(function.answer(event).await, expected);
    }
}

#[tokio::test]
async fn a_key_out_of_reach_is_a_reason_to_try_again() {
    let function = Function::without_key();
    let detail = "the signing key is out of reach for the moment: try again soon";
    let expected = problem(503, "signing-key-unavailable", detail, json!({"retry-after": "5"}));
    for text in [POST_COOKIES, POST_URLS] {
        assert_eq!(function.answer(signed_in(text)).await, expected);
    }
}
