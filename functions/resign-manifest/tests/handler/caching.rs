//! What caches may keep, for how long, and how they revalidate it.

use serde_json::{Value, json};

use crate::{
    bucket::Bucket,
    function::{
        Answer, EXPIRES, Function, get, parts, playlist_headers, with_credential, with_header, with_method,
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
    bucket.put("video/m/data.json", "{}");
    bucket.put("video/m/list.json", r#"{"ASSETS":[{"URI":"a.m3u8","DURATION":1}]}"#);
    bucket.put("video/m/master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nvod.m3u8\n");
    bucket
}

async fn header(function: &Function, event: Value, name: &str) -> String {
    let (parts, _) = function.bytes(event).await;
    parts["headers"][name].as_str().unwrap().to_owned()
}

fn not_modified(cache_control: &str) -> Answer {
    (parts(304, &playlist_headers(cache_control)), String::new())
}

#[tokio::test]
async fn cloudfront_keeps_a_complete_playlist_for_a_bucket_and_a_live_one_for_half_a_target_duration() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    for (path, query, seconds) in [
        ("/video/m/vod.m3u8", "usher-style=inline", 300),
        ("/video/m/type.m3u8", "usher-style=inline", 300),
        ("/video/m/live.m3u8", "usher-style=inline", 2),
        ("/video/m/event.m3u8", "usher-style=inline", 1),
        ("/video/m/master.m3u8", "usher-style=inline", 1),
        ("/video/m/vod.m3u8", "", 300),
        ("/video/m/live.m3u8", "", 2),
        ("/video/m/master.m3u8", "", 1),
        ("/video/m/data.json", "", 1),
        ("/video/m/data.json", "usher-style=inline", 1),
        ("/video/m/list.json", "usher-style=inline", 1),
    ] {
        let expected = format!("max-age=0, s-maxage={seconds}");
        assert_eq!(header(&function, get(path, query), "cache-control").await, expected, "{path} {query}");
    }
}

#[tokio::test]
async fn nothing_signed_is_kept_longer_than_the_signature_in_it_lives() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let event = get("/video/m/vod.m3u8", "usher-style=inline");
    for (earlier, kept) in [(3_600, 300), (300, 300), (299, 299), (1, 1)] {
        function.set_time(EXPIRES - earlier);
        let (parts, _) = function.bytes(event.clone()).await;
        let expected = format!("max-age=0, s-maxage={kept}");
        assert_eq!(parts["headers"]["cache-control"], json!(expected), "{earlier}");
    }
}

#[tokio::test]
async fn who_has_the_playlist_already_gets_no_body() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    for (path, query, cache_control) in [
        ("/video/m/vod.m3u8", "usher-style=inline", "max-age=0, s-maxage=300"),
        ("/video/m/live.m3u8", "usher-style=inline", "max-age=0, s-maxage=2"),
        ("/video/m/live.m3u8", "", "max-age=0, s-maxage=2"),
    ] {
        let event = get(path, query);
        let etag = header(&function, event.clone(), "etag").await;
        for asked in [etag.clone(), format!("\"x\", {etag}"), "*".to_owned()] {
            // Compressed or not: the validator is weak.
            let event = with_header(event.clone(), "if-none-match", &asked);
            let event = with_header(event, "accept-encoding", "gzip");
            for method in ["GET", "HEAD"] {
                let answer = function.answer(with_method(event.clone(), method)).await;
                assert_eq!(answer, not_modified(cache_control), "{method} {path} {query} {asked}");
            }
        }
        for asked in ["W/\"x\"", "x", ""] {
            let (parts, _) = function.bytes(with_header(event.clone(), "if-none-match", asked)).await;
            assert_eq!(parts["statusCode"], json!(200), "{path} {query} {asked}");
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
    other_host["headers"]["x-viewer-resource"] = json!("https://media.example.com/video/*");
    for event in [
        get("/video/m/vod.m3u8", ""),
        with_credential(get("/video/m/vod.m3u8", ""), Some("url")),
        get("/video/m/live.m3u8", "usher-style=inline"),
        other_host,
    ] {
        assert_ne!(etag(&event).await, first, "{event}");
    }

    // The signatures stay the same as long as the viewer's policy, and so does the validator.
    function.set_time(EXPIRES - 1);
    assert_eq!(etag(&inline).await, first);
    let renewed = with_header(inline.clone(), "x-viewer-expires", &(EXPIRES + 300).to_string());
    let next = etag(&renewed).await;
    assert_ne!(next, first);

    bucket.put("video/m/vod.m3u8", COMPLETE.replace("s.ts", "t.ts"));
    assert_ne!(etag(&renewed).await, next);
}
