//! MPDs, and WebVTT files of pictures.

use serde_json::{Value, json};

use crate::{
    bucket::{Bucket, Then, fault},
    function::{
        Answer, EXPIRES, Function, HOST, get, grant, nested, parts, playlist_headers, problem,
        with_credential, with_policy,
    },
};

const MPD: &str = r#"<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">
<Location>manifest.mpd</Location>
<Period><AdaptationSet><SegmentTemplate media="$RepresentationID$/$Number$.m4s" initialization="$RepresentationID$/i.mp4"/>
<Representation id="v0"/><Representation id="v1"/></AdaptationSet></Period>
<Period><BaseURL>https://other.example.com/</BaseURL><AdaptationSet><SegmentTemplate media="$Number$.m4s"/>
<Representation id="v2"/></AdaptationSet></Period>
</MPD>
"#;
const PICTURES: &str = "WEBVTT\n\n00:00.000 --> 00:02.000\nthumbnails/1.jpg#xywh=0,0,160,90\n\n\
    00:02.000 --> 00:04.000\nthumbnails/1.jpg#xywh=160,0,160,90\n";
const CAPTIONS: &str = "WEBVTT\n\n00:00.000 --> 00:02.000\nSee thumbnails/1.jpg\n";

async fn bucket() -> Bucket {
    let bucket = Bucket::new().await;
    bucket.put("video/m/manifest.mpd", MPD);
    bucket.put(
        "video/m/live.mpd",
        MPD.replace("type=\"static\"", "type=\"dynamic\" minimumUpdatePeriod=\"PT4S\"").as_str(),
    );
    bucket.put("video/m/broken.mpd", MPD.replace("</MPD>", ""));
    bucket.put("video/m/thumbnails.vtt", PICTURES);
    bucket.put("video/m/en.vtt", CAPTIONS);
    bucket
}

fn by_url(path: &str, query: &str) -> Value {
    let resource = format!("https://{HOST}/video/m/*");
    with_policy(with_credential(get(path, query), Some("url")), Some(&resource), Some(EXPIRES))
}

fn served(content_type: &str, seconds: u64, body: &str) -> Answer {
    let mut headers = playlist_headers(&format!("max-age=0, s-maxage={seconds}"));
    headers["content-type"] = json!(content_type);
    (parts(200, &headers), body.to_owned())
}

/// `&` in XML.
fn escaped(query: &str) -> String {
    query.replace('&', "&amp;")
}

fn signed_mpd(mpd: &str) -> String {
    let grant = grant("/video/m/*");
    let query = escaped(grant.query());
    mpd.replacen("$Number$.m4s\" init", &format!("$Number$.m4s?{query}\" init"), 1)
        .replace("i.mp4", &format!("i.mp4?{query}"))
        .replace("manifest.mpd", &format!("manifest.mpd?{}", escaped(&nested(&grant))))
}

#[tokio::test]
async fn an_mpd_is_signed_by_the_rules_of_playlists() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let answer = function.answer(by_url("/video/m/manifest.mpd", "")).await;
    assert_eq!(answer, served("application/dash+xml", 300, &signed_mpd(MPD)));
    assert_eq!(function.signed(), 1);
    let live = MPD.replace("type=\"static\"", "type=\"dynamic\" minimumUpdatePeriod=\"PT4S\"");
    let answer = function.answer(by_url("/video/m/live.mpd", "")).await;
    assert_eq!(answer, served("application/dash+xml", 2, &signed_mpd(&live)));
}

#[tokio::test]
async fn viewers_with_cookies_get_mpds_and_web_vtt_as_they_are_in_the_bucket() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    for (name, content_type, body) in [
        ("manifest.mpd", "application/dash+xml", MPD),
        ("thumbnails.vtt", "text/vtt", PICTURES),
        ("en.vtt", "text/vtt", CAPTIONS),
    ] {
        let event = with_policy(get(&format!("/video/m/{name}"), ""), None, None);
        assert_eq!(function.answer(event).await, served(content_type, 300, body), "{name}");
    }
    assert_eq!(function.signed(), 0);
}

#[tokio::test]
async fn pictures_in_web_vtt_are_signed_and_the_text_of_captions_is_not_touched() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let grant = grant("/video/m/*");
    let signed = PICTURES.replace(".jpg#", &format!(".jpg?{}#", grant.query()));
    let answer = function.answer(by_url("/video/m/thumbnails.vtt", "")).await;
    assert_eq!(answer, served("text/vtt", 300, &signed));
    let answer = function.answer(by_url("/video/m/en.vtt", "")).await;
    assert_eq!(answer, served("text/vtt", 300, CAPTIONS));
    // Without a header for definitions, the parameters are inline in any style.
    let (_, body) = function.answer(by_url("/video/m/thumbnails.vtt", "usher-style=define")).await;
    assert_eq!(body, signed);
}

/// Not as JSON: a page of an application before the bucket, or of a wrong upload.
#[tokio::test]
async fn an_error_page_in_place_of_a_manifest_is_not_handed_out() {
    let body = r#"{"error": "gone"}"#;
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let function = Function::new(fault(answer, Then::Close).await);
    for (name, detail) in [
        ("page.mpd", "the object at this path is not an MPD: its first element is not MPD"),
        ("page.vtt", "the object at this path is not WebVTT: it does not start with WEBVTT"),
    ] {
        let path = format!("/video/m/{name}");
        let refused = problem(502, "not-a-playlist", detail, json!({}));
        assert_eq!(function.answer(by_url(&path, "")).await, refused, "{name}");
        let by_cookies = with_policy(get(&path, ""), None, None);
        assert_eq!(function.answer(by_cookies).await, refused, "{name}");
    }
    assert_eq!(function.signed(), 0);
}

#[tokio::test]
async fn annex_i_describes_the_parameters_once_where_it_is_asked_for() {
    let bucket = bucket().await;
    let one =
        MPD.replace("<Location>manifest.mpd</Location>\n", "").replace("https://other.example.com/", "v2/");
    bucket.put("video/m/one.mpd", one.as_str());
    let function = Function::new(bucket.client());
    let (_, body) = function.answer(by_url("/video/m/one.mpd", "usher-style=define")).await;
    assert_eq!(body.matches("Signature=").count(), 1, "{body}");
    assert!(body.contains("urn:mpeg:dash:urlparam:2014"), "{body}");
    assert!(body.contains(&escaped(grant("/video/m/*").query())), "{body}");
}

#[tokio::test]
async fn an_mpd_that_cannot_be_read_is_not_signed_and_a_preview_has_none() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let (parts, body) = function.answer(by_url("/video/m/broken.mpd", "")).await;
    assert_eq!(parts["statusCode"], 502);
    assert!(body.contains("urn:problem-type:usher:unreadable-document"), "{body}");
    let resource = format!("https://{HOST}/video/m/manifest.mpd?usher-preview=60&*");
    let event = with_policy(by_url("/video/m/manifest.mpd", ""), Some(&resource), Some(EXPIRES));
    let refused = problem(403, "no-preview", "only playlists have a preview", json!({}));
    assert_eq!(function.answer(event).await, refused);
    assert_eq!(function.signed(), 0);
}
