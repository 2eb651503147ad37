//! `usher check` reports what is correct in a deployment, and names what is broken.

mod altered;
mod authority;
mod broken;
mod cures;
mod front;
mod named;
mod template;

use std::{collections::BTreeSet, fs, sync::Arc};

use cloudfront_signing::UnixTime;
use http::{HeaderValue, Method, StatusCode};
use serde_json::json;
use tokio::net::TcpListener;
use usher_check::{Check, CheckError, Credential, Options, Outcome, Report};
use usher_runtime::{Clock, system_clock};

use self::front::{Passing, answering, before};
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
fn differing(report: &Report) -> Vec<&Check> {
    let usual = |name: &str| match name {
        "api" | "bucket" | "cors receiver" | "cors sign-in" | "cors videos" | "plain http"
        | "segment caching" => Outcome::Skipped,
        _ => Outcome::Right,
    };
    report.checks.iter().filter(|check| check.outcome != usual(check.name)).collect()
}

#[tokio::test]
async fn where_all_is_right_every_check_is_green() {
    let house = House::with_parameters(&[
        ("AllowedOrigins", "https://app.example.com"),
        ("CastReceiverOrigins", "https://www.gstatic.com"),
        ("CookieSameSite", "NonePartitioned"),
    ]);
    let house = house.await;
    let front = before(&house, |passing| {
        if let Passing::Request(parts) = passing
            && matches!(parts.method, Method::POST | Method::DELETE)
        {
            assert!(parts.headers.contains_key("content-length"), "as browsers send it");
        }
    });
    let front = front.await;
    let api = answering(403, &[], r#"{"detail":"come through the distribution"}"#).await;
    let plain = answering(301, &[("location", "https://h/")], "").await;
    let options = Options {
        bucket_url: Some(format!("{}/usher-media", house.bucket_url).parse().unwrap()),
        api_url: Some(api.url.parse().unwrap()),
        plain_url: Some(plain.url.parse().unwrap()),
        origin: "https://app.example.com".parse().ok(),
        receiver_origin: "https://www.gstatic.com".parse().ok(),
        ..options(&front.url)
    };
    let report = check(&options).await;
    assert!(report.is_right());
    assert_eq!(
        report.to_string().replace(&front.url, "http://HOST"),
        "\
http://HOST
right     clock               do this machine and the deployment agree on the time?
                              they are within 60 seconds
right     bucket              does the bucket refuse whoever comes past CloudFront?
                              403 AccessDenied of S3
right     api                 does the API refuse whoever comes past CloudFront?
                              403: come through the distribution
right     unsigned playlist   is a playlist closed to whoever has no signature?
                              403 MissingKey
right     default path        is closed what no behavior names, or does a web site answer there?
                              403 MissingKey
right     plain http          is http redirected or refused?
                              301
right     challenge           is /auth/cookies open to everybody, and wants a credential?
                              401 with WWW-Authenticate
right     sign-in             does a viewer get cookies?
                              200
right     cookies             would a browser keep them, and send them to the videos?
                              Hash-Algorithm, Key-Pair-Id, Policy, Signature; Path=/video/, SameSite=None
right     policy              are the cookies for this host, and for a time to come?
                              http://HOST/video/* for 56 minutes, SHA256
right     one film            does a viewer get the cookies of one film alone?
                              http://HOST/video/clock-ts/*
right     spoofed host        does x-viewer-host of a viewer's own count for nothing?
                              it counts for nothing
right     playlist            is the playlist served to a viewer with cookies?
                              200 application/vnd.apple.mpegurl
right     playlist caching    are playlists kept by CloudFront, and by no browser?
                              s-maxage and max-age=0 in 3 playlists
right     nested playlists    are the playlists served that the playlist names?
                              all 2 are served
right     segments            are segments, keys and maps served to a viewer with cookies?
                              200 for 4 segments, 2 keys, 0 maps
right     content types       are segments what players expect?
                              video/mp2t
not made  segment caching     may CloudFront and browsers keep segments?
                              on a laptop, segments come from a folder, without cache headers
right     range               is a part of a segment served alone?
                              206
right     headers             are browsers told to take nothing below /video/ for a page of the site?
                              nosniff, and a policy without scripts
right     unsigned segment    is a segment closed to whoever has no signature?
                              403 MissingKey
right     changed cookie      is a signature refused in which a character was changed?
                              403
right     encoded names       is a playlist refused whose URL holds %50olicy in the place of Policy?
                              403, 400
right     signed url          does a viewer get a URL that plays without cookies?
                              200 without cookies
right     signed playlist     is everything signed that the playlists of a signed URL name?
                              all 12 URIs in 3 playlists
right     reach of playlists  is nothing signed in playlists beyond what the URL itself is for?
                              http://HOST/video/clock-ts/*
right     renewal             does nothing that is signed in playlists outlive the URL?
                              nothing outlives the URL
right     visible signatures  does the viewer-request function see the signature of a URL?
                              it sees them, and passes on their policy
right     signed segment      is a segment served by its signed URL alone?
                              200 without cookies
right     changed url         is a URL refused in whose signature a character was changed?
                              403
right     other asset         does the signature of one film open no other?
                              403
right     cors sign-in        may a page of --origin sign viewers in?
                              allowed with credentials
right     cors videos         may a page of --origin play?
                              allowed with credentials
right     cors receiver       may the cast receiver of --receiver-origin play, and not sign in?
                              it may play, and not sign in
right     foreign origin      may no other page read anything?
                              nothing is allowed
right     sign-out            are the cookies cleared?
                              204, and every cookie is cleared
right     auth caching        are the answers below /auth/ kept by nobody?
                              no-store on 5 answers
36 right, 0 wrong, 0 to be improved, 1 not made, 0 unknown"
    );
}

#[tokio::test]
async fn the_edge_itself_is_right_at_the_present_time() {
    let house = House::open().await;
    let clock = system_clock();
    house.set_time(clock().seconds());
    for playlist in [PLAYLIST, "/video/clock-fmp4/master.m3u8"] {
        let options = Options { playlist: playlist.to_owned(), ..options(&house.url) };
        let report = usher_check::run(&options, reqwest::Client::builder(), &clock).await.unwrap();
        assert_eq!(differing(&report), Vec::<&Check>::new());
        assert!(report.is_right());
    }
}

#[tokio::test]
async fn the_report_for_programs_says_the_same() {
    let house = House::open().await;
    let front = before(&house, |_| {}).await;
    let report = check(&options(&front.url)).await.to_json();
    assert_eq!((&report["url"], &report["right"]), (&json!(front.url), &json!(true)));
    assert_eq!(
        (&report["checks"][1], &report["checks"][17]),
        (
            &json!({
                "name": "bucket",
                "question": "does the bucket refuse whoever comes past CloudFront?",
                "outcome": "skipped",
                "found": "--bucket-url was not given",
                "cure": null,
            }),
            &json!({
                "name": "segment caching",
                "question": "may CloudFront and browsers keep segments?",
                "outcome": "skipped",
                "found": "on a laptop, segments come from a folder, without cache headers",
                "cure": null,
            })
        )
    );
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
    assert_eq!(differing(&report), Vec::<&Check>::new());
}

#[tokio::test]
async fn without_a_credential_what_needs_one_is_not_made_and_nothing_is_said_to_be_right() {
    let house = House::open().await;
    let front = before(&house, |passing| {
        if let Passing::Answer { path: "/demo/sign-in", status, .. } = passing {
            *status = StatusCode::FORBIDDEN;
        }
    });
    let front = front.await;
    let report = check(&options(&front.url)).await;
    assert!(!report.is_right());
    assert_eq!(report.count(Outcome::Wrong), 0);
    let sign_in = report.checks.iter().find(|check| check.name == "sign-in").unwrap();
    assert_eq!(
        (sign_in.outcome, sign_in.found.as_str()),
        (
            Outcome::Unknown,
            "nobody to sign in as: give a viewer's credential by --bearer-file, --cookie-file or the variable \
             USHER_BEARER"
        )
    );
    let made = report.checks.iter().filter(|check| check.outcome == Outcome::Right).map(|check| check.name);
    let made: Vec<_> = made.collect();
    let strangers = [
        "clock",
        "unsigned playlist",
        "default path",
        "challenge",
        "unsigned segment",
        "foreign origin",
        "auth caching",
    ];
    assert_eq!(made, strangers);
    let last = report.to_string().lines().last().map(str::to_owned);
    assert_eq!(last.as_deref(), Some("7 right, 0 wrong, 0 to be improved, 6 not made, 24 unknown"));
}

#[tokio::test]
async fn a_credential_is_used_and_never_shown() {
    let house = House::open().await;
    let front = before(&house, |_| {}).await;
    let token = house.token().await;
    let right = Options { credential: Credential::bearer(&token).ok(), ..options(&front.url) };
    assert_eq!(differing(&check(&right).await), Vec::<&Check>::new());
    let wrong = Options { credential: Credential::bearer(&format!("{token}x")).ok(), ..options(&front.url) };
    let report = check(&wrong).await;
    let sign_in = report.checks.iter().find(|check| check.name == "sign-in").unwrap();
    assert_eq!(
        (sign_in.outcome, sign_in.found.as_str()),
        (Outcome::Wrong, "401: the token is not accepted here")
    );
    for text in [report.to_string(), report.to_json().to_string(), format!("{right:?}{wrong:?}")] {
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
    assert_eq!(differing(&report), Vec::<&Check>::new());
    assert!(!format!("{report}{options:?}").contains(&token));
}

#[tokio::test]
async fn the_style_of_a_playlist_is_the_viewers_choice() {
    let house = House::open().await;
    let front = before(&house, |_| {}).await;
    for style in ["define", "inline", "plain"] {
        let playlist = format!("{PLAYLIST}?usher-style={style}");
        let report = check(&Options { playlist, ..options(&front.url) }).await;
        assert_eq!(differing(&report), Vec::<&Check>::new(), "{style}");
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
    let text = check(&options(&front.url)).await.to_string();
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
