//! A signature never covers more, nor lives longer, than its viewer's own policy: attacks, each through the edge,
//! in both of the ways in which AWS may work. The viewer-request function may see the viewer's signature, or
//! CloudFront may have removed it first.

use std::fs;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use cloudfront_signing::Grant;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use crate::house::{House, START, denial, sign, xml};

/// The playlist that tenant `a` writes.
const HOSTILE: &str = "#EXTM3U\n\
    #EXT-X-SESSION-DATA:DATA-ID=\"x\",URI=\"/video/premium/poster.json\"\n\
    #EXTINF:31536000,\n\
    /video/b/secret.ts\n\
    #EXTINF:4,\n\
    own.ts\n\
    #EXT-X-ENDLIST\n";

/// The edge in one of the two ways, and the films of two tenants.
struct Scene {
    house: House,
    media: TempDir,
}

const WAYS: [bool; 2] = [false, true];

impl Scene {
    async fn open(hide_signatures: bool, settings: &[(&str, &str)]) -> Self {
        let media = TempDir::new().unwrap();
        let files = [
            ("a/p.m3u8", HOSTILE),
            ("a/master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\np.m3u8\n"),
            ("a/own.ts", "own"),
            ("b/secret.ts", "secret"),
            ("b/p.m3u8", "#EXTM3U\n#EXTINF:4,\nsecret.ts\n#EXT-X-ENDLIST\n"),
            ("premium/poster.json", "{}"),
        ];
        for (path, content) in files {
            let path = media.path().join("video").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let folder = media.path().to_owned();
        let choose = |options: &mut usher_edge::Options| {
            options.media = folder;
            options.hide_signatures = hide_signatures;
        };
        Self { house: House::try_open(choose, settings).await.unwrap(), media }
    }

    async fn text(&self, url: &str) -> (StatusCode, String) {
        let answer = self.house.get(url).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    fn asset(&self, name: &str) -> String {
        format!("{}/video/{name}/*", self.house.url)
    }
}

/// The resources of all policies in a text, and when they end.
fn policies(text: &str) -> Vec<(String, u64)> {
    let values = text
        .split("Policy=")
        .skip(1)
        .map(|rest| rest.split(|c: char| !(c.is_ascii_alphanumeric() || "-_~".contains(c))).next().unwrap());
    let mut policies: Vec<_> = values
        .map(|value| {
            let base64 = value.replace('-', "+").replace('_', "=").replace('~', "/");
            let policy: Value = serde_json::from_slice(&STANDARD.decode(base64).unwrap()).unwrap();
            let statement = &policy["Statement"][0];
            let expires = statement["Condition"]["DateLessThan"]["AWS:EpochTime"].as_u64().unwrap();
            (statement["Resource"].as_str().unwrap().to_owned(), expires)
        })
        .collect();
    policies.dedup();
    policies
}

#[tokio::test]
async fn a_playlist_of_ones_own_opens_nothing_of_others() {
    for hidden in WAYS {
        let scene = Scene::open(hidden, &[]).await;
        let url = scene.house.signed_url("/video/a/p.m3u8").await;
        let (status, text) = scene.text(&url).await;
        assert_eq!((status, policies(&text)), (StatusCode::OK, vec![(scene.asset("a"), 1_790_021_400)]));
        let lines: Vec<&str> = text.lines().collect();
        let untouched: Vec<&str> = HOSTILE.lines().collect();
        assert_eq!([lines[1], lines[3]], [untouched[1], untouched[3]], "{hidden}");
        let own = Url::parse(&url).unwrap().join(lines[5]).unwrap();
        assert_eq!(scene.text(own.as_str()).await, (StatusCode::OK, "own".to_owned()));
        // Its parameters open nothing else.
        let parameters = own.query().unwrap();
        for path in ["/video/b/secret.ts", "/video/b/p.m3u8", "/video/premium/poster.json"] {
            let answer = scene.house.get(&format!("{path}?{parameters}")).send().await.unwrap();
            let (status, _, body) = denial(answer).await;
            assert_eq!(
                (status, body),
                (StatusCode::FORBIDDEN, xml("AccessDenied", "Access denied")),
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn a_viewer_of_one_tenant_gets_no_signature_for_another_by_cookies_either() {
    for hidden in WAYS {
        let scene = Scene::open(hidden, &[("ENTITLEMENTS", r#"["/video/a/*"]"#)]).await;
        let cookies = scene.house.cookies().await;
        let ask = async |path: &str| {
            let answer = scene.house.get(path).header("cookie", &cookies).send().await.unwrap();
            (answer.status(), answer.text().await.unwrap())
        };
        assert_eq!(ask("/video/a/p.m3u8").await, (StatusCode::OK, HOSTILE.to_owned()), "as in the bucket");
        assert_eq!(ask("/video/b/p.m3u8").await.0, StatusCode::FORBIDDEN);
        let (status, inline) = ask("/video/a/p.m3u8?usher-style=inline").await;
        // If the function saw no signature, it signs nothing; cookies open the segments all the same.
        let expected = if hidden { vec![] } else { vec![(scene.asset("a"), 1_790_003_400)] };
        assert_eq!((status, policies(&inline)), (StatusCode::OK, expected));
    }
}

#[tokio::test]
async fn nobody_goes_on_by_the_parameters_of_the_playlist_before() {
    for hidden in WAYS {
        let scene = Scene::open(hidden, &[("URL_TTL_SECONDS", "3600")]).await;
        let mut url = Url::parse(&scene.house.signed_url("/video/a/master.m3u8").await).unwrap();
        for later in [0, 1_200, 2_400, 3_399] {
            scene.house.set_time(START + later);
            let (status, text) = scene.text(url.as_str()).await;
            assert_eq!(status, StatusCode::OK, "{hidden} {later}");
            assert_eq!(policies(&text), [(scene.asset("a"), 1_790_003_400)], "{hidden} {later}");
            // The same playlist again, with the parameters that this one contains for another.
            let nested = url.join(text.lines().last().unwrap()).unwrap();
            url.set_query(nested.query());
        }
        scene.house.set_time(START + 3_400);
        let (status, body) = scene.text(url.as_str()).await;
        assert_eq!((status, body), (StatusCode::FORBIDDEN, xml("AccessDenied", "Access denied")));
    }
}

#[tokio::test]
async fn a_short_life_is_short() {
    for hidden in WAYS {
        let settings = [("COOKIE_TTL_SECONDS", "60"), ("URL_TTL_SECONDS", "60")];
        let scene = Scene::open(hidden, &settings).await;
        let url = scene.house.signed_url("/video/a/p.m3u8").await;
        assert_eq!(policies(&url), [(scene.asset("a"), START + 60)]);
        let (_, text) = scene.text(&url).await;
        assert_eq!(policies(&text), [(scene.asset("a"), START + 60)]);
        let cookies = scene.house.cookies().await;
        assert_eq!(policies(&cookies), [(format!("{}/video/*", scene.house.url), START + 60)]);
    }
}

/// Signs with the edge's own key, as the key's owner may.
async fn signed_elsewhere(house: &House, resource: &str, expires: u64) -> Grant {
    sign(&house.signer().await, &format!("{}{resource}", house.url), expires)
}

#[tokio::test]
async fn a_broader_copy_beside_a_narrow_policy_widens_nothing_where_the_policy_is_seen() {
    let scene = Scene::open(false, &[]).await;
    let narrow = signed_elsewhere(&scene.house, "/video/a/*", START + 600).await;
    let broad = signed_elsewhere(&scene.house, "/video/*", START + 6_000).await;
    let url =
        format!("{}/video/a/p.m3u8?{}&{}", scene.house.url, hls_rewrite::policy_copy(&broad), narrow.query());
    let (_, text) = scene.text(&url).await;
    assert_eq!(policies(&text), [(scene.asset("a"), START + 400)]);
}

#[tokio::test]
async fn an_encoded_or_repeated_name_is_rejected_before_it_means_anything() {
    for hidden in WAYS {
        let scene = Scene::open(hidden, &[]).await;
        let cookies = scene.house.cookies().await;
        let url = scene.house.signed_url("/video/a/p.m3u8").await;
        let broad = signed_elsewhere(&scene.house, "/video/*", START + 600_000).await;
        let policy = broad.query().split('&').next().unwrap();
        // The edge verifies signatures first; the viewer-request function rejects what the edge admits.
        for (target, expected) in [
            (
                format!(
                    "/video/a/p.m3u8?usher-style=inline&%50olicy={}",
                    policy.trim_start_matches("Policy=")
                ),
                StatusCode::FORBIDDEN,
            ),
            (format!("{url}&{policy}"), StatusCode::FORBIDDEN),
            (format!("{url}&usher-{policy}"), StatusCode::BAD_REQUEST),
            (format!("{url}&usher-%50olicy=x"), StatusCode::BAD_REQUEST),
        ] {
            let answer = scene.house.get(&target).header("cookie", &cookies).send().await.unwrap();
            let (status, _, body) = denial(answer).await;
            assert_eq!((status, policies(&body)), (expected, vec![]), "{target}");
        }
    }
}

#[tokio::test]
async fn a_document_of_one_asset_opens_no_other() {
    for hidden in WAYS {
        let scene = Scene::open(hidden, &[]).await;
        let list = json!({"ASSETS": [
            {"URI": format!("{}/video/a/master.m3u8", scene.house.url), "DURATION": 4},
            {"URI": format!("{}/video/b/p.m3u8", scene.house.url), "DURATION": 4},
        ]});
        fs::write(scene.media.path().join("video/a/ads.json"), list.to_string()).unwrap();
        let url = scene.house.signed_url("/video/a/ads.json").await;
        let (status, text) = scene.text(&url).await;
        assert_eq!((status, policies(&text)), (StatusCode::OK, vec![(scene.asset("a"), 1_790_021_400)]));
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(answer["ASSETS"][1], list["ASSETS"][1], "{hidden}");
    }
}
