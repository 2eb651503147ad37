//! An update from the last release: nothing that holds something is removed or replaced, and no secret is made anew.
//!
//! `released/VERSION.json` has what must stay of that release's template. The release writes it:
//! `WRITE_RELEASED=1 cargo test --workspace --test template what_a_release_must_keep`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use usher_cloudformation::{Stack, Template};

use crate::{TEMPLATE, breakages::changed, parameter_sets};

const LAST_RELEASE: &str = include_str!("released/0.1.0.json");

/// What a deployment with some parameters must keep.
#[derive(Debug, Deserialize, Eq, PartialEq, Serialize)]
struct Released {
    /// The name of the set of parameters.
    set: String,
    parameters: Vec<(String, String)>,
    outputs: BTreeSet<String>,
    resources: BTreeMap<String, Kept>,
}

/// A resource, with the properties of which another value replaces it.
#[derive(Debug, Deserialize, Eq, PartialEq, Serialize)]
struct Kept {
    r#type: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    properties: BTreeMap<String, Value>,
}

/// The types of resources that hold something, or that others outside the stack know by their name or address, and the
/// properties that CloudFormation documents with "Update requires: Replacement". Of keys, those that KMS cannot change;
/// of public keys, everything, because CloudFront rejects changes; of secrets, what would make another secret; of custom
/// resources, what would make the function run again.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html>
const KEPT: [(&str, &[&str]); 18] = [
    ("AWS::CloudFront::CachePolicy", &[]),
    ("AWS::CloudFront::Distribution", &[]),
    ("AWS::CloudFront::Function", &["Name"]),
    ("AWS::CloudFront::KeyGroup", &[]),
    ("AWS::CloudFront::OriginAccessControl", &[]),
    ("AWS::CloudFront::OriginRequestPolicy", &[]),
    ("AWS::CloudFront::PublicKey", &["PublicKeyConfig"]),
    ("AWS::CloudFront::ResponseHeadersPolicy", &[]),
    ("AWS::KMS::Key", &["KeySpec", "KeyUsage", "MultiRegion", "Origin"]),
    ("AWS::Logs::LogGroup", &["LogGroupName"]),
    ("AWS::Route53::RecordSetGroup", &["HostedZoneId", "HostedZoneName"]),
    ("AWS::S3::Bucket", &["BucketName", "BucketNamePrefix", "BucketNamespace", "ObjectLockEnabled"]),
    ("AWS::S3::BucketPolicy", &["Bucket"]),
    ("AWS::SecretsManager::Secret", &["GenerateSecretString", "Name", "SecretString"]),
    ("AWS::Serverless::Function", &["FunctionName", "PackageType", "TenancyConfig"]),
    ("AWS::Serverless::HttpApi", &[]),
    ("AWS::CloudWatch::Dashboard", &["DashboardName"]),
    ("Custom::KmsPublicKeyPem", &["KeyArn", "ServiceToken"]),
];

/// The sets with which a release is compared: together they have every resource.
const SETS: [&str; 3] = ["defaults", "everything at once", "existing key alone"];

