//! Lengths, counts and values that AWS accepts. CloudFront often says no more than "Invalid request provided" about
//! them, after some minutes of deployment.

use serde_json::Value;
use usher_cloudformation::Stack;

use super::functions::functions;
use crate::{
    environment::deployed,
    resources::{Resource, resources},
};

pub(super) fn the_file_fits(text: &str) -> Vec<String> {
    let bytes = text.len();
    let refused = (bytes > LARGEST_TEMPLATE)
        .then(|| format!("template.yaml has {bytes} bytes, and CloudFormation reads {LARGEST_TEMPLATE}"));
    refused.into_iter().collect()
}

/// CloudFormation's own limits.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
pub(super) fn sections_fit(document: &Value) -> Vec<String> {
    let mut refused = Vec::new();
    for (section, most) in [("Outputs", 200), ("Parameters", 200), ("Resources", 500)] {
        let members = document[section].as_object();
        let count = members.map_or(0, serde_json::Map::len);
        if count > most {
            refused.push(format!("{section} has {count} members, and CloudFormation accepts {most}"));
        }
        let names = members.into_iter().flat_map(serde_json::Map::keys).filter(|name| name.len() > 255);
        refused.extend(names.map(|name| format!("{section}/{name}: a name has 255 characters at most")));
    }
    for (path, most) in [
        ("Description", 1_024),
        ("Outputs/*/Description", 1_024),
        ("Outputs/*/Export/Name", 255),
        ("Parameters/*/Description", 4_000),
    ] {
        refused.extend(places(document, path).into_iter().filter_map(|(place, value)| {
            let length = value.as_str().unwrap_or_default().len();
            too_long(&place, length, most)
        }));
    }
    for (place, most) in places(document, "Parameters/*/MaxLength") {
        if most.as_u64().is_none_or(|most| most > LONGEST_PARAMETER) {
            refused.push(format!("{place}: a parameter's value has {LONGEST_PARAMETER} bytes at most"));
        }
    }
    refused
}

/// Without a name of their own, resources get one from CloudFormation, which shortens the stack's name in it.
pub(super) fn texts_fit(stack: &Stack) -> Vec<String> {
    let mut refused = Vec::new();
    for (kind, path, most) in LENGTHS {
        for Resource { id, whole } in resources(stack, kind) {
            refused.extend(places(&whole["Properties"], path).into_iter().filter_map(|(place, value)| {
                too_long(&format!("{id}: {place}"), deployed(value).chars().count(), most)
            }));
        }
    }
    refused
}

pub(super) fn lists_fit(stack: &Stack) -> Vec<String> {
    let mut refused = Vec::new();
    for (kind, path, most) in COUNTS {
        for Resource { id, whole } in resources(stack, kind) {
            for (place, value) in places(&whole["Properties"], path) {
                let count = value.as_array().map_or(0, Vec::len);
                if count > most {
                    refused.push(format!("{id}: {place} has {count} items, and AWS accepts {most}"));
                }
            }
        }
    }
    refused
}

pub(super) fn values_are_known(stack: &Stack) -> Vec<String> {
    let of_all = ("Globals", &stack.globals()["Function"]);
    let mut refused = Vec::new();
    for (kind, path, known) in VALUES {
        let of_kind = resources(stack, kind)
            .map(|Resource { id, whole }| (id, &whole["Properties"]))
            .collect::<Vec<_>>();
        let of_all = (kind == FUNCTION).then_some(of_all);
        for (id, properties) in of_kind.into_iter().chain(of_all) {
            for (place, value) in places(properties, path) {
                let value = deployed(value);
                if !known.split(' ').any(|known| known == value) {
                    refused.push(format!("{id}: {place} is {value}, which AWS does not know"));
                }
            }
        }
    }
    refused
}

/// All inline policies of a role together, without white space. SAM makes one role for each function.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub(super) fn policies_fit_a_role(stack: &Stack) -> Vec<String> {
    let too_large = functions(stack).filter_map(|function| {
        let size = size(function.property("Policies"));
        too_long(&format!("{}: Policies", function.id), size, 10_240)
    });
    too_large.collect()
}

