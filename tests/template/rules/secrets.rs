//! The template, its parameters and the environments contain no secrets.

use serde_json::Value;
use usher_cloudformation::Stack;

use super::{
    functions::{functions, variables},
    signing::allows,
};

/// `{{resolve:secretsmanager:…}}`: CloudFormation itself reads the secret.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html>
pub(super) fn is_dynamic_reference(value: &Value) -> bool {
    let parts = value["Fn::Join"][1].as_array();
    let first = parts.and_then(|parts| parts.first()).unwrap_or(value);
    let last = parts.and_then(|parts| parts.last()).unwrap_or(value);
    let is_text = |value: &Value, form: fn(&str) -> bool| value.as_str().is_some_and(form);
    is_text(first, |text| text.starts_with("{{resolve:secretsmanager:"))
        && is_text(last, |text| text.ends_with(":SecretString}}"))
}

/// Everyone who may read a function's configuration reads its environment, including values that CloudFormation
/// inserts.
pub(super) fn environments_hold_none(stack: &Stack) -> Vec<String> {
    let mut refused = Vec::new();
    for function in functions(stack) {
        let variables = variables(&function).into_iter();
        let resolved = variables.filter(|(_, value)| value.to_string().contains("{{resolve:"));
        refused.extend(resolved.map(|(name, _)| {
            format!(
                "{}: {name} has a dynamic reference, whose text would stand in its environment",
                function.id
            )
        }));
    }
    refused
}

/// A function with the ARN of a secret in its environment must be allowed to read that secret.
pub(super) fn functions_may_read_theirs(stack: &Stack) -> Vec<String> {
    let mut refused = Vec::new();
    for function in functions(stack) {
        let arns =
            variables(&function).into_iter().filter(|(name, arn)| name.ends_with("_ARN") && **arn != "");
        let unreadable = arns.filter(|(_, arn)| !allows(&function, "secretsmanager:GetSecretValue", arn));
        refused.extend(unreadable.map(|(name, _)| format!("{}: it may not read {name}", function.id)));
    }
    refused
}
