//! Bad input at the edge: the correct status, one clear sentence, and no secret.

use std::fs;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::house::{House, denial};

#[tokio::test]
async fn each_bad_request_of_the_api_is_a_problem() {
    let house = House::open().await;
    let token = house.token().await;
    let good = format!("Bearer {token}");
    let forged = format!("Bearer {token}x");
    let large = format!("{{\"path\":\"/video/{}\"}}", "a".repeat(9_000));
    let path = r#"{"path":"/video/clock-ts/master.m3u8"}"#;
    let rows = [
        (
            "POST",
            "/auth/cookies",
            "",
            "",
            "",
            401,
            "sign-in-required",
            "sign in first: send Authorization: Bearer",
        ),
        (
            "POST",
            "/auth/cookies",
            "Bearer nonsense",
            "",
            "",
            401,
            "credential-rejected",
            "the token is not accepted here",
        ),
        (
            "POST",
            "/auth/cookies",
            &forged,
            "",
            "",
            401,
            "credential-rejected",
            "the token is not accepted here",
        ),
        (
            "GET",
            "/auth/cookies",
            &good,
            "",
            "",
            405,
            "method-not-allowed",
            "/auth/cookies takes POST, DELETE",
        ),
        ("POST", "/auth/nothing", &good, "", "", 404, "not-found", "there is nothing at this path"),
        (
            "POST",
            "/auth/urls",
            &good,
            "text/plain",
            path,
            415,
            "unsupported-media-type",
            "the body must be JSON: send Content-Type: application/json",
        ),
        (
            "POST",
            "/auth/urls",
            &good,
            "application/json",
            &large,
            413,
            "body-too-large",
            "the body has more than 8192 bytes",
        ),
        (
            "POST",
            "/auth/urls",
            &good,
            "application/json",
            "{",
            400,
            "malformed-body",
            r#"the body must be a JSON object such as {"path":"/video/m/master.m3u8"}"#,
        ),
        (
            "POST",
            "/auth/urls",
            &good,
            "application/json",
            r#"{"path":"/secret"}"#,
            403,
            "not-a-video",
            "the path is not below /video/*, or there are dot segments or broken escapes in it",
        ),
        (
            "POST",
            "/auth/urls",
            &good,
            "application/json",
            r#"{"path":"/video/a b"}"#,
            400,
            "unsignable-url",
            "a space at byte 29 is not allowed in a signed URL: percent-encode it first",
        ),
        (
            "POST",
            "/auth/urls",
            "",
            "application/json",
            path,
            401,
            "sign-in-required",
            "sign in first: send Authorization: Bearer",
        ),
    ];
    for (method, target, authorization, content_type, body, status, name, detail) in rows {
        let mut request = house.request(method, target).body(body.to_owned());
        for (name, value) in [("authorization", authorization), ("content-type", content_type)] {
            if !value.is_empty() {
                request = request.header(name, value);
            }
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{method} {target} {body}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        assert_eq!(answer.headers()["cache-control"], "no-store");
        assert_eq!(answer.headers().contains_key("www-authenticate"), status == 401);
        let title = answer.status().canonical_reason().unwrap();
        // The port, and with it the byte offset, differs from run to run.
        let offset = format!("byte {}", house.url.len() + "/video/a".len());
        let detail = detail.replace("byte 29", &offset);
        let answer: Value = answer.json().await.unwrap();
        let problem_type = format!("urn:problem-type:usher:{name}");
        assert_eq!(answer, json!({"type": problem_type, "title": title, "status": status, "detail": detail}));
    }
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let house = House::open().await;
    let token = house.token().await;
    house.set_time(crate::house::START + 8 * 3_600);
    let answer = house.request("POST", "/auth/cookies").bearer_auth(token).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(answer.headers()["www-authenticate"], "Bearer error=\"invalid_token\"");
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["detail"], "the token has expired: sign in again");
}