/// The size as JSON, with references as long as the longest ARNs here.
fn size(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(|item| size(item) + 1).sum::<usize>() + 2,
        Value::Object(members) if members.contains_key("Ref") || members.contains_key("Fn::GetAtt") => {
            LONGEST_ARN
        }
        Value::Object(members) => {
            members.iter().map(|(name, value)| name.len() + size(value) + 4).sum::<usize>() + 2
        }
        scalar => scalar.to_string().len(),
    }
}

fn too_long(place: &str, length: usize, most: usize) -> Option<String> {
    (length > most).then(|| format!("{place} has {length} characters, and AWS accepts {most}"))
}

/// The values at a path, each with its own place; `*` stands for every item or member.
fn places<'a>(value: &'a Value, path: &str) -> Vec<(String, &'a Value)> {
    let Some((step, rest)) = path.split_once('/').or(Some((path, ""))).filter(|(step, _)| !step.is_empty())
    else {
        return vec![(String::new(), value)];
    };
    let children: Vec<(String, &Value)> = match (step, value) {
        ("*", Value::Array(items)) => {
            items.iter().enumerate().map(|(at, item)| (at.to_string(), item)).collect()
        }
        ("*", Value::Object(members)) => {
            members.iter().map(|(name, member)| (name.clone(), member)).collect()
        }
        (name, value) => value.get(name).map(|member| (name.to_owned(), member)).into_iter().collect(),
    };
    let below = children.into_iter().flat_map(|(name, child)| {
        places(child, rest).into_iter().map(move |(place, value)| match place.as_str() {
            "" => (name.clone(), value),
            place => (format!("{name}/{place}"), value),
        })
    });
    below.collect()
}

/// A template in a bucket, where SAM puts it. CloudFormation reads 51,200 bytes directly.
const LARGEST_TEMPLATE: usize = 1_000_000;
const LONGEST_PARAMETER: u64 = 4_096;
const LONGEST_ARN: usize = 128;

const FUNCTION: &str = "AWS::Serverless::Function";
const DISTRIBUTION: &str = "AWS::CloudFront::Distribution";

