//! Whatever the rules, the claims and the paths of a site: a path is permitted exactly if a resource covers it.

use proptest::{collection::vec, option, prelude::*, sample::select};

use super::*;

fn conditions() -> impl Strategy<Value = Value> {
    select(vec![
        json!({}),
        json!({"a": "a"}),
        json!({"a": {"not": "a"}}),
        json!({"a": ["a", 1, true], "b": 1}),
        json!({"/c/d": "a"}),
        json!({"scope": "b", "/scope": "a"}),
        json!({"b": {"not": [1, 2.0]}}),
    ])
}

fn rule() -> impl Strategy<Value = Value> {
    let segment = select(vec!["a", "b", "{a}", "{b}", "{/c/d}", "{c.d}", "{scope}", "{https://h/a}"]);
    (vec(segment, 0..=2), option::of(conditions())).prop_map(|(segments, conditions)| {
        let template =
            format!("/video/{}*", segments.iter().map(|one| format!("{one}/")).collect::<String>());
        match conditions {
            Some(conditions) => json!({"resource": template, "if": conditions}),
            None => template.into(),
        }
    })
}

fn claims() -> impl Strategy<Value = Value> {
    let value = select(vec![
        json!("a"),
        json!("b"),
        json!("a b"),
        json!(["a", "b"]),
        json!([]),
        json!(1),
        json!(1.0),
        json!(true),
        json!([1, 2]),
        json!("*"),
        json!(["a", "../a"]),
        json!(null),
        json!({"d": "a"}),
        json!({"d": ["a", "b"]}),
    ]);
    let name = select(vec!["a", "b", "c", "c.d", "scope", "https://h/a"]);
    vec((name, value), 0..6)
        .prop_map(|claims| claims.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn named_paths() -> impl Strategy<Value = Option<Vec<String>>> {
    let path = select(vec![
        "/video/*",
        "/video/a/*",
        "video/b/*",
        "/video/a/b/*",
        "/video/1/*",
        "/video/a/b/a/*",
        "*",
        "/video/a/../*",
    ]);
    option::of(vec(path.prop_map(str::to_owned), 0..4))
}

fn path() -> impl Strategy<Value = String> {
    let segment = select(vec!["a", "b", "1", "1.0", "2", "*", "", "..", "x.ts"]);
    (select(vec!["/video/", "/film/", "/"]), vec(segment, 1..=4))
        .prop_map(|(root, segments)| format!("{root}{}", segments.join("/")))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_path_is_permitted_exactly_if_a_resource_covers_it(
        rules in vec(rule(), 1..4),
        claims in claims(),
        named in named_paths(),
        paths in vec(path(), 1..20),
    ) {
        let entitlements = read(&json!(rules).to_string()).unwrap();
        let mut viewer = subject(&claims);
        viewer.paths = named;
        if let Ok(resources) = entitlements.resources(facts(&viewer)) {
            for path in paths {
                let is_covered = resources.iter().any(|resource| resource.covers(&path));
                let is_permitted = entitlements.permits(facts(&viewer), &path).is_ok();
                prop_assert_eq!(is_permitted, is_covered, "{} {:?} {}", path, viewer.paths, claims);
            }
        }
    }
}
