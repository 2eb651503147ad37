//! `usher check` reports what is correct in a deployment, and names what is broken.

mod altered;
mod authority;
mod broken;
mod cures;
mod front;
mod lines;
mod named;
mod other_manifests;
mod report;
mod template;

use std::{collections::BTreeSet, fs, sync::Arc};

use cloudfront_signing::UnixTime;
use http::{HeaderValue, StatusCode};
use tokio::net::TcpListener;
use usher_check::{CheckError, Credential, Detail, Finding, Options, Outcome, Report};
use usher_runtime::{Clock, system_clock};

use self::front::{Passing, before};
use crate::house::{House, START, workspace};

const PLAYLIST: &str = "/video/clock-ts/master.m3u8";

fn options(url: &str) -> Options {
    Options {
        url: url.parse().unwrap(),
        plain_url: None,
        playlist: PLAYLIST.to_owned(),
        bucket_url: None,
        api_url: None,
        credential: None,
        origin: None,
        receiver_origin: None,
        common_assets: Vec::new(),
    }
}

fn clock(seconds: u64) -> Clock {
    Arc::new(move || UnixTime::new(seconds).unwrap())
}

async fn check(options: &Options) -> Report {
    check_at(options, START).await
}

async fn check_at(options: &Options, seconds: u64) -> Report {
    usher_check::run(options, reqwest::Client::builder(), &clock(seconds)).await.unwrap()
}

/// The checks that differ from a house in which everything is correct.
fn differing(report: &Report) -> Vec<&Finding> {
    let usual = |name: &str| match name {
        "api" | "bucket" | "cors receiver" | "cors sign-in" | "cors videos" | "plain http"
        | "segment caching" => Outcome::Skipped,
        // The house rejects what AWS is only reported to reject.
        "names with plus" | "names with spaces" => Outcome::Advice,
        _ => Outcome::Right,
    };
    report.findings.iter().filter(|finding| finding.outcome != usual(finding.name)).collect()
}

#[tokio::test]
async fn the_edge_itself_is_right_at_the_present_time() {
    let house = House::open().await;
    let clock = system_clock();
    house.set_time(clock().seconds());
    for playlist in [PLAYLIST, "/video/clock-fmp4/master.m3u8"] {
        let options = Options { playlist: playlist.to_owned(), ..options(&house.url) };
        let report = usher_check::run(&options, reqwest::Client::builder(), &clock).await.unwrap();
        assert_eq!(differing(&report), Vec::<&Finding>::new());
        assert!(report.is_right());
    }
}

#[tokio::test]
async fn a_web_site_may_answer_by_default() {
    let house = House::open().await;
    let front = before(&house, |passing| {
        let Passing::Answer { path: "/usher-check/nothing", status, headers, .. } = passing else { return };
        *status = StatusCode::NOT_FOUND;
        headers.insert("content-type", HeaderValue::from_static("text/html"));
        headers.remove("x-usher-why");
    });
    let front = front.await;
    let report = check(&options(&front.url)).await;
    assert_eq!(differing(&report), Vec::<&Finding>::new());
}

#[tokio::test]
async fn a_credential_is_used_and_never_shown() {
    let house = House::open().await;
    let front = before(&house, |_| {}).await;
    let token = house.token().await;
    let right = Options { credential: Credential::bearer(&token).ok(), ..options(&front.url) };
    assert_eq!(differing(&check(&right).await), Vec::<&Finding>::new());
    let wrong = Options { credential: Credential::bearer(&format!("{token}x")).ok(), ..options(&front.url) };
    let report = check(&wrong).await;
    let sign_in = report.findings.iter().find(|finding| finding.name == "sign-in").unwrap();
    assert_eq!(
        (sign_in.outcome, sign_in.found.as_str()),
        (Outcome::Wrong, "401: the token is not accepted here")
    );
    for text in [
        report.text(Detail::Findings).to_string(),
        report.to_json().to_string(),
        format!("{right:?}{wrong:?}"),
    ] {
        assert!(!text.contains(&token));
    }
}