/// Of CloudFront, from <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html>,
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/distribution-web-values-specify.html> and the
/// API reference. It does not document the names of policies, which were found to have 128 characters at most
/// (<https://github.com/aws/aws-cdk/issues/18918>, <https://github.com/aws/aws-cdk/issues/21524>), nor those of public
/// keys and key groups, which the CDK keeps to 80, and caller references to 128. Of the others, from their schemas in CloudFormation.
const LENGTHS: [(&str, &str, usize); 36] = [
    ("AWS::CloudFront::CachePolicy", "CachePolicyConfig/Comment", 128),
    ("AWS::CloudFront::CachePolicy", "CachePolicyConfig/Name", 128),
    (DISTRIBUTION, "DistributionConfig/Aliases/*", 253),
    (DISTRIBUTION, "DistributionConfig/CacheBehaviors/*/PathPattern", 255),
    (DISTRIBUTION, "DistributionConfig/Comment", 128),
    (DISTRIBUTION, "DistributionConfig/Origins/*/OriginCustomHeaders/*/HeaderName", 256),
    ("AWS::CloudFront::Function", "FunctionCode", 10_240),
    ("AWS::CloudFront::Function", "FunctionConfig/Comment", 128),
    ("AWS::CloudFront::Function", "Name", 64),
    ("AWS::CloudFront::KeyGroup", "KeyGroupConfig/Comment", 128),
    ("AWS::CloudFront::KeyGroup", "KeyGroupConfig/Name", 80),
    ("AWS::CloudFront::OriginAccessControl", "OriginAccessControlConfig/Description", 256),
    ("AWS::CloudFront::OriginAccessControl", "OriginAccessControlConfig/Name", 64),
    ("AWS::CloudFront::OriginRequestPolicy", "OriginRequestPolicyConfig/Comment", 128),
    ("AWS::CloudFront::OriginRequestPolicy", "OriginRequestPolicyConfig/Name", 128),
    ("AWS::CloudFront::PublicKey", "PublicKeyConfig/CallerReference", 128),
    ("AWS::CloudFront::PublicKey", "PublicKeyConfig/Comment", 128),
    ("AWS::CloudFront::PublicKey", "PublicKeyConfig/Name", 80),
    ("AWS::CloudFront::ResponseHeadersPolicy", "ResponseHeadersPolicyConfig/Comment", 128),
    ("AWS::CloudFront::ResponseHeadersPolicy", "ResponseHeadersPolicyConfig/Name", 128),
    ("AWS::CloudWatch::Alarm", "AlarmDescription", 1_024),
    ("AWS::CloudWatch::Alarm", "AlarmName", 255),
    ("AWS::CloudWatch::Alarm", "Namespace", 255),
    ("AWS::CloudWatch::Dashboard", "DashboardName", 255),
    ("AWS::KMS::Key", "Description", 8_192),
    ("AWS::Logs::LogGroup", "LogGroupName", 512),
    ("AWS::Logs::MetricFilter", "FilterName", 512),
    ("AWS::Logs::MetricFilter", "FilterPattern", 1_024),
    ("AWS::Logs::MetricFilter", "MetricTransformations/*/MetricName", 255),
    ("AWS::Logs::MetricFilter", "MetricTransformations/*/MetricNamespace", 255),
    ("AWS::S3::Bucket", "BucketName", 63),
    ("AWS::SecretsManager::Secret", "Description", 2_048),
    ("AWS::SecretsManager::Secret", "Name", 512),
    (FUNCTION, "Description", 256),
    (FUNCTION, "FunctionName", 64),
    ("AWS::Serverless::HttpApi", "Name", 128),
];

const COUNTS: [(&str, &str, usize); 14] = [
    (
        "AWS::CloudFront::CachePolicy",
        "CachePolicyConfig/ParametersInCacheKeyAndForwardedToOrigin/CookiesConfig/Cookies",
        10,
    ),
    (
        "AWS::CloudFront::CachePolicy",
        "CachePolicyConfig/ParametersInCacheKeyAndForwardedToOrigin/HeadersConfig/Headers",
        10,
    ),
    (
        "AWS::CloudFront::CachePolicy",
        "CachePolicyConfig/ParametersInCacheKeyAndForwardedToOrigin/QueryStringsConfig/QueryStrings",
        10,
    ),
    (DISTRIBUTION, "DistributionConfig/Aliases", 100),
    (DISTRIBUTION, "DistributionConfig/CacheBehaviors", 75),
    (DISTRIBUTION, "DistributionConfig/CacheBehaviors/*/TrustedKeyGroups", 4),
    (DISTRIBUTION, "DistributionConfig/DefaultCacheBehavior/TrustedKeyGroups", 4),
    (DISTRIBUTION, "DistributionConfig/Origins", 100),
    (DISTRIBUTION, "DistributionConfig/Origins/*/OriginCustomHeaders", 30),
    ("AWS::CloudFront::KeyGroup", "KeyGroupConfig/Items", 5),
    ("AWS::CloudFront::OriginRequestPolicy", "OriginRequestPolicyConfig/HeadersConfig/Headers", 10),
    ("AWS::CloudWatch::Alarm", "AlarmActions", 5),
    ("AWS::CloudWatch::Alarm", "Dimensions", 30),
    ("AWS::Logs::MetricFilter", "MetricTransformations", 1),
];

