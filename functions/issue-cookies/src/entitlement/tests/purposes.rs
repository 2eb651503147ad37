//! Rules that give downloads and previews, and nothing else.

use super::*;

const RULES: &str = r#"[
    "/video/free/*",
    {"resource": "/video/downloads/*", "if": {"plan": "pro"}, "download": true},
    {"resource": "/video/{tenant}/*", "preview_seconds": 60},
    {"resource": "/video/shop/*", "preview_seconds": 30},
    {"resource": "/video/shop/*", "if": {"plan": "pro"}, "preview_seconds": 90}
]"#;

fn seconds(rules: &str, claims: &Value, path: &str, wanted: u64) -> Result<u64, NotEntitled> {
    let wanted = Preview::new(wanted).expect("a preview");
    read(rules).unwrap().preview(facts(&subject(claims)), path, wanted).map(Preview::seconds)
}

#[test]
fn cookies_cover_nothing_that_is_for_downloads_or_previews() {
    let claims = json!({"plan": "pro", "tenant": "a"});
    assert_eq!(resources(RULES, &claims), given(&["/video/free/*"]));
    let (rules, subject) = (read(RULES).unwrap(), subject(&claims));
    for path in ["/video/downloads/film.mp4", "/video/a/master.m3u8", "/video/shop/master.m3u8"] {
        assert_eq!(rules.permits(facts(&subject), path), Err(NotEntitled::Nothing), "{path}");
    }
}

#[test]
fn a_download_needs_a_rule_of_its_own() {
    let rules = read(RULES).unwrap();
    for (plan, path, expected) in [
        ("pro", "/video/downloads/film.mp4", Ok(())),
        ("free", "/video/downloads/film.mp4", Err(NotEntitled::Nothing)),
        ("pro", "/video/free/film.mp4", Err(NotEntitled::Nothing)),
        ("pro", "/video/shop/film.mp4", Err(NotEntitled::Nothing)),
    ] {
        let subject = subject(&json!({"plan": plan}));
        assert_eq!(rules.permits_download(facts(&subject), path), expected, "{plan} {path}");
    }
}

#[test]
fn a_preview_is_as_long_as_the_longest_rule_and_no_longer_than_asked_for() {
    let (free, pro) = (json!({"tenant": "a"}), json!({"plan": "pro", "tenant": "a"}));
    for (claims, path, wanted, expected) in [
        (&free, "/video/shop/master.m3u8", 600, Ok(30)),
        (&pro, "/video/shop/master.m3u8", 600, Ok(90)),
        (&pro, "/video/shop/master.m3u8", 10, Ok(10)),
        (&free, "/video/a/master.m3u8", 600, Ok(60)),
        (&free, "/video/b/master.m3u8", 60, Err(NotEntitled::Nothing)),
        // Who may watch all of it may watch its beginning.
        (&free, "/video/free/master.m3u8", 600, Ok(600)),
        (&pro, "/video/downloads/master.m3u8", 60, Err(NotEntitled::Nothing)),
    ] {
        assert_eq!(seconds(RULES, claims, path, wanted), expected, "{claims} {path} {wanted}");
    }
}

#[test]
fn what_a_site_names_narrows_downloads_and_previews_too() {
    let mut subject = subject(&json!({"plan": "pro"}));
    subject.paths = Some(vec!["/video/shop/*".to_owned()]);
    let rules = read(RULES).unwrap();
    let preview = Preview::new(60).expect("a preview");
    assert_eq!(rules.preview(facts(&subject), "/video/shop/master.m3u8", preview), Ok(preview));
    assert!(rules.permits_download(facts(&subject), "/video/downloads/film.mp4").is_err());
}

#[test]
fn each_wrong_purpose_is_told() {
    let problem = |rule: &str| read(&format!("[{rule}]")).unwrap_err().to_string();
    let told = |text: &str| format!("the configuration cannot be used: ENTITLEMENTS[0]: {text}");
    let (download, seconds) =
        ("download must be true, or left out", "preview_seconds must be a number from 1 to 600");
    for (rule, expected) in [
        (r#"{"resource": "/video/a/*", "download": false}"#, download),
        (r#"{"resource": "/video/a/*", "download": "true"}"#, download),
        (r#"{"resource": "/video/a/*", "preview_seconds": 0}"#, seconds),
        (r#"{"resource": "/video/a/*", "preview_seconds": 601}"#, seconds),
        (r#"{"resource": "/video/a/*", "preview_seconds": "60"}"#, seconds),
        (
            r#"{"resource": "/video/a/*", "preview_seconds": 60, "download": true}"#,
            "a rule has download or preview_seconds, not both",
        ),
        (r#"{"resource": "/video/a/*"}"#, r#"if must be an object such as {"groups":"premium"}"#),
    ] {
        let (found, expected) = (problem(rule), told(expected));
        assert!(found.starts_with(&expected), "{rule}: {found}");
    }
}
