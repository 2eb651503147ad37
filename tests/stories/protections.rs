//! Requests that the edge rejects before it contacts an origin, and the headers that keep browsers from running
//! files in the bucket.

use std::fs;

use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::house::House;

const PLAYLIST: &str = "/video/clock-ts/master.m3u8";
const CERTIFICATE: &str =
    "arn:aws:acm:us-east-1:000000000000:certificate/00000000-0000-0000-0000-000000000000";

/// An answer of the viewer-request function: its status, type, and the sentence in it.
async fn answered_by_function(answer: Response) -> (u16, String, String) {
    let status = answer.status();
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let problem: Value = answer.json().await.unwrap();
    let [problem_type, detail] = ["type", "detail"].map(|name| problem[name].as_str().unwrap().to_owned());
    let whole = json!({
        "type": problem_type, "title": status.canonical_reason(), "status": status.as_u16(), "detail": detail,
    });
    assert_eq!(problem, whole);
    (status.as_u16(), problem_type, detail)
}

fn ambiguous(name: &str) -> (u16, String, String) {
    let detail = format!("the parameter {name} must appear once in the query, and not percent-encoded");
    (400, "urn:problem-type:usher:ambiguous-parameter".to_owned(), detail)
}

fn sign_in_required() -> (u16, String, String) {
    let detail = "sign in first: send Authorization: Bearer";
    (401, "urn:problem-type:usher:sign-in-required".to_owned(), detail.to_owned())
}

#[tokio::test]
async fn an_encoded_name_is_a_bad_request_and_nothing_is_signed() {
    let house = House::open().await;
    let url = house.signed_url(PLAYLIST).await;
    for (plain, encoded, name) in [
        ("Policy=", "%50olicy=", "Policy"),
        ("Signature=", "Si%67nature=", "Signature"),
        ("Key-Pair-Id=", "Key%2DPair-Id=", "Key-Pair-Id"),
    ] {
        // The edge verifies the decoded form, so the signature itself is valid.
        let answer = house.get(&url.replacen(plain, encoded, 1)).send().await.unwrap();
        assert_eq!(answered_by_function(answer).await, ambiguous(name));
    }
    let copy = format!("{url}&%75sher-Policy=a");
    let answer = house.get(&copy).send().await.unwrap();
    assert_eq!(answered_by_function(answer).await, ambiguous("usher-Policy"));
    let twice = format!("{url}&usher-Signature=a&usher-Signature=b");
    let answer = house.get(&twice).send().await.unwrap();
    assert_eq!(answered_by_function(answer).await, ambiguous("usher-Signature"));
}

#[tokio::test]
async fn an_ambiguous_query_is_a_bad_request_for_sign_in_too() {
    let house = House::open().await;
    for target in ["/auth/cookies?Policy=a&Policy=b", "/auth/urls?%50olicy=a"] {
        let answer = house.request("POST", target).bearer_auth(house.token().await).send().await.unwrap();
        assert_eq!(answered_by_function(answer).await, ambiguous("Policy"));
    }
}

