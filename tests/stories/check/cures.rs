//! What is broken, with its cure: the whole line, and no other line but those that follow from it.

use std::fs;

use http::{HeaderValue, StatusCode, header};
use tempfile::TempDir;
use tokio::net::TcpListener;
use usher_check::{Detail, Options};

use super::{
    altered::set_cookies,
    check as check_now, clock,
    front::{Passing, answering, before},
    named::{cured, named},
    options,
    template::{house_behind, in_behavior},
};
use crate::house::{House, START};

type Change = fn(Passing<'_>);

#[tokio::test]
async fn what_a_proxy_breaks_has_its_own_cure() {
    let rows: [(&str, Change, &[&str]); 4] = [
        (
            "no credential arrives",
            |passing| {
                let Passing::Request(parts) = passing else { return };
                parts.headers.remove(header::AUTHORIZATION);
            },
            &[
                "Wrong sign-in: 401: sign in first: send Authorization: Bearer -> no credential arrived that is known \
                 here: no proxy may drop Authorization or Cookie, and the behavior /auth/* needs the origin request \
                 policy Managed-AllViewerExceptHostHeader; cookies count with the parameter Plone alone",
                "Wrong signed url: 401: sign in first: send Authorization: Bearer -> no credential arrived that is known \
                 here: no proxy may drop Authorization or Cookie, and the behavior /auth/* needs the origin request \
                 policy Managed-AllViewerExceptHostHeader; cookies count with the parameter Plone alone",
            ],
        ),
        (
            "cookies are cut",
            |passing| {
                set_cookies(passing, |line| line.replace("CloudFront-Signature=", "CloudFront-Signature=!"));
            },
            &[
                "Wrong playlist: 403 MalformedSignature (the Signature is not base64 in CloudFront's alphabet (- for +, _ for =, ~ for /)) -> the \
                 policy or the signature was cut, or encoded again, on its way: no page, player or proxy may change the \
                 parameters or cookies",
            ],
        ),
        (
            "a policy that would move the cursor",
            |passing| {
                set_cookies(passing, |line| match line.strip_prefix("CloudFront-Policy=") {
                    Some(rest) => format!("CloudFront-Policy={ESCAPING}{}", &rest[rest.find(';').unwrap()..]),
                    None => line.to_owned(),
                });
            },
            &[
                "Wrong policy: it covers ?[2Jhttp://h/*, and this is http://HOST -> DomainName must be the host that \
                 viewers ask (VIEWER_HOST of the functions), and VIEWER_PROTOCOL theirs",
                "Wrong one film: it covers ?[2Jhttp://h/*, and not the playlist -> DomainName must be the host that \
                 viewers ask (VIEWER_HOST of the functions)",
                "Wrong playlist: 403 AccessDenied (the signature does not fit: the URL, the policy or the signature was \
                 changed, or another key signed it) -> the policy covers ?[2Jhttp://h/*: set VIEWER_HOST (parameter \
                 DomainName), VIEWER_PROTOCOL and Entitlements so that it covers \
                 http://HOST/video/clock-ts/master.m3u8",
            ],
        ),
        (
            "a redirect at home",
            |passing| {
                let Passing::Answer { path: "/auth/urls", status, headers, .. } = passing else { return };
                *status = StatusCode::FOUND;
                headers.insert("location", HeaderValue::from_static("/auth/urls/"));
            },
            &[
                "Wrong signed url: 302 to http://HOST/auth/urls/ -> the behavior must lead to the origin itself, and not \
                 to a redirect",
            ],
        ),
    ];
    let house = House::open().await;
    for (what, change, expected) in rows {
        let front = before(&house, change).await;
        assert_eq!(cured(&check_now(&options(&front.url)).await, &front.url), expected, "{what}");
    }
}

#[tokio::test]
async fn a_web_site_that_is_not_reached_is_named() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let house = House::with_options(|options| options.website = format!("http://{free}").parse().ok()).await;
    let front = before(&house, |_| {}).await;
    assert_eq!(
        cured(&check_now(&options(&front.url)).await, &front.url),
        [
            "Wrong default path: 502 text/plain -> CloudFront does not reach the web site, or the site fails: WebsiteDomainName must \
             be the name of the site's own server, and the server's certificate valid for it or for the viewers' host"
        ]
    );
}

