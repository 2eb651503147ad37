//! Claims that become resources, and those that must not.

use std::sync::LazyLock;

use cloudfront_signing::UnixTime;
use serde_json::{Value, json};
use usher_runtime::ConfigError;

use super::*;

mod agreement;
mod documented;
mod purposes;

fn read(text: &str) -> Result<Entitlements, ConfigError> {
    read_at(2, text)
}

fn read_at(depth: usize, text: &str) -> Result<Entitlements, ConfigError> {
    Entitlements::read(&|name| match name {
        "ENTITLEMENTS" => Some(text.to_owned()),
        "SCOPE_DEPTH" => Some(depth.to_string()),
        _ => None,
    })
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

/// A viewer whose location is unknown.
fn facts(subject: &Subject) -> Facts<'_> {
    static UNKNOWN: LazyLock<Location> = LazyLock::new(Location::default);
    Facts { subject, location: &UNKNOWN }
}

fn resources(rules: &str, claims: &Value) -> Result<Vec<String>, NotEntitled> {
    written(read(rules).unwrap().resources(facts(&subject(claims))))
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
        written(read(rules).unwrap().resources(facts(&subject)))
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
    let settings = |depth: usize, rule: &str| read_at(depth, &json!([rule]).to_string());
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
    let given = |depth| written(settings(depth, "/video/*").unwrap().resources(facts(&subject)));
    assert_eq!(given(1), Err(NotEntitled::Path));
    assert_eq!(given(2), Ok(vec!["/video/m/v0/*".to_owned()]));
}

