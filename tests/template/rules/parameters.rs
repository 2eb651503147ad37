//! The parameters that a deployment asks for.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::resources::references;

fn parameters(document: &Value) -> impl Iterator<Item = (&String, &Value)> {
    document["Parameters"].as_object().into_iter().flat_map(Map::iter)
}

/// Every parameter has a default, so a deployment asks only for what a rule of the template requires.
pub(super) fn have_descriptions_and_defaults(document: &Value) -> Vec<String> {
    let mut refused = Vec::new();
    for (name, parameter) in parameters(document) {
        let missing = |member: &str| parameter[member].as_str().is_none_or(str::is_empty);
        if missing("Description") {
            refused.push(format!("the parameter {name} has no Description"));
        }
        if parameter["Default"].is_null() {
            refused.push(format!("the parameter {name} has no Default"));
        }
        if !missing("AllowedPattern") && missing("ConstraintDescription") {
            refused.push(format!("the parameter {name} has an AllowedPattern without ConstraintDescription"));
        }
    }
    refused
}

pub(super) fn stand_in_one_group(document: &Value) -> Vec<String> {
    let groups = &document["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"];
    let groups = groups.as_array().into_iter().flatten();
    let listed: Vec<&str> = groups
        .flat_map(|group| group["Parameters"].as_array().into_iter().flatten().filter_map(Value::as_str))
        .collect();
    let mut refused = Vec::new();
    for (name, _) in parameters(document) {
        match listed.iter().filter(|listed| *listed == name).count() {
            0 => refused.push(format!("the parameter {name} stands in no ParameterGroups")),
            1 => {}
            _ => refused.push(format!("the parameter {name} stands in ParameterGroups more than once")),
        }
    }
    let unknown = listed.iter().filter(|name| document["Parameters"].get(**name).is_none());
    refused.extend(unknown.map(|name| format!("ParameterGroups has {name}, which is no parameter")));
    refused
}

/// A rule of the template may check a parameter, but does not use it.
pub(super) fn are_read(document: &Value) -> Vec<String> {
    let sections = ["Conditions", "Globals", "Outputs", "Resources"].map(|name| &document[name]);
    let read: BTreeSet<&str> =
        sections.into_iter().flat_map(references).map(|reference| reference.name).collect();
    let unread = parameters(document).filter(|(name, _)| !read.contains(name.as_str()));
    unread.map(|(name, _)| format!("nobody reads the parameter {name}")).collect()
}

/// Everyone who may read a stack sees its parameters. `NoEcho` hides a value there, but not in an environment.
pub(super) fn hold_no_secrets(document: &Value) -> Vec<String> {
    let mut refused = Vec::new();
    for (name, parameter) in parameters(document) {
        let sounds_secret = ["Key", "Keys", "Password", "Secret", "Secrets", "Token"];
        let is_arn = parameter["AllowedPattern"].as_str().is_some_and(|form| form.starts_with("^(arn:"));
        let is_public = name.contains("Public") || is_arn || parameter["AllowedValues"].is_array();
        if sounds_secret.iter().any(|word| name.ends_with(word)) && !is_public {
            refused.push(format!("the parameter {name} is a secret by its name, and no ARN by its form"));
        }
        if !parameter["NoEcho"].is_null() {
            refused
                .push(format!("the parameter {name} has NoEcho, so it is a secret, which belongs elsewhere"));
        }
    }
    refused
}
