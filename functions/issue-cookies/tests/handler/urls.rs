//! `POST /auth/urls`.

use cloudfront_signing::{HashAlgorithm, Reason, SignatureLocation};
use hls_rewrite::policy_copy;
use serde_json::{Value, json};

use crate::{
    function::{Function, HOST, NOW, POST_URLS, ask, event, grant, problem, response, set_header, signed_in},
    tokens,
};

const EXPIRES: u64 = 1_790_021_400;

fn asking_for(path: &str) -> Value {
    let mut event = signed_in(POST_URLS);
    event["body"] = json!(json!({ "path": path }).to_string());
    event
}

fn signed(url: &str, expires: u64) -> Value {
    response(
        200,
        json!({"content-type": "application/json"}),
        Some(json!({"url": url, "expires_at": expires})),
        json!([]),
    )
}

#[tokio::test]
async fn a_url_is_signed_for_the_whole_asset() {
    let function = Function::new(&[]).await;
    let resource = format!("https://{HOST}/video/m/*");
    let grant = grant(&resource, EXPIRES, HashAlgorithm::Sha256);
    for (path, separator) in [
        ("/video/m/master.m3u8", "?"),
        ("/video/m/v0/low.m3u8", "?"),
        ("/video/m/a%20b.m3u8?x=%7E&y=/..", "&"),
        // Escapes are decoded once, and those of a query are no part of the path.
        ("/video/m/..%252fn/a.m3u8", "?"),
        ("/video/m/%252e%252e/a.m3u8", "?"),
        ("/video/m/v0%2flow.m3u8", "?"),
        ("/video/m/a.m3u8?x=..%2f%zz", "&"),
    ] {
        let url = format!("https://{HOST}{path}{separator}{}&{}", grant.query(), policy_copy(&grant));
        assert_eq!(function.answer(asking_for(path)).await, signed(&url, EXPIRES));
        let admitted = ask(&url, "", EXPIRES - 1).unwrap();
        assert_eq!(admitted.signature_location, SignatureLocation::Url);
        assert_eq!(admitted.policy.resource.as_ref(), Some(&resource));
    }
}

#[tokio::test]
async fn only_what_the_distribution_re_signs_carries_the_policy_twice() {
    let function = Function::new(&[]).await;
    let grant = grant(&format!("https://{HOST}/video/m/*"), EXPIRES, HashAlgorithm::Sha256);
    for path in ["/video/m/film.mp4", "/video/m/low.M3U8", "/video/m/poster.jpg"] {
        let url = format!("https://{HOST}{path}?{}", grant.query());
        assert_eq!(function.answer(asking_for(path)).await, signed(&url, EXPIRES));
    }
    for path in ["/video/m/ads.json", "/video/m/manifest.mpd", "/video/m/thumbs.vtt"] {
        let url = format!("https://{HOST}{path}?{}&{}", grant.query(), policy_copy(&grant));
        assert_eq!(function.answer(asking_for(path)).await, signed(&url, EXPIRES));
    }
}

#[tokio::test]
async fn its_parameters_open_the_asset_and_not_the_next_one() {
    let function = Function::new(&[]).await;
    let answer = function.answer(asking_for("/video/m/master.m3u8")).await;
    let url = answer["body"]["url"].as_str().unwrap();
    let (_, parameters) = url.split_once('?').unwrap();
    let (parameters, _) = parameters.split_once("&usher-").unwrap();
    for path in ["/video/m/v0/s001.ts", "/video/m/key.bin", "/video/m/"] {
        let url = format!("https://{HOST}{path}?{parameters}");
        assert_eq!(ask(&url, "", NOW).err(), None, "{path}");
    }
    for path in ["/video/n/master.m3u8", "/video/master.m3u8", "/video/m"] {
        let url = format!("https://{HOST}{path}");
        let denial = ask(&format!("{url}?{parameters}"), "", NOW).unwrap_err();
        let outside = Reason::NotCovered { resource: format!("https://{HOST}/video/m/*"), url };
        assert_eq!(denial.reason, outside);
    }
}

#[tokio::test]
async fn a_url_never_outlives_the_token() {
    let function = Function::new(&[]).await;
    let mut asked = event(POST_URLS, &tokens::hs256(&tokens::until(NOW + 7)));
    // As `application/json; charset=utf-8` in base64 it is the same request.
    set_header(&mut asked, "content-type", "application/json; charset=utf-8");
    asked["body"] = json!("eyJwYXRoIjoiL3ZpZGVvL20vbWFzdGVyLm0zdTgifQ==");
    asked["isBase64Encoded"] = json!(true);
    let resource = format!("https://{HOST}/video/m/*");
    let grant = grant(&resource, NOW + 7, HashAlgorithm::Sha256);
    let url = format!("https://{HOST}/video/m/master.m3u8?{}&{}", grant.query(), policy_copy(&grant));
    assert_eq!(function.answer(asked).await, signed(&url, NOW + 7));
}

