//! What a viewer may watch decides what is signed.

use cloudfront_signing::HashAlgorithm;
use hls_rewrite::policy_copy;
use serde_json::{Value, json};

use crate::{
    function::{
        DELETE_COOKIES, Function, HOST, NOW, POST_COOKIES, POST_URLS, ask, event, grant, problem, response,
        set_header,
    },
    paths, tokens,
};

const EXPIRES: u64 = 1_790_003_400;
const URL_EXPIRES: u64 = 1_790_021_400;
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

/// The same in a browser that has cookies for these folders, as far as it was told.
fn returning(text: &str, groups: Value, folders: &str) -> Value {
    let mut event = member(text, groups);
    event["cookies"] = json!(["theme=dark", format!("usher-paths={folders}")]);
    event
}

pub(crate) fn remembered(folders: &str) -> String {
    format!("usher-paths={folders}; HttpOnly; SameSite=Lax; Secure; Path=/auth/cookies")
}

pub(crate) fn resource(path: &str) -> String {
    format!("https://{HOST}{path}")
}

pub(crate) fn not_allowed() -> Value {
    problem(403, "not-entitled", "you are signed in, and may not watch this", json!({}))
}

#[tokio::test]
async fn several_resources_are_several_sets_of_cookies_on_separate_paths() {
    let answer = function().await.answer(returning(POST_COOKIES, json!(["b", "a"]), "/video/a/")).await;
    let resources = [resource("/video/b/*"), resource("/video/a/*")];
    let mut cookies: Vec<String> = Vec::new();
    for resource in &resources {
        cookies.extend(grant(resource, EXPIRES, HashAlgorithm::Sha256).set_cookies());
    }
    cookies.push(remembered("/video/b/:/video/a/"));
    let body = json!({
        "resource": resources[0],
        "resources": resources,
        "expires_at": EXPIRES,
        "refresh_after": NOW + 2_720,
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
    let answer = function().await.answer(returning(POST_COOKIES, json!("a"), "/video/a/")).await;
    let mut cookies = grant(&resource("/video/a/*"), EXPIRES, HashAlgorithm::Sha256).set_cookies();
    cookies.push(remembered("/video/a/"));
    let body = json!({
        "resource": resource("/video/a/*"),
        "expires_at": EXPIRES,
        "refresh_after": NOW + 2_720,
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
    let many: Vec<u32> = (0..65).collect();
    assert_eq!(function.answer(member(POST_COOKIES, json!(many))).await, not_allowed());
}

#[tokio::test]
async fn a_url_is_signed_for_what_the_viewer_may_watch_and_no_wider() {
    let rows = [
        (r#"["/video/{groups}/*"]"#, "/video/a/x/master.m3u8", Ok("/video/a/x/*")),
        (r#"["/video/{groups}/*"]"#, "/video/a/film.mp4", Ok("/video/a/film.mp4?*")),
        (r#"["/video/*"]"#, "/video/m/v0/master.m3u8", Ok("/video/m/v0/*")),
        (r#"["/video/m/{groups}/*"]"#, "/video/m/a/v.m3u8", Ok("/video/m/a/*")),
        (r#"["/video/{groups}/*"]"#, "/video/b/x/master.m3u8", Err(())),
        (r#"["/video/{groups}/*"]"#, "/video/ab/x/master.m3u8", Err(())),
        (r#"["/video/m/{groups}/*"]"#, "/video/m/master.m3u8", Err(())),
        (r#"["/video/m/{groups}/*"]"#, "/video/m/b/v.m3u8", Err(())),
    ];
    for (rules, path, covered) in rows {
        let function = Function::new(&[("ENTITLEMENTS", rules), ("SCOPE_DEPTH", "2")]).await;
        let mut asked = member(POST_URLS, json!("a"));
        asked["body"] = json!(json!({ "path": path }).to_string());
        let expected = match covered {
            Ok(covered) => {
                let grant = grant(&resource(covered), URL_EXPIRES, HashAlgorithm::Sha256);
                let copy =
                    if path.ends_with(".m3u8") { format!("&{}", policy_copy(&grant)) } else { String::new() };
                let url = format!("https://{HOST}{path}?{}{copy}", grant.query());
                let body = json!({"url": url, "expires_at": URL_EXPIRES});
                response(200, json!({"content-type": "application/json"}), Some(body), json!([]))
            }
            Err(()) => not_allowed(),
        };
        assert_eq!(function.answer(asked).await, expected, "{rules} {path}");
    }
}

#[tokio::test]
async fn a_rule_may_ask_for_the_issuer_and_believes_nobody_else() {
    let rules = json!([
        {"resource": "/video/a/*", "if": {"iss": "https://a.example"}},
        {"resource": "/video/b/*", "if": {"iss": tokens::ISSUER}},
    ]);
    let issuers = json!([{"issuer": "https://a.example", "audience": "usher", "secret": tokens::SECRET}]);
    let key = tokens::hex(paths::KEY);
    let settings = [
        ("ENTITLEMENTS", rules.to_string()),
        ("JWT_ISSUERS", issuers.to_string()),
        ("DJANGO_KEYS", key.clone()),
        ("PLONE_JWT_KEYS", key),
    ];
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let function = Function::new(&settings).await;
    let token_of = |issuer: &str| {
        let mut claims = tokens::claims();
        claims["iss"] = json!(issuer);
        tokens::hs256(&claims)
    };
    let nobodys = json!({"sub": "anna", "exp": NOW + 60, "iss": "https://a.example"});
    let plone = json!({"sub": "anna", "exp": NOW + 60});
    let rows = [
        (token_of("https://a.example"), Some("/video/a/*")),
        (token_of(tokens::ISSUER), Some("/video/b/*")),
        // The keys of one site must not open what another's viewers get.
        (paths::dumped(&nobodys), None),
        (tokens::hs256_by(paths::KEY, &plone), None),
    ];
    for (token, path) in rows {
        let answer = function.answer(event(POST_COOKIES, &token)).await;
        match path {
            Some(path) => assert_eq!(answer["body"]["resource"], json!(resource(path)), "{token}"),
            None => assert_eq!(answer, not_allowed(), "{token}"),
        }
    }
}

#[tokio::test]
async fn a_rule_reads_the_claims_of_any_provider() {
    let premium = |conditions: Value| json!([{"resource": "/video/premium/*", "if": conditions}]);
    let rows = [
        (premium(json!({"scope": "video:watch"})), json!({"scope": "openid video:watch"}), true),
        (premium(json!({"scope": "video:watch"})), json!({"scope": "openid video:watching"}), false),
        (premium(json!({"is_anonymous": false})), json!({"is_anonymous": false}), true),
        (premium(json!({"is_anonymous": false})), json!({"is_anonymous": "false"}), false),
        (premium(json!({"level": 3})), json!({"level": 3}), true),
        (premium(json!({"roles": {"not": "guest"}})), json!({"roles": ["member"]}), true),
        (premium(json!({"roles": {"not": "guest"}})), json!({}), false),
        (
            premium(json!({"/resource_access/my.client/roles": "viewer"})),
            json!({"resource_access": {"my.client": {"roles": ["viewer"]}}}),
            true,
        ),
        (
            json!(["/video/{https://example.test/level}/*"]),
            json!({"https://example.test/level": "premium"}),
            true,
        ),
        (json!(["/video/{sub}/*"]), json!({"sub": "premium"}), true),
        (json!(["/video/{sub}/*"]), json!({"sub": "auth|77"}), false),
    ];
    for (rules, claims, is_given) in rows {
        let function = Function::new(&[("ENTITLEMENTS", &rules.to_string())]).await;
        let mut all = tokens::claims();
        all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        let answer = function.answer(event(POST_COOKIES, &tokens::hs256(&all))).await;
        if is_given {
            assert_eq!(answer["body"]["resource"], json!(resource("/video/premium/*")), "{rules} {claims}");
        } else {
            assert_eq!(answer, not_allowed(), "{rules} {claims}");
        }
    }
}

#[tokio::test]
async fn the_distribution_says_where_a_viewer_is() {
    let rules = json!(["/video/trailers/*", {"resource": "/video/films/*", "if": {"@country": ["DE", "AT"], "@asn": {"not": 1}}}]);
    let secret = "kT7+3fNq:x9Zr#2Lw/8Vb,5Hs-1Dg=6J";
    let settings = [("ENTITLEMENTS", &*rules.to_string()), ("ORIGIN_SECRET", secret)];
    let function = Function::new(&settings).await;
    let trailers = vec![resource("/video/trailers/*")];
    let both = vec![resource("/video/films/*"), resource("/video/trailers/*")];
    let rows: [(&[(&str, &str)], bool); 7] = [
        (&[("cloudfront-viewer-country", "AT"), ("cloudfront-viewer-asn", "3320")], true),
        (&[("cloudfront-viewer-country", "US"), ("cloudfront-viewer-asn", "3320")], false),
        (&[("cloudfront-viewer-country", "AT"), ("cloudfront-viewer-asn", "1")], false),
        (&[("cloudfront-viewer-country", "AT")], false),
        (&[("cloudfront-viewer-country", "AT,DE"), ("cloudfront-viewer-asn", "3320")], false),
        (&[("x-viewer-country", "AT"), ("x-viewer-asn", "3320")], false),
        (&[], false),
    ];
    // The token cannot say it.
    let mut claims = tokens::claims();
    claims
        .as_object_mut()
        .unwrap()
        .extend([("@country".to_owned(), json!("AT")), ("@asn".to_owned(), json!(3_320))]);
    for (headers, is_there) in rows {
        let send = |text: &str, body: Option<Value>| {
            let mut event = event(text, &tokens::hs256(&claims));
            for (name, value) in headers.iter().chain(&[("x-origin-secret", secret)]) {
                set_header(&mut event, name, value);
            }
            event["body"] = body.map_or(Value::Null, |body| json!(body.to_string()));
            function.answer(event)
        };
        let body = send(POST_COOKIES, None).await["body"].clone();
        let listed = body["resources"].as_array().cloned().unwrap_or_else(|| vec![body["resource"].clone()]);
        assert_eq!(json!(listed), json!(if is_there { &both } else { &trailers }), "{headers:?}");
        let film = send(POST_URLS, Some(json!({"path": "/video/films/master.m3u8"}))).await;
        let status = if is_there { 200 } else { 403 };
        assert_eq!(film["statusCode"], json!(status), "{headers:?}");
    }
}

/// What tells a browser to forget its cookies for these folders.
pub(crate) fn clearing(folders: &[&str]) -> Vec<String> {
    let names = ["Policy", "Expires", "Signature", "Key-Pair-Id", "Hash-Algorithm"];
    let lines = folders.iter().flat_map(|folder| {
        names.map(|name| {
            format!("CloudFront-{name}=; HttpOnly; SameSite=Lax; Secure; Path={folder}; Max-Age=0")
        })
    });
    lines.collect()
}

#[tokio::test]
async fn signing_out_clears_what_was_set_for_each_path() {
    let function = function().await;
    let sign_out = |cookies: &[&str]| {
        let mut event: Value = serde_json::from_str(DELETE_COOKIES).unwrap();
        event["cookies"] = json!(cookies);
        event
    };
    let forgotten = "usher-paths=; HttpOnly; SameSite=Lax; Secure; Path=/auth/cookies; Max-Age=0";
    let cleared = |folders: &[&str]| {
        let cookies = [clearing(folders), vec![forgotten.to_owned()]].concat();
        response(204, json!({}), None, json!(cookies))
    };
    let both = cleared(&["/video/", "/video/a/", "/video/b/"]);
    assert_eq!(function.answer(sign_out(&["usher-paths=/video/a/:/video/b/"])).await, both);
    assert_eq!(function.answer(sign_out(&["x=y", "usher-paths=/video/a/:/video/b/"])).await, both);
    // What was not written here names no folder.
    for value in [
        "",
        ":",
        "/",
        "/other/",
        "/video/../other/",
        "/video/%2e%2e/",
        "/video/*/",
        "/video/a",
        "a",
        "/video/",
    ] {
        let event = sign_out(&[&format!("usher-paths={value}")]);
        assert_eq!(function.answer(event).await, cleared(&["/video/"]), "{value}");
    }
    // Of those that do not fit into an answer, the turn comes with the next.
    let many: Vec<String> = (10..20).map(|number| format!("/video/{}{number}/", "a".repeat(98))).collect();
    let answer = function.answer(sign_out(&[&format!("usher-paths={}", many.join(":"))])).await;
    let fit = 8;
    let paths: Vec<&str> = ["/video/"].into_iter().chain(many.iter().take(fit).map(String::as_str)).collect();
    let cookies = [clearing(&paths), vec![remembered(&format!("!{}", many[fit..].join(":!")))]].concat();
    assert_eq!(answer, response(204, json!({}), None, json!(cookies)));
    // No folder is so long: it would never fit.
    let endless = format!("usher-paths=/video/{}/", "a".repeat(2_600));
    assert_eq!(function.answer(sign_out(&[&endless])).await, cleared(&["/video/"]));
}

#[tokio::test]
async fn the_cookies_of_the_viewer_before_are_cleared() {
    let function = function().await;
    let issued_to = |groups: &str| {
        grant(&resource(&format!("/video/{groups}/*")), EXPIRES, HashAlgorithm::Sha256).set_cookies()
    };
    let rows = [
        // Nothing is known of this browser: it may have cookies for everything.
        (member(POST_COOKIES, json!("a")), vec!["/video/"], "/video/a/"),
        (returning(POST_COOKIES, json!("a"), "/video/a/"), vec![], "/video/a/"),
        (returning(POST_COOKIES, json!("a"), "/video/b/"), vec!["/video/b/"], "/video/a/"),
        (returning(POST_COOKIES, json!("a"), "/video/b/:/video/"), vec!["/video/b/", "/video/"], "/video/a/"),
        (returning(POST_COOKIES, json!("a"), "/other/"), vec![], "/video/a/"),
    ];
    for (event, cleared, folders) in rows {
        let cookies = [issued_to("a"), clearing(&cleared), vec![remembered(folders)]].concat();
        assert_eq!(function.answer(event).await["cookies"], json!(cookies), "{cleared:?}");
    }
}

#[tokio::test]
async fn whoever_may_watch_everything_is_remembered_where_others_may_not() {
    let boss = r#"["/video/open/*", {"resource": "/video/*", "if": {"groups": "boss"}}]"#;
    let function = Function::new(&[("ENTITLEMENTS", boss)]).await;
    let everything = grant(&resource("/video/*"), EXPIRES, HashAlgorithm::Sha256).set_cookies();
    let answer = function.answer(returning(POST_COOKIES, json!("boss"), "/video/open/")).await;
    let cookies = [everything, clearing(&["/video/open/"]), vec![remembered("/video/")]].concat();
    assert_eq!(answer["cookies"], json!(cookies));

    let open = grant(&resource("/video/open/*"), EXPIRES, HashAlgorithm::Sha256).set_cookies();
    let answer = function.answer(returning(POST_COOKIES, json!("guest"), "/video/")).await;
    let cookies = [open, clearing(&["/video/"]), vec![remembered("/video/open/")]].concat();
    assert_eq!(answer["cookies"], json!(cookies));
}

#[tokio::test]
async fn what_does_not_fit_into_an_answer_is_refused_or_cleared_later() {
    let function = function().await;
    let names = |count: usize, letter: &str| -> Vec<String> {
        (0..count).map(|number| format!("{}{number:02}", letter.repeat(34))).collect()
    };
    let length = |answer: &Value| -> usize {
        answer["cookies"].as_array().unwrap().iter().map(|cookie| cookie.as_str().unwrap().len()).sum()
    };
    let folders =
        |names: &[String]| names.iter().map(|name| format!("/video/{name}/")).collect::<Vec<_>>().join(":");
    let (old, new) = (names(7, "a"), names(7, "b"));
    let answer = function.answer(returning(POST_COOKIES, json!(new), &folders(&old))).await;
    assert_eq!(answer["statusCode"], json!(200));
    assert!(length(&answer) <= 9_000, "{}", length(&answer));
    // However many there were before: nobody is refused for them.
    let all = [names(8, "c"), names(8, "d")].concat();
    let crowded = function.answer(returning(POST_COOKIES, json!(new), &folders(&all))).await;
    assert_eq!((&crowded["statusCode"], length(&crowded) <= 9_000), (&json!(200), true));
    // All that is set and not cleared yet is remembered.
    let last = answer["cookies"].as_array().unwrap().last().unwrap().as_str().unwrap().to_owned();
    let kept = last.strip_prefix("usher-paths=").unwrap().split(';').next().unwrap().to_owned();
    let cleared = old.iter().filter(|name| !kept.contains(*name)).count();
    let lines = answer["cookies"].as_array().unwrap().len();
    assert_eq!(lines, 7 * 4 + cleared * 5 + 1);
    assert_eq!(kept.split(':').count(), 7 + 7 - cleared);

    let answer = function.answer(member(POST_COOKIES, json!(names(10, "a")))).await;
    assert_eq!(answer, not_allowed());
    // As many as docs/limits.md says, and few with long names: all of them are remembered.
    let eight: Vec<String> = (10..18).map(|number| format!("{}{number}", "a".repeat(18))).collect();
    assert_eq!(function.answer(member(POST_COOKIES, json!(eight))).await["statusCode"], json!(200));
    let deep = "b".repeat(128);
    let rules = format!(r#"["/video/{deep}/{deep}/{{groups}}/*"]"#);
    let deep_function = Function::new(&[("ENTITLEMENTS", &rules), ("SCOPE_DEPTH", "3")]).await;
    let three = ["a", "c", "d"].map(|letter| letter.repeat(60));
    let answer = deep_function.answer(member(POST_COOKIES, json!(three))).await;
    let expected = three.map(|name| format!("/video/{deep}/{deep}/{name}/")).join(":");
    assert_eq!(answer["cookies"].as_array().unwrap().last(), Some(&json!(remembered(&expected))));
    // A URL takes no cookies.
    let mut asked = member(POST_URLS, json!(names(10, "a")));
    asked["body"] = json!(json!({"path": format!("/video/{}09/x.m3u8", "a".repeat(34))}).to_string());
    assert_eq!(function.answer(asked).await["statusCode"], json!(200));
}

#[tokio::test]
async fn the_cookies_have_the_attributes_of_the_configuration_and_are_cleared_with_them() {
    let function = Function::new(&[("COOKIE_SAME_SITE", "NonePartitioned")]).await;
    let token = tokens::hs256(&tokens::claims());
    let shapes = |answer: &Value| -> Vec<String> {
        let cookies = answer["cookies"].as_array().unwrap().iter();
        cookies.map(|cookie| cookie.as_str().unwrap().split_once("; ").unwrap().1.to_owned()).collect()
    };
    let attributes = "HttpOnly; SameSite=None; Partitioned; Secure; Path=/video/";
    let issued = function.answer(event(POST_COOKIES, &token)).await;
    assert_eq!(shapes(&issued), vec![attributes; 4]);
    let cleared = function.answer(event(DELETE_COOKIES, &token)).await;
    assert_eq!(shapes(&cleared), vec![format!("{attributes}; Max-Age=0"); 5]);
}
