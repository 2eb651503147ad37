//! Who may reach the bucket, the keys and the functions.

use serde_json::{Value, json};
use usher_cloudformation::Stack;

use crate::resources::{Resource, items, referred, resources};

pub(super) fn buckets_are_private_and_retained(stack: &Stack) -> Vec<String> {
    let mut refused = Vec::new();
    for bucket in resources(stack, "AWS::S3::Bucket") {
        let id = bucket.id;
        for block in ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"] {
            if bucket.property("PublicAccessBlockConfiguration")[block] != true {
                refused.push(format!("{id}: {block} is not true"));
            }
        }
        for (policy, value) in [("DeletionPolicy", "RetainExceptOnCreate"), ("UpdateReplacePolicy", "Retain")]
        {
            if bucket.whole[policy] != value {
                refused.push(format!("{id}: {policy} is not {value}"));
            }
        }
        for public in ["AccessControl", "WebsiteConfiguration"] {
            if !bucket.property(public).is_null() {
                refused.push(format!("{id}: {public} is for buckets that are public"));
            }
        }
    }
    refused
}

/// All distributions in the world have the same service principal.
pub(super) fn bucket_policies_name_the_distribution(stack: &Stack) -> Vec<String> {
    let mut refused = Vec::new();
    for policy in resources(stack, "AWS::S3::BucketPolicy") {
        let id = policy.id;
        for statement in allowing(policy.property("PolicyDocument")) {
            if statement["Principal"] != json!({"Service": "cloudfront.amazonaws.com"}) {
                refused.push(format!("{id}: a statement lets others in than CloudFront"));
            }
            if !is_distribution(stack, &statement["Condition"]["StringEquals"]["AWS:SourceArn"]) {
                refused.push(format!("{id}: a statement does not name the distribution in AWS:SourceArn"));
            }
            let has_public = stack.parameter("PublicPaths").is_some_and(|paths| paths != "");
            let folders = if has_public { &["/video/*", "/public/*"][..] } else { &["/video/*"] };
            let arn = json!({"Fn::GetAtt": ["MediaBucket", "Arn"]});
            let expected = folders.iter().map(|folder| json!({"Fn::Join": ["", [arn, folder]]}));
            if statement["Resource"] != expected.collect::<Value>() {
                refused.push(format!("{id}: CloudFront may not read what its behaviors hand out, or more"));
            }
        }
    }
    refused
}

/// A statement that allows `*` on `*` is the worst; `*` in one of the two is rejected too.
pub(super) fn statements_name_actions_and_resources(stack: &Stack) -> Vec<String> {
    let mut refused = Vec::new();
    for (id, resource) in stack.resources().filter(|(_, resource)| resource["Type"] != "AWS::KMS::Key") {
        for statement in allowing(resource) {
            let has_star = |member: &str, star: fn(&str) -> bool| {
                items(&statement[member]).iter().filter_map(Value::as_str).any(star)
            };
            if has_star("Action", |action| action.contains('*')) || !statement["NotAction"].is_null() {
                refused.push(format!("{id}: a statement allows actions that it does not name"));
            }
            if has_star("Resource", |resource| resource == "*") || !statement["NotResource"].is_null() {
                refused.push(format!("{id}: a statement allows something on every resource"));
            }
        }
        let policies = items(&resource["Properties"]["Policies"]);
        if policies.iter().any(|policy| policy.get("Statement").is_none()) {
            refused.push(format!("{id}: a policy has no statements of its own"));
        }
    }
    refused
}

/// The account's root as principal lets IAM policies decide; `*` on `*` then means every action on this key.
pub(super) fn key_policies_name_the_account(stack: &Stack) -> Vec<String> {
    let mut refused = Vec::new();
    for key in resources(stack, "AWS::KMS::Key") {
        let id = key.id;
        for statement in allowing(key.property("KeyPolicy")) {
            if statement["Principal"] != json!({"AWS": "arn:aws:iam::000000000000:root"}) {
                refused.push(format!("{id}: a statement lets others in than the account"));
            }
        }
        if key.property("KeyUsage") != "SIGN_VERIFY" {
            refused.push(format!("{id}: KeyUsage is not SIGN_VERIFY"));
        }
    }
    refused
}

/// <https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html>
pub(super) fn function_urls_have_both_permissions(stack: &Stack) -> Vec<String> {
    let mut refused = Vec::new();
    for function in resources(stack, "AWS::Serverless::Function") {
        let (id, url) = (function.id, function.property("FunctionUrlConfig"));
        if url.is_null() {
            continue;
        }
        if url["AuthType"] != "AWS_IAM" {
            refused.push(format!("{id}: its URL is open to everybody"));
        }
        // <https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html>
        if url["InvokeMode"] != "BUFFERED" {
            refused.push(format!("{id}: its URL streams, and takes the compression out of what it streams"));
        }
        for (action, member, value) in [
            ("lambda:InvokeFunctionUrl", "FunctionUrlAuthType", json!("AWS_IAM")),
            ("lambda:InvokeFunction", "InvokedViaFunctionUrl", json!(true)),
        ] {
            let is_given = |permission: &Resource<'_>| {
                *permission.property("FunctionName") == json!({"Ref": id})
                    && permission.property("Action") == action
                    && *permission.property(member) == value
            };
            if !resources(stack, "AWS::Lambda::Permission").any(|permission| is_given(&permission)) {
                refused.push(format!("{id}: its URL lacks the permission {action} with {member}"));
            }
        }
    }
    refused
}

pub(super) fn permissions_name_the_distribution(stack: &Stack) -> Vec<String> {
    let mut refused = Vec::new();
    for permission in resources(stack, "AWS::Lambda::Permission") {
        let id = permission.id;
        if permission.property("Principal") != "cloudfront.amazonaws.com" {
            refused.push(format!("{id}: it lets others in than CloudFront"));
        }
        if !is_distribution(stack, permission.property("SourceArn")) {
            refused.push(format!("{id}: it does not name the distribution in SourceArn"));
        }
    }
    refused
}

fn is_distribution(stack: &Stack, arn: &Value) -> bool {
    referred(stack, arn, "AWS::CloudFront::Distribution").is_some_and(|distribution| {
        let before = "arn:aws:cloudfront::000000000000:distribution/";
        *arn == json!({"Fn::Join": ["", [before, {"Ref": distribution.id}]]})
    })
}

/// Every statement in a value, at any depth, that allows something.
pub(super) fn allowing(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().flat_map(allowing).collect(),
        Value::Object(members) if members.get("Effect").is_some_and(|effect| effect == "Allow") => {
            vec![value]
        }
        Value::Object(members) => members.values().flat_map(allowing).collect(),
        _ => Vec::new(),
    }
}
