//! The region of the stack: it needs function URLs.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html>

use crate::deployment::Finding;

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
}