#[tokio::test]
async fn what_the_function_refuses_has_its_own_cure() {
    let not_entitled = "the viewer is known, and Entitlements give this viewer nothing of it: sign in as somebody else, \
                        or look at Entitlements";
    let no_secret = "the origin auth must send the header x-origin-secret with the text of OriginSecret: after a \
                     rotation, follow \"Rotate the origin secret\" in docs/operate.md";
    let refused =
        |check: &str, sentence: &str, cure: &str| format!("Wrong {check}: 403: {sentence} -> {cure}");
    let all = |checks: &[&str], sentence: &str, cure: &str| -> Vec<String> {
        checks.iter().map(|check| refused(check, sentence, cure)).collect()
    };
    let entitlements = [("ENTITLEMENTS", r#"[{"resource":"/video/premium/*","if":{"groups":"premium"}}]"#)];
    let rows = [
        (
            House::with_settings(&entitlements).await,
            all(&["sign-in", "signed url"], "you are signed in, and may not watch this", not_entitled),
        ),
        (
            house_behind(&in_behavior("OriginCustomHeaders:", |_| None)).await,
            all(
                // The viewer-request function answers a request without a credential.
                &["sign-in", "signed url"],
                "the request did not come through the distribution",
                no_secret,
            ),
        ),
    ];
    for (house, expected) in rows {
        let front = before(&house, |_| {}).await;
        assert_eq!(cured(&check_now(&options(&front.url)).await, &front.url), expected);
    }
}

#[tokio::test]
async fn a_host_that_leads_to_another_one_is_told() {
    let headers = [
        ("date", "Mon, 21 Sep 2026 14:13:20 GMT"),
        ("location", "https://u:p@video.example.com/v?Signature=secret#f"),
    ];
    let www = answering(301, &headers, "").await;
    let report = check_now(&options(&www.url)).await;
    assert!(!report.text(Detail::Findings).to_string().contains("secret"));
    assert_eq!(cured(&report, &www.url), ["unsigned playlist", "challenge", "unsigned segment"].map(|check| format!(
            "Wrong {check}: 301 to https://video.example.com/v -> http://HOST leads to https://video.example.com: if \
             that is the deployment, check it instead"
        )));
}

#[tokio::test]
async fn a_path_that_is_no_video_is_told() {
    let house = House::open().await;
    let front = before(&house, |_| {}).await;
    let options = Options { playlist: "/films/master.m3u8".to_owned(), ..options(&front.url) };
    let lines = cured(&check_now(&options).await, &front.url);
    assert_eq!(
        lines.last().map(String::as_str),
        Some(
            "Wrong signed url: 403: the path is not below /video/*, or there are dot segments or broken escapes in it -> name a playlist \
             below /video/ with --playlist"
        )
    );
}

#[tokio::test]
async fn an_address_that_is_another_ones_is_told() {
    let house = House::open().await;
    let front = before(&house, |_| {}).await;
    let own = || front.url.parse().ok();
    let site = answering(200, &[("content-type", "text/html")], "<html>").await;
    let list = answering(200, &[], "<ListBucketResult>").await;
    let usual = options(&front.url);
    let not_the_bucket = "see that --bucket-url is the bucket's own regional address, such as \
                          https://BUCKET.s3.REGION.amazonaws.com (the stack's output BucketUrl)";
    let open = "the bucket is open: switch on all four of PublicAccessBlockConfiguration, and let the bucket policy \
                name cloudfront.amazonaws.com with this distribution alone";
    let not_the_api =
        "see that --api-url is the API's own address, without /auth (the stack's output ApiUrl)";
    let unsigned =
        "403 MissingKey (the request is not signed: neither its URL nor its cookies name a key pair id)";
    let denied = "<Error><Code>AccessDenied</Code><RequestId>R</RequestId></Error>";
    let bucket = answering(403, &[], denied).await;
    let rows = [
        (
            Options { bucket_url: own(), ..usual.clone() },
            format!(
                "Wrong bucket: the playlist: {unsigned}; the list of objects: 200 text/html -> {not_the_bucket}"
            ),
        ),
        (
            Options { bucket_url: site.url.parse().ok(), ..usual.clone() },
            format!(
                "Wrong bucket: the playlist: 200 text/html; the list of objects: 200 text/html -> {not_the_bucket}"
            ),
        ),
        (
            Options { bucket_url: list.url.parse().ok(), ..usual.clone() },
            format!("Wrong bucket: the playlist: 200; the list of objects: 200 -> {open}"),
        ),
        (
            Options { api_url: own(), ..usual.clone() },
            format!("Wrong api: 401: sign in first: send Authorization: Bearer -> {not_the_api}"),
        ),
        (
            Options { api_url: bucket.url.parse().ok(), ..usual.clone() },
            format!("Wrong api: 403 AccessDenied of S3 -> {not_the_api}"),
        ),
    ];
    for (options, expected) in rows {
        assert_eq!(cured(&check_now(&options).await, &front.url), [expected]);
    }
}

#[tokio::test]
async fn a_cast_receiver_that_cannot_play_or_could_sign_in_is_named() {
    let receiver = "https://www.gstatic.com";
    let rows = [
        (
            vec![],
            "Wrong cors receiver: the playlist allows no other origin; a segment allows no other origin -> name the \
             origin in the parameter CastReceiverOrigins, as browsers send it",
        ),
        (
            vec![("AllowedOrigins", receiver)],
            "Wrong cors receiver: it may sign viewers in -> name the origin in CastReceiverOrigins alone, and not in \
             AllowedOrigins",
        ),
    ];
    for (parameters, expected) in rows {
        let house = House::with_parameters(&parameters).await;
        let front = before(&house, |_| {}).await;
        let options = Options { receiver_origin: receiver.parse().ok(), ..options(&front.url) };
        assert_eq!(cured(&check_now(&options).await, &front.url), [expected]);
    }
    let house = House::open().await;
    let front = before(&house, |passing| {
        let Passing::Answer { path: "/auth/urls", status, .. } = passing else { return };
        *status = StatusCode::BAD_GATEWAY;
    });
    let front = front.await;
    let options = Options { receiver_origin: receiver.parse().ok(), ..options(&front.url) };
    let unknown = "Unknown cors receiver: no playlist was served by a signed URL".to_owned();
    assert!(named(&check_now(&options).await, &front.url).contains(&unknown));
}

/// A folder with one film of these files.
pub(super) fn film(files: &[(&str, &str)]) -> TempDir {
    let media = TempDir::new().unwrap();
    let folder = media.path().join("video/m");
    fs::create_dir_all(&folder).unwrap();
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
    media
}

#[tokio::test]
async fn a_playlist_that_is_not_re_signed_because_of_its_name_is_named() {
    let media = film(&[
        ("master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=300000\nLOW.M3U8\n"),
        ("LOW.M3U8", "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\ns0.ts\n#EXT-X-ENDLIST\n"),
        ("s0.ts", "one segment"),
    ]);
    let house = House::with_media(media.path().to_owned()).await;
    let front = before(&house, |_| {}).await;
    let cure = "rename the playlist so that its name ends in .m3u8, in lower case, and what refers to it: the \
                distribution re-signs /video/*.m3u8 and hands out everything else as it is in the bucket";
    let rows = [
        (
            "/video/m/master.m3u8",
            vec![
                format!(
                    "Wrong nested playlists: /video/m/LOW.M3U8: served, and not re-signed because of its name -> {cure}"
                ),
                format!(
                    "Wrong signed playlist: /video/m/master.m3u8 has URIs that are not signed: 1 to a playlist or \
                     MPD whose name does not end in .m3u8 or .mpd -> {cure}"
                ),
            ],
        ),
        (
            "/video/m/LOW.M3U8",
            vec![
                format!("Wrong playlist: served, and not re-signed because of its name -> {cure}"),
                format!("Wrong signed playlist: 1 of 1 URIs are not signed, /video/m/s0.ts first -> {cure}"),
            ],
        ),
    ];
    for (playlist, expected) in rows {
        let options = Options { playlist: playlist.to_owned(), ..options(&front.url) };
        assert_eq!(cured(&check_now(&options).await, &front.url), expected, "{playlist}");
    }
}

#[tokio::test]
async fn a_plus_that_the_bucket_reads_as_a_space_is_named() {
    let playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nseg+1.ts\n#EXT-X-ENDLIST\n";
    let media = film(&[("in.m3u8", playlist), ("seg+1.ts", "one segment")]);
    let house = House::with_media(media.path().to_owned()).await;
    let front = before(&house, |_| {}).await;
    let options = Options { playlist: "/video/m/in.m3u8".to_owned(), ..options(&front.url) };
    let answer = "403 AccessDenied of S3 (S3 reads a + in a path as a space: percent-encode it as %2B) -> S3 reads a + in a \
                  path as a space: write %2B where the playlist names the file, or upload the file under a name without \
                  +";
    let expected = [
        format!("Wrong segments: /video/m/seg+1.ts: {answer}"),
        format!("Wrong range: {answer}"),
        format!("Wrong signed segment: {answer}"),
    ];
    assert_eq!(cured(&check_now(&options).await, &front.url), expected);
}

#[tokio::test]
async fn segments_that_nobody_may_keep_are_named_but_on_a_laptop() {
    let house =
        House::with_options(|options| options.hosts = vec![url::Host::parse("video.example.com").unwrap()]);
    let house = house.await;
    let front = before(&house, |_| {}).await;
    let address = front.url.strip_prefix("http://").unwrap().parse().unwrap();
    let url = front.url.replace("127.0.0.1", "video.example.com");
    let client = reqwest::Client::builder().resolve("video.example.com", address);
    let report = usher_check::run(&options(&url), client, &clock(START)).await.unwrap();
    assert_eq!(
        cured(&report, &url),
        [
            "Advice segment caching: Cache-Control of /video/clock-ts/360p/segment000.ts is none -> upload with `usher \
             upload`, which sets content types and cache headers"
        ]
    );
}

/// `{"Statement":[{"Resource":"\u001b[2Jhttp://h/*","Condition":{"DateLessThan":{"AWS:EpochTime":1790003660}}}]}`
const ESCAPING: &str = "eyJTdGF0ZW1lbnQiOlt7IlJlc291cmNlIjoiXHUwMDFiWzJKaHR0cDovL2gvKiIsIkNvbmRpdGlvbiI6eyJEYXRlTGVzc1RoYW4iOnsiQVdTOkVwb2NoVGltZSI6MTc5MDAwMzY2MH19fV19";
