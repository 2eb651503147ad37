//! One thing is broken at a time: the check names it, and nothing that is correct.

use std::fs;

use tempfile::TempDir;
use usher_check::Options;

use super::{
    check, check_at,
    front::{Server, answering, before},
    named::{NO_URL, NOBODY_LOOKS, NOT_LOOKED_UP, NOT_PLAYED, NOT_SERVED, NOT_SIGNED_IN, lines, named},
    options,
    template::{house_behind, in_behavior, open},
};
use crate::house::{House, START, workspace};

#[tokio::test]
async fn a_behavior_that_is_open_or_leads_elsewhere_is_named() {
    let playlists = "- PathPattern: /video/*.m3u8";
    let to_bucket = in_behavior(playlists, |line| Some(line.replace(": manifest", ": media")));
    let rows = [
        (
            "segments are open",
            open("- PathPattern: /video/*"),
            lines(&[&[
                "Wrong unsigned segment: 200 video/mp2t",
                "Wrong changed cookie: 200 video/mp2t",
                "Wrong other asset: 403 AccessDenied of S3 (there is no such object, which S3 tells only those who may \
                 list the bucket)",
            ]]),
        ),
        (
            "playlists are open",
            open(playlists),
            lines(&[&[
                "Wrong unsigned playlist: 200 application/vnd.apple.mpegurl",
                "Wrong changed url: 200 application/vnd.apple.mpegurl",
            ]]),
        ),
        (
            "the default is open",
            open("DefaultCacheBehavior:"),
            lines(&[&[
                "Wrong default path: 403 AccessDenied of S3 (there is no such object, which S3 tells only those \
                 who may list the bucket)",
            ]]),
        ),
        (
            "playlists go to the bucket",
            to_bucket,
            lines(&[&[
                "Wrong playlist caching: Cache-Control of /video/clock-ts/master.m3u8 is none; Cache-Control of \
                 /video/clock-ts/360p/playlist.m3u8 is none; Cache-Control of /video/clock-ts/180p/playlist.m3u8 is none",
                "Wrong signed playlist: 2 of 2 URIs are not signed, /video/clock-ts/360p/playlist.m3u8 first",
                "Unknown reach of playlists: no URI of a playlist is signed",
                "Unknown renewal: no URI of a playlist is signed",
                "Unknown function headers: the playlist does not come from ResignManifestFunction",
                "Unknown signed segment: no playlist of a signed URL named a segment",
                "Advice gzip: 347 bytes as they are, without gzip",
                "Advice playlist hits: 3 equal requests, and each is a Miss: every viewer costs an invocation",
                "Advice not modified: 200 and the whole playlist, in place of 304",
                // The bucket, unlike the function URL, reads such names in the house, too.
                "Right names with spaces: they are looked up as other names",
                "Right names with plus: they are looked up as other names",
            ]]),
        ),
    ];
    for (what, template, expected) in rows {
        let house = house_behind(&template).await;
        let front = before(&house, |_| {}).await;
        assert_eq!(named(&check(&options(&front.url)).await, &front.url), expected, "{what}");
    }
}

#[tokio::test]
async fn a_viewer_request_function_that_does_not_run_is_named() {
    let without = |name| {
        in_behavior(name, |line| {
            let is_function =
                line.contains("FunctionAssociations:") || line.contains("EventType: viewer-request");
            (!is_function).then(|| line.to_owned())
        })
    };
    let refusal =
        "400: the request has no usable x-viewer-host header: it must come through the distribution";
    let (sign_in, playlist) = (format!("Wrong sign-in: {refusal}"), format!("Wrong playlist: {refusal}"));
    let visible = format!("Wrong visible signatures: {refusal}");
    let (challenge, signed_url) =
        (format!("Wrong challenge: {refusal}"), format!("Wrong signed url: {refusal}"));
    let rows = [
        (
            "- PathPattern: /auth/*",
            lines(&[
                &[
                    &challenge,
                    &sign_in,
                    "Unknown cookies: nobody is signed in",
                    "Unknown policy: nobody is signed in",
                    "Unknown one film: nobody is signed in",
                ],
                &["Wrong spoofed host: a policy for http://usher-check.invalid/video/*"],
                &NOT_SIGNED_IN,
                &[&signed_url],
                &NO_URL[..4],
                &["Wrong function headers: x-viewer-host does not arrive behind /auth/cookies"],
                &NO_URL[5..],
                &NOT_PLAYED,
                &NOBODY_LOOKS,
                &["Unknown sign-out: nobody is signed in"],
            ]),
        ),
        (
            "- PathPattern: /video/*.m3u8",
            lines(&[
                &[&playlist],
                &NOT_SERVED,
                &[&signed_url, "Unknown signed playlist: no playlist was served"],
                &["Unknown reach of playlists: no URI of a playlist is signed"],
                &["Unknown renewal: no URI of a playlist is signed", &visible],
                &["Wrong function headers: x-viewer-host does not arrive behind /video/clock-ts/master.m3u8"],
                &["Unknown signed segment: no playlist of a signed URL named a segment"],
                &["Unknown other manifests: no playlist was served"],
                &NOT_PLAYED,
            ]),
        ),
    ];
    for (name, expected) in rows {
        let house = house_behind(&without(name)).await;
        let front = before(&house, |_| {}).await;
        assert_eq!(named(&check(&options(&front.url)).await, &front.url), expected, "{name}");
    }
}

