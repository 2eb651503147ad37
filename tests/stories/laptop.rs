//! A laptop: pages on the Internet cannot read what it serves, and nobody on another machine can sign in unless
//! its owner allows it.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::house::{House, owned};

const KEY: &str = "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a";
const CERTIFICATE: &str =
    "arn:aws:acm:us-east-1:000000000000:certificate/00000000-0000-0000-0000-000000000000";

fn unknown(name: &str) -> String {
    format!(
        "usher serve does not answer requests for the host {name}: a page on the Internet could use a name of its own \
         to read what is here. If this is your name for this machine, start it with --host {name}"
    )
}

async fn ask(house: &House, method: &str, target: &str, host: &str) -> (u16, String) {
    let answer = house.request(method, target).header("host", host).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn a_name_that_somebody_else_made_point_here_gets_nothing() {
    let house = House::open().await;
    let port = house.url.rsplit(':').next().unwrap();
    for (method, target) in [
        ("GET", "/"),
        ("GET", "/__usher/"),
        ("GET", "/__usher/events"),
        ("GET", "/__usher/films"),
        ("GET", "/video/clock-ts/master.m3u8"),
        ("GET", "/auth/cookies"),
        ("POST", "/auth/cookies"),
        ("POST", "/demo/sign-in"),
        ("GET", "/nothing"),
    ] {
        let host = format!("rebound.evil.example:{port}");
        let expected = (421, unknown("rebound.evil.example"));
        assert_eq!(ask(&house, method, target, &host).await, expected, "{method} {target}");
        // The edge accepts an address only if it listens on it.
        assert_eq!(ask(&house, method, target, "192.0.2.7").await, (421, unknown("192.0.2.7")));
    }
    let target = format!("{}/usher-media/video/clock-ts/master.m3u8", house.bucket_url);
    let (status, body) = ask(&house, "GET", &target, "rebound.evil.example").await;
    let sentence = unknown("rebound.evil.example");
    assert_eq!(
        (status, body),
        (
            421,
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>AccessDenied</Code><Message>{sentence}</Message>\
                 <RequestId>USHER-LOCAL-BUCKET</RequestId></Error>"
            )
        )
    );
}

#[tokio::test]
async fn loopback_and_the_names_that_were_given_are_answered() {
    let certificate = ("CertificateArn", CERTIFICATE);
    let house = House::with_options(|options| {
        options.hosts = vec![url::Host::parse("laptop.local").unwrap()];
        options.parameter_overrides = owned(&[("DomainName", "video.example.com"), certificate]);
    })
    .await;
    for host in
        ["localhost", "site.localhost:80", "127.0.0.1", "[::1]:1", "laptop.local:8080", "video.example.com"]
    {
        assert_eq!(ask(&house, "GET", "/__usher/", host).await.0, 200, "{host}");
        let target = format!("{}/usher-media/x", house.bucket_url);
        assert_eq!(ask(&house, "GET", &target, host).await.0, 403, "{host}");
    }
    assert_eq!(ask(&house, "GET", "/", "www.laptop.local").await, (421, unknown("www.laptop.local")));
    let of_environment = House::with_settings(&[("VIEWER_HOST", "films.example:8443")]).await;
    assert_eq!(ask(&of_environment, "GET", "/", "films.example").await.0, 200);
}

/// A house that everybody in the network can reach.
async fn reachable(demo: bool) -> House {
    let anywhere = "0.0.0.0:0".parse().unwrap();
    House::try_open(
        |options| {
            options.listen = anywhere;
            options.demo = demo;
        },
        &[("DJANGO_KEYS", KEY)],
    )
    .await
    .unwrap()
}

#[tokio::test]
async fn on_every_address_a_literal_address_is_answered_and_no_name() {
    let house = reachable(true).await;
    for host in ["192.0.2.7:8080", "[2001:db8::1]", "127.0.0.1", "localhost"] {
        assert_eq!(ask(&house, "GET", "/", host).await.0, 200, "{host}");
    }
    assert_eq!(ask(&house, "GET", "/", "evil.example").await, (421, unknown("evil.example")));
}

#[tokio::test]
async fn the_demo_sign_in_is_for_this_machine_unless_somebody_wants_it() {
    let off = reachable(false).await;
    let sign_in =
        |house: &House| house.request("POST", "/demo/sign-in").json(&json!({"viewer": "demo"})).send();
    let answer = sign_in(&off).await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    let detail = "the demo sign-in is off, since usher serve listens on an address that others can reach: to let \
                  everybody there sign in, start it with --demo";
    assert_eq!(
        answer.json::<Value>().await.unwrap(),
        json!({"type": "urn:problem-type:usher:not-found", "title": "Not Found", "status": 404, "detail": detail})
    );
    let on = reachable(true).await;
    let token = on.token().await;
    assert_eq!(on.request("POST", "/auth/cookies").bearer_auth(&token).send().await.unwrap().status(), 200);
    // Its issuer is not among the accepted issuers either.
    let refused = off.request("POST", "/auth/cookies").bearer_auth(&token).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn with_nobody_who_vouches_for_viewers_the_demo_is_offered() {
    let opened = House::try_open(|options| options.listen = "0.0.0.0:0".parse().unwrap(), &[]).await;
    assert_eq!(
        opened.err().unwrap().to_string(),
        "issue-cookies: the configuration cannot be used: no authenticator is configured: set JWT_ISSUERS, PLONE, DJANGO or SIMPLEJWT, or on a laptop JWT_ISSUER, PLONE_SITE, \
         PLONE_JWT_KEYS, PLONE_TICKET_KEYS, DJANGO_KEYS or SIMPLEJWT_KEYS; the demo sign-in is \
         off, since others can reach 0.0.0.0:0: to let everybody there sign in, add --demo"
    );
}

#[tokio::test]
async fn the_page_learns_what_a_viewer_may_watch() {
    let house = House::open().await;
    let films = async |viewer: Option<Value>| {
        let mut request = house.get("/__usher/films");
        if let Some(viewer) = viewer {
            let answer = house.request("POST", "/demo/sign-in").json(&viewer).send().await.unwrap();
            let answer: Value = answer.json().await.unwrap();
            request = request.bearer_auth(answer["token"].as_str().unwrap());
        }
        let listing: Value = request.send().await.unwrap().json().await.unwrap();
        listing["films"].clone()
    };
    let film = |name: &str, may_watch: Option<bool>| {
        let mut film = json!({ "path": format!("/video/{name}/master.m3u8"), "name": name });
        if let Some(may_watch) = may_watch {
            film["may_watch"] = json!(may_watch);
        }
        film
    };
    let all = |first, second| json!([film("clock-fmp4", first), film("clock-ts", second)]);
    assert_eq!(films(None).await, all(None, None));
    let member = json!({"viewer": "anna", "groups": ["premium"], "tenant": "acme"});
    assert_eq!(films(Some(member)).await, all(Some(true), Some(true)));
    let guest = json!({"viewer": "guest", "paths": ["/video/clock-ts/*"]});
    assert_eq!(films(Some(guest)).await, all(Some(false), Some(true)));
}
