//! JSON documents beside the playlists.

use serde_json::{Value, json};

use crate::{
    bucket::{Bucket, Then, fault},
    function::{
        Answer, Function, HOST, get, grant, nested, parts, playlist_headers, problem, with_credential,
    },
};

fn document(content_type: &str, body: &str) -> Answer {
    let mut headers = playlist_headers("max-age=0, s-maxage=1");
    headers["content-type"] = json!(content_type);
    (parts(200, &headers), body.to_owned())
}

fn asset_list(query: &str) -> String {
    format!(
        r#"{{"ASSETS": [{{"URI": "https://{HOST}/video/ad/a.m3u8{query}", "DURATION": 15.0}},
            {{"URI": "https://ads.example/b.m3u8", "DURATION": 1e1}}]}}"#
    )
}

fn without_cookies(path: &str) -> Value {
    with_credential(get(path, ""), Some("url"))
}

#[tokio::test]
async fn the_assets_of_a_list_are_signed_each_for_itself() {
    let bucket = Bucket::new().await;
    bucket.put("video/m/ads.json", asset_list(""));
    let function = Function::new(bucket.client());
    let expected = asset_list(&format!("?{}", nested(&grant("/video/ad/*"))));
    let answer = function.answer(without_cookies("/video/m/ads.json")).await;
    assert_eq!(answer, document("application/json", &expected));

    let expected = asset_list(&format!("?usher-style=define&{}", nested(&grant("/video/ad/*"))));
    let answer = function.answer(get("/video/m/ads.json", "usher-style=define")).await;
    assert_eq!(answer, document("application/json", &expected));
    assert_eq!(function.signed(), 1);
}

#[tokio::test]
async fn a_steering_manifest_gives_a_clone_on_our_host_its_parameters() {
    let manifest = |id: &str, reload: &str, parameters: &str| {
        format!(
            r#"{{"VERSION":1,"TTL":300,"RELOAD-URI":"steering.json{reload}","PATHWAY-PRIORITY":["{id}","base"],"PATHWAY-CLONES":[{{"BASE-ID":"base","ID":"{id}","URI-REPLACEMENT":{{"HOST":"{HOST}"{parameters}}}}}]}}"#
        )
    };
    let bucket = Bucket::new().await;
    bucket.put("video/m/steering.json", manifest("c", "", ""));
    let function = Function::new(bucket.client());
    let (parts, body) = function.answer(without_cookies("/video/m/steering.json")).await;
    assert_eq!(parts["headers"]["content-type"], "application/vnd.apple.steering-list");

    let query = nested(&grant("/video/m/*"));
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let parameters: serde_json::Map<_, _> =
        pairs.map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
    let parameters = format!(r#","PARAMS":{}"#, Value::from(parameters));
    let expected: Value = serde_json::from_str(&manifest("c", &format!("?{query}"), &parameters)).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), expected);
}

#[tokio::test]
async fn everything_else_is_handed_out_as_it_lies_in_the_bucket() {
    let bucket = Bucket::new().await;
    let function = Function::new(bucket.client());
    for body in ["{\"chapters\": []}\n", "[]", "7", r#"{"x": 1, "x": 2}"#] {
        bucket.put("video/m/data.json", body);
        let answer = function.answer(without_cookies("/video/m/data.json")).await;
        assert_eq!(answer, document("application/json", body));
    }
    bucket.put("video/m/ads.json", asset_list(""));
    for query in ["", "usher-style=plain"] {
        let answer = function.answer(get("/video/m/ads.json", query)).await;
        assert_eq!(answer, document("application/json", &asset_list("")), "who has cookies keeps them");
    }
    assert_eq!(function.signed(), 0);
}

