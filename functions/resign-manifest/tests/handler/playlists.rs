//! Whole playlists as viewers receive them.

use cloudfront_signing::SignatureLocation;
use url::Url;

use crate::{
    bucket::Bucket,
    function::{
        Answer, EXPIRES, Function, HOST, NOW, ask, get, grant, head, nested, served, with_credential,
        with_method, with_policy,
    },
};

/// Line ends and blank space as some packager might write them.
const MASTER: &str = "#EXTM3U\r\n\
    #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"en\", URI=\"audio/en.m3u8\"\r\n\
    #EXT-X-SESSION-KEY:METHOD=AES-128,URI=\"key.bin\"\r\n\
    #EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"a\"\r\n\
    v0/low.m3u8?x=%7E  \r\n\
    #EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"/video/m/v0/iframes.m3u8\"\r\n\
    # the end, without a line end";

const MEDIA: &str = "#EXTM3U\n\
    #EXT-X-TARGETDURATION:4\n\
    #EXT-X-KEY:METHOD=AES-128,URI=\"../key.bin\"\n\
    #EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://asset\"\n\
    #EXT-X-MAP:URI=\"init.mp4\"\n\
    #EXTINF:4,\n\
    s001.m4s\n\
    #EXTINF:4,\n\
    https://d111111abcdef8.cloudfront.net/video/m/v0/s002.m4s\n\
    #EXTINF:4,\n\
    https://other.example/video/m/v0/s003.m4s\n\
    #EXTINF:4,\n\
    //other.example/video/m/v0/s004.m4s\n\
    #EXTINF:4,\n\
    /other/s005.m4s\n\
    #EXT-X-ENDLIST\n";

async fn bucket() -> Bucket {
    let bucket = Bucket::new().await;
    bucket.put("video/m/master.m3u8", MASTER);
    bucket.put("video/m/v0/low.m3u8", MEDIA);
    bucket
}

/// The master playlist with the parameters of a nested playlist and of a key.
fn signed_master(nested: &str, key: &str) -> Answer {
    let signed = MASTER
        .replace("audio/en.m3u8", &format!("audio/en.m3u8?{nested}"))
        .replace("key.bin", &format!("key.bin?{key}"))
        .replace("?x=%7E", &format!("?x=%7E&{nested}"))
        .replace("iframes.m3u8", &format!("iframes.m3u8?{nested}"));
    served(&signed)
}

/// Every reference in a playlist, as its player resolves it.
fn references(path: &str, playlist: &str) -> Vec<String> {
    let base = Url::parse(&format!("https://{HOST}{path}")).unwrap();
    let lines = playlist.lines().map(str::trim);
    let attribute = |line: &str| Some(line.split_once("URI=\"")?.1.split('"').next()?.to_owned());
    lines
        .filter_map(|line| match line.strip_prefix('#') {
            Some(tag) => attribute(tag),
            None => Some(line.to_owned()),
        })
        .map(|reference| base.join(&reference).unwrap().to_string())
        .collect()
}

#[tokio::test]
async fn who_has_cookies_gets_the_playlist_as_it_lies_in_the_bucket() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    for query in ["", "x=1", "usher-style=plain"] {
        let answer = function.answer(get("/video/m/master.m3u8", query)).await;
        assert_eq!(answer, served(MASTER), "{query}");
    }
    let asked = with_credential(get("/video/m/v0/low.m3u8", "usher-style=plain"), Some("url"));
    assert_eq!(function.answer(asked).await, served(MEDIA));
    assert_eq!(function.signed(), 0);
}

#[tokio::test]
async fn who_has_no_cookies_gets_parameters_on_every_reference() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let grant = grant("/video/m/*");
    let asked = with_credential(get("/video/m/master.m3u8", ""), Some("url"));
    assert_eq!(function.answer(asked).await, signed_master(&nested(&grant), grant.query()));
}

