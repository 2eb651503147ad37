//! One thing is wrong at a time: the lines of the report that are not right are those that it concerns, and no others.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use http::{HeaderValue, Method, StatusCode, header};
use usher_check::{Options, Outcome, Report};

use super::{
    check, check_at, clock,
    front::{Hangs, Passing, Server, answering, before},
    options,
    template::{house_behind_with, in_behavior, open},
};
use crate::house::{House, START};

type Change = fn(Passing<'_>);

/// The lines that are not right.
fn off(report: &Report, url: &str) -> Vec<String> {
    let questions = report.questions();
    assert_eq!(questions.len(), 13);
    for question in &questions {
        let is_cured = matches!(question.outcome, Outcome::Advice | Outcome::Wrong);
        assert_eq!(!question.cures.is_empty(), is_cured, "{question:?}");
    }
    let off = questions.iter().filter(|question| question.outcome != Outcome::Right);
    let lines = off.map(|question| format!("{:?} {}: {}", question.outcome, question.title, question.found));
    lines.map(|line| line.replace(url, "http://HOST")).collect()
}

/// A house in which everything is right, also where AWS is reported to be wrong.
async fn right() -> House {
    House::with_options(|options| options.hostile = false).await
}

async fn assert_off(house: &House, rows: &[(&str, Change, &[&str])]) {
    for (what, change, expected) in rows {
        let front = before(house, *change).await;
        let found = off(&check(&options(&front.url)).await, &front.url);
        assert_eq!(found, *expected, "{what}");
    }
}

#[tokio::test]
async fn what_is_lost_on_the_way_is_named_in_its_line() {
    assert_off(
        &right().await,
        &[
            ("nothing", |_| {}, &[]),
            (
                "the encoding of a compressed playlist",
                |passing| {
                    let Passing::Answer { headers, .. } = passing else { return };
                    headers.remove(header::CONTENT_ENCODING);
                },
                &["Wrong Playlists come compressed: gzip: the body is gzip, and no Content-Encoding says so"],
            ),
            (
                "its compression",
                |passing| {
                    let Passing::Answer { headers, body, .. } = passing else { return };
                    if headers.contains_key(header::CONTENT_ENCODING) {
                        *body = b"#EXTM3U\n".to_vec();
                    }
                },
                &["Wrong Playlists come compressed: gzip: Content-Encoding is gzip, and the body is not"],
            ),
            (
                "that the viewer takes gzip",
                |passing| {
                    let Passing::Request(parts) = passing else { return };
                    parts.headers.remove(header::ACCEPT_ENCODING);
                },
                &["Advice Playlists come compressed: gzip: 3267 bytes as they are, without gzip"],
            ),
            (
                "that a player has the playlist",
                |passing| {
                    let Passing::Request(parts) = passing else { return };
                    parts.headers.remove(header::IF_NONE_MATCH);
                },
                &["Advice Empty answers end at once: not modified: 200 and the whole playlist, in place \
                 of 304"],
            ),
            (
                "cookies",
                |passing| {
                    let Passing::Answer { headers, .. } = passing else { return };
                    headers.remove(header::SET_COOKIE);
                },
                &[
                    "Unknown Viewers sign in and out: sign-out: nobody is signed in",
                    "Wrong Browsers keep the cookies: cookies: there is no CloudFront-Key-Pair-Id; there \
                 is no CloudFront-Policy; there is no CloudFront-Signature; one film: no policy goes \
                 to /video/clock-ts/master.m3u8",
                    "Unknown A film plays by cookies: nobody is signed in",
                    "Unknown Nobody gets more than granted: spoofed host: no policy was issued: 200 \
                 application/json; headers: nobody is signed in; changed cookie, encoded names: no \
                 segment was served",
                    "Unknown Caches keep what they may: playlist caching, segment caching: nobody is \
                 signed in",
                    "Unknown Names with spaces and plus play: nobody is signed in",
                ],
            ),
            (
                "what caches may keep",
                |passing| {
                    let Passing::Answer { headers, .. } = passing else { return };
                    headers.remove(header::CACHE_CONTROL);
                },
                &["Wrong Caches keep what they may: playlist caching: Cache-Control of \
                 /video/clock-ts/master.m3u8 is none; Cache-Control of \
                 /video/clock-ts/360p/playlist.m3u8 is none; Cache-Control of \
                 /video/clock-ts/180p/playlist.m3u8 is none; auth caching: Cache-Control of the answer \
                 without a credential is none; Cache-Control of the answer with cookies is none; \
                 Cache-Control of the answer with the cookies of one film is none; and 2 more"],
            ),
            (
                "ranges",
                |passing| {
                    let Passing::Request(parts) = passing else { return };
                    parts.headers.remove(header::RANGE);
                },
                &["Wrong A film plays by cookies: range: 200, and the whole segment"],
            ),
            (
                "content types",
                |passing| {
                    let Passing::Answer { path, headers, .. } = passing else { return };
                    if path.ends_with(".ts") && headers.contains_key(header::ETAG) {
                        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
                    }
                },
                &["Wrong A film plays by cookies: content types: /video/clock-ts/360p/segment000.ts is \
                 \"text/plain\" and not video/mp2t; /video/clock-ts/360p/segment003.ts is \
                 \"text/plain\" and not video/mp2t; /video/clock-ts/180p/segment000.ts is \
                 \"text/plain\" and not video/mp2t; and 1 more"],
            ),
            (
                "the end of a sign-out",
                |passing| {
                    let Passing::Answer { method: &Method::DELETE, headers, .. } = passing else { return };
                    headers.remove(header::SET_COOKIE);
                },
                &["Wrong Viewers sign in and out: sign-out: CloudFront-Policy of /video/ stays; \
                 CloudFront-Signature of /video/ stays; CloudFront-Key-Pair-Id of /video/ stays; and 1 \
                 more"],
            ),
            (
                "what keeps other pages away",
                |passing| {
                    let Passing::Answer { headers, .. } = passing else { return };
                    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
                },
                &["Wrong Other pages read what they may: foreign origin: the preflight allows every \
                 origin; the playlist allows every origin; a segment allows every origin"],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn an_empty_answer_that_does_not_end_is_named_in_its_line() {
    let house = right().await;
    let not_modified: [(&str, Change, &[&str]); 1] = [(
        "304",
        |passing| {
            let Passing::Request(parts) = passing else { return };
            if parts.headers.contains_key(header::IF_NONE_MATCH) {
                parts.extensions.insert(Hangs);
            }
        },
        &["Wrong Empty answers end at once: not modified: 304: no answer within 5 seconds"],
    )];
    let head: [(&str, Change, &[&str]); 1] = [(
        "HEAD",
        |passing| {
            let Passing::Request(parts) = passing else { return };
            if parts.method == Method::HEAD {
                parts.extensions.insert(Hangs);
            }
        },
        &["Wrong Empty answers end at once: head: HEAD: no answer within 5 seconds"],
    )];
    tokio::join!(assert_off(&house, &not_modified), assert_off(&house, &head));
}

/// CloudFront's cache answers first, and asks the function when the playlist is old.
#[tokio::test]
async fn the_function_is_asked_for_304_once_cloudfront_has_to_ask_it() {
    let house = House::with_options(|options| {
        options.hostile = false;
        options.hosts = vec![url::Host::parse("video.example.com").unwrap()];
    });
    let house = house.await;
    let asked = Arc::new(AtomicUsize::new(0));
    let front = before(&house, move |passing| {
        let Passing::Answer { status: &mut StatusCode::NOT_MODIFIED, headers, .. } = passing else { return };
        if asked.fetch_add(1, Ordering::SeqCst) == 1 {
            headers.insert("x-cache", HeaderValue::from_static("RefreshHit from cloudfront"));
        }
    });
    let front = front.await;
    let address = front.url.strip_prefix("http://").unwrap().parse().unwrap();
    let url = front.url.replace("127.0.0.1", "video.example.com");
    let client = reqwest::Client::builder().resolve("video.example.com", address);
    let report = usher_check::run(&options(&url), client, &clock(START)).await.unwrap();
    let found = report.findings.iter().find(|finding| finding.name == "not modified").unwrap();
    assert_eq!((found.outcome, found.found.as_str()), (Outcome::Right, "304 at once, by the function"));
}

#[tokio::test]
async fn names_that_aws_does_not_sign_alike_are_named_in_their_line() {
    fn not_signed_alike(passing: Passing<'_>, is_so: fn(&str) -> bool) {
        let Passing::Answer { path, status, body, .. } = passing else { return };
        if is_so(path) {
            *status = StatusCode::FORBIDDEN;
            *body = br#"{"Message":"Forbidden"}"#.to_vec();
        }
    }
    assert_off(
        &right().await,
        &[
            (
                "spaces",
                |passing| not_signed_alike(passing, |path| path.ends_with("%20check.m3u8")),
                &["Advice Names with spaces and plus play: names with spaces: \
                 /video/clock-ts/usher%20check.m3u8: 403 of Lambda"],
            ),
            (
                "a plus",
                |passing| not_signed_alike(passing, |path| path.ends_with("+check.ts")),
                &["Advice Names with spaces and plus play: names with plus: \
                 /video/clock-ts/usher+check.ts: 403 of Lambda"],
            ),
            (
                "an encoded plus",
                |passing| not_signed_alike(passing, |path| path.ends_with("%2Bcheck.m3u8")),
                &["Advice Names with spaces and plus play: names with plus: \
                 /video/clock-ts/usher%2Bcheck.m3u8: 403 of Lambda"],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_template_with_one_thing_wrong_is_named_in_its_line() {
    let playlists = "- PathPattern: /video/*.m3u8";
    let all = "x-viewer-host, x-viewer-credential, x-viewer-resource, x-viewer-expires, x-viewer-policy-copy";
    let keyed = |headers: &str| in_behavior("ManifestCachePolicy:", |line| Some(line.replace(all, headers)));
    let never = in_behavior("ManifestCachePolicy:", |line| Some(line.replace("MaxTTL: 300", "MaxTTL: 0")));
    let rows: [(&str, String, &[&str]); 6] = [
        (
            "no header but the host arrives",
            keyed("x-viewer-host"),
            &[
                "Wrong A film plays by a signed URL: signed playlist: 2 of 2 URIs are not signed, \
                 /video/clock-ts/360p/playlist.m3u8 first",
                "Unknown Nobody gets more than granted: reach of playlists, renewal: no URI of a \
                 playlist is signed",
                "Wrong The functions know the viewer: function headers: neither the policy of a \
                 signed URL nor its copy arrives at ResignManifestFunction",
            ],
        ),
        (
            "the host does not arrive",
            keyed(&all["x-viewer-host, ".len()..]),
            &[
                "Wrong A film plays by cookies: playlist: 400: the request has no usable \
                 x-viewer-host header: it must come through the distribution",
                "Wrong A film plays by a signed URL: signed url: 400: the request has no usable \
                 x-viewer-host header: it must come through the distribution",
                "Unknown Nobody gets more than granted: headers: no playlist was served; changed \
                 cookie, encoded names: no segment was served; reach of playlists, renewal: no URI of \
                 a playlist is signed",
                "Unknown Playlists come compressed: no playlist was served",
                "Unknown Empty answers end at once: no playlist was served",
                "Unknown Caches keep what they may: playlist caching, playlist hits: no playlist was \
                 served; segment caching: no segment was served",
                "Wrong The functions know the viewer: visible signatures: 400: the request has no \
                 usable x-viewer-host header: it must come through the distribution; function headers: \
                 x-viewer-host does not arrive behind /video/clock-ts/master.m3u8",
            ],
        ),
        (
            "playlists are never kept",
            never,
            &["Advice Caches keep what they may: playlist hits: 3 equal requests, and each is a \
                 Miss: every viewer costs an invocation"],
        ),
        (
            "segments are open",
            open("- PathPattern: /video/*"),
            &[
                "Wrong Only viewers get videos: unsigned segment: 200 video/mp2t",
                "Wrong Nobody gets more than granted: changed cookie: 200 video/mp2t; other asset: \
                 403 AccessDenied of S3 (there is no such object, which S3 tells only those who may \
                 list the bucket)",
            ],
        ),
        (
            "playlists are open",
            open(playlists),
            &[
                "Wrong Only viewers get videos: unsigned playlist: 200 application/vnd.apple.mpegurl",
                "Wrong Nobody gets more than granted: changed url: 200 application/vnd.apple.mpegurl",
            ],
        ),
        (
            "the default is open",
            open("DefaultCacheBehavior:"),
            &["Wrong Only viewers get videos: default path: 403 AccessDenied of S3 (there is no \
                 such object, which S3 tells only those who may list the bucket)"],
        ),
    ];
    for (what, template, expected) in rows {
        let house = house_behind_with(&template, |options| options.hostile = false).await;
        let front = before(&house, |_| {}).await;
        let found = off(&check(&options(&front.url)).await, &front.url);
        assert_eq!(found, expected, "{what}");
    }
}

#[tokio::test]
async fn what_stands_beside_the_distribution_is_named_in_its_line() {
    let house = right().await;
    let front = before(&house, |_| {}).await;
    let url = |server: &Server| server.url.parse().ok();
    let usual = options(&front.url);
    let bucket = answering(200, &[], "#EXTM3U\n").await;
    let api = answering(401, &[], r#"{"detail":"sign in first"}"#).await;
    let rows: [(&str, Options, &[&str]); 4] = [
        (
            "the bucket is open",
            Options { bucket_url: url(&bucket), ..usual.clone() },
            &["Wrong Only viewers get videos: bucket: the playlist: 200; the list of objects: 200"],
        ),
        (
            "the API is open",
            Options { api_url: url(&api), ..usual.clone() },
            &["Wrong Only viewers get videos: api: 401: sign in first"],
        ),
        (
            "http is open",
            Options { plain_url: url(&api), ..usual.clone() },
            &["Wrong Only viewers get videos: plain http: /video/clock-ts/master.m3u8: 401: sign in \
                 first; /auth/cookies: 401: sign in first; /usher-check/nothing: 401: sign in first"],
        ),
        (
            "a page may not play",
            Options { receiver_origin: "https://www.gstatic.com".parse().ok(), ..usual.clone() },
            &["Wrong Other pages read what they may: cors receiver: the playlist allows no other \
                 origin; a segment allows no other origin"],
        ),
    ];
    for (what, options, expected) in rows {
        let found = off(&check(&options).await, &front.url);
        assert_eq!(found, expected, "{what}");
    }
    for (seconds, expected) in [
        (START - 3_600, "Wrong Clocks agree: clock: this machine is 3600 seconds behind"),
        (START + 3_600, "Wrong Clocks agree: clock: this machine is 3600 seconds ahead"),
    ] {
        assert_eq!(off(&check_at(&usual, seconds).await, &front.url), [expected]);
    }
}

#[tokio::test]
async fn a_signature_that_the_function_does_not_see_is_told_and_right() {
    for (hide_signatures, expected) in [
        (false, "the viewer-request function sees signatures, and passes on their policy"),
        (
            true,
            "the viewer-request function does not see signatures: playlists are signed by the copy in the URL",
        ),
    ] {
        let house = House::with_options(|options| {
            (options.hide_signatures, options.hostile) = (hide_signatures, false);
        });
        let house = house.await;
        let front = before(&house, |_| {}).await;
        let report = check(&options(&front.url)).await;
        assert_eq!(off(&report, &front.url), Vec::<String>::new());
        let questions = report.questions();
        let known = questions.iter().find(|question| question.title == "The functions know the viewer");
        assert_eq!(known.map(|question| question.found.as_str()), Some(expected));
    }
}