#[tokio::test]
async fn a_viewer_may_sign_in_by_cookie_as_a_browser_does() {
    let house = House::open().await;
    let token = house.token().await;
    // The front is the site that accepts the cookie.
    let front = before(&house, |passing| {
        let Passing::Request(parts) = passing else { return };
        let own = format!("http://{}", parts.headers["host"].to_str().unwrap());
        let cookies = parts.headers.get("cookie").map(|value| value.to_str().unwrap().to_owned());
        let Some(ticket) = cookies.and_then(|all| Some(all.strip_prefix("__ac=")?.to_owned())) else {
            return;
        };
        assert!(["/auth/cookies", "/auth/urls"].contains(&parts.uri.path()), "{}", parts.uri);
        assert_eq!(parts.headers["origin"], own);
        parts.headers.insert("authorization", format!("Bearer {ticket}").parse().unwrap());
        parts.headers.remove("cookie");
    });
    let front = front.await;
    let credential = Credential::cookies(&format!("__ac={token}")).ok();
    let options = Options { credential, ..options(&front.url) };
    let report = check(&options).await;
    assert_eq!(differing(&report), Vec::<&Finding>::new());
    assert!(!format!("{}{options:?}", report.text(Detail::Findings)).contains(&token));
}

#[tokio::test]
async fn the_style_of_a_playlist_is_the_viewers_choice() {
    let house = House::open().await;
    let front = before(&house, |_| {}).await;
    for style in ["define", "inline", "plain"] {
        let playlist = format!("{PLAYLIST}?usher-style={style}");
        let report = check(&Options { playlist, ..options(&front.url) }).await;
        assert_eq!(differing(&report), Vec::<&Finding>::new(), "{style}");
    }
}

#[tokio::test]
async fn no_signature_stands_in_a_report() {
    let house = House::open().await;
    let front = before(&house, |passing| {
        if let Passing::Answer { path, status, .. } = passing
            && path.starts_with("/video/")
        {
            *status = StatusCode::BAD_GATEWAY;
        }
    });
    let front = front.await;
    let text = check(&options(&front.url)).await.text(Detail::Findings).to_string();
    for part in ["Signature=", "Policy=", "eyJ"] {
        assert!(!text.contains(part), "{part}");
    }
}

#[tokio::test]
async fn where_nobody_answers_there_is_nothing_to_check() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let ask = async |url: &str| {
        usher_check::run(&options(url), reqwest::Client::builder(), &clock(START)).await.unwrap_err()
    };
    let error = ask(&format!("http://{free}")).await.to_string();
    assert_eq!(error, format!("http://{free}/ does not answer: Connection refused (os error 111)"));
    for url in ["https://h/video", "https://u:secret@h/", "https://h/?a", "ftp://h/"] {
        let error = ask(url).await;
        assert!(matches!(&error, CheckError::NotAnOrigin(_)), "{url}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn a_credential_goes_over_https_or_not_at_all() {
    for (url, is_refused) in [
        ("http://video.example.invalid", true),
        ("http://192.0.2.1:8080", true),
        ("http://[2001:db8::1]", true),
        ("http://localhost:1", false),
        ("http://127.0.0.1:1", false),
        ("http://[::1]:1", false),
        ("https://127.0.0.1:1", false),
    ] {
        let options = Options { credential: Credential::bearer("token").ok(), ..options(url) };
        let error = usher_check::run(&options, reqwest::Client::builder(), &clock(START)).await.unwrap_err();
        assert_eq!(matches!(&error, CheckError::Plaintext(_)), is_refused, "{error}");
    }
}

/// Anyone who reads a cure looks for its words in the template.
#[test]
fn every_name_in_a_cure_stands_in_the_template() {
    let template = fs::read_to_string(workspace().join("template.yaml")).unwrap();
    let mut unknown = BTreeSet::new();
    for file in fs::read_dir(workspace().join("local/check/src")).unwrap() {
        let source = fs::read_to_string(file.unwrap().path()).unwrap();
        let source = source.split("#[cfg(test)]").next().unwrap();
        let lines = source.lines().filter(|line| !line.trim_start().starts_with("//"));
        let code = lines.collect::<Vec<_>>().join("\n").replace("\\\"", "");
        let words =
            code.split('"').skip(1).step_by(2).flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
        unknown.extend(words.filter(|word| is_name(word) && !template.contains(word)).map(str::to_owned));
    }
    // Names of CloudFront, S3 and browsers.
    let others = [
        "AccessDenied",
        "HttpOnly",
        "InvalidKey",
        "ListBucketResult",
        "MalformedPolicy",
        "MalformedSignature",
        "MissingKey",
        "NoSuchKey",
        "RefreshHit",
        "RequestId",
    ];
    assert_eq!(unknown, BTreeSet::from(others.map(str::to_owned)));
}

/// Whether a word has the form of names in a template: `LikeThis`.
fn is_name(word: &str) -> bool {
    let has_hump =
        word.as_bytes().windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
    has_hump && word.starts_with(|c: char| c.is_ascii_uppercase())
}
