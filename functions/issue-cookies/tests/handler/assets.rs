//! `POST /auth/cookies` for one asset at a time: a viewer of many films has cookies for those that are watched.

use std::collections::BTreeSet;

use cloudfront_signing::HashAlgorithm;
use serde_json::{Value, json};

use crate::{
    entitlements::{clearing, not_allowed, remembered, resource},
    function::{
        DELETE_COOKIES, Function, NOW, POST_COOKIES, event, grant, problem, response, set_header, signed_in,
    },
    tokens,
};

const EXPIRES: u64 = 1_790_003_400;

/// The mark of the tests' viewer: `printf 'jwt\\0anna' | sha256sum`.
const ANNA: &str = "~83daae76dd4a";

/// `event` with a body that asks for the asset of `path`, from a browser with these cookies.
fn asking(mut event: Value, path: &str, cookies: &[&str]) -> Value {
    set_header(&mut event, "content-type", "application/json");
    event["body"] = json!(json!({ "path": path }).to_string());
    event["cookies"] = json!(cookies);
    event
}

fn anna(path: &str, cookies: &[&str]) -> Value {
    asking(signed_in(POST_COOKIES), path, cookies)
}

/// The answer with the cookies for one asset, and these other lines.
fn issued(pattern: &str, path: &str, others: &[String]) -> Value {
    let resource = resource(pattern);
    let cookies = grant(&resource, EXPIRES, HashAlgorithm::Sha256).set_cookies();
    let cookies = cookies.iter().map(|line| {
        let (before, _) = line.split_once("Path=").unwrap();
        format!("{before}Path={path}")
    });
    let cookies: Vec<String> = cookies.chain(others.iter().cloned()).collect();
    let body = json!({"resource": resource, "expires_at": EXPIRES, "refresh_after": NOW + 2_720});
    response(200, json!({"content-type": "application/json"}), Some(body), json!(cookies))
}

#[tokio::test]
async fn a_path_gets_the_cookies_of_its_asset_alone() {
    let function = Function::new(&[]).await;
    let rows = [
        ("/video/m/master.m3u8", "/video/m/*", "/video/m/", "/video/m/"),
        ("/video/m/v0/s001.ts?x=1", "/video/m/*", "/video/m/", "/video/m/"),
        ("/video/m/", "/video/m/*", "/video/m/", "/video/m/"),
        ("/video/my%20film/a.m3u8", "/video/my%20film/*", "/video/my%20film/", "/video/my%2520film/"),
        ("/video/a:b,c/a.m3u8", "/video/a:b,c/*", "/video/a:b,c/", "/video/a%3Ab%2Cc/"),
        ("/video/film.mp4", "/video/film.mp4?*", "/video/film.mp4", "/video/film.mp4"),
    ];
    for (path, pattern, cookie_path, entry) in rows {
        // Nothing is known of this browser: it may have cookies for everything.
        let others = [clearing(&["/video/"]), vec![remembered(&format!("{ANNA}:{entry}"))]].concat();
        assert_eq!(function.answer(anna(path, &[])).await, issued(pattern, cookie_path, &others), "{path}");
        // A renewal.
        let cookie = format!("usher-paths={ANNA}:{entry}");
        let others = [remembered(&format!("{ANNA}:{entry}"))];
        let answer = function.answer(anna(path, &["theme=dark", &cookie])).await;
        assert_eq!(answer, issued(pattern, cookie_path, &others), "{path}");
    }
}

