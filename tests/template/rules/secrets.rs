//! Secrets stand nowhere in the template, nor in its parameters.

use serde_json::Value;
use usher::template::Stack;

use super::functions::{functions, variables};

/// `{{resolve:secretsmanager:…}}`: CloudFormation itself asks for the secret.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html>
pub(super) fn is_dynamic_reference(value: &Value) -> bool {
    let parts = value["Fn::Join"][1].as_array();
    let first = parts.and_then(|parts| parts.first()).unwrap_or(value);
    let last = parts.and_then(|parts| parts.last()).unwrap_or(value);
    let is_text = |value: &Value, form: fn(&str) -> bool| value.as_str().is_some_and(form);
    is_text(first, |text| text.starts_with("{{resolve:secretsmanager:"))
        && is_text(last, |text| text.ends_with(":SecretString}}"))
}

pub(super) fn settings_are_dynamic_references(stack: &Stack) -> Vec<String> {
    let mut refused = Vec::new();
    for function in functions(stack) {
        for (name, value) in variables(&function) {
            let is_secret = name.ends_with("_SECRET") || name.ends_with("_KEYS");
            if is_secret && *value != "" && !is_dynamic_reference(value) {
                refused.push(format!("{}: {name} is no dynamic reference to a secret", function.id));
            }
        }
    }
    refused
}
