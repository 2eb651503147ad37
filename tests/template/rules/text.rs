//! Rules about the text of the template, which includes its comments.

/// The id of a managed policy says nothing to people: a comment after it must contain its name.
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html>
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html>
pub(super) fn managed_policies_are_known_and_named(text: &str) -> Vec<String> {
    let mut refused = Vec::new();
    for line in text.lines() {
        for id in line.split(|c: char| !c.is_ascii_hexdigit() && c != '-').filter(|word| is_policy_id(word)) {
            let comment = line.split_once(" # ").map(|(_, comment)| comment).unwrap_or_default();
            let named = comment.split([' ', ':']).next().unwrap_or_default();
            match MANAGED.iter().find(|(known, _)| *known == id) {
                None => refused.push(format!("{id} is no managed policy that is known here")),
                Some((_, name)) if *name != named => {
                    refused.push(format!("{id} is {name}, and no comment says so"));
                }
                Some(_) => {}
            }
        }
    }
    refused
}

fn is_policy_id(word: &str) -> bool {
    word.split('-').map(str::len).eq([8, 4, 4, 4, 12])
}

pub(super) const CACHING_DISABLED: &str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
pub(super) const CACHING_OPTIMIZED: &str = "658327ea-f89d-4fab-a63d-7e88639e58f6";
pub(super) const ALL_VIEWER: &str = "216adef6-5c7f-47e4-b989-5492eafa07d3";
pub(super) const ALL_VIEWER_EXCEPT_HOST_HEADER: &str = "b689b0a8-53d0-40ab-baf2-68738e2966ac";

const MANAGED: [(&str, &str); 4] = [
    (ALL_VIEWER, "Managed-AllViewer"),
    (ALL_VIEWER_EXCEPT_HOST_HEADER, "Managed-AllViewerExceptHostHeader"),
    (CACHING_DISABLED, "Managed-CachingDisabled"),
    (CACHING_OPTIMIZED, "Managed-CachingOptimized"),
];
