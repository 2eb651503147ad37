//! What a player's cache may keep, and for how long, and how it asks whether it still holds.

use serde_json::{Value, json};

use crate::{
    bucket::Bucket,
    function::{
        Answer, Function, HOST, NOW, ask, get, plain, playlist_headers, prelude, problem, with_credential,
        with_header, with_method,
    },
};

const LIVE: &str = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\ns.ts\n";
const COMPLETE: &str = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\ns.ts\n#EXT-X-ENDLIST\n";

async fn bucket() -> Bucket {
    let bucket = Bucket::new().await;
    bucket.put("video/m/live.m3u8", LIVE);
    bucket.put("video/m/vod.m3u8", COMPLETE);
    bucket.put("video/m/type.m3u8", "#EXTM3U\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:4,\ns.ts\n");
    bucket.put("video/m/event.m3u8", "#EXTM3U\n#EXT-X-PLAYLIST-TYPE:EVENT\n#EXTINF:4,\ns.ts\n");
    bucket.put("video/m/master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nvod.m3u8\n");
    bucket
}

async fn header(function: &Function, event: Value, name: &str) -> String {
    let (prelude, _) = function.bytes(event).await;
    prelude["headers"][name].as_str().unwrap().to_owned()
}

fn not_modified(cache_control: &str) -> Answer {
    (prelude(304, &playlist_headers(cache_control)), String::new())
}

#[tokio::test]
async fn a_signed_playlist_that_is_complete_may_be_kept_until_its_signatures_would_change() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    for (path, query, expected) in [
        ("/video/m/vod.m3u8", "usher-style=inline", "private, max-age=100"),
        ("/video/m/type.m3u8", "usher-style=inline", "private, max-age=100"),
        ("/video/m/live.m3u8", "usher-style=inline", "private, no-cache"),
        ("/video/m/event.m3u8", "usher-style=inline", "private, no-cache"),
        ("/video/m/master.m3u8", "usher-style=inline", "private, no-cache"),
        ("/video/m/vod.m3u8", "", "private, no-cache"),
        ("/video/m/live.m3u8", "", "private, no-cache"),
    ] {
        assert_eq!(header(&function, get(path, query), "cache-control").await, expected, "{path} {query}");
    }
}

#[tokio::test]
async fn max_age_ends_in_the_second_in_which_the_signatures_change() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let event = get("/video/m/vod.m3u8", "usher-style=inline");
    let (_, before) = function.bytes(event.clone()).await;
    for (later, max_age, is_same) in [(1, 99, true), (99, 1, true), (100, 0, true), (101, 299, false)] {
        function.set_time(NOW + later);
        let (prelude, body) = function.bytes(event.clone()).await;
        let expected = format!("private, max-age={max_age}");
        assert_eq!(prelude["headers"]["cache-control"], json!(expected), "{later}");
        assert_eq!(body == before, is_same, "{later}");
    }
}

#[tokio::test]
async fn who_has_the_playlist_already_gets_no_body() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    for (path, query, cache_control) in [
        ("/video/m/vod.m3u8", "usher-style=inline", "private, max-age=100"),
        ("/video/m/live.m3u8", "usher-style=inline", "private, no-cache"),
        ("/video/m/live.m3u8", "", "private, no-cache"),
    ] {
        let event = get(path, query);
        let etag = header(&function, event.clone(), "etag").await;
        for asked in [etag.clone(), format!("\"x\", {etag}"), "*".to_owned()] {
            // Compressed or not: the validator is a weak one.
            let event = with_header(event.clone(), "if-none-match", &asked);
            let event = with_header(event, "accept-encoding", "gzip");
            for method in ["GET", "HEAD"] {
                let answer = function.answer(with_method(event.clone(), method)).await;
                assert_eq!(answer, not_modified(cache_control), "{method} {path} {query} {asked}");
            }
        }
        for asked in ["W/\"x\"", "x", ""] {
            let (prelude, _) = function.bytes(with_header(event.clone(), "if-none-match", asked)).await;
            assert_eq!(prelude["statusCode"], json!(200), "{path} {query} {asked}");
        }
    }
}

