//! Claims that become resources, and those that must not.

use cloudfront_signing::UnixTime;
use serde_json::json;
use usher_runtime::ConfigError;

use super::*;

fn read(text: &str) -> Result<Entitlements, ConfigError> {
    let look_up = |name: &str| (name == NAME).then(|| text.to_owned());
    let mut settings = Settings::new(&look_up);
    let tree = AssetTree::new("/video/*", 2).unwrap();
    let entitlements = Entitlements::read(&mut settings, &tree);
    settings.finish(|| entitlements)
}

fn subject(claims: &Value) -> Subject {
    Subject {
        id: "anna".to_owned(),
        expires: UnixTime::new(1_790_000_000).unwrap(),
        claims: claims.as_object().unwrap().clone(),
        paths: None,
        authenticator: "test",
    }
}

fn resources(rules: &str, claims: &Value) -> Result<Vec<String>, NotEntitled> {
    written(read(rules).unwrap().resources(&subject(claims)))
}

fn written(resources: Result<Vec<FolderPattern>, NotEntitled>) -> Result<Vec<String>, NotEntitled> {
    resources.map(|resources| resources.iter().map(FolderPattern::to_string).collect())
}

fn given(paths: &[&str]) -> Result<Vec<String>, NotEntitled> {
    Ok(paths.iter().map(|path| (*path).to_owned()).collect())
}

