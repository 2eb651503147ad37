//! A viewer watches: by cookies, by signed URIs, and no longer after they expire.

use std::fs;

use reqwest::StatusCode;
use tempfile::TempDir;
use url::Url;

use crate::house::{House, denial, workspace, xml};

const STREAMS: [&str; 2] = ["/video/clock-fmp4/master.m3u8", "/video/clock-ts/master.m3u8"];

/// The URIs of a playlist, found by an independent reader.
fn uris(playlist: &str) -> Vec<&str> {
    let attributes = playlist.lines().filter(|line| line.starts_with('#')).filter_map(|line| {
        let (_, rest) = line.split_once("URI=\"")?;
        rest.split('"').next()
    });
    attributes.chain(playlist.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))).collect()
}

/// Requests every URI of a playlist and of the playlists in it, without cookies.
async fn follow(house: &House, playlist_url: &str) -> Vec<String> {
    let mut seen = Vec::new();
    let mut playlists = vec![playlist_url.to_owned()];
    while let Some(url) = playlists.pop() {
        let answer = house.get(&url).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{url}");
        let base = answer.url().clone();
        let text = answer.text().await.unwrap();
        for uri in uris(&text) {
            let resolved: Url = base.join(uri).unwrap();
            if resolved.path().ends_with(".m3u8") {
                playlists.push(resolved.to_string());
            } else {
                let answer = house.get(resolved.as_str()).send().await.unwrap();
                assert_eq!(answer.status(), StatusCode::OK, "{resolved}");
            }
            seen.push(resolved.to_string());
        }
    }
    seen
}

#[tokio::test]
async fn with_cookies_a_playlist_comes_as_it_lies_in_the_bucket() {
    for house in both_ways().await {
        let cookies = house.cookies().await;
        for path in STREAMS {
            let answer = house.get(path).header("cookie", &cookies).send().await.unwrap();
            assert_eq!(answer.headers()["content-type"], "application/vnd.apple.mpegurl");
            let file = workspace().join("local/media").join(path.trim_start_matches('/'));
            assert_eq!(answer.bytes().await.unwrap(), fs::read(file).unwrap());
        }
    }
}

/// The viewer-request function sees the viewer's signature, or CloudFront has removed it first.
async fn both_ways() -> [House; 2] {
    [House::open().await, House::with_hidden_signatures().await]
}

#[tokio::test]
async fn inline_every_uri_is_admitted_without_cookies() {
    let house = House::open().await;
    let cookies = house.cookies().await;
    for path in STREAMS {
        let master =
            house.get(&format!("{path}?usher-style=inline")).header("cookie", &cookies).send().await.unwrap();
        let base = master.url().clone();
        let master = master.text().await.unwrap();
        assert_eq!(uris(&master).len(), 2);
        for variant in uris(&master) {
            let variant = base.join(variant).unwrap();
            assert_eq!(variant.query_pairs().next().unwrap(), ("usher-style".into(), "inline".into()));
            // Four segments and a key, or four segments and a map.
            assert_eq!(follow(&house, variant.as_str()).await.len(), 5);
        }
    }
}

#[tokio::test]
async fn one_changed_character_of_any_signature_is_refused() {
    let house = House::open().await;
    let url = house.signed_url("/video/clock-ts/360p/playlist.m3u8").await;
    let playlist = house.get(&url).send().await.unwrap();
    let base = playlist.url().clone();
    let playlist = playlist.text().await.unwrap();
    for uri in uris(&playlist) {
        let (before, signature) = uri.split_once("Signature=").unwrap();
        let changed = if signature.starts_with('A') { 'B' } else { 'A' };
        let changed = format!("{before}Signature={changed}{}", &signature[1..]);
        let answer = house.get(base.join(&changed).unwrap().as_str()).send().await.unwrap();
        assert_eq!(
            denial(answer).await,
            (
                StatusCode::FORBIDDEN,
                Some(
                    "the signature does not fit: the URL, the policy or the signature was changed, or another key \
                     signed it"
                        .to_owned()
                ),
                xml("AccessDenied", "Access denied"),
            )
        );
    }
}

#[tokio::test]
async fn a_signed_url_plays_on_a_device_without_cookies() {
    for house in both_ways().await {
        for path in STREAMS {
            let url = house.signed_url(path).await;
            let seen = follow(&house, &url).await;
            assert_eq!(seen.len(), 2 + 2 * 5);
            assert!(seen.iter().all(|url| !url.contains("usher-style")), "it was not asked for");
        }
    }
}