#[tokio::test]
async fn the_etag_follows_the_source_the_style_the_asset_and_the_bucket_of_time() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let inline = get("/video/m/vod.m3u8", "usher-style=inline");
    let first = header(&function, inline.clone(), "etag").await;
    let etag = async |event: &Value| header(&function, event.clone(), "etag").await;
    assert_eq!(etag(&inline).await, first);

    let mut other_host = inline.clone();
    other_host["headers"]["x-viewer-host"] = json!("media.example.com");
    for event in [
        get("/video/m/vod.m3u8", ""),
        with_credential(get("/video/m/vod.m3u8", ""), Some("url")),
        get("/video/m/live.m3u8", "usher-style=inline"),
        other_host,
    ] {
        assert_ne!(etag(&event).await, first, "{event}");
    }

    function.set_time(NOW + 100);
    assert_eq!(etag(&inline).await, first);
    function.set_time(NOW + 101);
    let next = etag(&inline).await;
    assert_ne!(next, first);

    bucket.put("video/m/vod.m3u8", &COMPLETE.replace("s.ts", "t.ts"));
    assert_ne!(etag(&inline).await, next);
}

/// When the one segment of a playlist expires.
async fn segment_expires(function: &Function, event: Value) -> u64 {
    let (_, body) = function.answer(event).await;
    let segment = body.lines().find(|line| line.starts_with("s.ts")).unwrap();
    let admitted = ask(&format!("https://{HOST}/video/m/{segment}"), NOW).unwrap();
    admitted.policy.date_less_than.seconds()
}

#[tokio::test]
async fn parameters_live_to_the_end_of_the_programme_and_a_pause() {
    let bucket = bucket().await;
    bucket.put("video/m/long.m3u8", &COMPLETE.replace("EXTINF:4", "EXTINF:36000"));
    for (margin, path, expires) in [
        ("3600", "/video/m/vod.m3u8", NOW + 21_700),
        ("3600", "/video/m/long.m3u8", NOW + 39_700),
        ("60", "/video/m/long.m3u8", NOW + 36_400),
        ("60", "/video/m/live.m3u8", NOW + 400),
    ] {
        let function = Function::with(bucket.client(), &[("PAUSE_MARGIN_SECONDS", margin)]);
        let event = get(path, "usher-style=inline");
        assert_eq!(segment_expires(&function, event).await, expires, "{margin} {path}");
    }
}

#[tokio::test]
async fn parameters_may_be_bound_to_the_life_of_the_credential() {
    let bucket = bucket().await;
    let function = Function::with(bucket.client(), &[("PARAMETER_LIFE", "credential")]);
    let inline = get("/video/m/vod.m3u8", "usher-style=inline");
    let expiring = |seconds: u64| with_header(inline.clone(), "x-viewer-expires", &seconds.to_string());
    for (credential, expires, cache_control) in [
        (NOW + 60, NOW + 60, "private, max-age=0"),
        (NOW + 21_650, NOW + 21_650, "private, max-age=50"),
        (NOW + 100_000, NOW + 21_700, "private, max-age=100"),
    ] {
        let (prelude, _) = function.bytes(expiring(credential)).await;
        assert_eq!(prelude["headers"]["cache-control"], json!(cache_control), "{credential}");
        assert_eq!(segment_expires(&function, expiring(credential)).await, expires, "{credential}");
    }

    let mut unknown = inline.clone();
    unknown["headers"].as_object_mut().unwrap().remove("x-viewer-expires");
    let detail = "the request does not tell until when its viewer is admitted, and what it asks for must not \
                  outlive that";
    let refused = problem(403, "Forbidden", detail, json!({}));
    assert_eq!(function.answer(unknown.clone()).await, refused);
    // Nothing is signed in this style.
    unknown["rawQueryString"] = json!("usher-style=plain");
    assert_eq!(function.answer(unknown).await, plain(COMPLETE));
}
