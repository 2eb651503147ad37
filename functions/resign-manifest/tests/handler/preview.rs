//! Previews: a playlist that ends early, and in which no URL opens anything but itself.

use hls_rewrite::policy_copy;
use serde_json::{Value, json};

use crate::{
    bucket::Bucket,
    function::{
        EXPIRES, Function, HOST, NOW, ask, get, grant, problem, served, with_credential, with_header,
        with_policy,
    },
};

const MASTER: &str = "#EXTM3U\n\
    #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"English\",URI=\"en/p.m3u8\"\n\
    #EXT-X-SESSION-DATA:DATA-ID=\"x\",URI=\"data.json\"\n\
    #EXT-X-STREAM-INF:BANDWIDTH=400000,AUDIO=\"a\"\n\
    v0/p.m3u8\n\
    #EXT-X-STREAM-INF:BANDWIDTH=800000,AUDIO=\"a\"\n\
    ../n/p.m3u8\n\
    #EXT-X-STREAM-INF:BANDWIDTH=900000,AUDIO=\"a\"\n\
    https://other.example.com/p.m3u8\n";
const MEDIA: &str = "#EXTM3U\n\
    #EXT-X-MAP:URI=\"init.mp4\"\n\
    #EXT-X-KEY:METHOD=AES-128,URI=\"k?x=1\"\n\
    #EXTINF:6,\n\
    s1.m4s\n\
    #EXTINF:6,\n\
    s2.m4s\n\
    #EXTINF:6,\n\
    s3.m4s\n\
    #EXT-X-ENDLIST\n";

async fn bucket() -> Bucket {
    let bucket = Bucket::new().await;
    bucket.put("video/m/master.m3u8", MASTER);
    bucket.put("video/m/v0/p.m3u8", MEDIA);
    bucket.put("video/m/live.m3u8", MEDIA.replace("#EXT-X-ENDLIST\n", "").as_str());
    bucket.put("video/m/data.json", r#"{"ASSETS":[{"URI":"v0/p.m3u8","DURATION":6}]}"#);
    bucket
}

/// What covers the preview of the playlist at `path`.
fn resource(path: &str, seconds: u64) -> String {
    format!("{path}?usher-preview={seconds}&*")
}

fn preview(path: &str, seconds: u64) -> Value {
    let resource = format!("https://{HOST}{}", resource(path, seconds));
    with_policy(with_credential(get(path, ""), Some("url")), Some(&resource), Some(EXPIRES))
}

/// The media playlist of a preview of seven seconds.
fn media() -> String {
    let file =
        |name: &str, pattern: &str| format!("{name}{}", grant(&format!("/video/m/v0/{pattern}")).query());
    format!(
        "#EXTM3U\n#EXT-X-MAP:URI=\"{}\"\n#EXT-X-KEY:METHOD=AES-128,URI=\"{}\"\n#EXTINF:6,\n{}\n#EXTINF:6,\n{}\n#EXT-X-ENDLIST\n",
        file("init.mp4?", "init.mp4"),
        file("k?x=1&", "k?*"),
        file("s1.m4s?", "s1.m4s"),
        file("s2.m4s?", "s2.m4s"),
    )
}

#[tokio::test]
async fn each_file_of_a_preview_is_signed_by_itself_and_the_playlist_ends() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    assert_eq!(function.answer(preview("/video/m/v0/p.m3u8", 7)).await, served(&media()));
    assert_eq!(function.signed(), 4);
}

#[tokio::test]
async fn no_url_of_a_preview_opens_the_next_segment_or_the_playlist() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let (_, playlist) = function.answer(preview("/video/m/v0/p.m3u8", 7)).await;
    let signatures: Vec<&str> = playlist
        .split(['\n', '"'])
        .filter(|text| text.contains("Signature="))
        .map(|text| text.split_once('?').unwrap().1)
        .map(|query| query.trim_start_matches("x=1&"))
        .collect();
    assert_eq!(signatures.len(), 4);
    for name in ["s3.m4s", "s10.m4s", "p.m3u8", "../master.m3u8", "../v1/s1.m4s"] {
        for query in &signatures {
            let url = format!("https://{HOST}/video/m/v0/{name}?{query}");
            assert!(ask(&url, NOW).is_err(), "{name}");
        }
    }
    let first = format!("https://{HOST}/video/m/v0/s1.m4s?{}", grant("/video/m/v0/s1.m4s").query());
    assert_eq!(ask(&first, NOW).err(), None);
}