#[tokio::test]
async fn a_sign_in_that_nobody_reaches_is_named() {
    let restricted = in_behavior("- PathPattern: /auth/*", |line| {
        let group = "\n            TrustedKeyGroups: [!Ref KeyGroup]";
        Some(if line.contains("TargetOriginId:") { format!("{line}{group}") } else { line.to_owned() })
    });
    let read_only = in_behavior("- PathPattern: /auth/*", |line| {
        Some(line.replace("[GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE]", "[GET, HEAD]"))
    });
    let unsigned =
        "403 MissingKey (the request is not signed: neither its URL nor its cookies name a key pair id)";
    let rows =
        [(restricted, unsigned), (read_only, "403 AccessDenied (the behavior /auth/* allows GET, HEAD)")];
    for (template, refusal) in rows {
        let house = house_behind(&template).await;
        let front = before(&house, |_| {}).await;
        let expected = lines(&[
            &[&format!("Wrong challenge: {refusal}"), &format!("Wrong sign-in: {refusal}")],
            &["Unknown cookies: nobody is signed in", "Unknown policy: nobody is signed in"],
            &["Unknown one film: nobody is signed in"],
            &[&format!("Unknown spoofed host: no policy was issued: {refusal}")],
            &NOT_SIGNED_IN,
            &[&format!("Wrong signed url: {refusal}")],
            &NO_URL,
            &NOT_PLAYED,
            &NOBODY_LOOKS,
            &["Unknown sign-out: nobody is signed in"],
            &["Unknown auth caching: the function behind /auth/ answered nothing"],
        ]);
        assert_eq!(named(&check(&options(&front.url)).await, &front.url), expected);
    }
}

#[tokio::test]
async fn settings_that_could_be_better_or_fit_another_host_are_named() {
    let rows = [
        ("HASH_ALGORITHM", "SHA1", lines(&[&["Advice policy: http://HOST/video/* for 56 minutes, SHA1"]])),
        ("SCOPE_DEPTH", "0", lines(&[&["Advice other asset: a signed URL of one film opens them all"]])),
        (
            "VIEWER_HOST",
            "video.example.com",
            lines(&[
                &["Wrong policy: it covers http://video.example.com/video/*, and this is http://HOST"],
                &[
                    "Wrong one film: it covers http://video.example.com/video/clock-ts/*, and not the playlist",
                ],
                &[
                    "Wrong playlist: 403 AccessDenied (the policy covers http://video.example.com/video/*, which is \
                   not http://HOST/video/clock-ts/master.m3u8)",
                ],
                &NOT_SERVED,
                &["Wrong signed url: it is for http://video.example.com"],
                &NO_URL,
                &NOT_PLAYED,
                &NOT_LOOKED_UP,
            ]),
        ),
    ];
    for (name, value, expected) in rows {
        let house = House::with_settings(&[(name, value)]).await;
        let front = before(&house, |_| {}).await;
        assert_eq!(named(&check(&options(&front.url)).await, &front.url), expected, "{name}");
    }
}

#[tokio::test]
async fn a_film_with_a_hole_is_named() {
    let rows = [
        (
            "180p/playlist.m3u8",
            "Wrong nested playlists: /video/clock-ts/180p/playlist.m3u8: 404: there is no playlist at this path",
        ),
        (
            "180p/segment003.ts",
            "Wrong segments: /video/clock-ts/180p/segment003.ts: 403 AccessDenied of S3 (there is no such object, \
             which S3 tells only those who may list the bucket)",
        ),
        (
            "180p/key.bin",
            "Wrong segments: /video/clock-ts/180p/key.bin: 403 AccessDenied of S3 (there is no such object, which \
             S3 tells only those who may list the bucket)",
        ),
    ];
    let film = workspace().join("local/media/video/clock-ts");
    for (hole, expected) in rows {
        let media = TempDir::new().unwrap();
        for name in ["360p", "180p"] {
            fs::create_dir_all(media.path().join("video/clock-ts").join(name)).unwrap();
            for file in fs::read_dir(film.join(name)).unwrap() {
                let file = file.unwrap();
                let to = media.path().join("video/clock-ts").join(name).join(file.file_name());
                fs::copy(file.path(), to).unwrap();
            }
        }
        fs::copy(film.join("master.m3u8"), media.path().join("video/clock-ts/master.m3u8")).unwrap();
        fs::remove_file(media.path().join("video/clock-ts").join(hole)).unwrap();
        let house = House::with_media(media.path().to_owned()).await;
        let front = before(&house, |_| {}).await;
        assert_eq!(named(&check(&options(&front.url)).await, &front.url), [expected], "{hole}");
    }
}

