//! Viewers of a real site, in addition to those of the demo identity provider.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::house::{House, START};

/// The key of a Django site, in hexadecimal, and the result of its `signing.dumps` with that key, at `START`,
/// for `{"sub":"anna","asset":"clock-ts"}`.
const KEY: &str = "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a";
const HAND_OFF: &str =
    "eyJzdWIiOiJhbm5hIiwiYXNzZXQiOiJjbG9jay10cyJ9:1x8elk:QZissAyI2LuSC5VM4jjteKOrkt_171PWJV7Tjv7adtA";

#[tokio::test]
async fn whoever_a_django_site_hands_off_plays_until_the_hand_off_ends() {
    let house = House::with_settings(&[("DJANGO_KEYS", KEY)]).await;
    let cookies = house.cookies_for(HAND_OFF).await;
    let ask = async || {
        let request = house.get("/video/clock-ts/360p/segment000.ts").header("cookie", &cookies);
        request.send().await.unwrap().status()
    };
    house.set_time(START + 699);
    assert_eq!(ask().await, StatusCode::OK);
    house.set_time(START + 700);
    assert_eq!(ask().await, StatusCode::FORBIDDEN);
    // The viewers of the demo identity provider are still accepted.
    house.cookies().await;
}

#[tokio::test]
async fn a_viewer_plays_what_the_entitlements_give_and_nothing_else() {
    let entitlements = r#"["/video/{asset}/*"]"#;
    let house = House::with_settings(&[("DJANGO_KEYS", KEY), ("ENTITLEMENTS", entitlements)]).await;
    let cookies = house.cookies_for(HAND_OFF).await;
    let ask = async |path: &str| house.get(path).header("cookie", &cookies).send().await.unwrap().status();
    assert_eq!(ask("/video/clock-ts/master.m3u8").await, StatusCode::OK);
    assert_eq!(ask("/video/clock-fmp4/master.m3u8").await, StatusCode::FORBIDDEN);

    // The signatures in a playlist open no more either.
    let inline = house.get("/video/clock-ts/master.m3u8?usher-style=inline").header("cookie", &cookies);
    let playlist = inline.send().await.unwrap().text().await.unwrap();
    let parameters = playlist.lines().find_map(|line| Some(line.split_once("&Policy=")?.1)).unwrap();
    let signed =
        async |path: &str| house.get(&format!("{path}?Policy={parameters}")).send().await.unwrap().status();
    assert_eq!(signed("/video/clock-ts/master.m3u8").await, StatusCode::OK);
    assert_eq!(signed("/video/clock-fmp4/master.m3u8").await, StatusCode::FORBIDDEN);

    let refused =
        house.request("POST", "/auth/cookies").bearer_auth(house.token().await).send().await.unwrap();
    let expected = json!({
        "type": "urn:problem-type:usher:not-entitled", "title": "Forbidden", "status": 403,
        "detail": "you are signed in, and may not watch this",
    });
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert_eq!(refused.json::<Value>().await.unwrap(), expected);
}