#[test]
fn claims_become_resources() {
    let tenant = r#"["/video/{tenant}/*"]"#;
    let groups = r#"["/video/{groups}/*"]"#;
    let rows = [
        ("", json!({}), given(&["/video/*"])),
        (tenant, json!({"tenant": "a-1._"}), given(&["/video/a-1._/*"])),
        (tenant, json!({"tenant": 42}), given(&["/video/42/*"])),
        (groups, json!({"groups": ["b", "a"]}), given(&["/video/b/*", "/video/a/*"])),
        (groups, json!({"groups": ["a", "a"]}), given(&["/video/a/*"])),
        (groups, json!({"groups": []}), Err(NotEntitled::Nothing)),
        (r#"["/video/{realm.roles}/*"]"#, json!({"realm": {"roles": ["a"]}}), given(&["/video/a/*"])),
        (r#"["/video/{a.b}/*"]"#, json!({"a.b": "c", "a": {"b": "d"}}), given(&["/video/c/*"])),
        (r#"["/video/{cognito:groups}/x/*"]"#, json!({"cognito:groups": ["a"]}), given(&["/video/a/x/*"])),
        (
            r#"["/video/{t}/{g}/*"]"#,
            json!({"t": ["a", "b"], "g": ["x", "y"]}),
            given(&["/video/a/x/*", "/video/a/y/*", "/video/b/x/*", "/video/b/y/*"]),
        ),
        // What lies within another needs no cookies of its own.
        (r#"["/video/{t}/*", "/video/*"]"#, json!({"t": "a"}), given(&["/video/*"])),
        (
            r#"["/video/a/b/*", "/video/ab/*", "/video/a/*"]"#,
            json!({}),
            given(&["/video/a/*", "/video/ab/*"]),
        ),
    ];
    for (rules, claims, expected) in rows {
        assert_eq!(resources(rules, &claims), expected, "{rules} {claims}");
    }
}

#[test]
fn a_claim_that_would_move_a_border_is_refused() {
    let unusable = [
        json!("*"),
        json!("a*"),
        json!("?"),
        json!("a/b"),
        json!("/"),
        json!(".."),
        json!("."),
        json!(""),
        json!("%2e%2e"),
        json!("a%2Fb"),
        json!("a b"),
        json!("é"),
        json!("a\\b"),
        json!("a;b"),
        json!("a:b"),
        json!("a\n"),
        json!(null),
        json!(true),
        json!(1.5),
        json!(-1),
        json!({}),
        json!(["a", "*"]),
        json!(["a", ["b"]]),
    ];
    for claim in unusable {
        let claims = json!({ "tenant": claim });
        let expected = Err(NotEntitled::Claim("tenant".to_owned()));
        assert_eq!(resources(r#"["/video/{tenant}/*"]"#, &claims), expected, "{claims}");
    }
    let missing = Err(NotEntitled::Claim("tenant".to_owned()));
    assert_eq!(resources(r#"["/video/open/*", "/video/{tenant}/*"]"#, &json!({})), missing);
}

#[test]
fn a_condition_gives_to_those_who_meet_it() {
    let premium =
        r#"[{"resource": "/video/premium/*", "if": {"groups": "Premium Viewers"}}, "/video/free/*"]"#;
    let both = r#"[{"resource": "/video/{t}/*", "if": {"role": "staff", "active": "yes"}}]"#;
    let rows = [
        (
            premium,
            json!({"groups": ["x y", "Premium Viewers"]}),
            given(&["/video/free/*", "/video/premium/*"]),
        ),
        (premium, json!({"groups": "Premium Viewers"}), given(&["/video/free/*", "/video/premium/*"])),
        (premium, json!({"groups": ["premium viewers"]}), given(&["/video/free/*"])),
        (premium, json!({}), given(&["/video/free/*"])),
        (both, json!({"role": "staff", "active": "yes", "t": "a"}), given(&["/video/a/*"])),
        // Who does not meet the condition needs no claim for it either.
        (both, json!({"role": "staff"}), Err(NotEntitled::Nothing)),
    ];
    for (rules, claims, expected) in rows {
        assert_eq!(resources(rules, &claims), expected, "{claims}");
    }
}

#[test]
fn the_site_may_give_less_than_the_rules_and_not_more() {
    let rules = r#"["/video/{tenant}/*"]"#;
    let narrowed = |paths: &[&str]| {
        let mut subject = subject(&json!({"tenant": "a"}));
        subject.paths = Some(paths.iter().map(|path| (*path).to_owned()).collect());
        written(read(rules).unwrap().resources(&subject))
    };
    let rows = [
        (vec!["/video/a/x/*", "video/a/y/*"], given(&["/video/a/x/*", "/video/a/y/*"])),
        (vec!["video/a/*", "video/a/*"], given(&["/video/a/*"])),
        (vec![], Err(NotEntitled::Nothing)),
    ];
    for (paths, expected) in rows {
        assert_eq!(narrowed(&paths), expected, "{paths:?}");
    }
    for path in [
        "/video/b/*",
        "/video/*",
        "/video/ab/*",
        "/video/a/../b/*",
        "/video/a/*/*",
        "/video/a/x",
        "/video/a/x*",
        "/video/a//*",
        "//video/a/*",
        "/video/a/x?/*",
        "https://h/video/a/*",
        "*",
        "",
    ] {
        assert_eq!(narrowed(&["/video/a/ok/*", path]), Err(NotEntitled::Path), "{path}");
    }
}

#[test]
fn more_resources_than_anybody_has_are_refused() {
    let many = |count: u32| json!({"g": (0..count).collect::<Vec<_>>(), "t": (0..count).collect::<Vec<_>>()});
    let count = |rules: &str, claims: &Value| resources(rules, claims).map(|all| all.len());
    assert_eq!(count(r#"["/video/{g}/*"]"#, &many(64)), Ok(64));
    assert_eq!(count(r#"["/video/{g}/*"]"#, &many(65)), Err(NotEntitled::TooMany));
    assert_eq!(count(r#"["/video/{g}/{t}/*"]"#, &many(8)), Ok(64));
    assert_eq!(count(r#"["/video/{g}/{t}/*"]"#, &many(9)), Err(NotEntitled::TooMany));
    assert_eq!(count(r#"["/video/a/{g}/*", "/video/b/{g}/*"]"#, &many(33)), Err(NotEntitled::TooMany));
}

#[test]
fn a_part_of_an_asset_is_no_resource() {
    let settings = |depth: usize, rule: &str| {
        let look_up = |name: &str| (name == NAME).then(|| json!([rule]).to_string());
        let mut settings = Settings::new(&look_up);
        let entitlements = Entitlements::read(&mut settings, &AssetTree::new("/video/*", depth).unwrap());
        settings.finish(|| entitlements)
    };
    let deeper = "the configuration cannot be used: ENTITLEMENTS[0]: the resource lies deeper than SCOPE_DEPTH, and a \
                  playlist is signed for the whole folder at that depth: raise SCOPE_DEPTH";
    let rows = [
        (0, "/video/*", true),
        (0, "/video/{t}/*", false),
        (1, "/video/{t}/*", true),
        (1, "/video/m/{t}/*", false),
        (2, "/video/m/{t}/*", true),
    ];
    for (depth, rule, is_whole) in rows {
        let problem = settings(depth, rule).err().map(|error| error.to_string());
        assert_eq!(problem.as_deref(), (!is_whole).then_some(deeper), "{depth} {rule}");
    }
    let mut subject = subject(&json!({}));
    subject.paths = Some(vec!["/video/m/v0/*".to_owned()]);
    let given = |depth| written(settings(depth, "/video/*").unwrap().resources(&subject));
    assert_eq!(given(1), Err(NotEntitled::Path));
    assert_eq!(given(2), Ok(vec!["/video/m/v0/*".to_owned()]));
}

#[test]
fn without_the_setting_everybody_has_the_whole_scope_whatever_its_name() {
    for path in ["/video/*", "/*", "/a//b/*", "/{x}/*", "/video/./*"] {
        let mut settings = Settings::new(&|_| None);
        let entitlements = Entitlements::read(&mut settings, &AssetTree::new(path, 1).unwrap());
        let entitlements = settings.finish(|| entitlements).unwrap();
        assert_eq!(written(entitlements.resources(&subject(&json!({})))), given(&[path]), "{path}");
    }
}

#[test]
fn viewers_of_the_same_name_are_told_apart_by_their_authenticator() {
    let rules = r#"[{"resource": "/video/a/*", "if": {"authenticator": "test"}},
                    {"resource": "/video/b/*", "if": {"authenticator": "other"}}]"#;
    // A claim of that name says nothing.
    assert_eq!(resources(rules, &json!({"authenticator": "other"})), given(&["/video/a/*"]));
}

#[test]
fn all_rules_that_cannot_be_used_are_told_at_start() {
    let unusable = [
        "/video/{tenant}",
        "/video/{tenant}*",
        "/video/*/x/*",
        "/video/?/*",
        "/films/{tenant}/*",
        "video/a/*",
        "/video/../a/*",
        "/video/a{tenant}/*",
        "/video/{a}{b}/*",
        "/video//*",
        "/video/{tenant",
        "",
        "/{tenant}/*",
        "https://h/video/*",
        "/video/a b/*",
    ];
    for rule in unusable {
        let error = read(&json!([rule, "/video/*", rule]).to_string()).unwrap_err().to_string();
        let problem = |at: u32| {
            format!(
                "ENTITLEMENTS[{at}]: the resource must lie in /video/* and end with /*, with no other wildcard, \
                 and with each claim a whole segment, as in /video/{{tenant}}/*"
            )
        };
        let expected = format!("the configuration cannot be used: {}; {}", problem(0), problem(2));
        assert_eq!(error, expected, "{rule}");
    }
    let not_json = "ENTITLEMENTS must be a JSON array of templates such as \"/video/{tenant}/*\", and of objects \
                    such as {\"resource\":\"/video/premium/*\",\"if\":{\"groups\":\"premium\"}}";
    for text in
        ["/video/*", "{}", "[1]", r#"[{"resource": "/video/*"}]"#, r#"[{"resource": "/video/*", "of": 1}]"#]
    {
        let expected = format!("the configuration cannot be used: {not_json}");
        assert_eq!(read(text).unwrap_err().to_string(), expected, "{text}");
    }
    let empty = "the configuration cannot be used: ENTITLEMENTS is empty: nobody could watch anything";
    assert_eq!(read("[]").unwrap_err().to_string(), empty);
}