#[test]
fn without_the_setting_everybody_has_the_whole_scope_whatever_its_name() {
    for path in ["/video/*", "/*", "/a//b/*", "/{x}/*", "/video/./*"] {
        let entitlements =
            Entitlements::read(&|name| (name == "RESOURCE_PATH").then(|| path.to_owned())).unwrap();
        assert_eq!(written(entitlements.resources(facts(&subject(&json!({}))))), given(&[path]), "{path}");
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
}

#[test]
fn what_is_no_rule_is_told_at_start() {
    let not_json = "ENTITLEMENTS must be a JSON array of templates such as \"/video/{tenant}/*\", and of objects such as \
                    {\"resource\":\"/video/premium/*\",\"if\":{\"groups\":\"premium\"}}: ";
    let template = "such as \"/video/{tenant}/*\"";
    let a_rule = format!(
        "ENTITLEMENTS[0]: it must be a template {template}, or an object with resource, if, download \
                 and preview_seconds"
    );
    let needs_if = "ENTITLEMENTS[0]: if must be an object such as {\"groups\":\"premium\"}";
    let rows = [
        ("/video/*", format!("{not_json}expected value at line 1 column 1")),
        ("{}", format!("{not_json}invalid type: map, expected a sequence at line 1 column 0")),
        (r#"["/video/*",]"#, format!("{not_json}trailing comma at line 1 column 13")),
        ("[]", "ENTITLEMENTS is empty: nobody could watch anything".to_owned()),
        ("[1]", a_rule.clone()),
        ("[null]", a_rule.clone()),
        (r#"[["/video/*"]]"#, a_rule),
        (r#"[{"resource": "/video/*"}]"#, needs_if.to_owned()),
        (r#"[{"resource": "/video/*", "if": "groups"}]"#, needs_if.to_owned()),
        (
            r#"[{"resource": 1, "if": {}, "of": 1, "country": "DE"}]"#,
            format!(
                "ENTITLEMENTS[0]: resource must be a template {template}; ENTITLEMENTS[0]: there is no country, only \
                 resource, if, download and preview_seconds; ENTITLEMENTS[0]: there is no of, only resource, if, download \
                 and preview_seconds"
            ),
        ),
        (
            r#"["/video/*", {"resource": "/video/*", "if": {"a": "b", "a": "c"}}]"#,
            "ENTITLEMENTS[1]: the name a appears twice at line 1 column 51".to_owned(),
        ),
        (
            r#"[{"resource": "/video/*", "resource": "/video/*", "if": {}}]"#,
            "ENTITLEMENTS[0]: the name resource appears twice at line 1 column 47".to_owned(),
        ),
    ];
    for (text, problem) in rows {
        let expected = format!("the configuration cannot be used: {problem}");
        assert_eq!(read(text).unwrap_err().to_string(), expected, "{text}");
    }
}

#[test]
fn what_no_claim_could_meet_is_told_at_start() {
    let form = |name: &str| {
        format!(
            "the condition on {name} must be a text, a number or a boolean, a list of these, or an object such as \
             {{\"not\":\"guest\"}}, in which all values are of one type"
        )
    };
    let country = "@country is a code of two capital letters, such as \"DE\"";
    let asn = "@asn is a number, such as 3320";
    let rows = [
        (json!({"a": null}), form("a")),
        (json!({"a": []}), form("a")),
        (json!({"a": [["b"]]}), form("a")),
        (json!({"a": ["b", null]}), form("a")),
        (json!({"a": {}}), form("a")),
        (json!({"a": {"not": []}}), form("a")),
        (json!({"a": {"not": {"not": "b"}}}), form("a")),
        (json!({"a": {"not": ["b", 1]}}), form("a")),
        (json!({"a": {"not": "b", "or": "c"}}), form("a")),
        (json!({"a": {"no": "b"}}), form("a")),
        (json!({"": "a"}), "the name of a claim is empty".to_owned()),
        (json!({"/a~2": "a"}), "/a~2 is no JSON Pointer: write ~0 for ~ and ~1 for / in a name".to_owned()),
        (json!({"/a~": "a"}), "/a~ is no JSON Pointer: write ~0 for ~ and ~1 for / in a name".to_owned()),
        (
            json!({"@region": "a"}),
            "there is no @region, only @country and @asn; a claim of that name is /@region".to_owned(),
        ),
        (json!({"@country": "de"}), country.to_owned()),
        (json!({"@country": ["DE", "Germany"]}), country.to_owned()),
        (json!({"@country": {"not": 49}}), country.to_owned()),
        (json!({"@asn": "3320"}), asn.to_owned()),
        (json!({"@asn": -1}), asn.to_owned()),
    ];
    for (conditions, problem) in rows {
        let rules = json!([{"resource": "/video/*", "if": conditions}]).to_string();
        let expected = format!("the configuration cannot be used: ENTITLEMENTS[0]: {problem}");
        assert_eq!(read(&rules).unwrap_err().to_string(), expected, "{conditions}");
    }
    let both = read(r#"["/video/{@town}/*", {"resource": "/films/*", "if": {"a": null, "": "b"}}]"#);
    let expected = format!(
        "the configuration cannot be used: ENTITLEMENTS[0]: there is no @town, only @country and @asn; a claim of that \
         name is /@town; ENTITLEMENTS[1]: the resource must lie in /video/* and end with /*, with no other wildcard, and \
         with each claim a whole segment, as in /video/{{tenant}}/*; ENTITLEMENTS[1]: the name of a claim is empty; \
         ENTITLEMENTS[1]: {}",
        form("a")
    );
    assert_eq!(both.unwrap_err().to_string(), expected);
}

/// Whether a viewer with these claims meets the conditions.
fn meets(conditions: &Value, claims: &Value) -> bool {
    let rules = json!([{"resource": "/video/*", "if": conditions}]).to_string();
    let entitlements = read(&rules).unwrap();
    let subject = subject(claims);
    let is_met = entitlements.resources(facts(&subject)).is_ok();
    assert_eq!(
        entitlements.permits(facts(&subject), "/video/a/b.ts").is_ok(),
        is_met,
        "{conditions} {claims}"
    );
    is_met
}

#[test]
fn a_condition_compares_values_of_the_same_type() {
    let rows = [
        (json!({"a": "b"}), json!({"a": "b"}), true),
        (json!({"a": "b"}), json!({"a": ["c", "b"]}), true),
        (json!({"a": "b"}), json!({"a": [["b"]]}), false),
        (json!({"a": "b"}), json!({"a": {"b": "b"}}), false),
        (json!({"a": "b"}), json!({"a": "b c"}), false),
        (json!({"a": false}), json!({"a": false}), true),
        (json!({"a": false}), json!({"a": [true, false]}), true),
        (json!({"a": false}), json!({"a": true}), false),
        (json!({"a": false}), json!({"a": "false"}), false),
        (json!({"a": false}), json!({"a": 0}), false),
        (json!({"a": false}), json!({"a": null}), false),
        (json!({"a": false}), json!({"a": ""}), false),
        (json!({"a": false}), json!({}), false),
        (json!({"a": true}), json!({"a": 1}), false),
        (json!({"a": 3}), json!({"a": 3}), true),
        (json!({"a": 3}), json!({"a": 3.0}), true),
        (json!({"a": 3.0}), json!({"a": 3}), true),
        (json!({"a": 1e2}), json!({"a": [7, 100]}), true),
        (json!({"a": 0}), json!({"a": -0.0}), true),
        (json!({"a": -1}), json!({"a": -1}), true),
        (json!({"a": 3}), json!({"a": 3.5}), false),
        (json!({"a": 3}), json!({"a": "3"}), false),
        (json!({"a": "3"}), json!({"a": 3}), false),
        (json!({"a": 9_007_199_254_740_993_u64}), json!({"a": 9_007_199_254_740_992_u64}), false),
        // Any of several.
        (json!({"a": ["b", "c"]}), json!({"a": "c"}), true),
        (json!({"a": ["b", 3, true]}), json!({"a": ["x", 3]}), true),
        (json!({"a": ["b", "c"]}), json!({"a": ["d"]}), false),
        (json!({"a": ["b", "c"]}), json!({"a": []}), false),
        (json!({"a": ["b", "c"]}), json!({}), false),
        // All conditions.
        (json!({"a": 1, "b": "x"}), json!({"a": 1, "b": "x"}), true),
        (json!({"a": 1, "b": "x"}), json!({"a": 1}), false),
        (json!({}), json!({}), true),
    ];
    for (conditions, claims, is_met) in rows {
        assert_eq!(meets(&conditions, &claims), is_met, "{conditions} {claims}");
    }
}

#[test]
fn not_is_met_by_a_claim_that_is_there_and_comparable() {
    let rows = [
        (json!({"a": {"not": "guest"}}), json!({"a": "member"}), true),
        (json!({"a": {"not": "guest"}}), json!({"a": ["member", "staff"]}), true),
        (json!({"a": {"not": "guest"}}), json!({"a": []}), true),
        (json!({"a": {"not": "guest"}}), json!({"a": "guest"}), false),
        (json!({"a": {"not": "guest"}}), json!({"a": ["member", "guest"]}), false),
        (json!({"a": {"not": "guest"}}), json!({}), false),
        (json!({"a": {"not": "guest"}}), json!({"a": null}), false),
        (json!({"a": {"not": "guest"}}), json!({"a": {"guest": true}}), false),
        (json!({"a": {"not": "guest"}}), json!({"a": [["guest"]]}), false),
        (json!({"a": {"not": ["b", "c"]}}), json!({"a": "d"}), true),
        (json!({"a": {"not": ["b", "c"]}}), json!({"a": ["d", "c"]}), false),
        (json!({"a": {"not": true}}), json!({"a": false}), true),
        (json!({"a": {"not": true}}), json!({"a": true}), false),
        // A provider that writes booleans as texts or numbers must not open what is closed.
        (json!({"a": {"not": true}}), json!({"a": "true"}), false),
        (json!({"a": {"not": true}}), json!({"a": 1}), false),
        (json!({"a": {"not": 3}}), json!({"a": 3.0}), false),
        (json!({"a": {"not": 3}}), json!({"a": "3"}), false),
        (json!({"scope": {"not": "guest"}}), json!({"scope": "openid email"}), true),
        (json!({"scope": {"not": "guest"}}), json!({"scope": "openid guest"}), false),
    ];
    for (conditions, claims, is_met) in rows {
        assert_eq!(meets(&conditions, &claims), is_met, "{conditions} {claims}");
    }
}

#[test]
fn a_text_of_scopes_is_a_list_of_words() {
    let rows = [
        (json!({"scope": "b"}), json!({"scope": "a b c"}), true),
        (json!({"scope": "b"}), json!({"scope": ["a", "b"]}), true),
        (json!({"scope": "b"}), json!({"scope": "  b  "}), true),
        (json!({"scope": "b"}), json!({"scope": "a bb"}), false),
        (json!({"scope": "b"}), json!({"scope": "a\tb"}), false),
        (json!({"scope": "b"}), json!({"scope": ["a b"]}), false),
        (json!({"scope": "b"}), json!({"scope": ""}), false),
        (json!({"scope": ""}), json!({"scope": ""}), false),
        (json!({"scope": "a b"}), json!({"scope": "a b"}), false),
        (json!({"scp": "b"}), json!({"scp": "a b"}), true),
        (json!({"/scp": "b"}), json!({"scp": "a b"}), true),
        (json!({"scope": "a", "/scope": "b"}), json!({"scope": "a b"}), true),
        (json!({"scope": "a", "/scope": "c"}), json!({"scope": "a b"}), false),
        // Another claim is one text.
        (json!({"scopes": "b"}), json!({"scopes": "a b"}), false),
        (json!({"app.scope": "b"}), json!({"app": {"scope": "a b"}}), false),
    ];
    for (conditions, claims, is_met) in rows {
        assert_eq!(meets(&conditions, &claims), is_met, "{conditions} {claims}");
    }
    let templates = [
        (json!({"scope": "b a"}), given(&["/video/b/*", "/video/a/*"])),
        (json!({"scope": ""}), Err(NotEntitled::Nothing)),
        (json!({"scope": "a video:watch"}), Err(NotEntitled::Claim("scope".to_owned()))),
    ];
    for (claims, expected) in templates {
        assert_eq!(resources(r#"["/video/{scope}/*"]"#, &claims), expected, "{claims}");
    }
}

#[test]
fn a_claim_is_found_by_its_name_a_path_or_a_pointer() {
    let roles = json!({"resource_access": {"my.client": {"roles": ["viewer"]}, "tv": {"roles": ["viewer"]}}});
    let url = json!({"https://example.test/roles": ["viewer"]});
    let rows = [
        ("/resource_access/my.client/roles", &roles, true),
        ("resource_access.tv.roles", &roles, true),
        ("/resource_access/tv/roles", &roles, true),
        ("/resource_access/tv/roles/0", &roles, true),
        ("/resource_access/tv/roles/1", &roles, false),
        ("/resource_access/tv/roles/00", &roles, false),
        ("/resource_access/tv/roles/-", &roles, false),
        ("/resource_access/tv", &roles, false),
        ("resource_access.my.client.roles", &roles, false),
        ("/resource_access.tv.roles", &roles, false),
        ("https://example.test/roles", &url, true),
        ("/https:~1~1example.test~1roles", &url, true),
        ("/a~01", &json!({"a~1": "viewer"}), true),
        ("/a~1b~0c", &json!({"a/b~c": "viewer"}), true),
        ("/", &json!({"": "viewer"}), true),
        ("/a/", &json!({"a": {"": "viewer"}}), true),
        ("/@country", &json!({"@country": "viewer"}), true),
        ("a.b", &json!({"a.b": "viewer", "a": {"b": "x"}}), true),
        ("/a.b", &json!({"a": {"b": "viewer"}}), false),
    ];
    for (name, claims, is_met) in rows {
        assert_eq!(meets(&json!({ name: "viewer" }), claims), is_met, "{name} {claims}");
        let in_template = resources(&json!([format!("/video/{{{name}}}/*")]).to_string(), claims);
        let expected =
            if is_met { given(&["/video/viewer/*"]) } else { Err(NotEntitled::Claim(name.to_owned())) };
        assert_eq!(in_template, expected, "{name} {claims}");
    }
}

#[test]
fn the_location_is_cloudfronts_word_and_no_tokens() {
    let germany = Location::new(Some("DE"), Some("3320"));
    let forged = json!({"@country": "DE", "@asn": 3320});
    let met = |conditions: &Value, location: &Location| {
        let rules = json!([{"resource": "/video/*", "if": conditions}]).to_string();
        read(&rules).unwrap().permits(Facts { subject: &subject(&forged), location }, "/video/a/b").is_ok()
    };
    let rows = [
        (json!({"@country": "DE"}), true),
        (json!({"@country": ["AT", "CH", "DE"]}), true),
        (json!({"@country": "AT"}), false),
        (json!({"@country": {"not": ["RU", "BY"]}}), true),
        (json!({"@country": {"not": "DE"}}), false),
        (json!({"@asn": 3320}), true),
        (json!({"@asn": [1, 2]}), false),
        (json!({"@asn": {"not": 1}}), true),
        (json!({"@country": "DE", "@asn": 1}), false),
    ];
    for (conditions, is_met) in rows {
        assert_eq!(met(&conditions, &germany), is_met, "{conditions}");
        // Nobody says where the viewer is: no condition is met, not even `not`.
        assert!(!met(&conditions, &Location::default()), "{conditions}");
    }
    let by_country = read(r#"["/video/{@country}/*"]"#).unwrap();
    let subject = subject(&forged);
    let at = |location| written(by_country.resources(Facts { subject: &subject, location }));
    assert_eq!(at(&germany), given(&["/video/DE/*"]));
    assert_eq!(at(&Location::default()), Err(NotEntitled::Claim("@country".to_owned())));
    let asks = |rules: &str| read(rules).unwrap().ask_for_location();
    assert!(asks(r#"["/video/a/*", "/video/{@country}/*"]"#));
    assert!(asks(r#"[{"resource": "/video/*", "if": {"a": "b", "@asn": 1}}]"#));
    assert!(!asks(r#"["/video/{tenant}/*", {"resource": "/video/*", "if": {"/@country": "b"}}]"#));
}

#[test]
fn a_path_is_permitted_however_many_resources_there_are() {
    let numbers: Vec<u32> = (0..500).collect();
    let tokens = read(r#"["/video/open/*", "/video/{films}/{parts}/*"]"#).unwrap();
    let viewer = subject(&json!({"films": numbers, "parts": numbers}));
    assert_eq!(tokens.resources(facts(&viewer)), Err(NotEntitled::TooMany));
    for (path, expected) in [
        ("/video/open/master.m3u8", Ok(())),
        ("/video/499/7/master.m3u8", Ok(())),
        ("/video/499/7/", Ok(())),
        ("/video/500/7/master.m3u8", Err(NotEntitled::Nothing)),
        ("/video/499/500/master.m3u8", Err(NotEntitled::Nothing)),
        ("/video/499/7", Err(NotEntitled::Nothing)),
        ("/films/499/7/master.m3u8", Err(NotEntitled::Nothing)),
        ("video/499/7/master.m3u8", Err(NotEntitled::Nothing)),
        ("", Err(NotEntitled::Nothing)),
    ] {
        assert_eq!(tokens.permits(facts(&viewer), path), expected, "{path}");
    }
    let mut owner = subject(&json!({"tenant": "a"}));
    owner.paths = Some((0..200).map(|film| format!("/video/a/{film}/*")).collect());
    let tenants = read(r#"["/video/{tenant}/*"]"#).unwrap();
    assert_eq!(tenants.resources(facts(&owner)), Err(NotEntitled::TooMany));
    assert_eq!(tenants.permits(facts(&owner), "/video/a/199/x.ts"), Ok(()));
    assert_eq!(tenants.permits(facts(&owner), "/video/a/200/x.ts"), Err(NotEntitled::Nothing));
}

#[test]
fn a_path_is_refused_for_a_reason() {
    let claim = |name: &str| Err(NotEntitled::Claim(name.to_owned()));
    let tenant = r#"["/video/{tenant}/*"]"#;
    let rows = [
        (tenant, json!({"tenant": "a"}), Err(NotEntitled::Nothing)),
        (tenant, json!({"tenant": []}), Err(NotEntitled::Nothing)),
        (tenant, json!({}), claim("tenant")),
        (tenant, json!({"tenant": "auth|77"}), claim("tenant")),
        (tenant, json!({"tenant": ["/admins", "*"]}), claim("tenant")),
        // A value that is no segment takes nothing away from the others.
        (tenant, json!({"tenant": ["/admins", "b"]}), Ok(())),
        (tenant, json!({"tenant": ["/admins", "a"]}), Err(NotEntitled::Nothing)),
        (r#"["/video/b/*", "/video/{tenant}/*"]"#, json!({}), Ok(())),
        (r#"["/video/{tenant}/*", "/video/c/*"]"#, json!({}), claim("tenant")),
        // Whatever the claim is, this rule gives another folder.
        (r#"["/video/c/{tenant}/*"]"#, json!({}), Err(NotEntitled::Nothing)),
        (r#"[{"resource": "/video/{tenant}/*", "if": {"a": "b"}}]"#, json!({}), Err(NotEntitled::Nothing)),
    ];
    for (rules, claims, expected) in rows {
        assert_eq!(
            read(rules).unwrap().permits(facts(&subject(&claims)), "/video/b/x.ts"),
            expected,
            "{rules} {claims}"
        );
    }
    let named = |depth: usize, paths: &[&str]| {
        let mut viewer = subject(&json!({"tenant": "a"}));
        viewer.paths = Some(paths.iter().map(|path| (*path).to_owned()).collect());
        read_at(depth, tenant).unwrap().permits(facts(&viewer), "/video/a/x/y.ts")
    };
    let rows: [(usize, &[&str], _); 10] = [
        (1, &["/video/a/*"], Ok(())),
        (1, &["/video/b/*", "video/a/*", "*"], Ok(())),
        (2, &["/video/a/x/*"], Ok(())),
        (2, &["/video/a/z/*"], Err(NotEntitled::Nothing)),
        (1, &[], Err(NotEntitled::Nothing)),
        (1, &["/video/a/x/*"], Err(NotEntitled::Path)),
        (1, &["/video/*"], Err(NotEntitled::Path)),
        (1, &["/video/*", "/video/a/*"], Ok(())),
        (1, &["/video/a/../a/*", "/video/a/**", "/video/a", "/video/a*", ""], Err(NotEntitled::Nothing)),
        (1, &["https://h/video/a/*"], Err(NotEntitled::Nothing)),
    ];
    for (depth, paths, expected) in rows {
        assert_eq!(named(depth, paths), expected, "{depth} {paths:?}");
    }
}

#[test]
fn each_rule_is_explained() {
    let rules = r#"["/video/{tenant}/*", {"resource": "/video/premium/*",  "if": {"plan": {"not": "free"}}},
                    {"resource": "/video/staff/*", "if": {"roles": ["staff", 3]}}, "/video/{sub}/*"]"#;
    let entitlements = read(rules).unwrap();
    let viewer = subject(&json!({"tenant": "a", "plan": "free", "sub": "auth|77"}));
    let explained: Vec<(&str, Result<Vec<String>, String>)> = entitlements
        .explain(facts(&viewer))
        .into_iter()
        .map(|Explanation { rule, outcome, .. }| {
            let resources = outcome.map(|all| all.iter().map(FolderPattern::to_string).collect());
            (rule, resources.map_err(|why: WhyNot| why.to_string()))
        })
        .collect();
    let expected = [
        (r#""/video/{tenant}/*""#, Ok(vec!["/video/a/*".to_owned()])),
        (
            r#"{"resource": "/video/premium/*",  "if": {"plan": {"not": "free"}}}"#,
            Err(r#"the condition {"plan":{"not":"free"}} is not met: the claim is "free""#.to_owned()),
        ),
        (
            r#"{"resource": "/video/staff/*", "if": {"roles": ["staff", 3]}}"#,
            Err(r#"the condition {"roles":["staff",3]} is not met: the claim is missing"#.to_owned()),
        ),
        (r#""/video/{sub}/*""#, Err("the claim sub is missing, or is not one plain path segment".to_owned())),
    ];
    assert_eq!(explained, expected);
    let everything = Entitlements::read(&|_| None).unwrap();
    assert_eq!(everything.explain(facts(&viewer)).first().map(|one| one.rule), Some(r#""/video/*""#));
}
