//! Requests that the function rejects before or after it reads the bucket.

use cloudfront_signing::HashAlgorithm;
use serde_json::json;

use crate::{
    bucket::Bucket,
    function::{Function, LIMIT, get, grant_of, head, id, problem, served, with_credential, with_method},
};

const PLAYLIST: &str = "#EXTM3U\n#EXTINF:4,\ns.ts\n";

async fn bucket() -> Bucket {
    let bucket = Bucket::new().await;
    bucket.put("video/m/p.m3u8", PLAYLIST);
    bucket
}

#[tokio::test]
async fn a_style_that_does_not_exist_is_a_bad_request() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let detail = "usher-style must be plain, inline or define";
    let expected = problem(400, "unknown-style", detail, json!({}));
    for query in
        ["usher-style=fancy", "usher-style=", "usher-style", "usher-style=Inline", "%75sher-style=fancy"]
    {
        let answer = function.answer(get("/video/m/p.m3u8", query)).await;
        assert_eq!(answer, expected, "{query}");
    }
}

#[tokio::test]
async fn other_methods_than_get_and_head_are_refused() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let detail = "a playlist takes GET and HEAD";
    let expected = problem(405, "method-not-allowed", detail, json!({"allow": "GET, HEAD"}));
    for method in ["POST", "PUT", "DELETE", "get"] {
        let event = with_method(get("/video/m/p.m3u8", ""), method);
        assert_eq!(function.answer(event).await, expected, "{method}");
    }
}

#[tokio::test]
async fn a_playlist_that_is_not_there_is_not_found() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let expected = problem(404, "not-found", "there is no playlist at this path", json!({}));
    let event = get("/video/m/missing.m3u8", "usher-style=inline");
    assert_eq!(function.answer(event.clone()).await, expected);
    let event = with_method(event, "HEAD");
    assert_eq!(function.answer(event).await, head(expected));
}

#[tokio::test]
async fn a_path_that_leaves_the_prefix_is_not_found_whatever_lies_there() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    bucket.put("other/p.m3u8", PLAYLIST);
    bucket.put("p.m3u8", PLAYLIST);
    bucket.put("video/m/%zz.m3u8", PLAYLIST);
    bucket.put("video/m/100%.m3u8", PLAYLIST);
    bucket.put("video/n/p.m3u8", PLAYLIST);
    let expected = problem(404, "not-found", "there is no playlist at this path", json!({}));
    for path in [
        "/other/p.m3u8",
        "/p.m3u8",
        "",
        "/",
        "//video/m/p.m3u8",
        "/video%2Fm/p.m3u8",
        "/video/../p.m3u8",
        "/video/m/../n/p.m3u8",
        "/video/m/./p.m3u8",
        "/video/m/%2e%2E/n/p.m3u8",
        "/video/m/..%2Fn/p.m3u8",
        "/video/m/..%2fn%2fp.m3u8",
        "/video/%2e%2e%2fother%2fp.m3u8",
        "/video/m/.%2Fp.m3u8",
        "/video/m/%zz.m3u8",
        "/video/m/100%.m3u8",
        "/video/m/%4",
        "/video/m/%",
        "/video/m/%ff.m3u8",
        "/video/m/%C3.m3u8",
        "/video/*/p.m3u8",
    ] {
        for query in ["", "usher-style=inline"] {
            let answer = function.answer(get(path, query)).await;
            assert_eq!(answer, expected, "{path}?{query}");
        }
    }
    assert_eq!(function.signed(), 0);
}

#[tokio::test]
async fn a_request_that_did_not_come_through_the_distribution_is_refused() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let detail = "the request has no usable x-viewer-host header: it must come through the distribution";
    let expected = problem(400, "no-viewer-host", detail, json!({}));
    let mut event = get("/video/m/p.m3u8", "usher-style=inline");
    for host in ["*", "h/x", "user@host", "a,b", "h?x", "h#x", ""] {
        event["headers"]["x-viewer-host"] = json!(host);
        assert_eq!(function.answer(event.clone()).await, expected, "{host}");
    }
    let headers = event["headers"].as_object_mut().unwrap();
    headers.remove("x-viewer-host");
    assert_eq!(function.answer(event).await, expected);
}

#[tokio::test]
async fn with_a_configured_host_a_spoofed_header_gets_no_policy_for_another() {
    let bucket = bucket().await;
    let others = "#EXTINF:4,\nhttps://evil.example/video/m/s.ts\n#EXT-X-ENDLIST\n";
    bucket.put("video/m/others.m3u8", format!("{PLAYLIST}{others}"));
    let function = Function::with(bucket.client(), &[("VIEWER_HOST", "video.example.com")]);
    let grant = grant_of(id(), "https://video.example.com/video/m/*", HashAlgorithm::Sha256);
    let signed = PLAYLIST.replace("s.ts", &format!("s.ts?{}", grant.query()));
    let expected = served(&format!("{signed}{others}"));
    let mut event = get("/video/m/others.m3u8", "usher-style=inline");
    event["headers"]["x-viewer-resource"] = json!("https://video.example.com/video/*");
    for host in ["evil.example", "other.example.com", "*", ""] {
        event["headers"]["x-viewer-host"] = json!(host);
        assert_eq!(function.answer(event.clone()).await, expected, "{host}");
    }
    let headers = event["headers"].as_object_mut().unwrap();
    headers.remove("x-viewer-host");
    assert_eq!(function.answer(event).await, expected);
}

#[tokio::test]
async fn what_is_not_a_playlist_is_neither_signed_nor_handed_out() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let detail = "the object at this path is not a playlist: it does not start with #EXTM3U";
    let expected = problem(502, "not-a-playlist", detail, json!({}));
    for content in [
        "",
        "<!DOCTYPE html>\n<a href=\"s.ts\">s.ts</a>\n",
        "s.ts\n#EXTM3U\n",
        "#EXTM3U8\ns.ts\n",
        "#EXTINF:4,\ns.ts\n",
    ] {
        bucket.put("video/m/other.m3u8", content);
        for query in ["", "usher-style=inline", "usher-style=plain"] {
            let answer = function.answer(get("/video/m/other.m3u8", query)).await;
            assert_eq!(answer, expected, "{content}");
        }
    }
}

#[tokio::test]
async fn a_playlist_may_have_as_many_bytes_as_the_limit_says_and_not_one_more() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let at_the_limit = format!("#EXTM3U\n#{}", "x".repeat(LIMIT - 9));
    bucket.put("video/m/p.m3u8", &at_the_limit);
    let answer = function.answer(get("/video/m/p.m3u8", "")).await;
    assert_eq!(answer, served(&at_the_limit));

    bucket.put("video/m/p.m3u8", format!("{at_the_limit}x"));
    let detail = "the playlist in the bucket has more than 2000 bytes";
    let answer = function.answer(get("/video/m/p.m3u8", "")).await;
    assert_eq!(answer, problem(502, "playlist-too-large", detail, json!({})));
}

#[tokio::test]
async fn without_a_key_there_are_plain_playlists_only() {
    let bucket = bucket().await;
    let function = Function::without_key(bucket.client());
    let detail = "the signing key is out of reach for the moment: try again soon";
    let expected = problem(503, "signing-key-unavailable", detail, json!({"retry-after": "5"}));
    let event = with_credential(get("/video/m/p.m3u8", ""), Some("url"));
    assert_eq!(function.answer(event).await, expected);
    let event = get("/video/m/p.m3u8", "");
    assert_eq!(function.answer(event).await, served(PLAYLIST));
}
