//! The report as a whole: for people in a line for each question or with every finding, and for programs.

use std::{collections::BTreeSet, fs};

use http::{Method, StatusCode};
use serde_json::json;
use usher_check::{Detail, Options, Outcome};

use super::{
    check,
    front::{Passing, answering, before},
    options,
};
use crate::house::{House, owned, workspace};

#[tokio::test]
async fn where_all_is_right_every_question_is_one_green_line() {
    let parameters = owned(&[
        ("AllowedOrigins", "https://app.example.com"),
        ("CastReceiverOrigins", "https://www.gstatic.com"),
        ("CookieSameSite", "NonePartitioned"),
    ]);
    let house = House::with_options(|options| {
        (options.parameter_overrides, options.hostile) = (parameters, false);
    });
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
    let text = |detail| steady(&report.text(detail).to_string().replace(&front.url, "http://HOST"));
    assert_eq!(text(Detail::Questions), QUESTIONS);
    assert_eq!(text(Detail::Findings), FINDINGS);
}

#[tokio::test]
async fn the_report_for_programs_says_the_same() {
    let house = House::open().await;
    let front = before(&house, |_| {}).await;
    let report = check(&options(&front.url)).await.to_json();
    assert_eq!((&report["url"], &report["right"]), (&json!(front.url), &json!(true)));
    assert_eq!(
        (&report["questions"][12], &report["questions"][8]["findings"][1]),
        (
            &json!({
                "question": "Clocks agree",
                "outcome": "right",
                "found": "they are within 60 seconds",
                "cures": [],
                "findings": [{
                    "name": "clock",
                    "asked": "do this machine and the deployment agree on the time?",
                    "outcome": "right",
                    "found": "they are within 60 seconds",
                    "cure": null,
                }],
            }),
            &json!({
                "name": "segment caching",
                "asked": "may CloudFront and browsers keep segments?",
                "outcome": "skipped",
                "found": "on a laptop, segments come from a folder, without cache headers",
                "cure": null,
            })
        )
    );
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
    let sign_in = report.findings.iter().find(|finding| finding.name == "sign-in").unwrap();
    assert_eq!(
        (sign_in.outcome, sign_in.found.as_str()),
        (
            Outcome::Unknown,
            "no credential was given: use --bearer-file, --cookie-file or the variable USHER_BEARER"
        )
    );
    let made = report.findings.iter().filter(|check| check.outcome == Outcome::Right).map(|check| check.name);
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
    let last = report.text(Detail::Findings).to_string().lines().last().map(str::to_owned);
    assert_eq!(last.as_deref(), Some("3 right, 0 wrong, 0 to be improved, 10 not made"));
}

/// Who reads about an assumption looks for its finding on a deployment.
#[tokio::test]
async fn every_finding_that_an_assumption_names_is_made() {
    let house = House::open().await;
    let front = before(&house, |_| {}).await;
    let report = check(&options(&front.url)).await;
    let made: BTreeSet<_> = report.findings.iter().map(|finding| finding.name).collect();
    let page = fs::read_to_string(workspace().join("docs/cloudfront-assumptions.md")).unwrap();
    let columns = page.lines().filter_map(|line| line.strip_suffix(" |")?.rsplit_once(" | "));
    let words = columns.flat_map(|(_, last)| last.split('`').skip(1).step_by(2));
    let named: BTreeSet<_> = words.filter(|word| !word.starts_with("--") && *word != "usher check").collect();
    assert_eq!(named.difference(&made).collect::<Vec<_>>(), Vec::<&&str>::new());
    assert!(named.len() > 20, "{named:?}");
}

/// Keys differ from run to run, and with them how well a playlist is compressed.
fn steady(text: &str) -> String {
    let steady = |line: &str| match line.split_once(" bytes as ") {
        Some((before, _)) => {
            format!("{}N bytes as N", before.trim_end_matches(|c: char| c.is_ascii_digit()))
        }
        None => line.to_owned(),
    };
    text.lines().map(steady).collect::<Vec<_>>().join("\n")
}

const QUESTIONS: &str = "\
http://HOST
right     Only viewers get videos
right     Viewers sign in and out
right     Browsers keep the cookies        http://HOST/video/* for 56 minutes, SHA256
right     A film plays by cookies          200 for 4 segments, 2 keys, 0 maps
right     A film plays by a signed URL     all 12 URIs in 3 playlists
right     Nobody gets more than granted
right     Playlists come compressed        N bytes as N
right     Empty answers end at once        304 at once, by CloudFront's cache; HEAD at once, by the function
right     Caches keep what they may        CloudFront answers a second viewer out of its cache; not made: segment caching: on a laptop, segments come from a folder, without cache headers
right     The functions know the viewer    the viewer-request function sees signatures, and passes on their policy
right     Other pages read what they may
right     Names with spaces and plus play
right     Clocks agree                     they are within 60 seconds
13 right, 0 wrong, 0 to be improved, 0 not made";
const FINDINGS: &str = "\
http://HOST
right     Only viewers get videos
  right     bucket                does the bucket refuse whoever comes past CloudFront?
                                  403 AccessDenied of S3
  right     api                   does the API refuse whoever comes past CloudFront?
                                  403: come through the distribution
  right     unsigned playlist     is a playlist closed to whoever has no signature?
                                  403 MissingKey
  right     default path          is closed what no behavior names, or does a web site answer there?
                                  403 MissingKey
  right     plain http            is http redirected or refused?
                                  301
  right     unsigned segment      is a segment closed to whoever has no signature?
                                  403 MissingKey