fn kept(stack: &Stack) -> BTreeMap<String, Kept> {
    let kept = stack.resources().filter_map(|(id, whole)| {
        let kind = whole["Type"].as_str()?;
        let (_, names) = KEPT.iter().find(|(known, _)| *known == kind)?;
        let property = |name: &&str| Some(((*name).to_owned(), whole["Properties"].get(*name)?.clone()));
        let properties = names.iter().filter_map(property).collect();
        Some((id.to_owned(), Kept { r#type: kind.to_owned(), properties }))
    });
    kept.collect()
}

fn released(text: &str, set: &str, parameters: &[(String, String)]) -> Result<Released, String> {
    let template = Template::parse("template.yaml", text).map_err(|error| error.to_string())?;
    let stack = template.with_parameters(parameters.iter().map(|(name, value)| (name, value)));
    let stack = stack.map_err(|error| error.to_string())?;
    stack.check_rules().map_err(|error| error.to_string())?;
    Ok(Released {
        set: set.to_owned(),
        parameters: parameters.to_vec(),
        outputs: stack.outputs().keys().cloned().collect(),
        resources: kept(&stack),
    })
}

/// What an update of a deployment of the last release to this template would lose.
fn lost(text: &str) -> BTreeSet<String> {
    let last: Vec<Released> = serde_json::from_str(LAST_RELEASE).expect("what was written");
    last.iter().flat_map(|last| lost_of(text, last)).collect()
}

fn lost_of(text: &str, last: &Released) -> Vec<String> {
    let now = match released(text, &last.set, &last.parameters) {
        Ok(now) => now,
        Err(error) => return vec![error],
    };
    let mut lost: Vec<String> =
        last.outputs.difference(&now.outputs).map(|name| format!("the output {name} is removed")).collect();
    for (id, kept) in &last.resources {
        let Some(now) = now.resources.get(id).filter(|now| now.r#type == kept.r#type) else {
            lost.push(format!("{id}: it is removed"));
            continue;
        };
        let names: BTreeSet<&String> = kept.properties.keys().chain(now.properties.keys()).collect();
        let changed = names.iter().filter(|name| kept.properties.get(**name) != now.properties.get(**name));
        lost.extend(changed.map(|name| format!("{id}: another {name} replaces it")));
    }
    lost
}

#[test]
fn an_update_from_the_last_release_replaces_nothing() {
    assert_eq!(lost(TEMPLATE), BTreeSet::new());
}

/// A release writes the file for the next one. Until then, this file may differ from the template only in what is new.
#[test]
fn what_a_release_must_keep_is_written_down() {
    let sets = parameter_sets::all();
    let now: Vec<Released> = SETS
        .iter()
        .map(|name| {
            let set = sets.iter().find(|set| set.name == *name).expect("a set");
            released(TEMPLATE, name, &set.overrides).expect("a stack")
        })
        .collect();
    if std::env::var_os("WRITE_RELEASED").is_some() {
        let name = format!("template/released/{}.json", env!("CARGO_PKG_VERSION"));
        let text = serde_json::to_string_pretty(&now).expect("JSON") + "\n";
        fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(name), text).expect("a file");
        return;
    }
    let last: Vec<Released> = serde_json::from_str(LAST_RELEASE).expect("what was written");
    assert_eq!(last.iter().map(|one| one.set.as_str()).collect::<Vec<_>>(), SETS);
    // Each type that is kept is in one of the sets.
    let types: BTreeSet<&str> =
        now.iter().flat_map(|one| one.resources.values()).map(|kept| kept.r#type.as_str()).collect();
    assert_eq!(types, KEPT.map(|(kind, _)| kind).into());
}

#[test]
fn an_update_that_would_lose_something_is_refused() {
    let rows: [(&str, &str, &str, &[&str]); 6] = [
        (
            "  MediaBucket:\n",
            "    Properties:\n",
            "    Properties:\n      BucketName: films\n",
            &["MediaBucket: another BucketName replaces it"],
        ),
        (
            "  OriginSecret:\n",
            "PasswordLength: 64",
            "PasswordLength: 48",
            &["OriginSecret: another GenerateSecretString replaces it"],
        ),
        (
            "  ViewerRequestFunction:\n",
            "-viewer-request\"",
            "-request\"",
            &["ViewerRequestFunction: another Name replaces it"],
        ),
        (
            "  DnsRecords:\n",
            "Condition: HasHostedZone",
            "Condition: HasGeoRestriction",
            &["DnsRecords: it is removed"],
        ),
        ("\nOutputs:\n", "  BucketName:\n", "  Bucket:\n", &["the output BucketName is removed"]),
        (
            "  PublicKeyA:\n",
            "CallerReference: !Sub \"${AWS::StackName}-a-${SigningKeyA}\"",
            "CallerReference: !Sub \"${AWS::StackName}-${SigningKeyA}\"",
            &["PublicKeyA: another PublicKeyConfig replaces it"],
        ),
    ];
    for (behind, text, becomes, expected) in rows {
        let found = lost(&changed(behind, text, becomes));
        assert_eq!(found, expected.iter().map(|line| (*line).to_owned()).collect(), "{text}");
    }
}