#[tokio::test]
async fn a_sign_in_without_a_credential_reaches_no_function() {
    let house = House::open().await;
    for target in ["/auth/cookies", "/auth/urls", "/auth/nothing"] {
        let answer = house.request("POST", target).send().await.unwrap();
        assert_eq!(answer.headers()["www-authenticate"], "Bearer");
        // Every answer of issue-cookies says that it varies by the page's origin.
        assert_eq!(answer.headers().get("vary"), None, "{target}");
        assert_eq!(answered_by_function(answer).await, sign_in_required());
    }
    let own_page = house.request("POST", "/auth/cookies").header("origin", &house.url).send().await.unwrap();
    assert_eq!(answered_by_function(own_page).await, sign_in_required());
    let sign_out = house.request("DELETE", "/auth/cookies").send().await.unwrap();
    assert_eq!(sign_out.status(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn an_allowed_page_elsewhere_can_read_that_it_must_sign_in() {
    let page = "https://www.example.com";
    let house = House::with_parameters(&[("AllowedOrigins", page)]).await;
    let ask = |method: &str, origin: &str| {
        let request = house.request(method, "/auth/cookies").header("origin", origin);
        request.header("access-control-request-method", "POST").send()
    };
    let preflight = ask("OPTIONS", page).await.unwrap();
    assert_eq!(preflight.status(), StatusCode::NO_CONTENT);
    assert_eq!(preflight.headers()["access-control-allow-origin"], page);
    let answer = ask("POST", page).await.unwrap();
    assert_eq!(answer.headers()["access-control-allow-origin"], page);
    assert_eq!(answer.headers()["access-control-allow-credentials"], "true");
    assert_eq!(answered_by_function(answer).await, sign_in_required());
    let foreign = ask("POST", "https://evil.example").await.unwrap();
    assert_eq!(foreign.headers().get("access-control-allow-origin"), None);
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn where_signatures_are_hidden_from_the_function_the_same_is_refused() {
    let house = House::with_hidden_signatures().await;
    let cookies = house.cookies().await;
    let plain = house.get(PLAYLIST).header("cookie", &cookies).send().await.unwrap();
    assert_eq!(plain.status(), StatusCode::OK);
    let url = house.signed_url(PLAYLIST).await;
    assert_eq!(house.get(&url).send().await.unwrap().status(), StatusCode::OK);
    let answer = house.get(&url.replacen("Policy=", "%50olicy=", 1)).send().await.unwrap();
    assert_eq!(answered_by_function(answer).await, ambiguous("Policy"));
    let unsigned = house.get(PLAYLIST).send().await.unwrap();
    assert_eq!(unsigned.status(), StatusCode::FORBIDDEN);
}

/// The security headers of an answer, a line each.
fn security(answer: &Response) -> Vec<String> {
    let names = ["content-security-policy", "strict-transport-security", "x-content-type-options"];
    let found = names.into_iter().filter_map(|name| Some((name, answer.headers().get(name)?)));
    found.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect()
}

#[tokio::test]
async fn a_page_that_a_tenant_uploads_runs_nowhere() {
    let media = TempDir::new().unwrap();
    let asset = media.path().join("video/m");
    fs::create_dir_all(&asset).unwrap();
    fs::write(asset.join("x.html"), "<script>alert(1)</script>").unwrap();
    fs::write(asset.join("x.svg"), "<svg xmlns='http://www.w3.org/2000/svg'/>").unwrap();
    fs::write(asset.join("x.json"), "{}").unwrap();
    fs::write(asset.join("x.m3u8"), "#EXTM3U\n").unwrap();
    fs::write(asset.join("s.ts"), "segment").unwrap();
    let house = House::with_media(media.path().to_owned()).await;
    let cookies = house.cookies().await;
    let expected =
        ["content-security-policy: sandbox; default-src 'none'", "x-content-type-options: nosniff"];
    for name in ["x.html", "x.svg", "x.json", "x.m3u8", "s.ts", "nothing.html", "nothing.m3u8"] {
        let answer = house.get(&format!("/video/m/{name}")).header("cookie", &cookies).send().await.unwrap();
        assert_eq!(security(&answer), expected, "{name}");
    }
    let sign_in = house.request("POST", "/auth/cookies").bearer_auth(house.token().await).send().await;
    assert_eq!(security(&sign_in.unwrap()), [""; 0]);
}

#[tokio::test]
async fn with_a_domain_of_ones_own_browsers_keep_to_https() {
    let parameters = [("DomainName", "video.localhost"), ("CertificateArn", CERTIFICATE)];
    let house = House::with_parameters(&parameters).await;
    let host = format!("video.localhost:{}", house.url.rsplit(':').next().unwrap());
    let answer = house.request("POST", "/auth/cookies").header("host", &host);
    let answer = answer.bearer_auth(house.token().await).send().await.unwrap();
    let cookies = answer.headers().get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
    let cookies = cookies.map(|cookie| cookie.split(';').next().unwrap()).collect::<Vec<_>>().join("; ");
    let playlist = house.get(PLAYLIST).header("host", &host).header("cookie", cookies).send().await.unwrap();
    assert_eq!(playlist.status(), StatusCode::OK);
    assert_eq!(
        security(&playlist),
        [
            "content-security-policy: sandbox; default-src 'none'",
            "strict-transport-security: max-age=31536000",
            "x-content-type-options: nosniff",
        ]
    );
}
