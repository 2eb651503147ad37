//! CloudFront trusts the key that signs, under the id of its public half.

use serde_json::{Value, json};
use usher_cloudformation::Stack;

use super::{
    access::allowing,
    functions::{functions, variables},
};
use crate::resources::{Resource, items, referred, resources};

pub(super) fn key_is_trusted_and_may_be_used(stack: &Stack) -> Vec<String> {
    let mut refused = Vec::new();
    for function in functions(stack) {
        let (id, variables) = (function.id, variables(&function));
        let Some(key_pair_id) = variables.get("KEY_PAIR_ID").copied() else { continue };
        let value = |name: &str| variables.get(name).copied().filter(|value| **value != "");
        if !resources(stack, "AWS::CloudFront::KeyGroup").any(|group| trusts(&group, key_pair_id)) {
            refused.push(format!("{id}: CloudFront does not trust KEY_PAIR_ID"));
        }
        if let Some(key) = value("KMS_KEY_ID") {
            if kms_key(stack, key_pair_id) != Some(key) {
                refused.push(format!("{id}: KEY_PAIR_ID is not of KMS_KEY_ID"));
            }
            for action in ["kms:Sign", "kms:GetPublicKey"] {
                if !allows(&function, action, key) {
                    refused.push(format!("{id}: it may not call {action} with KMS_KEY_ID"));
                }
            }
        }
        if let Some(secret) = value("PRIVATE_KEY_SECRET_ID")
            && !allows(&function, "secretsmanager:GetSecretValue", secret)
        {
            refused.push(format!("{id}: it may not read PRIVATE_KEY_SECRET_ID"));
        }
    }
    refused
}

/// The first key of `KeyPhase` signs, and CloudFront trusts all of them and no others.
pub(super) fn keys_are_those_of_the_phase(stack: &Stack) -> Vec<String> {
    let given = |name: &str| stack.parameter(name).and_then(Value::as_str).unwrap_or_default();
    let key = |name: &str| match name {
        "Existing" => json!(given("ExistingPublicKeyId")),
        slot => json!({"Ref": format!("PublicKey{slot}")}),
    };
    let expected: Vec<Value> = given("KeyPhase").split('+').map(key).collect();
    let mut refused = Vec::new();
    for group in resources(stack, "AWS::CloudFront::KeyGroup") {
        let trusted = items(&group.property("KeyGroupConfig")["Items"]);
        if trusted.len() != expected.len() || !expected.iter().all(|key| trusted.contains(key)) {
            refused.push(format!("{}: it does not trust the keys of KeyPhase alone", group.id));
        }
    }
    for function in functions(stack) {
        let signer = variables(&function).get("KEY_PAIR_ID").copied();
        if signer.is_some() && signer != expected.first() {
            refused.push(format!("{}: KEY_PAIR_ID is not of the first key of KeyPhase", function.id));
        }
    }
    for (slot, spec) in ["SigningKeyA", "SigningKeyB"].into_iter().zip(given("KeySpecs").split(',')) {
        if stack.resource(slot).is_some_and(|key| key["Properties"]["KeySpec"] != spec) {
            refused.push(format!("{slot}: KeySpec is not what KeySpecs says"));
        }
    }
    refused
}

pub(super) fn keys_of_other_hosts_may_be_used(stack: &Stack) -> Vec<String> {
    let arns = stack.parameter("SignedHostsKeyArns").and_then(Value::as_str).unwrap_or_default();
    let mut refused = Vec::new();
    for function in functions(stack).filter(|function| variables(function).contains_key("SIGNED_HOSTS")) {
        for arn in arns.split(',').filter(|arn| !arn.is_empty()) {
            let actions: &[&str] = if arn.contains(":kms:") {
                &["kms:Sign", "kms:GetPublicKey"]
            } else {
                &["secretsmanager:GetSecretValue"]
            };
            let missing = actions.iter().filter(|action| !allows(&function, action, &json!(arn)));
            let id = function.id;
            refused.extend(missing.map(|action| format!("{id}: it may not call {action} for SIGNED_HOSTS")));
        }
    }
    refused
}

/// CloudFront never accepts another key with the same caller reference, so each key has its own reference.
pub(super) fn public_keys_are_published_once(stack: &Stack) -> Vec<String> {
    let mut refused = Vec::new();
    for public_key in resources(stack, "AWS::CloudFront::PublicKey") {
        let id = public_key.id;
        let key = kms_key(stack, &json!({"Ref": id})).and_then(|arn| referred(stack, arn, "AWS::KMS::Key"));
        let reference = &public_key.property("PublicKeyConfig")["CallerReference"];
        let named = referred(stack, reference, "AWS::KMS::Key");
        if key.is_none() || key.map(|key| key.id) != named.map(|key| key.id) {
            refused.push(format!("{id}: CallerReference does not name the key whose public half it is"));
        }
    }
    for pem in resources(stack, "Custom::KmsPublicKeyPem") {
        let arn = pem.property("KeyArn");
        let publisher = referred(stack, pem.property("ServiceToken"), "AWS::Serverless::Function");
        if !publisher.is_some_and(|function| allows(&function, "kms:GetPublicKey", arn)) {
            refused.push(format!("{}: nobody may read the public half of KeyArn", pem.id));
        }
    }
    refused
}

/// A key group holds up to five keys.
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html>
fn trusts(group: &Resource<'_>, key_pair_id: &Value) -> bool {
    let keys = items(&group.property("KeyGroupConfig")["Items"]);
    keys.len() <= 5 && keys.contains(key_pair_id)
}

/// The ARN of the KMS key whose public half has this key pair id.
fn kms_key<'a>(stack: &'a Stack, key_pair_id: &Value) -> Option<&'a Value> {
    let id = key_pair_id["Ref"].as_str()?;
    let mut public_keys = resources(stack, "AWS::CloudFront::PublicKey");
    let public_key = public_keys.find(|public_key| public_key.id == id)?;
    let encoded = &public_key.property("PublicKeyConfig")["EncodedKey"];
    Some(referred(stack, encoded, "Custom::KmsPublicKeyPem")?.property("KeyArn"))
}

pub(crate) fn allows(function: &Resource<'_>, action: &str, resource: &Value) -> bool {
    let allows = |statement: &&Value| {
        items(&statement["Action"]).contains(&json!(action))
            && items(&statement["Resource"]).contains(resource)
    };
    allowing(function.property("Policies")).iter().any(allows)
}
