//! What is longer than AWS accepts, or what it does not know.

use std::collections::BTreeSet;

use usher_cloudformation::Template;

use super::{Breakage, TEMPLATE, each_is_refused, refusals};
use crate::parameter_sets::{self, ParameterSet};

#[test]
fn what_does_not_fit_is_refused() {
    each_is_refused(&BREAKAGES, &["some countries", "everything at once"]);
}

/// CloudFormation accepts stacks with names of 128 characters, and CloudFront does not accept what is named after them.
/// `usher init` and `usher doctor` therefore accept 30 characters.
#[test]
fn names_of_thirty_characters_fit_in_every_region_and_longer_ones_do_not() {
    let fits = named(30, LONGEST_REGION);
    assert_eq!(fits, BTreeSet::new());
    let function = |length| {
        BTreeSet::from([format!("ViewerRequestFunction: Name has {length} characters, and AWS accepts 64")])
    };
    assert_eq!(named(34, LONGEST_REGION), BTreeSet::new());
    assert_eq!(named(35, LONGEST_REGION), function(65));
    let expected = [
        "AuthCachePolicy: CachePolicyConfig/Name has 148 characters, and AWS accepts 128",
        "Distribution: DistributionConfig/Comment has 145 characters, and AWS accepts 128",
        "KeyGroup: KeyGroupConfig/Name has 143 characters, and AWS accepts 80",
        "LambdaOac: OriginAccessControlConfig/Name has 150 characters, and AWS accepts 64",
        "ManifestCachePolicy: CachePolicyConfig/Name has 152 characters, and AWS accepts 128",
        "ManifestOriginRequestPolicy: OriginRequestPolicyConfig/Name has 152 characters, and AWS accepts 128",
        "PublicKeyA: PublicKeyConfig/CallerReference has 142 characters, and AWS accepts 128",
        "PublicKeyA: PublicKeyConfig/Name has 145 characters, and AWS accepts 80",
        "PublicKeyB: PublicKeyConfig/CallerReference has 142 characters, and AWS accepts 128",
        "PublicKeyB: PublicKeyConfig/Name has 145 characters, and AWS accepts 80",
        "S3Oac: OriginAccessControlConfig/Name has 146 characters, and AWS accepts 64",
        "VideoHeaders: ResponseHeadersPolicyConfig/Name has 149 characters, and AWS accepts 128",
        "ViewerRequestFunction: Name has 158 characters, and AWS accepts 64",
    ];
    assert_eq!(named(128, LONGEST_REGION), expected.map(str::to_owned).into());
}

/// The refusals of a stack whose name has so many characters. Names must begin with `usher-us-east-1`, so the rule
/// about that is left out here.
fn named(characters: usize, region: &str) -> BTreeSet<String> {
    let name = "a".repeat(characters);
    let text = TEMPLATE.replace("${AWS::StackName}", &name).replace("${AWS::Region}", region);
    let mut refused = refusals(&text, &parameter_sets::all());
    refused.retain(|sentence| !sentence.ends_with("its name has not both the stack and the region"));
    refused
}

/// CloudFormation itself reads 51,200 bytes. SAM puts larger templates into a bucket, if it may make one.
#[test]
fn a_template_of_this_size_goes_through_a_bucket() {
    assert_eq!(
        TEMPLATE.len() > 51_200,
        include_str!("../../../samconfig.toml").contains("\nresolve_s3 = true\n")
    );
}

#[test]
fn a_template_that_cloudformation_does_not_read_is_refused() {
    let text = format!("{TEMPLATE}{}", "# a comment\n".repeat(90_000));
    let bytes = text.len();
    let expected = format!("template.yaml has {bytes} bytes, and CloudFormation reads 1000000");
    assert_eq!(refusals(&text, &[]), BTreeSet::from([expected]));
}

#[test]
fn more_outputs_than_cloudformation_accepts_are_refused() {
    let outputs =
        |count: usize| (0..count).map(|at| format!("  More{at}: {{Value: x}}\n")).collect::<String>();
    let there = Template::parse("template.yaml", TEMPLATE).expect("YAML");
    let there = there.document()["Outputs"].as_object().expect("outputs").len();
    assert_eq!(refusals(&format!("{TEMPLATE}{}", outputs(200 - there)), &[]), BTreeSet::new());
    let expected = "Outputs has 201 members, and CloudFormation accepts 200".to_owned();
    assert_eq!(refusals(&format!("{TEMPLATE}{}", outputs(201 - there)), &[]), BTreeSet::from([expected]));
}

/// The longest value that each parameter for permissions accepts still fits.
#[test]
fn permissions_for_many_keys_fit_or_are_refused() {
    let arn = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012";
    let with = |keys: usize| -> ParameterSet {
        let arns = vec![arn; keys].join(",");
        parameter_sets::set("", &[("SignedHosts", SIGNED_HOSTS), ("SignedHostsKeyArns", &arns)])
    };
    assert_eq!(refusals(TEMPLATE, &[with(53)]), BTreeSet::new(), "4,096 bytes");
    let expected = "ResignManifestFunction: Policies has 16333 characters, and AWS accepts 10240".to_owned();
    assert_eq!(refusals(TEMPLATE, &[with(200)]), BTreeSet::from([expected]));
}