right     Viewers sign in and out
  right     challenge             is /auth/cookies open to everybody, and wants a credential?
                                  401 with WWW-Authenticate
  right     sign-in               does a viewer get cookies?
                                  200
  right     sign-out              are the cookies cleared?
                                  204, and every cookie is cleared
right     Browsers keep the cookies        http://HOST/video/* for 56 minutes, SHA256
  right     cookies               would a browser keep them, and send them to the videos?
                                  Hash-Algorithm, Key-Pair-Id, Policy, Signature; Path=/video/, SameSite=None
  right     policy                are the cookies for this host, and for a time to come?
                                  http://HOST/video/* for 56 minutes, SHA256
  right     one film              does a viewer get the cookies of one film alone?
                                  http://HOST/video/clock-ts/*
right     A film plays by cookies          200 for 4 segments, 2 keys, 0 maps
  right     playlist              is the playlist served to a viewer with cookies?
                                  200 application/vnd.apple.mpegurl
  right     nested playlists      are the playlists served that the playlist names?
                                  all 2 are served
  right     segments              are segments, keys and maps served to a viewer with cookies?
                                  200 for 4 segments, 2 keys, 0 maps
  right     content types         are segments what players expect?
                                  video/mp2t
  right     range                 is a part of a segment served alone?
                                  206
right     A film plays by a signed URL     all 12 URIs in 3 playlists
  right     signed url            does a viewer get a URL that plays without cookies?
                                  200 without cookies
  right     signed playlist       is everything signed that the playlists of a signed URL name?
                                  all 12 URIs in 3 playlists
  right     signed segment        is a segment served by its signed URL alone?
                                  200 without cookies
  right     other manifests       do the MPD and the thumbnails beside the playlist have signatures?
                                  there is no manifest.mpd or thumbnails.vtt beside the playlist
right     Nobody gets more than granted
  right     spoofed host          does x-viewer-host of a viewer's own count for nothing?
                                  it counts for nothing
  right     headers               are browsers told to take nothing below /video/ for a page of the site?
                                  nosniff, and a policy without scripts
  right     changed cookie        is a signature refused in which a character was changed?
                                  403
  right     encoded names         is a playlist refused whose URL holds %50olicy in the place of Policy?
                                  403, 400
  right     reach of playlists    is nothing signed in playlists beyond what the URL itself is for?
                                  http://HOST/video/clock-ts/*
  right     renewal               does nothing that is signed in playlists outlive the URL?
                                  nothing outlives the URL
  right     changed url           is a URL refused in whose signature a character was changed?
                                  403
  right     other asset           does the signature of one film open no other?
                                  403
right     Playlists come compressed        N bytes as N
  right     gzip                  does a long playlist arrive as gzip where the viewer takes it?
                                  N bytes as N
right     Empty answers end at once        304 at once, by CloudFront's cache; HEAD at once, by the function
  right     not modified          does 304 come at once where a player has the playlist?
                                  304 at once, by CloudFront's cache
  right     head                  does the answer to HEAD come at once?
                                  HEAD at once, by the function
right     Caches keep what they may        CloudFront answers a second viewer out of its cache; not made: segment caching: on a laptop, segments come from a folder, without cache headers
  right     playlist caching      are playlists kept by CloudFront, and by no browser?
                                  s-maxage and max-age=0 in 3 playlists
  not made  segment caching       may CloudFront and browsers keep segments?
                                  on a laptop, segments come from a folder, without cache headers
  right     playlist hits         does a second viewer get a playlist out of CloudFront's cache?
                                  CloudFront answers a second viewer out of its cache
  right     auth caching          are the answers below /auth/ kept by nobody?
                                  no-store on 5 answers
right     The functions know the viewer    the viewer-request function sees signatures, and passes on their policy
  right     visible signatures    does the viewer-request function see the signature of a URL?
                                  the viewer-request function sees signatures, and passes on their policy
  right     function headers      do the headers of the viewer-request function arrive at the other functions?
                                  they arrive
right     Other pages read what they may
  right     cors sign-in          may a page of --origin sign viewers in?
                                  allowed with credentials
  right     cors videos           may a page of --origin play?
                                  allowed with credentials
  right     cors receiver         may the cast receiver of --receiver-origin play, and not sign in?
                                  it may play, and not sign in
  right     foreign origin        may no other page read anything?
                                  nothing is allowed
right     Names with spaces and plus play
  right     names with spaces     is a file looked up whose name has a space, written %20?
                                  they are looked up as other names
  right     names with plus       is a file looked up whose name has a +, also written %2B?
                                  they are looked up as other names
right     Clocks agree                     they are within 60 seconds
  right     clock                 do this machine and the deployment agree on the time?
                                  they are within 60 seconds
13 right, 0 wrong, 0 to be improved, 0 not made";
