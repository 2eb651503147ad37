//! Reads `template.yaml` as data and rejects mistakes in it. Whoever changes the template sees them at once,
//! before viewers, or people who should not watch, find them.
#![expect(clippy::indexing_slicing, reason = "of JSON values, of which absent members are null")]

mod breakages;
mod combinations;
mod environment;
mod examples;
mod parameter_sets;
mod resources;
mod rotation;
mod rules;
mod throttling;
mod upgrade;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use serde_json::Value;
use usher_cloudformation::Template;

use crate::{
    environment::KNOWN_SETTINGS,
    rules::{THROTTLED, refusals},
};

const TEMPLATE: &str = include_str!("../../template.yaml");

fn template() -> &'static Template {
    static READ: LazyLock<Template> =
        LazyLock::new(|| Template::parse("template.yaml", TEMPLATE).expect("YAML"));
    &READ
}

#[test]
fn the_template_is_refused_by_no_rule() {
    let refused = refusals(TEMPLATE, &parameter_sets::all());
    assert_eq!(
        refused,
        BTreeSet::new(),
        "template.yaml breaks these rules, and other tests fail with this one"
    );
}

#[test]
fn an_environment_that_is_too_large_is_refused() {
    let issuers = format!(r#"[{{"issuer": "https://id.example.com", "audience": "{}"}}]"#, "a".repeat(1_900));
    let rules = format!(r#"["/video/{}/*"]"#, "a".repeat(1_900));
    let sets = [parameter_sets::set("", &[("JwtIssuers", &issuers), ("Entitlements", &rules)])];
    let expected = "IssueCookiesFunction: its environment is larger than Lambda's 4 KB".to_owned();
    assert_eq!(refusals(TEMPLATE, &sets), BTreeSet::from([expected]));
}

/// Otherwise a branch could hide a mistake in it, or pass a value on to the wrong place.
#[test]
fn the_sets_of_parameters_try_everything() {
    let document = template().document();
    let names = |section: &str| document[section].as_object().expect("a section").keys().cloned();
    let probe = |name: String| format!("  Probe{name}: {{Condition: {name}, Value: x}}\n");
    let probing = format!("{TEMPLATE}{}", names("Conditions").map(probe).collect::<String>());
    let probing = Template::parse("template.yaml", &probing).expect("YAML");
    let mut held: BTreeMap<String, BTreeSet<bool>> = BTreeMap::new();
    let mut values: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for set in parameter_sets::all() {
        let stack = probing.with_parameters(set.overrides).expect("a stack");
        for name in names("Conditions") {
            let holds = stack.outputs().contains_key(&format!("Probe{name}"));
            held.entry(name).or_default().insert(holds);
        }
        for name in names("Parameters") {
            let value = stack.parameter(&name).map(Value::to_string).unwrap_or_default();
            values.entry(name).or_default().insert(value);
        }
    }
    let one_sided: Vec<&String> =
        held.iter().filter(|(_, sides)| sides.len() < 2).map(|(name, _)| name).collect();
    // This condition compares the region, which is us-east-1 here.
    assert_eq!(
        one_sided,
        ["HasCloudFrontMetrics"],
        "each other condition holds with some sets and not with others: add a set to SETS in parameter_sets.rs"
    );
    let only_default: Vec<&String> =
        values.iter().filter(|(_, values)| values.len() < 2).map(|(name, _)| name).collect();
    assert_eq!(
        only_default, [""; 0],
        "these parameters always have their default: give each another value in SETS in parameter_sets.rs"
    );
}

/// The page is what people deploy by.
#[test]
fn the_documented_settings_are_those_of_the_template_and_the_functions() {
    let page = include_str!("../../docs/settings.md");
    let table = page.split("\n\n").find(|part| part.starts_with("| Parameter |")).expect("the table");
    let column = |number: usize| -> BTreeSet<String> {
        let cells = table.lines().filter_map(|line| line.strip_prefix("| ")?.split('|').nth(number));
        // Every second part is between backticks.
        cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
    };
    let parameters = template().document()["Parameters"].as_object().expect("a section");
    assert_eq!(column(0), parameters.keys().cloned().collect::<BTreeSet<_>>());
    let settings = column(1);
    let missing: Vec<&String> =
        KNOWN_SETTINGS.values().flatten().filter(|name| !settings.contains(*name)).collect();
    assert_eq!(missing, [""; 0]);
}

#[tokio::test]
async fn what_the_metric_filters_count_is_what_the_functions_log() {
    let refused = throttling::refused_with("ThrottlingException").await;
    let line: Value = serde_json::from_str(&throttling::log_of(&refused)).expect("one line of JSON");
    let (error, level) = (line["fields"]["error"].as_str().unwrap_or_default(), &line["level"]);
    let expected =
        "the signing key is out of reach for the moment: KMS GetPublicKey answers ThrottlingException";
    assert_eq!((error, level), (expected, &Value::from("ERROR")));
    assert!(error.contains(THROTTLED.trim_matches('"')));
}