const SIGNED_HOSTS: &str =
    r#"[{"origin": "https://a.example.com", "key_pair_id": "KA", "kms_key_id": "key"}]"#;
/// Such as ap-northeast-1; no region with function URLs has a longer name.
const LONGEST_REGION: &str = "ap-southeast-2";

const BREAKAGES: [Breakage; 11] = [
    (
        "a comment that CloudFront rejects",
        "  Distribution:\n",
        r#"Comment: !Sub "Private video of ${AWS::StackName}""#,
        "Comment: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        &["Distribution: DistributionConfig/Comment has 129 characters, and AWS accepts 128"],
    ),
    (
        "a name that CloudFront rejects",
        "  ViewerRequestFunction:\n",
        "-viewer-request\"",
        "-viewer-request-of-playlists-and-of-requests-for-cookies\"",
        &["ViewerRequestFunction: Name has 71 characters, and AWS accepts 64"],
    ),
    (
        "more headers than a cache key may have",
        "  ManifestCachePolicy:\n",
        "x-viewer-policy-copy]",
        "x-viewer-policy-copy, a, b, c, d, e, f]",
        &[
            "Distribution: the behavior /video/*.json caches what a function answers for somebody else",
            "Distribution: the behavior /video/*.m3u8 caches what a function answers for somebody else",
            "Distribution: the behavior /video/*.mpd caches what a function answers for somebody else",
            "Distribution: the behavior /video/*.vtt caches what a function answers for somebody else",
            "ManifestCachePolicy: CachePolicyConfig/ParametersInCacheKeyAndForwardedToOrigin/HeadersConfig/Headers has 11 \
             items, and AWS accepts 10",
        ],
    ),
    (
        "more keys than a group may have",
        "  KeyGroup:\n",
        "        Items:\n",
        "        Items:\n          - K1\n          - K2\n          - K3\n          - K4\n",
        &[
            "IssueCookiesFunction: CloudFront does not trust KEY_PAIR_ID",
            "KeyGroup: KeyGroupConfig/Items has 6 items, and AWS accepts 5",
            "KeyGroup: it does not trust the keys of KeyPhase alone",
            "ResignManifestFunction: CloudFront does not trust KEY_PAIR_ID",
        ],
    ),
    (
        "a description that Lambda rejects",
        "  PublishKeyFunction:\n",
        "once per deployment",
        "once per deployment and once per deployment and once per deployment and once per deployment and once per \
         deployment and once per deployment and once per deployment and once per deployment and once per deployment and \
         once per deployment",
        &["PublishKeyFunction: Description has 282 characters, and AWS accepts 256"],
    ),
    (
        "a parameter that is longer than CloudFormation takes",
        "  JwtIssuers:\n",
        "MaxLength: 2048",
        "MaxLength: 4097",
        &["Parameters/JwtIssuers/MaxLength: a parameter's value has 4096 bytes at most"],
    ),
    (
        "a key that CloudFront cannot verify with",
        "  SigningKeyA:\n",
        r#"KeySpec: !Select [0, !Split [",", !Ref KeySpecs]]"#,
        "KeySpec: RSA_4096",
        &[
            "SigningKeyA: KeySpec is RSA_4096, which AWS does not know",
            "SigningKeyA: KeySpec is not what KeySpecs says",
        ],
    ),
    (
        "a kind of list that CloudFront does not know",
        "  Distribution:\n",
        r#"RestrictionType: !Select [0, !Split [" ", !Ref GeoRestriction]]"#,
        "RestrictionType: allow",
        &[
            "Distribution: DistributionConfig/Restrictions/GeoRestriction/RestrictionType is allow, which AWS does not know",
            "Distribution: Restrictions are not those that were given",
        ],
    ),
    (
        "a processor that Lambda does not have",
        "Globals:\n",
        "Architectures: [!Ref Architecture]",
        "Architectures: [!Ref Architecture, arm]",
        &["Globals: Architectures/1 is arm, which AWS does not know"],
    ),
    (
        "an error that CloudFront does not cache",
        "  Distribution:\n",
        "- {ErrorCode: 404, ErrorCachingMinTTL: 0}",
        "- {ErrorCode: 404, ErrorCachingMinTTL: 0}\n          - {ErrorCode: 401, ErrorCachingMinTTL: 0}",
        &[
            "Distribution: DistributionConfig/CustomErrorResponses/1/ErrorCode is 401, which AWS does not know",
        ],
    ),
    (
        "a resource that waits for one that is not there",
        "  AuthApi:\n",
        "    Properties:",
        "    DependsOn: LogBucket\n    Properties:",
        &["AuthApi: it depends on LogBucket, which is not there"],
    ),
];
