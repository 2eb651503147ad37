//! The origins of the distribution, and how they verify that a request comes from the distribution.

use issue_cookies::OriginSecret;
use serde_json::{Value, json};
use usher_cloudformation::Stack;

use super::{
    behaviors::{Behavior, each},
    functions::variables,
    secrets::is_dynamic_reference,
};
use crate::resources::{Resource, items, referred, resources};

/// The kind of an origin.
pub(super) enum Origin<'a> {
    Api(Resource<'a>),
    Bucket,
    FunctionUrl,
    /// The template has no origin with that id.
    Missing,
    /// A host that a parameter names.
    Site(&'a str),
}

pub(super) fn origin<'a>(stack: &'a Stack, whole: &'a Value) -> Origin<'a> {
    let host = &whole["DomainName"];
    if let Some(site) = host.as_str() {
        Origin::Site(site)
    } else if referred(stack, host, "AWS::S3::Bucket").is_some() {
        Origin::Bucket
    } else if let Some(api) = referred(stack, host, "AWS::Serverless::HttpApi") {
        Origin::Api(api)
    } else if referred(stack, host, "AWS::Serverless::Function").is_some() {
        Origin::FunctionUrl
    } else {
        Origin::Missing
    }
}

/// Every origin with the beginning of a sentence about it.
fn origins(stack: &Stack) -> Vec<(String, &Value)> {
    let distributions = resources(stack, "AWS::CloudFront::Distribution");
    let of_one = distributions.flat_map(|distribution| {
        let all = items(&distribution.property("DistributionConfig")["Origins"]).iter();
        all.map(move |whole| (format!("{}: the origin {}", distribution.id, text(&whole["Id"])), whole))
    });
    of_one.collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

pub(super) fn behaviors_lead_to_origins(stack: &Stack) -> Vec<String> {
    let wrong = |behavior: &Behavior<'_>| matches!(behavior.origin(stack), Origin::Missing);
    each(stack, wrong, "leads to an origin that is not there")
}

/// What the README promises: sign-in requests reach the API, the function re-signs playlists, segments come
/// from S3.
pub(super) fn each_path_has_its_origin(stack: &Stack) -> Vec<String> {
    let all = Behavior::all(stack);
    let mut refused = Vec::new();
    for (pattern, kind, methods) in [
        ("/auth/*", "the API", json!(["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"])),
        ("/video/*.m3u8", "a function URL", json!(["GET", "HEAD", "OPTIONS"])),
        ("/video/*.json", "a function URL", json!(["GET", "HEAD", "OPTIONS"])),
        ("/video/*.mpd", "a function URL", json!(["GET", "HEAD", "OPTIONS"])),
        ("/video/*.vtt", "a function URL", json!(["GET", "HEAD", "OPTIONS"])),
        ("/video/*", "the bucket", json!(["GET", "HEAD", "OPTIONS"])),
    ] {
        let is_right = |behavior: &&Behavior<'_>| {
            let found = match behavior.origin(stack) {
                Origin::Api(_) => "the API",
                Origin::Bucket => "the bucket",
                Origin::FunctionUrl => "a function URL",
                Origin::Missing | Origin::Site(_) => "",
            };
            behavior.pattern == Some(pattern) && found == kind && behavior.whole["AllowedMethods"] == methods
        };
        if !all.iter().any(|behavior| is_right(&behavior)) {
            refused.push(format!("no behavior {pattern} leads to {kind} with the methods {methods}"));
        }
    }
    refused
}

pub(super) fn access_is_controlled(stack: &Stack) -> Vec<String> {
    let mut refused = Vec::new();
    for (place, whole) in origins(stack) {
        let kind = match origin(stack, whole) {
            Origin::Bucket => "s3",
            Origin::FunctionUrl => "lambda",
            _ => continue,
        };
        let control =
            referred(stack, &whole["OriginAccessControlId"], "AWS::CloudFront::OriginAccessControl");
        let config = control.map(|control| control.property("OriginAccessControlConfig"));
        let is_right = config.is_some_and(|config| {
            config["OriginAccessControlOriginType"] == kind
                && config["SigningBehavior"] == "always"
                && config["SigningProtocol"] == "sigv4"
        });
        if !is_right {
            refused.push(format!("{place} has no origin access control that signs for {kind}"));
        }
    }
    refused
}

pub(super) fn custom_origins_speak_tls(stack: &Stack) -> Vec<String> {
    let mut refused = Vec::new();
    for (place, whole) in origins(stack) {
        let config = &whole["CustomOriginConfig"];
        let speaks_tls = config["OriginProtocolPolicy"] == "https-only"
            && config["OriginSSLProtocols"] == json!(["TLSv1.2"]);
        if !matches!(origin(stack, whole), Origin::Bucket) && !speaks_tls {
            refused.push(format!("{place} is asked without TLS 1.2"));
        }
    }
    refused
}

pub(super) fn aliases_have_a_certificate(stack: &Stack) -> Vec<String> {
    let mut refused = Vec::new();
    for distribution in resources(stack, "AWS::CloudFront::Distribution") {
        let config = distribution.property("DistributionConfig");
        let given = |name: &str| stack.parameter(name).filter(|value| *value != "");
        let (aliases, certificate) = match (given("DomainName"), given("CertificateArn")) {
            (Some(name), Some(certificate)) => (
                json!([name]),
                json!({
                    "AcmCertificateArn": certificate,
                    "MinimumProtocolVersion": "TLSv1.2_2021",
                    "SslSupportMethod": "sni-only",
                }),
            ),
            _ => (Value::Null, json!({"CloudFrontDefaultCertificate": true})),
        };
        if config["Aliases"] != aliases {
            refused.push(format!("{}: Aliases is not the name that was given", distribution.id));
        }
        if config["ViewerCertificate"] != certificate {
            refused.push(format!("{}: ViewerCertificate is not the one that was given", distribution.id));
        }
    }
    refused
}

/// The API has its own address, so the function answers only requests with a secret that nobody else has.
pub(super) fn api_knows_the_distribution(stack: &Stack) -> Vec<String> {
    let mut refused = Vec::new();
    for (place, whole) in origins(stack) {
        let Origin::Api(api) = origin(stack, whole) else { continue };
        let sent = items(&whole["OriginCustomHeaders"]).iter();
        let sent = sent.clone().find(|header| header["HeaderName"] == OriginSecret::HEADER.as_str());
        let Some(secret) = sent.and_then(|header| own_secret(stack, &header["HeaderValue"])) else {
            refused.push(format!("{place} is not told a secret of this template"));
            continue;
        };
        let behind = |function: &Resource<'_>| {
            let events = function.property("Events").as_object();
            events.is_some_and(|events| {
                events.values().any(|event| event["Properties"]["ApiId"] == json!({"Ref": api.id}))
            })
        };
        for function in resources(stack, "AWS::Serverless::Function").filter(behind) {
            if variables(&function).get("ORIGIN_SECRET_ARN") != Some(&&json!({"Ref": secret.id})) {
                refused.push(format!("{}: ORIGIN_SECRET_ARN is not of what {} is told", function.id, api.id));
            }
        }
    }
    refused
}

/// The secret of this template to which a value refers.
fn own_secret<'a>(stack: &'a Stack, value: &'a Value) -> Option<Resource<'a>> {
    let secret = referred(stack, value, "AWS::SecretsManager::Secret");
    let is_generated = |secret: &Resource<'_>| {
        let generated = secret.property("GenerateSecretString");
        generated["PasswordLength"].as_u64() >= Some(32) && generated["ExcludePunctuation"] == true
    };
    secret.filter(|secret| is_dynamic_reference(value) && is_generated(secret))
}