#[tokio::test]
async fn playlists_of_a_preview_are_previews_of_the_same_length() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let nested = |name: &str| {
        let grant = grant(&resource(&format!("/video/m/{name}"), 7));
        format!("{name}?usher-preview=7&{}&{}", grant.query(), policy_copy(&grant))
    };
    // Neither documents, nor another film, nor another host.
    let expected =
        MASTER.replace("en/p.m3u8", &nested("en/p.m3u8")).replace("v0/p.m3u8", &nested("v0/p.m3u8"));
    assert_eq!(function.answer(preview("/video/m/master.m3u8", 7)).await, served(&expected));
    let url = format!("https://{HOST}/video/m/{}", nested("v0/p.m3u8"));
    assert_eq!(ask(&url, NOW).err(), None);
    for other in [url.replace("usher-preview=7", "usher-preview=70"), url.replace("usher-preview=7&", "")] {
        assert!(ask(&other, NOW).is_err(), "{other}");
    }
}

#[tokio::test]
async fn where_the_function_sees_the_copy_alone_the_preview_is_the_same() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let path = "/video/m/v0/p.m3u8";
    let copy = policy_copy(&grant(&resource(path, 7)));
    let blind = |path| {
        let event = with_policy(with_credential(get(path, ""), None), None, None);
        with_header(event, "x-viewer-policy-copy", &copy)
    };
    assert_eq!(function.answer(blind(path)).await, served(&media()));
    // The copy is for one playlist: another one is as it is in the bucket, and nothing keeps that.
    let (parts, body) = function.answer(blind("/video/m/master.m3u8")).await;
    assert_eq!(
        (parts["headers"]["cache-control"].as_str(), body.as_str()),
        (Some("max-age=0, s-maxage=0"), MASTER)
    );
}

#[tokio::test]
async fn what_has_no_preview_is_refused() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let refused = |detail: &str| problem(403, "no-preview", detail, json!({}));
    let live = "this playlist has no preview: it is live: only a playlist with EXT-X-ENDLIST, or of the type VOD, has a \
                preview";
    assert_eq!(function.answer(preview("/video/m/live.m3u8", 7)).await, refused(live));
    let long = "this playlist has no preview: a segment in it is longer than the preview, or has no duration";
    assert_eq!(function.answer(preview("/video/m/v0/p.m3u8", 5)).await, refused(long));
    let document = refused("only playlists have a preview");
    assert_eq!(function.answer(preview("/video/m/data.json", 7)).await, document);
    let many: String = (0..201).map(|number| format!("#EXTINF:1,\ns{number}.ts\n")).collect();
    bucket.put("video/m/many.m3u8", format!("#EXTM3U\n{many}#EXT-X-ENDLIST\n"));
    let function = Function::with(bucket.client(), &[("MAX_PLAYLIST_BYTES", "100000")]);
    let detail = "this preview needs more than 200 signatures: ask for fewer seconds";
    assert_eq!(function.answer(preview("/video/m/many.m3u8", 600)).await, refused(detail));
    assert_eq!(function.signed(), 0);
}

#[tokio::test]
async fn the_policy_of_a_preview_is_for_its_playlist() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let elsewhere = format!("https://{HOST}{}", resource("/video/m/master.m3u8", 7));
    let event = with_policy(preview("/video/m/v0/p.m3u8", 7), Some(&elsewhere), Some(EXPIRES));
    let detail = "the viewer's policy does not cover this path";
    assert_eq!(function.answer(event).await, problem(403, "policy-other-path", detail, json!({})));
}