#[tokio::test]
async fn a_path_that_is_not_private_video_is_forbidden() {
    let function = Function::new(&[]).await;
    let detail = "the path is not below /video/*, or there are dot segments or broken escapes in it";
    let expected = problem(403, "not-a-video", detail, json!({}));
    for path in [
        "/other/m.m3u8",
        "/video",
        "/videos/m.m3u8",
        "/Video/m.m3u8",
        "/video/../other/m.m3u8",
        "/video/m/../n/master.m3u8",
        "/video/m/./master.m3u8",
        "/video/m/%2E%2e/n/master.m3u8",
        "/video/..",
        "/video/a/..%2fb/x.m3u8",
        "/video/a/..%2Fb/x.m3u8?x=1",
        "/video/a/x%2f%2e%2e%2f..%2fb/x.m3u8",
        "/video/a/.%2fx.m3u8",
        "/video/a/..%5cb/x.m3u8",
        "/video/a%5C..%5cb/x.m3u8",
        "/video/m/50%.m3u8",
        "/video/m/%zz.m3u8",
        "/video/m/%2",
        "/video/m/%ff.m3u8",
        "//evil.example/video/m.m3u8",
        ".evil.example/video/m.m3u8",
        "video/m/master.m3u8",
        "?/video/m/master.m3u8",
        "",
    ] {
        assert_eq!(function.answer(asking_for(path)).await, expected, "{path}");
    }
}

#[tokio::test]
async fn a_path_that_cannot_be_signed_is_refused_with_the_reason() {
    let function = Function::new(&[]).await;
    let forbidden = "is not allowed in a signed URL: percent-encode it first";
    let wildcard = "is not allowed in an exact URL: only a custom policy accepts one";
    let rows = [
        ("/video/*", format!("the wildcard at byte 44 {wildcard}")),
        ("/video/m/a.m3u8?x=*", format!("the wildcard at byte 55 {wildcard}")),
        (
            "/video/m/a.m3u8?Policy=x",
            "the query parameter Policy at byte 53 is reserved by CloudFront".to_owned(),
        ),
        (
            "/video/m/a.m3u8?x=1&%45xpires=1",
            "the query parameter Expires at byte 57 is reserved by CloudFront".to_owned(),
        ),
        ("/video/m/a.m3u8#t=1", "the fragment at byte 52 is never sent to CloudFront: remove it".to_owned()),
        (
            "@evil.example/video/m/a.m3u8",
            "the user information that ends at byte 37 is not allowed in a signed URL".to_owned(),
        ),
        ("/video/m/a b.m3u8", format!("a space at byte 47 {forbidden}")),
        ("/video/m/a\"b.m3u8", format!("a quotation mark at byte 47 {forbidden}")),
        ("/video/m\\..\\n/a.m3u8", format!("a backslash at byte 45 {forbidden}")),
        ("/video/m/a\nb.m3u8", format!("a control character at byte 47 {forbidden}")),
        ("/video/br[1]/a.m3u8", format!("a square bracket at byte 46 {forbidden}")),
        ("/video/m/{a}.m3u8", format!("a curly bracket at byte 46 {forbidden}")),
        ("/video/m/<a.m3u8", format!("an angle bracket at byte 46 {forbidden}")),
        ("/video/m/^a.m3u8", format!("a caret at byte 46 {forbidden}")),
        ("/video/m/`a.m3u8", format!("a backtick at byte 46 {forbidden}")),
        ("/video/m/|a.m3u8", format!("a vertical bar at byte 46 {forbidden}")),
        ("/video/m/é.m3u8", format!("a character outside ASCII at byte 46 {forbidden}")),
    ];
    for (path, detail) in rows {
        let expected = problem(400, "unsignable-url", &detail, json!({}));
        assert_eq!(function.answer(asking_for(path)).await, expected, "{path}");
    }
}

#[tokio::test]
async fn a_url_that_would_be_too_long_for_cloudfront_is_refused() {
    let function = Function::new(&[]).await;
    let grant = grant(&format!("https://{HOST}/video/m/*"), EXPIRES, HashAlgorithm::Sha256);
    // With the signature, and with the policy a second time.
    for (letters, copy) in [(7_900, String::new()), (7_200, format!("&{}", policy_copy(&grant)))] {
        let path = format!("/video/m/{}.m3u8", "a".repeat(letters));
        let length = format!("https://{HOST}{path}?{}{copy}", grant.query()).len();
        let detail = format!("the signed URL has {length} bytes, more than the 8192 that CloudFront accepts");
        let expected = problem(400, "unsignable-url", &detail, json!({}));
        assert_eq!(function.answer(asking_for(&path)).await, expected);
    }
}