#[tokio::test]
async fn the_browser_remembers_what_it_has_the_latest_first() {
    let function = Function::new(&[]).await;
    let rows = [
        // Another film, and one of those that it has.
        (format!("{ANNA}:/video/a/:/video/b/"), vec![], format!("{ANNA}:/video/m/:/video/a/:/video/b/")),
        (format!("{ANNA}:/video/a/:/video/m/"), vec![], format!("{ANNA}:/video/m/:/video/a/")),
        // Another viewer's, or whose is not known.
        (
            "~0123456789ab:/video/a/:/video/b/".to_owned(),
            vec!["/video/a/", "/video/b/"],
            format!("{ANNA}:/video/m/"),
        ),
        ("/video/a/:/video/m/".to_owned(), vec!["/video/a/"], format!("{ANNA}:/video/m/")),
        // A browser would send both to the asset.
        (format!("{ANNA}:/video/a/:/video/"), vec!["/video/"], format!("{ANNA}:/video/m/:/video/a/")),
        (
            format!("{ANNA}:/video/m/v0/:/video/a/"),
            vec!["/video/m/v0/", "/video/a/"],
            format!("{ANNA}:/video/m/"),
        ),
        // There was no room to clear these.
        (format!("{ANNA}:/video/a/:!/video/b/"), vec!["/video/b/"], format!("{ANNA}:/video/m/:/video/a/")),
        (format!("{ANNA}:!/video/m/"), vec![], format!("{ANNA}:/video/m/")),
        // What was not written here names no folder.
        (format!("{ANNA}:/other/:/video/../x/:a:::/video/a"), vec![], format!("{ANNA}:/video/m/")),
        ("".to_owned(), vec![], format!("{ANNA}:/video/m/")),
    ];
    for (before, cleared, after) in rows {
        let cookie = format!("usher-paths={before}");
        let others = [clearing(&cleared), vec![remembered(&after)]].concat();
        let answer = function.answer(anna("/video/m/master.m3u8", &[&cookie])).await;
        assert_eq!(answer, issued("/video/m/*", "/video/m/", &others), "{before}");
    }
}

#[tokio::test]
async fn cookies_for_everything_replace_those_for_assets() {
    let function = Function::new(&[]).await;
    let mut event = signed_in(POST_COOKIES);
    event["cookies"] = json!([format!("usher-paths={ANNA}:/video/a/:/video/b/")]);
    let others = [clearing(&["/video/a/", "/video/b/"]), vec![remembered("/video/")]].concat();
    assert_eq!(function.answer(event).await, issued("/video/*", "/video/", &others));
}

#[tokio::test]
async fn an_asset_that_the_viewer_may_not_watch_is_refused() {
    let rules = r#"["/video/a/*", "/video/{tenant}/*"]"#;
    let function = Function::new(&[("ENTITLEMENTS", rules), ("SCOPE_DEPTH", "2")]).await;
    let mut claims = tokens::claims();
    claims["tenant"] = json!("t");
    let token = tokens::hs256(&claims);
    let ask = |path: &str| function.answer(asking(event(POST_COOKIES, &token), path, &[]));
    for (path, pattern) in [
        ("/video/a/film/master.m3u8", "/video/a/film/*"),
        ("/video/t/film/master.m3u8", "/video/t/film/*"),
        ("/video/a/film.mp4", "/video/a/film.mp4?*"),
    ] {
        assert_eq!(ask(path).await["body"]["resource"], json!(resource(pattern)), "{path}");
    }
    for path in ["/video/b/film/master.m3u8", "/video/film.mp4", "/video/ab/film.mp4"] {
        assert_eq!(ask(path).await, not_allowed(), "{path}");
    }
    let outside = problem(
        403,
        "not-a-video",
        "the path is not below /video/*, or there are dot segments or broken escapes in it",
        json!({}),
    );
    for path in ["/films/a/master.m3u8", "/video/a/../b/film/a.m3u8", "/video/a", "/video/%zz/a/b.ts", ""] {
        assert_eq!(ask(path).await, outside, "{path}");
    }
}