#[tokio::test]
async fn a_live_segment_that_has_left_is_not_missed() {
    let media = TempDir::new().unwrap();
    let (film, live) = (workspace().join("local/media/video/clock-ts/360p"), media.path().join("video/live"));
    fs::create_dir_all(&live).unwrap();
    for file in ["key.bin", "segment002.ts", "segment003.ts"] {
        fs::copy(film.join(file), live.join(file)).unwrap();
    }
    let playlist = fs::read_to_string(film.join("playlist.m3u8")).unwrap();
    let house = House::with_media(media.path().to_owned()).await;
    let front = before(&house, |_| {}).await;
    let rows = [
        (
            playlist.as_str(),
            vec![
                "Wrong segments: /video/live/segment000.ts: 403 AccessDenied of S3 (there is no such object, which S3 \
                 tells only those who may list the bucket)",
            ],
        ),
        (playlist.strip_suffix("#EXT-X-ENDLIST\n").unwrap(), vec![]),
    ];
    for (at, (playlist, expected)) in (0..).zip(rows) {
        // The edge keeps the complete playlist for 300 seconds, and includes the fractions of the machine's
        // clock.
        house.set_time(START + at * 301);
        fs::write(live.join("p.m3u8"), playlist).unwrap();
        let options = Options { playlist: "/video/live/p.m3u8".to_owned(), ..options(&front.url) };
        let report = check(&options).await;
        let segments: Vec<_> = named(&report, &front.url);
        let segments: Vec<_> = segments.iter().filter(|line| line.contains(" segments: ")).collect();
        assert_eq!(segments, expected);
    }
}

#[tokio::test]
async fn doors_beside_the_distribution_are_named() {
    let house = House::open().await;
    let front = before(&house, |_| {}).await;
    let url = |server: &Server| Some(server.url.parse().unwrap());
    let usual = options(&front.url);
    let open = answering(200, &[], "#EXTM3U\n").await;
    let listed = answering(404, &[], "<Error><Code>NoSuchKey</Code><RequestId>R</RequestId></Error>").await;
    let elsewhere = answering(301, &[], "<Error><Code>PermanentRedirect</Code></Error>").await;
    let trusting = answering(401, &[], r#"{"detail":"sign in first"}"#).await;
    let no_api = answering(404, &[("content-type", "application/json")], r#"{"message":"Not Found"}"#).await;
    let rows = [
        (
            Options { bucket_url: url(&open), ..usual.clone() },
            "Wrong bucket: the playlist: 200; the list of objects: 200",
        ),
        (
            Options { bucket_url: url(&listed), ..usual.clone() },
            "Wrong bucket: the playlist: 404 NoSuchKey of S3; the list of objects: 404 NoSuchKey of S3",
        ),
        (
            Options { bucket_url: url(&elsewhere), ..usual.clone() },
            "Wrong bucket: the playlist: 301 PermanentRedirect of S3; the list of objects: 301 PermanentRedirect of S3",
        ),
        (Options { api_url: url(&trusting), ..usual.clone() }, "Wrong api: 401: sign in first"),
        (Options { api_url: url(&no_api), ..usual.clone() }, "Wrong api: 404 application/json"),
        (
            Options { plain_url: url(&trusting), ..usual.clone() },
            "Wrong plain http: /video/clock-ts/master.m3u8: 401: sign in first; /auth/cookies: 401: sign in first; \
             /usher-check/nothing: 401: sign in first",
        ),
    ];
    for (options, expected) in rows {
        assert_eq!(named(&check(&options).await, &front.url), [expected]);
    }
    for (seconds, expected) in [
        (START - 3_600, "Wrong clock: this machine is 3600 seconds behind"),
        (START + 7_200, "Wrong clock: this machine is 7200 seconds ahead"),
    ] {
        assert_eq!(named(&check_at(&usual, seconds).await, &front.url), [expected]);
    }
}

#[tokio::test]
async fn pages_of_another_origin_that_may_not_play_are_named() {
    let house = House::open().await;
    let front = before(&house, |_| {}).await;
    let options = Options { origin: "https://app.example.com".parse().ok(), ..options(&front.url) };
    let expected = lines(&[&[
        "Wrong cookies: not sent from pages of https://app.example.com, which is another site: Hash-Algorithm, \
         Key-Pair-Id, Policy, Signature",
        "Wrong cors sign-in: the preflight allows no other origin; the preflight does not allow POST; the preflight \
         does not allow authorization",
        "Wrong cors videos: the playlist allows no other origin; a segment allows no other origin",
    ]]);
    assert_eq!(named(&check(&options).await, &front.url), expected);
}