/// The last column has what AWS knows, between spaces. Of keys, it has what CloudFront can verify with.
const VALUES: [(&str, &str, &str); 26] = [
    (DISTRIBUTION, "DistributionConfig/CacheBehaviors/*/AllowedMethods/*", METHODS),
    (DISTRIBUTION, "DistributionConfig/CacheBehaviors/*/FunctionAssociations/*/EventType", EVENTS),
    (DISTRIBUTION, "DistributionConfig/CacheBehaviors/*/ViewerProtocolPolicy", PROTOCOLS),
    (DISTRIBUTION, "DistributionConfig/CustomErrorResponses/*/ErrorCode", ERRORS),
    (DISTRIBUTION, "DistributionConfig/DefaultCacheBehavior/AllowedMethods/*", METHODS),
    (DISTRIBUTION, "DistributionConfig/DefaultCacheBehavior/ViewerProtocolPolicy", PROTOCOLS),
    (DISTRIBUTION, "DistributionConfig/HttpVersion", "http1.1 http2 http2and3 http3"),
    (
        DISTRIBUTION,
        "DistributionConfig/Origins/*/CustomOriginConfig/OriginProtocolPolicy",
        "http-only https-only match-viewer",
    ),
    (
        DISTRIBUTION,
        "DistributionConfig/Origins/*/CustomOriginConfig/OriginSSLProtocols/*",
        "SSLv3 TLSv1 TLSv1.1 TLSv1.2",
    ),
    (DISTRIBUTION, "DistributionConfig/PriceClass", "None PriceClass_100 PriceClass_200 PriceClass_All"),
    (
        DISTRIBUTION,
        "DistributionConfig/Restrictions/GeoRestriction/RestrictionType",
        "blacklist none whitelist",
    ),
    (DISTRIBUTION, "DistributionConfig/ViewerCertificate/SslSupportMethod", "sni-only static-ip vip"),
    ("AWS::CloudFront::Function", "FunctionConfig/Runtime", "cloudfront-js-1.0 cloudfront-js-2.0"),
    (
        "AWS::CloudFront::OriginAccessControl",
        "OriginAccessControlConfig/OriginAccessControlOriginType",
        "lambda mediapackagev2 mediastore s3",
    ),
    (
        "AWS::CloudFront::OriginAccessControl",
        "OriginAccessControlConfig/SigningBehavior",
        "always never no-override",
    ),
    (
        "AWS::CloudFront::ResponseHeadersPolicy",
        "ResponseHeadersPolicyConfig/CorsConfig/AccessControlAllowMethods/Items/*",
        "ALL DELETE GET HEAD OPTIONS PATCH POST PUT",
    ),
    ("AWS::CloudWatch::Alarm", "TreatMissingData", "breaching ignore missing notBreaching"),
    ("AWS::KMS::Key", "KeySpec", "ECC_NIST_P256 RSA_2048"),
    ("AWS::Logs::LogGroup", "RetentionInDays", DAYS),
    (
        "AWS::S3::Bucket",
        "OwnershipControls/Rules/*/ObjectOwnership",
        "BucketOwnerEnforced BucketOwnerPreferred ObjectWriter",
    ),
    (FUNCTION, "Architectures/*", "arm64 x86_64"),
    (FUNCTION, "FunctionUrlConfig/AuthType", "AWS_IAM NONE"),
    (FUNCTION, "FunctionUrlConfig/InvokeMode", "BUFFERED RESPONSE_STREAM"),
    (FUNCTION, "LoggingConfig/ApplicationLogLevel", "DEBUG ERROR FATAL INFO TRACE WARN"),
    (FUNCTION, "LoggingConfig/LogFormat", "JSON Text"),
    (FUNCTION, "LoggingConfig/SystemLogLevel", "DEBUG INFO WARN"),
];

const DAYS: &str = "1 3 5 7 14 30 60 90 120 150 180 365 400 545 731 1096 1827 2192 2557 2922 3288 3653";
const ERRORS: &str = "400 403 404 405 414 416 500 501 502 503 504";
const EVENTS: &str = "viewer-request viewer-response";
const METHODS: &str = "DELETE GET HEAD OPTIONS PATCH POST PUT";
const PROTOCOLS: &str = "allow-all https-only redirect-to-https";