#[tokio::test]
async fn a_signed_url_opens_its_own_asset_only() {
    let house = House::open().await;
    let url = house.signed_url(STREAMS[0]).await;
    let query = url.split_once('?').unwrap().1;
    let answer = house.get(&format!("{}?{query}", STREAMS[1])).send().await.unwrap();
    let (status, why, body) = denial(answer).await;
    assert_eq!((status, body), (StatusCode::FORBIDDEN, xml("AccessDenied", "Access denied")));
    assert_eq!(
        why,
        Some(format!(
            "the policy covers {0}/video/clock-fmp4/*, which is not {0}/video/clock-ts/master.m3u8",
            house.url
        ))
    );
}

#[tokio::test]
async fn a_scope_cannot_be_left_by_dot_segments() {
    let house = House::open().await;
    let url = house.signed_url(STREAMS[0]).await;
    let query = url.split_once('?').unwrap().1;
    let address = house.url.trim_start_matches("http://");
    // A special client: an HTTP library would resolve the dots before it sends the request.
    for path in
        ["/video/clock-fmp4/../clock-ts/360p/key.bin", "/video/clock-fmp4/%2e%2e/clock-ts/360p/key.bin"]
    {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path}?{query} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer.lines().next(), Some("HTTP/1.1 403 Forbidden"), "{path}");
        assert!(answer.contains("there is no such object"), "{answer}");
    }
}

#[tokio::test]
async fn a_range_of_a_segment_is_partial_content() {
    let house = House::open().await;
    let cookies = house.cookies().await;
    let segment = "/video/clock-ts/360p/segment000.ts";
    let whole = fs::read(workspace().join("local/media").join(segment.trim_start_matches('/'))).unwrap();
    let ask =
        |range: &'static str| house.get(segment).header("cookie", &cookies).header("range", range).send();
    let answer = ask("bytes=10-19").await.unwrap();
    assert_eq!(answer.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(answer.headers()["content-range"], format!("bytes 10-19/{}", whole.len()).as_str());
    assert_eq!(answer.bytes().await.unwrap(), whole[10..20]);
    assert_eq!(ask("bytes=99999999-").await.unwrap().status(), StatusCode::RANGE_NOT_SATISFIABLE);
}

#[tokio::test]
async fn a_media_folder_of_ones_own_is_served() {
    let media = TempDir::new().unwrap();
    let asset = media.path().join("video/my film");
    fs::create_dir_all(&asset).unwrap();
    fs::write(
        asset.join("all.m3u8"),
        "#EXTM3U\n#EXTINF:4,\na b.ts\n#EXTINF:4,\nhttps://other.example/c.ts\n",
    )
    .unwrap();
    fs::write(asset.join("a b.ts"), "segment").unwrap();
    // AWS is reported to reject a playlist with a space in its path.
    let folder = media.path().to_owned();
    let house = House::with_options(|options| (options.media, options.hostile) = (folder, false)).await;
    let url = house.signed_url("/video/my%20film/all.m3u8").await;
    let playlist = house.get(&url).send().await.unwrap().text().await.unwrap();
    let lines: Vec<&str> = playlist.lines().collect();
    assert_eq!(
        [lines[0], lines[1], lines[3], lines[4]],
        ["#EXTM3U", "#EXTINF:4,", "#EXTINF:4,", "https://other.example/c.ts"]
    );
    let segment = Url::parse(&url).unwrap().join(lines[2]).unwrap();
    assert_eq!(house.get(segment.as_str()).send().await.unwrap().text().await.unwrap(), "segment");
}

#[tokio::test]
async fn a_file_beside_the_assets_is_signed_alone_where_every_viewer_may_get_it() {
    let media = TempDir::new().unwrap();
    fs::create_dir_all(media.path().join("video/m")).unwrap();
    fs::write(media.path().join("video/m/all.m3u8"), "#EXTM3U\n#EXTINF:4,\n../intro.ts\n#EXTINF:4,\ns.ts\n")
        .unwrap();
    fs::write(media.path().join("video/intro.ts"), "intro").unwrap();
    fs::write(media.path().join("video/other.ts"), "other").unwrap();
    fs::write(media.path().join("video/m/s.ts"), "segment").unwrap();
    let common = [("COMMON_ASSETS", r#"["/video/intro.ts"]"#)];
    let house = House::try_open(|options| options.media = media.path().to_owned(), &common).await.unwrap();
    let url = house.signed_url("/video/m/all.m3u8").await;
    let playlist = house.get(&url).send().await.unwrap().text().await.unwrap();
    let base = Url::parse(&url).unwrap();
    let lines: Vec<&str> = playlist.lines().collect();
    let intro = base.join(lines[2]).unwrap();
    assert_eq!(house.get(intro.as_str()).send().await.unwrap().text().await.unwrap(), "intro");
    let other = intro.as_str().replace("intro.ts", "other.ts");
    assert_eq!(house.get(&other).send().await.unwrap().status(), StatusCode::FORBIDDEN);
    let segment = base.join(lines[4]).unwrap();
    assert_eq!(house.get(segment.as_str()).send().await.unwrap().text().await.unwrap(), "segment");
}