/// The function must not return the unsigned document instead: a player may find a clone in it whose host gets
/// the signature of its base.
#[tokio::test]
async fn what_cannot_be_taken_apart_is_refused_and_is_left_to_the_style_plain() {
    let clone = |replacement: &str| {
        format!(r#"{{"PATHWAY-CLONES":[{{"BASE-ID":"b","ID":"c","URI-REPLACEMENT":{{{replacement}}}}}]}}"#)
    };
    let too_large = format!(r#"{{"ASSETS":[],"x":"{}"}}"#, "x".repeat(1_024 * 1_024));
    let rows = [
        (
            clone(r#""HOST":"other.example","PARAMS":{"a":"1","a":"2"}"#),
            "an object in the document has the same name twice",
        ),
        (
            clone(r#""HOST":"d111111abcdef8.cloudfront.net","HOST":"other.example""#),
            "an object in the document has the same name twice",
        ),
        (too_large, "the document has more than the 1048576 bytes that are read"),
        ("[".to_owned(), "the document is not JSON at line 1, column 1"),
        (String::new(), "the document is not JSON at line 1, column 0"),
    ];
    let bucket = Bucket::new().await;
    let function = Function::with(bucket.client(), &[("MAX_PLAYLIST_BYTES", "2000000")]);
    for (body, detail) in rows {
        bucket.put("video/m/data.json", &body);
        let refused = problem(502, "unreadable-document", detail, json!({}));
        for style in ["inline", "define"] {
            let answer = function.answer(get("/video/m/data.json", &format!("usher-style={style}"))).await;
            assert_eq!(answer, refused, "{detail}");
        }
        let answer = function.answer(get("/video/m/data.json", "usher-style=plain")).await;
        assert!(answer == document("application/json", &body), "{detail}");
    }
    assert_eq!(function.signed(), 0);
}

#[tokio::test]
async fn a_document_is_told_by_its_content_type_too() {
    let body = asset_list("");
    let stored = |content_type: &str| {
        let length = body.len();
        format!(
            "HTTP/1.1 200 OK\r\nETag: \"e\"\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    };
    let signed = asset_list(&format!("?{}", nested(&grant("/video/ad/*"))));
    let signed = document("application/json", &signed);
    let no_playlist = "the object at this path is not a playlist: it does not start with #EXTM3U";
    let no_playlist = problem(502, "not-a-playlist", no_playlist, json!({}));
    let rows = [
        ("ads", "application/json", &signed),
        ("ads.v1", "Application/JSON ; charset=utf-8", &signed),
        ("ads", "application/vnd.apple.steering-list", &signed),
        ("ads.php", "application/ld+json", &signed),
        ("ads.JSON", "binary/octet-stream", &signed),
        ("ads", "binary/octet-stream", &no_playlist),
        ("ads.html", "text/html", &no_playlist),
        ("ads.m3u8", "application/json", &no_playlist),
        ("ads.M3U", "application/json", &no_playlist),
    ];
    for (name, content_type, expected) in rows {
        let function = Function::new(fault(stored(content_type), Then::Close).await);
        let answer = function.answer(without_cookies(&format!("/video/m/{name}"))).await;
        assert_eq!(&answer, expected, "{name} {content_type}");
    }
}

/// Whatever content type an upload sets, a browser must not open the document as a page.
#[tokio::test]
async fn json_is_always_sent_as_json() {
    for content_type in ["text/html", "image/svg+xml", "application/xhtml+xml", "text/javascript"] {
        let body = "<script>alert(1)</script>";
        let length = body.len();
        let stored = format!(
            "HTTP/1.1 200 OK\r\nETag: \"e\"\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        let function = Function::new(fault(stored, Then::Close).await);
        let answer = function.answer(get("/video/m/x.json", "usher-style=plain")).await;
        assert_eq!(answer, document("application/json", body), "{content_type}");
    }
}

#[tokio::test]
async fn a_document_in_the_place_of_a_playlist_is_no_playlist() {
    let bucket = Bucket::new().await;
    bucket.put("video/m/p.m3u8", asset_list(""));
    let function = Function::new(bucket.client());
    let detail = "the object at this path is not a playlist: it does not start with #EXTM3U";
    let answer = function.answer(without_cookies("/video/m/p.m3u8")).await;
    assert_eq!(answer, problem(502, "not-a-playlist", detail, json!({})));
}
