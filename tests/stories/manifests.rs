//! MPDs, pictures for a timeline, and what everybody may get: through the edge, in both of the ways in which AWS may
//! work.

use std::fs;

use reqwest::StatusCode;
use tempfile::TempDir;
use url::Url;

use crate::house::{House, denial, owned, xml};

const MPD: &str = r#"<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet>
<SegmentTemplate media="$RepresentationID$/$Number$.m4s" initialization="$RepresentationID$/i.mp4"/>
<Representation id="v0"/></AdaptationSet></Period></MPD>
"#;
const PICTURES: &str = "WEBVTT\n\n00:00.000 --> 00:02.000\nthumbnails/1.jpg#xywh=0,0,160,90\n";

/// A film with an MPD, and a trailer for everybody.
fn media() -> TempDir {
    let media = TempDir::new().unwrap();
    for (name, content) in [
        ("video/m/manifest.mpd", MPD),
        ("video/m/thumbnails.vtt", PICTURES),
        ("video/m/thumbnails/1.jpg", "thumbnails"),
        ("video/m/poster.jpg", "poster"),
        ("video/m/master.m3u8", "#EXTM3U\n"),
        ("video/m/v0/1.m4s", "segment"),
        ("video/m/v0/i.mp4", "map"),
        ("public/trailer.mp4", "trailer"),
        ("other/trailer.mp4", "other"),
    ] {
        let file = media.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }
    media
}

async fn house(media: &TempDir, hide_signatures: bool) -> House {
    House::with_options(|options| {
        (options.media, options.hide_signatures) = (media.path().to_owned(), hide_signatures);
    })
    .await
}

async fn get(house: &House, url: &str) -> (StatusCode, String) {
    let answer = house.get(url).send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

fn attribute<'a>(mpd: &'a str, name: &str) -> &'a str {
    mpd.split_once(&format!("{name}=\"")).and_then(|(_, rest)| rest.split('"').next()).unwrap()
}

#[tokio::test]
async fn an_mpd_by_a_signed_url_opens_its_segments_and_nothing_else() {
    for hidden in [false, true] {
        let media = media();
        let house = house(&media, hidden).await;
        let url = Url::parse(&house.signed_url("/video/m/manifest.mpd").await).unwrap();
        let (status, mpd) = get(&house, url.as_str()).await;
        assert_eq!(status, StatusCode::OK, "{hidden} {mpd}");
        for (name, file, content) in [("media", "v0/1.m4s", "segment"), ("initialization", "v0/i.mp4", "map")]
        {
            let written = attribute(&mpd, name).replace("&amp;", "&");
            let query = written.split_once('?').unwrap().1;
            let reference = written.replace("$RepresentationID$", "v0").replace("$Number$", "1");
            let signed = url.join(&reference).unwrap();
            assert_eq!(signed.path(), format!("/video/m/{file}"), "{hidden}");
            assert_eq!(get(&house, signed.as_str()).await, (StatusCode::OK, content.to_owned()), "{hidden}");
            let beyond = format!("/video/n/1.m4s?{query}");
            assert_eq!(get(&house, &beyond).await.0, StatusCode::FORBIDDEN, "{hidden}");
        }
        // By cookies, the MPD is the one in the bucket.
        let request = house.get("/video/m/manifest.mpd").header("cookie", house.cookies().await);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/dash+xml");
        assert_eq!(answer.text().await.unwrap(), MPD, "{hidden}");
    }
}

#[tokio::test]
async fn pictures_for_a_timeline_open_by_a_signed_url() {
    for hidden in [false, true] {
        let media = media();
        let house = house(&media, hidden).await;
        let url = Url::parse(&house.signed_url("/video/m/thumbnails.vtt").await).unwrap();
        let (status, text) = get(&house, url.as_str()).await;
        let picture = text.lines().last().unwrap();
        assert!(picture.ends_with("#xywh=0,0,160,90"), "{hidden} {status} {text}");
        let mut picture = url.join(picture).unwrap();
        picture.set_fragment(None);
        assert_eq!(
            get(&house, picture.as_str()).await,
            (StatusCode::OK, "thumbnails".to_owned()),
            "{hidden}"
        );
        picture.set_query(None);
        assert_eq!(get(&house, picture.as_str()).await.0, StatusCode::FORBIDDEN, "{hidden}");
    }
}

#[tokio::test]
async fn everybody_gets_what_is_public_and_nothing_else() {
    let media = media();
    let open = async |paths: &str| {
        House::with_options(|options| {
            options.media = media.path().to_owned();
            options.parameter_overrides = owned(&[("PublicPaths", paths)]);
        })
        .await
    };
    let house = open("/public/*,/video/*/poster.jpg").await;
    let missing = "Missing Key-Pair-Id query parameter or cookie value";
    let refused = xml("MissingKey", missing);
    for (path, expected) in [
        ("/public/trailer.mp4", Ok("trailer")),
        ("/video/m/poster.jpg", Ok("poster")),
        ("/video/m/thumbnails/1.jpg", Err(())),
        ("/video/m/master.m3u8", Err(())),
        ("/video/m/manifest.mpd", Err(())),
        ("/video/m/thumbnails.vtt", Err(())),
        ("/video/m/v0/1.m4s", Err(())),
        ("/other/trailer.mp4", Err(())),
    ] {
        let (status, body) = get(&house, path).await;
        match expected {
            Ok(content) => assert_eq!((status, body.as_str()), (StatusCode::OK, content), "{path}"),
            Err(()) => assert_eq!((status, &body), (StatusCode::FORBIDDEN, &refused), "{path}"),
        }
    }
    let again = house.get("/public/trailer.mp4").header("range", "bytes=1-3").send().await.unwrap();
    assert_eq!(
        (again.status(), &again.headers()["x-cache"]),
        (StatusCode::PARTIAL_CONTENT, &"Hit from cloudfront".parse().unwrap())
    );
    assert_eq!(again.headers()["content-security-policy"], "sandbox; default-src 'none'");
    assert_eq!(again.text().await.unwrap(), "rai");

    let closed = open("").await;
    for path in ["/public/trailer.mp4", "/video/m/poster.jpg"] {
        let answer = closed.get(path).send().await.unwrap();
        let (status, _, body) = denial(answer).await;
        assert_eq!((status, &body), (StatusCode::FORBIDDEN, &refused), "{path}");
    }
}
