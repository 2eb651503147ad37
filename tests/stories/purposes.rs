//! Less than watching: the preview of a film, and the download of a file, each through the edge, in both of the ways in
//! which AWS may work.

use reqwest::StatusCode;
use serde_json::{Value, json};
use url::Url;

use crate::house::House;

const RULES: &str = r#"[
    {"resource": "/video/clock-fmp4/*", "preview_seconds": 6},
    {"resource": "/video/clock-ts/*", "download": true}
]"#;

async fn house(hide_signatures: bool) -> House {
    let choose = |options: &mut usher_edge::Options| options.hide_signatures = hide_signatures;
    House::try_open(choose, &[("ENTITLEMENTS", RULES)]).await.unwrap()
}

async fn ask(house: &House, body: Value) -> (StatusCode, Value) {
    let asked = house.request("POST", "/auth/urls").bearer_auth(house.token().await).json(&body);
    let answer = asked.send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

async fn get(house: &House, url: &Url) -> (StatusCode, String) {
    let answer = house.get(url.as_str()).send().await.unwrap();
    (answer.status(), String::from_utf8_lossy(&answer.bytes().await.unwrap()).into_owned())
}

/// All that a playlist names.
fn named(playlist: &str, url: &Url) -> Vec<Url> {
    let quoted = playlist.lines().filter_map(|line| line.split_once("URI=\"")?.1.split('"').next());
    let lines = playlist.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    quoted.chain(lines).map(|reference| url.join(reference).unwrap()).collect()
}

#[tokio::test]
async fn a_preview_plays_and_none_of_its_urls_opens_what_follows() {
    for hidden in [false, true] {
        let house = house(hidden).await;
        let path = "/video/clock-fmp4/master.m3u8";
        let (status, answer) = ask(&house, json!({"path": path, "preview_seconds": 60})).await;
        assert_eq!((status, &answer["preview_seconds"]), (StatusCode::OK, &json!(6)), "{hidden}");
        let master = Url::parse(answer["url"].as_str().unwrap()).unwrap();
        let (status, text) = get(&house, &master).await;
        assert_eq!(status, StatusCode::OK, "{hidden} {text}");

        let (mut urls, mut opened) = (vec![master.clone()], Vec::new());
        for media in named(&text, &master) {
            let (status, playlist) = get(&house, &media).await;
            assert_eq!((status, playlist.ends_with("#EXT-X-ENDLIST\n")), (StatusCode::OK, true), "{hidden}");
            for file in named(&playlist, &media) {
                assert_eq!(get(&house, &file).await.0, StatusCode::OK, "{hidden} {file}");
                opened.push(file.path().to_owned());
                urls.push(file);
            }
            urls.push(media);
        }
        opened.sort();
        let expected = [
            "180p/init_1.mp4",
            "180p/segment000.m4s",
            "180p/segment001.m4s",
            "360p/init_0.mp4",
            "360p/segment000.m4s",
            "360p/segment001.m4s",
        ]
        .map(|name| format!("/video/clock-fmp4/{name}"));
        assert_eq!(opened, expected, "{hidden}");
        for url in urls {
            for later in [
                "180p/segment002.m4s",
                "180p/segment003.m4s",
                "360p/segment002.m4s",
                "360p/segment003.m4s",
                "180p/playlist.m3u8?usher-preview=600&",
            ] {
                let mut other = master.join(later).unwrap();
                let query = format!("{}{}", other.query().unwrap_or_default(), url.query().unwrap());
                other.set_query(Some(&query));
                assert_eq!(get(&house, &other).await.0, StatusCode::FORBIDDEN, "{hidden} {other}");
            }
        }
        // Neither cookies nor a URL of the film come with it, and an MPD has no preview.
        assert_eq!(ask(&house, json!({"path": path})).await.0, StatusCode::FORBIDDEN);
        let mpd = json!({"path": "/video/clock-fmp4/manifest.mpd", "preview_seconds": 6});
        let (status, problem) = ask(&house, mpd).await;
        let detail = "only a playlist (.m3u8) has a preview, and its path has no query";
        assert_eq!((status, problem["detail"].as_str()), (StatusCode::FORBIDDEN, Some(detail)));
    }
}

#[tokio::test]
async fn a_download_opens_its_file_in_ranges_and_nothing_else() {
    for hidden in [false, true] {
        let house = house(hidden).await;
        let (status, answer) = ask(&house, json!({"path": "/video/clock-ts/180p/segment000.ts"})).await;
        assert_eq!(status, StatusCode::OK);
        let url = answer["url"].as_str().unwrap();
        let part = house.get(url).header("range", "bytes=100-199").send().await.unwrap();
        assert_eq!((part.status(), part.bytes().await.unwrap().len()), (StatusCode::PARTIAL_CONTENT, 100));
        for other in ["segment001.ts", "key.bin", "playlist.m3u8"] {
            let url = Url::parse(&url.replace("segment000.ts", other)).unwrap();
            assert_eq!(get(&house, &url).await.0, StatusCode::FORBIDDEN, "{hidden} {other}");
        }
    }
}
