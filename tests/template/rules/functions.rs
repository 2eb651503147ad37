//! The environments of the functions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use usher_cloudformation::Stack;

use crate::{
    environment::{KNOWN_SETTINGS, deployed, deployed_variables, read_configuration},
    resources::{Resource, resources},
};

/// The variables of a function as the template has them.
pub(crate) fn variables<'a>(function: &Resource<'a>) -> BTreeMap<&'a str, &'a Value> {
    let variables = function.property("Environment")["Variables"].as_object();
    variables.into_iter().flatten().map(|(name, value)| (name.as_str(), value)).collect()
}

pub(crate) fn functions(stack: &Stack) -> impl Iterator<Item = Resource<'_>> {
    resources(stack, "AWS::Serverless::Function")
}

fn code<'a>(function: &Resource<'a>) -> &'a str {
    function.property("CodeUri").as_str().unwrap_or_default()
}

/// A setting that is missing in the template could not be set; one that the function does not know is a mistake,
/// most often in its name.
pub(super) fn environments_are_what_functions_read(stack: &Stack) -> Vec<String> {
    let mut refused = Vec::new();
    for function in functions(stack) {
        let id = function.id;
        let Some(known) = KNOWN_SETTINGS.get(code(&function)) else {
            refused.push(format!("{id}: nobody knows the settings of {}", code(&function)));
            continue;
        };
        let given: BTreeSet<String> = variables(&function).into_keys().map(str::to_owned).collect();
        refused.extend(given.difference(known).map(|name| format!("{id}: it does not know {name}")));
        refused.extend(known.difference(&given).map(|name| format!("{id}: it misses {name}")));
    }
    refused
}

/// The problems that the function itself would report at its start.
pub(super) fn configurations_can_be_used(stack: &Stack) -> Vec<String> {
    let mut refused = Vec::new();
    for function in functions(stack) {
        let id = function.id;
        let environment = deployed_variables(function.whole);
        let read = read_configuration(code(&function), &|name| environment.get(name).cloned());
        refused.extend(read.and_then(Result::err).map(|error| format!("{id}: {error}")));
        let size: usize = environment.iter().map(|(name, value)| name.len() + value.len()).sum();
        if size > LARGEST_ENVIRONMENT {
            refused.push(format!("{id}: its environment is larger than Lambda's 4 KB"));
        }
    }
    refused
}

/// The parameter `JwtIssuers` is the setting `JWT_ISSUERS`.
pub(super) fn settings_are_their_parameters(stack: &Stack) -> Vec<String> {
    let mut refused = Vec::new();
    for function in functions(stack) {
        for (name, value) in variables(&function) {
            let parameter = if name == "VIEWER_HOST" { "DomainName".to_owned() } else { pascal_case(name) };
            let expected = stack.parameter(&parameter).map(|_| text(stack, &parameter));
            if expected.is_some_and(|expected| *value != json!(expected)) {
                refused.push(format!("{}: {name} is not what {parameter} says", function.id));
            }
        }
    }
    refused
}

fn text(stack: &Stack, parameter: &str) -> String {
    stack.parameter(parameter).map(deployed).unwrap_or_default()
}

fn pascal_case(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        format!("{first}{}", rest.to_ascii_lowercase())
    });
    words.collect()
}

/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const LARGEST_ENVIRONMENT: usize = 4_096;