#[tokio::test]
async fn a_body_is_an_object_with_a_path_or_without() {
    let function = Function::new(&[]).await;
    let with = |body: &str, media_type: &str| {
        let mut event = signed_in(POST_COOKIES);
        set_header(&mut event, "content-type", media_type);
        event["body"] = json!(body);
        event
    };
    let everything = function.answer(signed_in(POST_COOKIES)).await;
    assert_eq!(everything["body"]["resource"], json!(resource("/video/*")));
    for body in ["", "{}", " { } "] {
        assert_eq!(function.answer(with(body, "application/json")).await, everything, "{body}");
    }
    assert_eq!(function.answer(with("", "text/plain")).await, everything);
    let malformed = problem(
        400,
        "malformed-body",
        r#"the body must be a JSON object such as {"path":"/video/m/master.m3u8"}"#,
        json!({}),
    );
    let bodies = [
        r#"{"path":"#,
        r#"{"path":7}"#,
        r#"{"path":null}"#,
        r#"{"path":["/video/m/a.m3u8"]}"#,
        r#"{"path":"/video/m/a.m3u8","path":"/video/n/a.m3u8"}"#,
        r#"["/video/m/a.m3u8"]"#,
        r#"{"paths":["/video/m/*"]}"#,
        r#"{"path":"/video/m/a.m3u8","ttl":1}"#,
        "[]",
        "null",
        "path=/video/m/a.m3u8",
    ];
    for body in bodies {
        assert_eq!(function.answer(with(body, "application/json")).await, malformed, "{body}");
    }
    let form = function.answer(with("path=/video/m/a.m3u8", "application/x-www-form-urlencoded")).await;
    assert_eq!(
        form,
        problem(
            415,
            "unsupported-media-type",
            "the body must be JSON: send Content-Type: application/json",
            json!({})
        )
    );
}

/// What a browser does with `Set-Cookie`.
#[derive(Default)]
struct Browser {
    /// Names and paths of CloudFront's cookies.
    cookies: BTreeSet<(String, String)>,
    paths: Option<String>,
}

impl Browser {
    /// Sends `event` with the cookie that the browser has, and takes the answer's.
    async fn send(&mut self, function: &Function, mut event: Value) {
        event["cookies"] =
            json!(self.paths.iter().map(|paths| format!("usher-paths={paths}")).collect::<Vec<_>>());
        let answer = function.answer(event).await;
        let lines: Vec<&str> =
            answer["cookies"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
        // API Gateway's limit for all headers of an answer.
        let bytes: usize = lines.iter().map(|line| "set-cookie: \r\n".len() + line.len()).sum();
        assert!(bytes < 9_900, "{bytes} bytes");
        for line in lines {
            let (name, rest) = line.split_once('=').unwrap();
            let (value, attributes) = rest.split_once(';').unwrap();
            let path = attributes.split("Path=").nth(1).unwrap().split(';').next().unwrap();
            let is_kept = !attributes.contains("Max-Age=0");
            let key = (name.to_owned(), path.to_owned());
            match name {
                "usher-paths" => self.paths = is_kept.then(|| value.to_owned()),
                _ if is_kept => _ = self.cookies.insert(key),
                _ => _ = self.cookies.remove(&key),
            }
        }
    }

    /// The paths of the cookies that it has.
    fn has(&self) -> BTreeSet<&str> {
        self.cookies.iter().map(|(_, path)| path.as_str()).collect()
    }
}

#[tokio::test]
async fn two_hundred_films_later_one_sign_out_clears_all() {
    let function = Function::new(&[]).await;
    for length in [1, 10, 100, 400] {
        let mut browser = Browser::default();
        browser.send(&function, signed_in(POST_COOKIES)).await;
        for number in 0..200 {
            let folder = format!("/video/{}{number}/", "n".repeat(length));
            browser.send(&function, anna(&format!("{folder}master.m3u8"), &[])).await;
            assert!(browser.has().contains(folder.as_str()), "{folder}");
            // The last films are still there, and the cookie remembers all that there are.
            let remembered = browser.paths.as_ref().unwrap().split(':').skip(1);
            assert_eq!(remembered.collect::<BTreeSet<_>>(), browser.has());
        }
        let at_once = match length {
            1 | 10 => 8..12,
            100 => 4..6,
            _ => 1..3,
        };
        assert!(at_once.contains(&browser.has().len()), "{} for {length}", browser.has().len());
        browser.send(&function, serde_json::from_str(DELETE_COOKIES).unwrap()).await;
        assert_eq!((browser.has().len(), browser.paths), (0, None), "{length}");
    }
}
