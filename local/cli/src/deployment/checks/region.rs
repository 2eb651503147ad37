//! The region of the stack: it needs function URLs.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html>

use crate::deployment::{Deployment, Finding};

const NAME: &str = "region";

pub(super) fn check(region: Option<&str>) -> Finding {
    let Some(region) = region else {
        let found = "samconfig.toml has no region, so sam deploy uses that of the shell";
        return Finding::wrong(NAME, found, "run usher init, or add region = \"…\"");
    };
    match problem(region) {
        Some(problem) => Finding::wrong(NAME, format!("{region} {problem}"), "choose another one"),
        None => Finding::ok(NAME, region),
    }
}

/// What the stack uses must be in its region: the functions ask Secrets Manager and KMS there, and alarms tell topics
/// there. Nothing, if each of these is.
pub(super) fn of_arns(deployment: &Deployment) -> Option<Finding> {
    let problem = elsewhere(&deployment.parameters, deployment.region.as_deref()?)?;
    Some(Finding::wrong(NAME, problem, "make it in the stack's region, or choose its region for the stack"))
}

/// Which parameter names something that is in another region than this one, such as a secret.
pub(crate) fn elsewhere(parameters: &[(String, String)], region: &str) -> Option<String> {
    let arns = parameters.iter().filter(|(name, _)| WITH_ARNS.contains(&name.as_str()));
    let mut arns = arns.flat_map(|(name, value)| value.split(',').map(move |arn| (name, arn)));
    arns.find_map(|(name, arn)| {
        let other = of_arn(arn).filter(|other| *other != region)?;
        Some(format!("{name} is of {other}, and the stack of {region}"))
    })
}

/// `arn:aws:SERVICE:REGION:…`
pub(crate) fn of_arn(arn: &str) -> Option<&str> {
    arn.strip_prefix("arn:")?.split(':').nth(2)
}

/// Why no stack of Usher can be in this region.
pub(crate) fn problem(region: &str) -> Option<&'static str> {
    let parts: Vec<&str> = region.split('-').collect();
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_region = match parts.as_slice() {
        [area, words @ .., number] => {
            area.len() == 2
                && words.last().is_some_and(|word| DIRECTIONS.contains(word))
                && [area].into_iter().chain(words).all(is_word)
                && number.len() == 1
                && number.bytes().all(|byte| byte.is_ascii_digit())
        }
        _ => false,
    };
    if !is_region {
        Some("is no region such as eu-central-1")
    } else if ["cn-", "us-gov-", "us-iso", "eu-isoe-"].iter().any(|partition| region.starts_with(partition)) {
        Some("is in China or GovCloud, where CloudFront has no key groups and no origin access control")
    } else if WITHOUT_FUNCTION_URLS.contains(&region) {
        Some("has no function URLs of Lambda")
    } else {
        None
    }
}

/// How the names of all regions end, before their number.
const DIRECTIONS: [&str; 9] =
    ["central", "east", "north", "northeast", "northwest", "south", "southeast", "southwest", "west"];
/// Parameters whose ARNs are of the stack's region.
const WITH_ARNS: [&str; 4] =
    ["ViewerSecretArn", "ExistingPrivateKeySecret", "SignedHostsKeyArns", "AlarmTopicArn"];
/// In November 2026.
const WITHOUT_FUNCTION_URLS: [&str; 11] = [
    "ap-east-2",
    "ap-south-2",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-west-1",
    "eu-central-2",
    "eu-south-2",
    "il-central-1",
    "me-central-1",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_has_function_urls_and_cloudfronts_key_groups() {
        for region in ["us-east-1", "eu-central-1", "ap-southeast-2", "sa-east-1"] {
            assert_eq!(check(Some(region)), Finding::ok(NAME, region));
        }
        let other =
            "is in China or GovCloud, where CloudFront has no key groups and no origin access control";
        let no_region = "is no region such as eu-central-1";
        let rows = [
            ("eu-central-2", "has no function URLs of Lambda"),
            ("cn-north-1", other),
            ("us-gov-west-1", other),
            ("Frankfurt", no_region),
            ("eu-central", no_region),
            ("eu-centra-1", no_region),
            ("eu-central-1a", no_region),
            ("-central-1", no_region),
            ("", no_region),
        ];
        for (region, problem) in rows {
            let expected = Finding::wrong(NAME, format!("{region} {problem}"), "choose another one");
            assert_eq!(check(Some(region)), expected);
        }
        let found = "samconfig.toml has no region, so sam deploy uses that of the shell";
        assert_eq!(check(None), Finding::wrong(NAME, found, "run usher init, or add region = \"…\""));
    }

    #[test]
    fn what_the_stack_uses_is_in_its_region() {
        let secret = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:viewers-AbCdEf";
        let key = "arn:aws:kms:us-east-1:123456789012:key/1-2";
        let both = format!("{secret},{key}");
        let found = |parameter: &str, value: &str, region: Option<&str>| {
            let parameters = vec![(parameter.to_owned(), value.to_owned())];
            of_arns(&Deployment { parameters, region: region.map(str::to_owned), ..Deployment::default() })
        };
        let wrong = |found: &str| {
            let cure = "make it in the stack's region, or choose its region for the stack";
            Some(Finding::wrong(NAME, found, cure))
        };
        assert_eq!(found("ViewerSecretArn", secret, Some("eu-central-1")), None);
        assert_eq!(found("ViewerSecretArn", secret, None), None);
        assert_eq!(found("ViewerSecretArn", "the ARN of the secret", Some("us-east-1")), None);
        assert_eq!(found("CertificateArn", key, Some("eu-central-1")), None);
        assert_eq!(
            found("ViewerSecretArn", secret, Some("us-east-1")),
            wrong("ViewerSecretArn is of eu-central-1, and the stack of us-east-1")
        );
        assert_eq!(
            found("SignedHostsKeyArns", &both, Some("eu-central-1")),
            wrong("SignedHostsKeyArns is of us-east-1, and the stack of eu-central-1")
        );
    }
}