#[tokio::test]
async fn who_is_not_known_to_have_a_signature_gets_the_playlist_as_it_lies_in_the_bucket() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    for query in ["", "usher-style=inline", "usher-style=define"] {
        let event = get("/video/m/master.m3u8", query);
        for event in [
            with_credential(event.clone(), None),
            with_credential(event.clone(), Some("something else")),
            with_policy(event.clone(), None, None),
            with_policy(event.clone(), Some(""), Some(EXPIRES)),
        ] {
            assert_eq!(function.answer(event).await, served(MASTER), "{query}");
        }
    }
    assert_eq!(function.signed(), 0);
}

#[tokio::test]
async fn the_style_that_was_asked_for_is_kept_on_nested_playlists_only() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let grant = grant("/video/m/*");
    let nested = format!("usher-style=inline&{}", nested(&grant));
    let expected = signed_master(&nested, grant.query());
    for query in ["usher-style=inline", "x=1&usher-style=inline&usher-style=plain"] {
        let answer = function.answer(get("/video/m/master.m3u8", query)).await;
        assert_eq!(answer, expected, "{query}");
    }
}

#[tokio::test]
async fn a_reference_to_another_host_or_outside_of_the_scope_is_left() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let grant = grant("/video/m/*");
    let expected = ["../key.bin", "init.mp4", "s001.m4s", "s002.m4s"]
        .iter()
        .fold(MEDIA.to_owned(), |text, reference| {
            text.replace(reference, &format!("{reference}?{}", grant.query()))
        });
    let asked = with_credential(get("/video/m/v0/low.m3u8", ""), Some("url"));
    assert_eq!(function.answer(asked).await, served(&expected));
}

#[tokio::test]
async fn each_signed_reference_is_admitted_without_cookies_until_it_expires() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    for (path, ours) in [("/video/m/master.m3u8", 4), ("/video/m/v0/low.m3u8", 4)] {
        let (_, body) = function.answer(get(path, "usher-style=inline")).await;
        let references = references(path, &body);
        let signed: Vec<_> = references.iter().filter(|url| url.contains("Signature=")).collect();
        assert_eq!(signed.len(), ours, "{references:?}");
        for url in signed {
            let admitted = ask(url, EXPIRES - 1).unwrap();
            assert_eq!(admitted.signature_location, SignatureLocation::Url);
            assert_eq!(admitted.policy.date_less_than.seconds(), EXPIRES);
            let denial = ask(url, EXPIRES).unwrap_err();
            assert_eq!(denial.code().as_str(), "AccessDenied", "{url}");
            let another = url.replace("/video/m/", "/video/n/");
            let denial = ask(&another, NOW).unwrap_err();
            assert_eq!(denial.code().as_str(), "AccessDenied", "{another}");
        }
    }
}

#[tokio::test]
async fn a_playlist_costs_one_signature_and_the_next_ones_of_its_asset_none() {
    let bucket = bucket().await;
    bucket.put("video/n/master.m3u8", MASTER);
    let function = Function::new(bucket.client());
    for (path, signed) in [
        ("/video/m/master.m3u8", 1),
        ("/video/m/master.m3u8", 1),
        ("/video/m/v0/low.m3u8", 1),
        // One signature for its own asset; the one reference to the other asset uses a grant from the cache.
        ("/video/n/master.m3u8", 2),
    ] {
        let (parts, _) = function.answer(get(path, "usher-style=inline")).await;
        assert_eq!(parts["statusCode"], 200, "{path}");
        assert_eq!(function.signed(), signed, "{path}");
    }
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    for query in ["", "usher-style=inline"] {
        let get = get("/video/m/master.m3u8", query);
        let expected = head(function.answer(get.clone()).await);
        let answer = function.answer(with_method(get, "HEAD")).await;
        assert_eq!(answer, expected, "{query}");
    }
}

#[tokio::test]
async fn a_name_with_escapes_is_read_by_its_key() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    bucket.put("video/ä b/100%+1.m3u8", "#EXTM3U\n#EXTINF:4,\ns.ts\n#EXT-X-ENDLIST\n");
    let asked = with_credential(get("/video/%C3%A4%20b/100%25+1.m3u8", ""), Some("url"));
    let grant = grant("/video/%C3%A4%20b/*");
    let expected = format!("#EXTM3U\n#EXTINF:4,\ns.ts?{}\n#EXT-X-ENDLIST\n", grant.query());
    assert_eq!(function.answer(asked).await, served(&expected));
}
