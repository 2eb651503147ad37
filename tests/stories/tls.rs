//! `usher serve --tls`

use std::{fs, net::SocketAddr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Certificate, Client, StatusCode, redirect::Policy};
use serde_json::{Value, json};
use usher_runtime::system_clock;

use crate::house::House;

const PLAYLIST: &str = "/video/clock-ts/master.m3u8";

/// An edge with HTTPS, its address, and a client that trusts its authority alone.
async fn house() -> (House, SocketAddr, Client) {
    let house = House::with_options(|options| options.tls = true).await;
    // Clients compare certificates with their own clock.
    house.set_time(system_clock()().seconds());
    let pem = fs::read(house.state().join("authority.pem")).unwrap();
    let client = Client::builder().tls_certs_only([Certificate::from_pem(&pem).unwrap()]);
    let address = house.url.strip_prefix("https://").unwrap().parse().unwrap();
    (house, address, client.redirect(Policy::none()).build().unwrap())
}

#[tokio::test]
async fn a_client_that_trusts_the_authority_plays_by_secure_cookies() {
    let (_house, address, client) = house().await;
    let url = format!("https://{address}");
    for name in ["127.0.0.1", "localhost"] {
        let page =
            client.get(format!("https://{name}:{}/__usher/player", address.port())).send().await.unwrap();
        assert_eq!(page.status(), StatusCode::OK, "{name}");
    }
    let answer =
        client.post(format!("{url}/demo/sign-in")).json(&json!({"viewer": "demo"})).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    let cookies = client
        .post(format!("{url}/auth/cookies"))
        .bearer_auth(answer["token"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    let lines: Vec<_> = cookies
        .headers()
        .get_all("set-cookie")
        .iter()
        .map(|line| line.to_str().unwrap().to_owned())
        .collect();
    let kept: Vec<_> = lines.iter().filter(|line| !line.contains("Max-Age=0")).collect();
    assert!(kept.len() == 4 && kept.iter().all(|line| line.contains("; Secure")), "{lines:?}");
    let cookie = kept.iter().map(|line| line.split(';').next().unwrap()).collect::<Vec<_>>().join("; ");
    let answer: Value = cookies.json().await.unwrap();
    assert_eq!(answer["resource"], format!("{url}/video/*"));

    let playlist = client.get(url.clone() + PLAYLIST).header("cookie", cookie).send().await.unwrap();
    assert_eq!(playlist.status(), StatusCode::OK);
    let refused = client.get(url + PLAYLIST).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_client_that_does_not_trust_the_authority_gets_nothing() {
    let (_house, address, _) = house().await;
    let error = Client::new().get(format!("https://{address}/")).send().await.unwrap_err();
    assert!(error.is_connect(), "{error:?}");
}

#[tokio::test]
async fn plain_http_is_answered_as_the_template_says() {
    let (house, address, client) = house().await;
    let asked = async |method: &str, path: &str| {
        let asked = client.request(method.parse().unwrap(), format!("http://{address}{path}"));
        let answer = asked.send().await.unwrap();
        let location = answer.headers().get("location").map(|location| location.to_str().unwrap().to_owned());
        (answer.status().as_u16(), location)
    };
    let https = |path: &str| Some(format!("https://{address}{path}"));
    assert_eq!(asked("GET", "/").await, (301, https("/")));
    assert_eq!(asked("GET", "/__usher/player?x=1").await, (301, https("/__usher/player?x=1")));
    assert_eq!(asked("POST", "/demo/sign-in").await, (307, https("/demo/sign-in")));
    assert_eq!(asked("GET", "/index.html").await, (301, https("/index.html")));
    assert_eq!(asked("GET", PLAYLIST).await, (403, None));
    assert_eq!(asked("POST", "/auth/cookies").await, (403, None));

    // A phone fetches the authority before it trusts it.
    let answer = client.get(format!("http://{address}/__usher/authority.crt")).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/x-x509-ca-cert");
    let pem = fs::read_to_string(house.state().join("authority.pem")).unwrap();
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    assert_eq!(STANDARD.encode(answer.bytes().await.unwrap()), base64);
}