#[tokio::test]
async fn cookies_never_outlive_the_token() {
    let house = House::open().await;
    let token = house.token().await;
    house.set_time(crate::house::START + 8 * 3_600 - 10);
    let answer = house.request("POST", "/auth/cookies").bearer_auth(token).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["expires_at"], json!(crate::house::START + 8 * 3_600));
    assert_eq!(answer["refresh_after"], json!(crate::house::START + 8 * 3_600 - 2));
}

#[tokio::test]
async fn a_playlist_that_cannot_be_rewritten_has_its_own_status() {
    let media = TempDir::new().unwrap();
    let asset = media.path().join("video/m");
    fs::create_dir_all(asset.join("folder.m3u8")).unwrap();
    fs::write(asset.join("page.m3u8"), "<html>an error page</html>").unwrap();
    fs::write(asset.join("empty.m3u8"), "").unwrap();
    let large = fs::File::create(asset.join("large.m3u8")).unwrap();
    large.set_len(16 * 1_024 * 1_024 + 1).unwrap();
    let house = House::with_media(media.path().to_owned()).await;
    let cookies = house.cookies().await;
    let not_a_playlist = "the object at this path is not a playlist: it does not start with #EXTM3U";
    let rows = [
        ("/video/m/missing.m3u8", 404, "not-found", "there is no playlist at this path"),
        ("/video/m/folder.m3u8", 404, "not-found", "there is no playlist at this path"),
        ("/video/m/page.m3u8", 502, "not-a-playlist", not_a_playlist),
        ("/video/m/empty.m3u8", 502, "not-a-playlist", not_a_playlist),
        (
            "/video/m/large.m3u8",
            502,
            "playlist-too-large",
            "the playlist in the bucket has more than 16777216 bytes",
        ),
        (
            "/video/m/page.m3u8?usher-style=fancy",
            400,
            "unknown-style",
            "usher-style must be plain, inline or define",
        ),
    ];
    for (target, status, name, detail) in rows {
        let answer = house.get(target).header("cookie", &cookies).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{target}");
        let title = answer.status().canonical_reason().unwrap();
        let answer: Value = answer.json().await.unwrap();
        let problem_type = format!("urn:problem-type:usher:{name}");
        assert_eq!(answer, json!({"type": problem_type, "title": title, "status": status, "detail": detail}));
    }
}

#[tokio::test]
async fn a_method_that_the_behavior_does_not_allow_is_refused() {
    let house = House::open().await;
    let cookies = house.cookies().await;
    let answer =
        house.request("PUT", "/video/clock-ts/master.m3u8").header("cookie", &cookies).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert_eq!(answer.headers()["x-usher-why"], "the behavior /video/*.m3u8 allows GET, HEAD, OPTIONS");
}

