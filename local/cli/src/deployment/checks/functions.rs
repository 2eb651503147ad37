//! The functions' environments, as the functions themselves would read them when they start.

use std::collections::BTreeMap;

use issue_cookies::{Authenticators, Config, http_client};
use serde_json::Value;
use usher_cloudformation::{Stack, Template};
use usher_runtime::{ConfigError, renamed};

use crate::deployment::Finding;

type Environment = BTreeMap<String, String>;

/// With those who vouch for viewers, if the settings can be used.
pub(super) fn check(template: &Template, stack: &Stack) -> (Vec<Finding>, Option<Authenticators>) {
    let environment = |code: &str| {
        let is_of =
            |resource: &&Value| resource.pointer("/Properties/CodeUri").is_some_and(|uri| uri == code);
        stack.resources().map(|(_, resource)| resource).find(is_of).map(variables).unwrap_or_default()
    };
    let cookies = environment("functions/issue-cookies");
    let manifests = environment("functions/resign-manifest");
    let http = || http_client(reqwest::Client::builder());
    let authenticators = Config::check(&|name| cookies.get(name).cloned(), &http);
    let other = resign_manifest::Config::read(&|name| manifests.get(name).cloned());
    let parameters = parameters(template);
    let problems: Vec<String> = [authenticators.as_ref().err(), other.as_ref().err()]
        .into_iter()
        .flatten()
        .flat_map(ConfigError::problems)
        .map(|problem| renamed(problem, |name| parameters.get(name).cloned()))
        .collect();
    let settings = if problems.is_empty() {
        Finding::ok(SETTINGS, "the functions can start with them")
    } else {
        Finding::wrong(SETTINGS, problems.join("; "), "docs/settings.md describes each parameter")
    };
    let largest = [&cookies, &manifests].into_iter().map(bytes).max().unwrap_or_default();
    (vec![settings, size(largest)], authenticators.ok())
}

/// The parameters by the settings that have their values.
fn parameters(template: &Template) -> BTreeMap<String, String> {
    let resources = template.document().get("Resources").and_then(Value::as_object);
    let variables = resources.into_iter().flatten().filter_map(|(_, resource)| {
        resource.pointer("/Properties/Environment/Variables").and_then(Value::as_object)
    });
    let parameter = |(setting, value): (&String, &Value)| {
        let name = value.get("Ref")?.as_str()?;
        template.document().pointer(&format!("/Parameters/{name}"))?;
        Some((setting.clone(), name.to_owned()))
    };
    variables.flatten().filter_map(parameter).collect()
}

/// The names and the values.
fn bytes(environment: &Environment) -> usize {
    environment.iter().map(|(name, value)| name.len() + value.len()).sum()
}

fn size(bytes: usize) -> Finding {
    if bytes > LARGEST_ENVIRONMENT {
        let found = format!("about {bytes} bytes, and Lambda takes {LARGEST_ENVIRONMENT}");
        Finding::wrong(ENVIRONMENT, found, "make the JSON in the parameters shorter")
    } else {
        Finding::ok(ENVIRONMENT, format!("about {bytes} of {LARGEST_ENVIRONMENT} bytes"))
    }
}

fn variables(function: &Value) -> Environment {
    let variables = function.pointer("/Properties/Environment/Variables").and_then(Value::as_object);
    variables.into_iter().flatten().map(|(name, value)| (name.clone(), deployed(value))).collect()
}

/// What a value is in AWS, with a stand-in of about its length for what only AWS knows.
fn deployed(value: &Value) -> String {
    if let Some(text) = Stack::text(value) {
        return text;
    }
    if let Some(id) = value.get("Ref").and_then(Value::as_str) {
        return format!("{:0<36}", id.to_ascii_uppercase());
    }
    if let Some(parts) = value.pointer("/Fn::Join/1").and_then(Value::as_array) {
        return parts.iter().map(deployed).collect();
    }
    format!("{:0<100}", "arn:aws:stand-in:us-east-1:000000000000:")
}

const ENVIRONMENT: &str = "environment";
const SETTINGS: &str = "settings";
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const LARGEST_ENVIRONMENT: usize = 4_096;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_that_only_aws_knows_has_a_stand_in() {
        let rows = [
            (json!("text"), "text".to_owned()),
            (json!(3600), "3600".to_owned()),
            (json!({"Ref": "PublicKeyA"}), "PUBLICKEYA00000000000000000000000000".to_owned()),
            (json!({"Fn::Join": ["", ["https://", {"Ref": "A"}]]}), format!("https://A{}", "0".repeat(35))),
            (
                json!({"Fn::GetAtt": ["Key", "Arn"]}),
                format!("arn:aws:stand-in:us-east-1:000000000000:{}", "0".repeat(60)),
            ),
        ];
        for (value, expected) in rows {
            assert_eq!(deployed(&value), expected, "{value}");
        }
    }

    #[test]
    fn an_environment_has_at_most_four_kibibytes() {
        let environment = |length: usize| Environment::from([("NAME".to_owned(), "x".repeat(length))]);
        let rows = [
            (4_092, Finding::ok(ENVIRONMENT, "about 4096 of 4096 bytes")),
            (
                4_093,
                Finding::wrong(
                    ENVIRONMENT,
                    "about 4097 bytes, and Lambda takes 4096",
                    "make the JSON in the parameters shorter",
                ),
            ),
        ];
        for (length, expected) in rows {
            assert_eq!(size(bytes(&environment(length))), expected);
        }
    }
}
