//! What a viewer may watch decides what is signed.

use cloudfront_signing::HashAlgorithm;
use serde_json::{Value, json};

use crate::{
    function::{
        DELETE_COOKIES, Function, HOST, NOW, POST_COOKIES, POST_URLS, ask, event, grant, problem, response,
    },
    tokens,
};

const EXPIRES: u64 = 1_790_003_700;
const URL_EXPIRES: u64 = 1_790_021_700;
const GROUPS: &str = r#"["/video/{groups}/*"]"#;

async fn function() -> Function {
    Function::new(&[("ENTITLEMENTS", GROUPS)]).await
}

/// `text` with the token of a viewer in these groups.
fn member(text: &str, groups: Value) -> Value {
    let mut claims = tokens::claims();
    claims["groups"] = groups;
    event(text, &tokens::hs256(&claims))
}

fn resource(path: &str) -> String {
    format!("https://{HOST}{path}")
}

fn not_allowed() -> Value {
    problem(403, "Forbidden", "you are signed in, and may not watch this", json!({}))
}

#[tokio::test]
async fn several_resources_are_several_sets_of_cookies_on_separate_paths() {
    let answer = function().await.answer(member(POST_COOKIES, json!(["b", "a"]))).await;
    let resources = [resource("/video/b/*"), resource("/video/a/*")];
    let mut cookies: Vec<String> = Vec::new();
    for resource in &resources {
        cookies.extend(grant(resource, EXPIRES, HashAlgorithm::Sha256).set_cookies());
    }
    cookies.push(
        "usher-paths=/video/b/:/video/a/; HttpOnly; SameSite=Lax; Secure; Path=/auth/cookies".to_owned(),
    );
    let body = json!({
        "resource": resources[0],
        "resources": resources,
        "expires_at": EXPIRES,
        "refresh_after": NOW + 2_960,
    });
    let expected = response(200, json!({"content-type": "application/json"}), Some(body), json!(cookies));
    assert_eq!(answer, expected);
    let paths: Vec<&str> = cookies.iter().filter_map(|cookie| cookie.split("Path=").nth(1)).collect();
    assert_eq!(
        paths,
        [["/video/b/"; 4], ["/video/a/"; 4]]
            .concat()
            .into_iter()
            .chain(["/auth/cookies"])
            .collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn one_resource_of_a_claim_is_one_set_of_cookies_that_admits_to_it_alone() {
    let answer = function().await.answer(member(POST_COOKIES, json!("a"))).await;
    let mut cookies = grant(&resource("/video/a/*"), EXPIRES, HashAlgorithm::Sha256).set_cookies();
    cookies.push("usher-paths=/video/a/; HttpOnly; SameSite=Lax; Secure; Path=/auth/cookies".to_owned());
    let body = json!({
        "resource": resource("/video/a/*"),
        "expires_at": EXPIRES,
        "refresh_after": NOW + 2_960,
    });
    let expected = response(200, json!({"content-type": "application/json"}), Some(body), json!(cookies));
    assert_eq!(answer, expected);
    let header = crate::function::cookie_header(&answer);
    assert_eq!(ask(&resource("/video/a/s.ts"), &header, NOW).err(), None);
    assert!(ask(&resource("/video/b/s.ts"), &header, NOW).is_err());
}

#[tokio::test]
async fn a_viewer_without_the_claim_or_with_one_that_moves_a_border_is_refused() {
    let function = function().await;
    let tokens = [json!([]), json!(["a", "*"]), json!("a/../b"), json!(".."), json!(""), json!({"a": 1})];
    for groups in tokens {
        for text in [POST_COOKIES, POST_URLS] {
            assert_eq!(function.answer(member(text, groups.clone())).await, not_allowed(), "{groups}");
        }
    }
    let stranger = event(POST_COOKIES, &tokens::hs256(&tokens::claims()));
    assert_eq!(function.answer(stranger).await, not_allowed());
    let many: Vec<u32> = (0..9).collect();
    assert_eq!(function.answer(member(POST_COOKIES, json!(many))).await, not_allowed());
}

#[tokio::test]
async fn a_url_is_signed_for_what_the_viewer_may_watch_and_no_wider() {
    // The part of the path that is signed for, below the viewer's resource and above it.
    let rows = [
        (r#"["/video/{groups}/*"]"#, "/video/a/master.m3u8", Ok("/video/a/*")),
        (r#"["/video/*"]"#, "/video/m/master.m3u8", Ok("/video/m/*")),
        (r#"["/video/m/{groups}/*"]"#, "/video/m/a/v.m3u8", Ok("/video/m/a/*")),
        (r#"["/video/{groups}/*"]"#, "/video/b/master.m3u8", Err(())),
        (r#"["/video/{groups}/*"]"#, "/video/ab/master.m3u8", Err(())),
        (r#"["/video/m/{groups}/*"]"#, "/video/m/master.m3u8", Err(())),
        (r#"["/video/m/{groups}/*"]"#, "/video/m/b/v.m3u8", Err(())),
    ];
    for (rules, path, covered) in rows {
        let function = Function::new(&[("ENTITLEMENTS", rules)]).await;
        let mut asked = member(POST_URLS, json!("a"));
        asked["body"] = json!(json!({ "path": path }).to_string());
        let expected = match covered {
            Ok(covered) => {
                let grant = grant(&resource(covered), URL_EXPIRES, HashAlgorithm::Sha256);
                let url = format!("https://{HOST}{path}?{}", grant.query());
                let body = json!({"url": url, "expires_at": URL_EXPIRES});
                response(200, json!({"content-type": "application/json"}), Some(body), json!([]))
            }
            Err(()) => not_allowed(),
        };
        assert_eq!(function.answer(asked).await, expected, "{rules} {path}");
    }
}

/// What a browser is told to forget: `usher-paths` first where it is there, then five names for each path.
fn cleared(remembered: &[&str], paths: &[&str]) -> Value {
    let names = ["Policy", "Expires", "Signature", "Key-Pair-Id", "Hash-Algorithm"];
    let mut cookies: Vec<String> = remembered.iter().map(|line| (*line).to_owned()).collect();
    for path in paths {
        cookies.extend(names.map(|name| {
            format!("CloudFront-{name}=; HttpOnly; SameSite=Lax; Secure; Path={path}; Max-Age=0")
        }));
    }
    response(204, json!({}), None, json!(cookies))
}

#[tokio::test]
async fn signing_out_clears_what_was_set_for_each_path() {
    let function = function().await;
    let forgotten = "usher-paths=; HttpOnly; SameSite=Lax; Secure; Path=/auth/cookies; Max-Age=0";
    let sign_out = |cookies: &[&str]| {
        let mut event: Value = serde_json::from_str(DELETE_COOKIES).unwrap();
        event["cookies"] = json!(cookies);
        event
    };
    let both = cleared(&[forgotten], &["/video/", "/video/a/", "/video/b/"]);
    assert_eq!(function.answer(sign_out(&["usher-paths=/video/a/:/video/b/"])).await, both);
    assert_eq!(function.answer(sign_out(&["x=y", "usher-paths=/video/a/:/video/b/"])).await, both);
    // What was not written here names no path.
    for value in ["", ":", "/", "/other/", "/video/../other/", "/video/*/", "/video/a", "a", "/video/"] {
        let event = sign_out(&[&format!("usher-paths={value}")]);
        assert_eq!(function.answer(event).await, cleared(&[], &["/video/"]), "{value}");
    }
}

#[tokio::test]
async fn the_cookies_have_the_attributes_of_the_configuration_and_are_cleared_with_them() {
    let settings = [
        ("COOKIE_DOMAIN", "example.com"),
        ("COOKIE_SAME_SITE", "None"),
        ("COOKIE_PARTITIONED", "true"),
        ("COOKIE_LIFETIME", "policy"),
    ];
    let function = Function::new(&settings).await;
    let at = |text: &str, host: &str| {
        let mut event = event(text, &tokens::hs256(&tokens::claims()));
        event["headers"]["x-viewer-host"] = json!(host);
        event["headers"]["origin"] = json!(format!("https://{host}"));
        event
    };
    let shapes = |answer: &Value| -> Vec<String> {
        let cookies = answer["cookies"].as_array().unwrap().iter();
        cookies.map(|cookie| cookie.as_str().unwrap().split_once("; ").unwrap().1.to_owned()).collect()
    };
    let attributes = "HttpOnly; SameSite=None; Partitioned; Secure; Path=/video/; Domain=example.com";
    let issued = function.answer(at(POST_COOKIES, "cdn.example.com")).await;
    assert_eq!(shapes(&issued), vec![format!("{attributes}; Max-Age={}", EXPIRES - NOW); 4]);
    let cleared = function.answer(at(DELETE_COOKIES, "cdn.example.com")).await;
    assert_eq!(shapes(&cleared), vec![format!("{attributes}; Max-Age=0"); 5]);

    let detail =
        "the cookies are for example.com: a browser that asked d1.cloudfront.net would not keep them";
    let expected = problem(400, "Bad Request", detail, json!({}));
    for text in [POST_COOKIES, DELETE_COOKIES] {
        assert_eq!(function.answer(at(text, "d1.cloudfront.net")).await, expected);
    }
}
