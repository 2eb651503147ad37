//! `POST` and `DELETE /auth/cookies`.

use cloudfront_signing::{HashAlgorithm, Reason, SignatureLocation};
use serde_json::{Value, json};

use crate::{
    function::{
        DELETE_COOKIES, Function, HOST, NOW, POST_COOKIES, ask, cookie_header, event, grant, response,
        set_header, signed_in,
    },
    tokens,
};

/// The whole answer to a viewer who may watch until `expires`.
fn issued(scheme: &str, expires: u64, refresh_after: u64, hash: HashAlgorithm) -> Value {
    let resource = format!("{scheme}://{HOST}/video/*");
    let cookies = grant(&resource, expires, hash).set_cookies();
    response(
        200,
        json!({"content-type": "application/json"}),
        Some(json!({
            "resource": resource,
            "expires_at": expires,
            "refresh_after": refresh_after,
        })),
        json!(cookies),
    )
}

/// Names and attributes, without the values.
fn shapes(answer: &Value) -> Vec<String> {
    let cookies = answer["cookies"].as_array().unwrap().iter();
    let cookies = cookies.map(|cookie| cookie.as_str().unwrap());
    cookies
        .map(|cookie| {
            let (name, rest) = cookie.split_once('=').unwrap();
            format!("{name}; {}", rest.split_once("; ").unwrap().1)
        })
        .collect()
}

#[tokio::test]
async fn a_viewer_who_is_signed_in_gets_four_cookies_for_all_video() {
    let function = Function::new(&[]).await;
    let answer = function.answer(signed_in(POST_COOKIES)).await;
    let (expires, refresh_after) = (1_790_003_400, NOW + 2_720);
    assert_eq!(answer, issued("https", expires, refresh_after, HashAlgorithm::Sha256));
    let names = ["Policy", "Signature", "Key-Pair-Id", "Hash-Algorithm"];
    let expected =
        names.map(|name| format!("CloudFront-{name}; HttpOnly; SameSite=Lax; Secure; Path=/video/"));
    assert_eq!(shapes(&answer), expected);
}

#[tokio::test]
async fn with_sha1_there_are_three_cookies() {
    let function = Function::new(&[("HASH_ALGORITHM", "SHA1")]).await;
    let answer = function.answer(signed_in(POST_COOKIES)).await;
    let (expires, refresh_after) = (1_790_003_400, NOW + 2_720);
    assert_eq!(answer, issued("https", expires, refresh_after, HashAlgorithm::Sha1));
    let names = ["Policy", "Signature", "Key-Pair-Id"];
    let expected =
        names.map(|name| format!("CloudFront-{name}; HttpOnly; SameSite=Lax; Secure; Path=/video/"));
    assert_eq!(shapes(&answer), expected);
}

#[tokio::test]
async fn an_eddsa_token_is_as_good_as_an_hs256_token() {
    let public_key = tokens::public_key();
    let function = Function::new(&[("JWT_SECRET", ""), ("JWT_PUBLIC_KEY", &public_key)]).await;
    let answer = function.answer(event(POST_COOKIES, &tokens::eddsa(&tokens::claims()))).await;
    let expected = issued("https", 1_790_003_400, NOW + 2_720, HashAlgorithm::Sha256);
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn the_cookies_are_admitted_for_video_and_for_nothing_else() {
    for (scheme, hash) in [("https", "SHA256"), ("https", "SHA1"), ("http", "SHA256"), ("http", "SHA1")] {
        let function = Function::new(&[("VIEWER_PROTOCOL", scheme), ("HASH_ALGORITHM", hash)]).await;
        let mut event = signed_in(POST_COOKIES);
        set_header(&mut event, "origin", &format!("{scheme}://{HOST}"));
        let answer = function.answer(event).await;
        let cookies = cookie_header(&answer);
        let expires = answer["body"]["expires_at"].as_u64().unwrap();
        let url = |path: &str| format!("{scheme}://{HOST}{path}");

        let admitted = ask(&url("/video/m/s.ts"), &cookies, expires - 1).unwrap();
        assert_eq!(admitted.signature_location, SignatureLocation::Cookies, "{scheme} {hash}");
        let policy = admitted.policy;
        assert_eq!(policy.resource, Some(url("/video/*")));
        assert_eq!(policy.date_less_than.seconds(), expires);

        let denial = ask(&url("/other"), &cookies, NOW).unwrap_err();
        let outside = Reason::NotCovered { resource: url("/video/*"), url: url("/other") };
        assert_eq!(denial.reason, outside, "{scheme} {hash}");
        let late = ask(&url("/video/m/s.ts"), &cookies, expires).unwrap_err();
        let expired = Reason::Expired {
            date_less_than: crate::function::time(expires),
            now: crate::function::time(expires),
        };
        assert_eq!(late.reason, expired, "{scheme} {hash}");
    }
}

#[tokio::test]
async fn cookies_end_with_a_bucket_and_never_after_their_setting_or_the_token() {
    let function = Function::new(&[]).await;
    let rows = [
        // The token's end, the cookies' end, four fifths of the way.
        (NOW + 86_400, 1_790_003_400, NOW + 2_720),
        (1_790_003_400, 1_790_003_400, NOW + 2_720),
        (1_790_003_399, 1_790_003_100, NOW + 2_480),
        (NOW + 60, NOW + 60, NOW + 48),
        (NOW + 1, NOW + 1, NOW),
    ];
    for (exp, expires, refresh_after) in rows {
        let token = tokens::hs256(&tokens::until(exp));
        let answer = function.answer(event(POST_COOKIES, &token)).await;
        let expected = issued("https", expires, refresh_after, HashAlgorithm::Sha256);
        assert_eq!(answer, expected, "{exp}");
    }
}

#[tokio::test]
async fn renewing_is_the_same_call_and_gives_the_same_cookies_until_the_bucket_ends() {
    let function = Function::new(&[]).await;
    let rows = [
        (NOW, 1_790_003_400, NOW + 2_720),
        (NOW + 99, 1_790_003_400, NOW + 99 + 2_640),
        (NOW + 100, 1_790_003_700, NOW + 100 + 2_880),
    ];
    for (now, expires, refresh_after) in rows {
        function.set_time(now);
        let answer = function.answer(signed_in(POST_COOKIES)).await;
        let expected = issued("https", expires, refresh_after, HashAlgorithm::Sha256);
        assert_eq!(answer, expected, "{now}");
    }
}

#[tokio::test]
async fn signing_out_clears_all_five_names_with_the_attributes_they_were_set_with() {
    let function = Function::new(&[]).await;
    let mut stranger: Value = serde_json::from_str(DELETE_COOKIES).unwrap();
    let names = ["Policy", "Expires", "Signature", "Key-Pair-Id", "Hash-Algorithm"];
    let cleared = names
        .map(|name| format!("CloudFront-{name}=; HttpOnly; SameSite=Lax; Secure; Path=/video/; Max-Age=0"));
    let expected = response(204, json!({}), None, json!(cleared));
    assert_eq!(function.answer(stranger.clone()).await, expected);
    // Whoever's token has expired can still sign out.
    set_header(&mut stranger, "authorization", "Bearer expired");
    assert_eq!(function.answer(stranger).await, expected);
}
