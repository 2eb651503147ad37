//! Names in the template that must exist, on both branches of every condition.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use usher_cloudformation::Stack;

use crate::resources::{Reference, id_of, items, references};

fn resources(document: &Value) -> impl Iterator<Item = (&String, &Value)> {
    document["Resources"].as_object().into_iter().flat_map(Map::iter)
}

/// Every reference with its place.
fn places(document: &Value) -> impl Iterator<Item = (String, Reference<'_>)> {
    let sections = ["Conditions", "Globals", "Outputs", "Resources", "Rules"];
    let members = sections.into_iter().flat_map(|section| {
        let members = document[section].as_object().into_iter().flat_map(Map::iter);
        members.map(move |(name, member)| (format!("{section}/{name}"), member))
    });
    members.flat_map(|(place, member)| {
        references(member).into_iter().map(move |reference| (place.clone(), reference))
    })
}

/// The resource with this name.
fn resource<'a>(document: &'a Value, name: &str) -> Option<(&'a str, &'a Value)> {
    let found = resources(document).filter(|(id, _)| id_of(name, id)).max_by_key(|(id, _)| id.len());
    found.map(|(id, resource)| (id.as_str(), resource))
}

pub(super) fn name_what_is_there(document: &Value) -> Vec<String> {
    let is_there = |reference: &Reference<'_>| {
        document["Parameters"].get(reference.name).is_some()
            || resource(document, reference.name).is_some()
            || PSEUDO_PARAMETERS.contains(&reference.name)
    };
    let lost = places(document).filter(|(_, reference)| !is_there(reference));
    lost.map(|(place, reference)| format!("{place}: there is no {}", reference.name)).collect()
}

pub(super) fn name_attributes_that_are_there(document: &Value) -> Vec<String> {
    let mut refused = Vec::new();
    for (place, Reference { name, attribute }) in places(document) {
        let (Some((id, resource)), Some(attribute)) = (resource(document, name), attribute) else { continue };
        // SAM creates it for FunctionUrlConfig.
        let is_url = name != id && attribute == "FunctionUrl";
        let has_url = !resource["Properties"]["FunctionUrlConfig"].is_null();
        let kind = resource["Type"].as_str().unwrap_or_default();
        if if is_url { !has_url } else { !ATTRIBUTES.contains(&(kind, attribute)) } {
            refused.push(format!("{place}: {name} has no attribute {attribute}"));
        }
    }
    refused
}

pub(super) fn conditions_are_there_and_used(document: &Value) -> Vec<String> {
    let mut used = BTreeSet::new();
    collect_conditions(document, &mut used);
    let there: BTreeSet<&str> =
        document["Conditions"].as_object().into_iter().flat_map(Map::keys).map(String::as_str).collect();
    let missing = used.difference(&there).map(|name| format!("there is no condition {name}"));
    missing
        .chain(there.difference(&used).map(|name| format!("nothing depends on the condition {name}")))
        .collect()
}

fn collect_conditions<'a>(value: &'a Value, used: &mut BTreeSet<&'a str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_conditions(item, used)),
        Value::Object(members) => {
            used.extend(members.get("Condition").and_then(Value::as_str));
            used.extend(members.get("Fn::If").and_then(|function| function[0].as_str()));
            members.values().for_each(|value| collect_conditions(value, used));
        }
        _ => {}
    }
}

/// CloudFormation creates a resource after those that it refers to.
pub(super) fn go_in_no_circle(document: &Value) -> Vec<String> {
    let mut waits: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (id, whole) in resources(document) {
        let events = &whole["Properties"]["Events"];
        let of_events = references(events);
        let own = references(whole).into_iter().filter(|reference| !of_events.contains(reference));
        let named = items(&whole["DependsOn"]).iter().filter_map(Value::as_str);
        let names = own.map(|reference| reference.name).chain(named);
        waits.entry(id).or_default().extend(names.filter_map(|name| Some(resource(document, name)?.0)));
        // For an event, SAM creates a route of the API, and the route names the function.
        for reference in of_events {
            if let Some((api, _)) = resource(document, reference.name) {
                waits.entry(api).or_default().insert(id);
            }
        }
    }
    let circle = circle(waits);
    if circle.is_empty() {
        Vec::new()
    } else {
        vec![format!("these wait for each other: {}", circle.join(", "))]
    }
}

/// The evaluation of a template sees what values refer to, but not `DependsOn`.
pub(super) fn dependencies_are_there(stack: &Stack) -> Vec<String> {
    let mut refused = Vec::new();
    for (id, whole) in stack.resources() {
        let named = items(&whole["DependsOn"]).iter().filter_map(Value::as_str);
        let absent = named.filter(|name| stack.resource(name).is_none());
        refused.extend(absent.map(|name| format!("{id}: it depends on {name}, which is not there")));
    }
    refused
}

/// The resources that remain when those are removed that wait for nothing, or for which nothing waits.
fn circle<'a>(mut waits: BTreeMap<&'a str, BTreeSet<&'a str>>) -> Vec<&'a str> {
    loop {
        let before = waits.len();
        let waiting: BTreeSet<&str> = waits.keys().copied().collect();
        for awaited in waits.values_mut() {
            awaited.retain(|id| waiting.contains(id));
        }
        let awaited: BTreeSet<&str> = waits.values().flatten().copied().collect();
        waits.retain(|id, waits_for| !waits_for.is_empty() && awaited.contains(id));
        if waits.len() == before {
            return waits.into_keys().collect();
        }
    }
}

const ATTRIBUTES: [(&str, &str); 9] = [
    ("AWS::CloudFront::Distribution", "DomainName"),
    ("AWS::CloudFront::Function", "FunctionARN"),
    ("AWS::CloudFront::OriginAccessControl", "Id"),
    ("AWS::KMS::Key", "Arn"),
    ("AWS::S3::Bucket", "Arn"),
    ("AWS::S3::Bucket", "DomainName"),
    ("AWS::S3::Bucket", "RegionalDomainName"),
    ("AWS::Serverless::Function", "Arn"),
    // The attribute in the answer of functions/publish-key.
    ("Custom::KmsPublicKeyPem", "Pem"),
];

const PSEUDO_PARAMETERS: [&str; 6] =
    ["AWS::AccountId", "AWS::NoValue", "AWS::Partition", "AWS::Region", "AWS::StackName", "AWS::URLSuffix"];