#[tokio::test]
async fn the_demo_provider_wants_a_name() {
    let house = House::open().await;
    for body in ["", "{}", r#"{"viewer":""}"#, r#"{"viewer":7}"#, r#"{"viewer":"a","admin":true}"#] {
        let answer = house.request("POST", "/demo/sign-in").body(body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{body}");
    }
    assert_eq!(house.get("/demo/sign-in").send().await.unwrap().status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn what_the_viewer_claims_about_itself_is_not_believed() {
    let house = House::open().await;
    let url = house.signed_url("/video/clock-ts/master.m3u8").await;
    // A viewer with a signed URL gets parameters, even if the request claims to have cookies; and a policy for
    // its own host.
    let asked =
        house.get(&url).header("x-viewer-credential", "cookies").header("x-viewer-host", "evil.example");
    let playlist = asked.send().await.unwrap().text().await.unwrap();
    assert!(playlist.contains("playlist.m3u8?Policy="), "{playlist}");
    let answer = house
        .request("POST", "/auth/cookies")
        .header("x-viewer-host", "evil.example")
        .bearer_auth(house.token().await)
        .send()
        .await
        .unwrap();
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["resource"], json!(format!("{}/video/*", house.url)));
}

/// Sends a request that no HTTP library would send; returns the status line of the answer.
async fn raw(house: &House, request: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let address = house.url.trim_start_matches("http://");
    let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    answer.lines().next().unwrap().to_owned()
}

#[tokio::test]
async fn a_host_cannot_take_over_a_part_of_the_path() {
    let house = House::open().await;
    let url = house.signed_url("/video/clock-ts/master.m3u8").await;
    let query = url.split_once('?').unwrap().1;
    let host = house.url.trim_start_matches("http://");
    for host in [
        format!("{host}/video/clock-ts"),
        format!("{host}?"),
        "*".to_owned(),
        format!("{host}\r\nHost: {host}"),
    ] {
        let request = format!(
            "GET /video/clock-fmp4/master.m3u8?{query} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        );
        assert_eq!(raw(&house, &request).await, "HTTP/1.1 400 Bad Request", "{host}");
    }
}

#[tokio::test]
async fn another_programs_cookie_that_is_no_ascii_does_no_harm() {
    let house = House::open().await;
    let cookies = format!("x=\u{e9}; {}", house.cookies().await);
    let answer =
        house.get("/video/clock-ts/master.m3u8").header("cookie", cookies.as_bytes()).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_plus_in_the_path_of_a_segment_is_a_space_to_the_bucket() {
    let media = TempDir::new().unwrap();
    let folder = media.path().join("video/m");
    fs::create_dir_all(&folder).unwrap();
    for (name, text) in [("seg+1.ts", "plus"), ("seg+2.ts", "plus"), ("seg 2.ts", "space")] {
        fs::write(folder.join(name), text).unwrap();
    }
    fs::write(folder.join("a+b.m3u8"), "#EXTM3U\n#EXTINF:4,\nseg%2B1.ts\n").unwrap();
    let house = House::with_media(media.path().to_owned()).await;
    let cookies = house.cookies().await;
    let why = Some("S3 reads a + in a path as a space: percent-encode it as %2B".to_owned());
    let not_found = (StatusCode::FORBIDDEN, why, ACCESS_DENIED.to_owned());
    let rename = "in AWS, a playlist whose name has a %, a + or a parenthesis may not be found: rename it";
    let not_signed_alike = || (StatusCode::FORBIDDEN, Some(rename.to_owned()), NOT_SIGNED_ALIKE.to_owned());
    let found = |text: &str| (StatusCode::OK, None, text.to_owned());
    let rows = [
        ("seg+1.ts", not_found),
        ("seg%2B1.ts", found("plus")),
        ("seg+2.ts", found("space")),
        ("seg%2B2.ts", found("plus")),
        ("a+b.m3u8", not_signed_alike()),
        ("a%2Bb.m3u8", not_signed_alike()),
    ];
    for (name, expected) in rows {
        let answer = house.get(&format!("/video/m/{name}")).header("cookie", &cookies).send().await.unwrap();
        assert_eq!(denial(answer).await, expected, "{name}");
    }
    let head = house.request("HEAD", "/video/m/seg+1.ts").header("cookie", &cookies).send().await.unwrap();
    assert_eq!(head.status(), StatusCode::FORBIDDEN);

    // If AWS does not do what is reported, the function requests the name that it reads in the path.
    let folder = media.path().to_owned();
    let house = House::with_options(|options| (options.media, options.hostile) = (folder, false)).await;
    let cookies = house.cookies().await;
    for name in ["a+b.m3u8", "a%2Bb.m3u8"] {
        let answer = house.get(&format!("/video/m/{name}")).header("cookie", &cookies).send().await.unwrap();
        assert_eq!(denial(answer).await, found("#EXTM3U\n#EXTINF:4,\nseg%2B1.ts\n"), "{name}");
    }
}

const ACCESS_DENIED: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>AccessDenied</Code>\
    <Message>Access Denied</Message><RequestId>USHER-LOCAL-BUCKET</RequestId></Error>";
const NOT_SIGNED_ALIKE: &str = "{\"message\":\"The request signature we calculated does not match the signature you \
    provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\"}";