#[tokio::test]
async fn a_body_that_is_not_a_path_in_json_is_refused() {
    let function = Function::new(&[]).await;
    let detail = r#"the body must be a JSON object such as {"path":"/video/m/master.m3u8"}"#;
    let expected = problem(400, "malformed-body", detail, json!({}));
    for body in [
        "",
        "{",
        "null",
        "[]",
        r#""/video/m/master.m3u8""#,
        "{}",
        r#"{"path":1}"#,
        r#"{"path":null}"#,
        r#"{"path":"/video/m.m3u8","expires_at":1}"#,
        r#"{"path":"/video/m.m3u8","path":"/video/n.m3u8"}"#,
        r#"{"path":"/video/m.m3u8"} "#.repeat(2).as_str(),
    ] {
        let mut event = signed_in(POST_URLS);
        event["body"] = json!(body);
        assert_eq!(function.answer(event).await, expected, "{body}");
    }
    let mut missing = signed_in(POST_URLS);
    missing.as_object_mut().unwrap().remove("body");
    assert_eq!(function.answer(missing).await, expected);
    for body in ["not base64!", "/w=="] {
        let mut event = signed_in(POST_URLS);
        event["body"] = json!(body);
        event["isBase64Encoded"] = json!(true);
        assert_eq!(function.answer(event).await, expected, "{body}");
    }
}

const PURPOSES: &str = r#"[
    "/video/free/*",
    {"resource": "/video/downloads/*", "download": true},
    {"resource": "/video/shop/*", "preview_seconds": 60}
]"#;

#[tokio::test]
async fn a_download_opens_the_file_alone() {
    let function = Function::new(&[("ENTITLEMENTS", PURPOSES)]).await;
    let resource = format!("https://{HOST}/video/downloads/film.mp4");
    let grant = grant(&resource, EXPIRES, HashAlgorithm::Sha256);
    let url = format!("{resource}?{}", grant.query());
    assert_eq!(function.answer(asking_for("/video/downloads/film.mp4")).await, signed(&url, EXPIRES));
    assert_eq!(ask(&url, "", NOW).err(), None);
    let other = url.replacen("film.mp4", "other.mp4", 1);
    assert_eq!(
        ask(&other, "", NOW).unwrap_err().reason,
        Reason::NotCovered { resource, url: format!("https://{HOST}/video/downloads/other.mp4") }
    );
    // The policy of a playlist would cover what the playlist names.
    let refused = problem(403, "not-entitled", "you are signed in, and may not watch this", json!({}));
    for path in [
        "/video/downloads/master.m3u8",
        "/video/downloads/list.json",
        "/video/downloads/film.mp4?x=1",
        "/video/shop/film.mp4",
    ] {
        assert_eq!(function.answer(asking_for(path)).await, refused, "{path}");
    }
}

#[tokio::test]
async fn a_preview_covers_one_playlist_with_its_length() {
    let function = Function::new(&[("ENTITLEMENTS", PURPOSES)]).await;
    for (path, wanted, seconds) in [
        ("/video/shop/master.m3u8", 60, 60),
        ("/video/shop/master.m3u8", 600, 60),
        ("/video/shop/master.m3u8", 5, 5),
        ("/video/free/master.m3u8", 600, 600),
    ] {
        let mut event = asking_for(path);
        event["body"] = json!(json!({ "path": path, "preview_seconds": wanted }).to_string());
        let resource = format!("https://{HOST}{path}?usher-preview={seconds}&*");
        let grant = grant(&resource, EXPIRES, HashAlgorithm::Sha256);
        let query = format!("usher-preview={seconds}&{}&{}", grant.query(), policy_copy(&grant));
        let url = format!("https://{HOST}{path}?{query}");
        let body = json!({"url": url, "expires_at": EXPIRES, "preview_seconds": seconds});
        let headers = json!({"content-type": "application/json"});
        assert_eq!(function.answer(event).await, response(200, headers, Some(body), json!([])));
        assert_eq!(ask(&url, "", NOW).err(), None);
        // Neither the complete film nor a longer preview.
        let (_, signature) = query.split_once('&').unwrap();
        for other in [signature.to_owned(), format!("usher-preview={seconds}0&{signature}")] {
            assert!(ask(&format!("https://{HOST}{path}?{other}"), "", NOW).is_err(), "{other}");
        }
    }
}

#[tokio::test]
async fn what_has_no_preview_is_refused() {
    let function = Function::new(&[("ENTITLEMENTS", PURPOSES)]).await;
    let asking = |path: &str, seconds: Value| {
        let mut event = asking_for(path);
        event["body"] = json!(json!({ "path": path, "preview_seconds": seconds }).to_string());
        event
    };
    let detail = "only a playlist (.m3u8) has a preview, and its path has no query";
    let no_playlist = problem(403, "no-preview", detail, json!({}));
    for path in ["/video/shop/film.mp4", "/video/shop/master.m3u8?x=1", "/video/shop/a.json"] {
        assert_eq!(function.answer(asking(path, json!(60))).await, no_playlist, "{path}");
    }
    let not_entitled = problem(403, "not-entitled", "you are signed in, and may not watch this", json!({}));
    assert_eq!(function.answer(asking("/video/n/master.m3u8", json!(60))).await, not_entitled);
    let seconds = problem(400, "malformed-body", "preview_seconds must be a number from 1 to 600", json!({}));
    for wrong in [json!(0), json!(601), json!(-1), json!(1.5), json!("60"), Value::Null] {
        assert_eq!(function.answer(asking("/video/shop/master.m3u8", wrong)).await, seconds);
    }
}
