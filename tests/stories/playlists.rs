//! Playlists as players request them: in one style or another, again and again, and while they grow.

use std::fs;

use reqwest::StatusCode;
use tempfile::TempDir;
use url::Url;

use crate::house::{House, START, denial};

const STREAM: &str = "/video/clock-fmp4/master.m3u8";

/// The name and the value of the only definition in a playlist, and the playlist without that line.
fn definition(playlist: &str) -> (String, String, String) {
    let (definitions, rest): (Vec<_>, Vec<_>) =
        playlist.lines().partition(|line| line.starts_with("#EXT-X-DEFINE"));
    let [definition] = definitions.as_slice() else { panic!("one definition: {definitions:?}") };
    let (name, value) = definition.split_once("\",VALUE=\"").unwrap();
    let name = name.strip_prefix("#EXT-X-DEFINE:NAME=\"").unwrap();
    (name.to_owned(), value.strip_suffix('"').unwrap().to_owned(), rest.join("\n"))
}

/// The URIs of a playlist, on separate lines and in attributes.
fn uris(playlist: &str) -> impl Iterator<Item = &str> {
    playlist.lines().filter_map(|line| match line.strip_prefix('#') {
        Some(tag) => tag.split_once("URI=\"")?.1.split('"').next(),
        None => Some(line).filter(|line| !line.is_empty()),
    })
}

#[tokio::test]
async fn in_the_style_define_the_parameters_stand_once_and_open_everything() {
    let house = House::open().await;
    let mut playlists = vec![format!("{}&usher-style=define", house.signed_url(STREAM).await)];
    let mut segments = 0;
    while let Some(url) = playlists.pop() {
        let answer = house.get(&url).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{url}");
        let base = Url::parse(&url).unwrap();
        let (name, value, playlist) = definition(&answer.text().await.unwrap());
        assert!(!playlist.contains("?Policy=") && !playlist.contains("&Policy="), "{playlist}");
        for uri in uris(&playlist.replace(&format!("{{${name}}}"), &value)) {
            let url = base.join(uri).unwrap();
            if url.path().ends_with(".m3u8") {
                playlists.push(url.to_string());
            } else {
                assert_eq!(house.get(url.as_str()).send().await.unwrap().status(), StatusCode::OK, "{url}");
                segments += 1;
            }
        }
    }
    // Two renditions of a map and four segments.
    assert_eq!(segments, 10);
}

#[tokio::test]
async fn a_playlist_that_did_not_change_is_not_sent_again() {
    let house = House::open().await;
    let url = house.signed_url("/video/clock-ts/360p/playlist.m3u8").await;
    let first = house.get(&url).send().await.unwrap();
    let etag = first.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(first.headers()["cache-control"], "max-age=0, s-maxage=300", "an expiry bucket");
    let again = || house.get(&url).header("if-none-match", &etag).send();
    let answer = again().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(answer.headers()["etag"], etag.as_str());
    assert_eq!(answer.text().await.unwrap(), "");

    // Six hours, rounded down: 21,400 seconds. The signatures in the playlist are valid as long as the viewer's
    // URL.
    house.set_time(START + 21_399);
    assert_eq!(again().await.unwrap().status(), StatusCode::NOT_MODIFIED);
    house.set_time(START + 21_400);
    assert_eq!(again().await.unwrap().status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn who_takes_gzip_gets_gzip() {
    let house = House::open().await;
    let url = house.signed_url("/video/clock-ts/360p/playlist.m3u8").await;
    let plain = house.get(&url).send().await.unwrap();
    assert_eq!(plain.headers().get("content-encoding"), None);
    let plain = plain.bytes().await.unwrap();
    for (accepted, encoding) in
        [("gzip", Some("gzip")), ("br, gzip;q=0.5", Some("gzip")), ("gzip;q=0", None), ("br", None)]
    {
        let answer = house.get(&url).header("accept-encoding", accepted).send().await.unwrap();
        let found = answer.headers().get("content-encoding").map(|value| value.to_str().unwrap());
        assert_eq!(found, encoding, "{accepted}");
        assert_eq!(answer.headers()["vary"], "Accept-Encoding", "{accepted}");
        let body = answer.bytes().await.unwrap();
        assert_eq!(body.starts_with(&[0x1f, 0x8b]), encoding.is_some(), "{accepted}");
        assert_eq!(body.len() < plain.len(), encoding.is_some(), "{accepted}");
    }
}

#[tokio::test]
async fn a_live_playlist_by_signed_url_plays_until_the_url_ends_and_then_stops_with_a_reason() {
    let media = TempDir::new().unwrap();
    let folder = media.path().join("video/live");
    fs::create_dir_all(&folder).unwrap();
    let playlist = |first: u64| {
        format!(
            "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:{first}\n#EXTINF:4,\ns{first}.ts\n#EXTINF:4,\ns{}.ts\n",
            first + 1
        )
    };
    fs::write(folder.join("master.m3u8"), "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8\n").unwrap();
    for number in 0..4 {
        fs::write(folder.join(format!("s{number}.ts")), format!("segment {number}")).unwrap();
    }
    fs::write(folder.join("low.m3u8"), playlist(0)).unwrap();
    let house = House::with_media(media.path().to_owned()).await;

    let master = house.signed_url("/video/live/master.m3u8").await;
    let text = house.get(&master).send().await.unwrap().text().await.unwrap();
    let low = Url::parse(&master).unwrap().join(uris(&text).next().unwrap()).unwrap();
    let reload = async |kept: u64| {
        let answer = house.get(low.as_str()).send().await.unwrap();
        assert_eq!(answer.headers()["cache-control"], format!("max-age=0, s-maxage={kept}").as_str());
        let text = answer.text().await.unwrap();
        uris(&text).map(|uri| low.join(uri).unwrap().to_string()).collect::<Vec<_>>()
    };
    let get = async |url: &str| {
        let answer = house.get(url).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    };

    let early = reload(2).await;
    assert_eq!(get(&early[1]).await, (StatusCode::OK, "segment 1".to_owned()));
    fs::write(folder.join("low.m3u8"), playlist(2)).unwrap();
    // For half a target duration, every viewer of the playlist gets the previous version.
    assert_eq!(reload(2).await, early);
    house.set_time(START + 2);
    let late = reload(2).await;
    assert_eq!(get(&late[1]).await, (StatusCode::OK, "segment 3".to_owned()));
    // The URL is valid for six hours, rounded down to a bucket; then playback ends, however often the playlist was
    // reloaded.
    house.set_time(START + 21_399);
    // It is kept no longer than the signatures in it are valid.
    let last = reload(1).await;
    assert_eq!(get(&last[0]).await, (StatusCode::OK, "segment 2".to_owned()));
    house.set_time(START + 21_400);
    assert_eq!(get(&last[0]).await.0, StatusCode::FORBIDDEN);
    let answer = house.get(low.as_str()).send().await.unwrap();
    let ended =
        "it expired at 2026-09-21T20:10:00Z (1790021400), and now it is 2026-09-21T20:10:00Z (1790021400)";
    assert_eq!(denial(answer).await.1.as_deref(), Some(ended));
}
