//! Cache behaviors of the distribution.

use super::{Breakage, each_is_refused};

#[test]
fn a_broken_behavior_is_refused() {
    let sets = [
        "defaults",
        "some countries",
        "web site",
        "web site and domain",
        "players elsewhere",
        "cast receivers",
        "operation",
    ];
    each_is_refused(&BREAKAGES, &sets);
}

const BREAKAGES: [Breakage; 40] = [
    (
        "playlists for everybody",
        "PathPattern: /video/*.m3u8",
        "TrustedKeyGroups: [!Ref KeyGroup]",
        "SmoothStreaming: false",
        &[
            "Distribution: the behavior /video/*.m3u8 is for /video and has no TrustedKeyGroups of this template",
        ],
    ),
    (
        "documents for whoever has another key",
        "PathPattern: /video/*.json",
        "TrustedKeyGroups: [!Ref KeyGroup]",
        "TrustedKeyGroups: [somebody-elses]",
        &[
            "Distribution: the behavior /video/*.json is for /video and has no TrustedKeyGroups of this template",
        ],
    ),
    (
        "segments for a signer of the old kind, too",
        "PathPattern: /video/*\n",
        "TrustedKeyGroups: [!Ref KeyGroup]",
        "TrustedKeyGroups: [!Ref KeyGroup]\n            TrustedSigners: [self]",
        &["Distribution: the behavior /video/* is for /video and has no TrustedKeyGroups of this template"],
    ),
    (
        "a pattern that is for /video, too",
        "CacheBehaviors:\n",
        "          # Open",
        "          - {PathPattern: \"*.ts\", TargetOriginId: media, ViewerProtocolPolicy: https-only}\n          # Open",
        &[
            "Distribution: the behavior *.ts is for /video and has no TrustedKeyGroups of this template",
            "Distribution: the behavior *.ts has not the response headers policy that it should have",
        ],
    ),
    (
        "everything else for everybody",
        "DefaultCacheBehavior:",
        "TrustedKeyGroups: !If [HasWebsite, !Ref AWS::NoValue, [!Ref KeyGroup]]",
        "SmoothStreaming: false",
        &[
            "Distribution: the default behavior has no TrustedKeyGroups of this template, and leads to no web site that was given",
        ],
    ),
    (
        "the bucket where the web site should be",
        "DefaultCacheBehavior:",
        "TargetOriginId: !If [HasWebsite, website, media]",
        "TargetOriginId: media",
        &[
            "Distribution: the default behavior has no TrustedKeyGroups of this template, and leads to no web site that was given",
        ],
    ),
    (
        "sign-in without TLS",
        "PathPattern: /auth/*",
        "https-only",
        "allow-all",
        &["Distribution: the behavior /auth/* lets viewers come without TLS"],
    ),
    (
        "the default without TLS",
        "DefaultCacheBehavior:",
        "redirect-to-https",
        "allow-all",
        &["Distribution: the default behavior lets viewers come without TLS"],
    ),
    (
        "a pattern behind a wider one",
        "CacheBehaviors:\n",
        "PathPattern: /video/*.m3u8",
        "PathPattern: /video/*",
        &[
            "Distribution: the behavior /video/*.json is never reached, behind /video/*",
            "Distribution: the behavior /video/*.mpd is never reached, behind /video/*",
            "Distribution: the behavior /video/*.vtt is never reached, behind /video/*",
            "Distribution: the behavior /video/* is never reached, behind /video/*",
            r#"no behavior /video/*.m3u8 leads to a function URL with the methods ["GET","HEAD","OPTIONS"]"#,
        ],
    ),
    (
        "one viewer's cookies for everybody",
        "PathPattern: /auth/*",
        "CachePolicyId: !Ref AuthCachePolicy",
        "CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6 # Managed-CachingOptimized",
        &["Distribution: the behavior /auth/* caches what a function answers for somebody else"],
    ),
    (
        "one viewer's cookies for everybody, for a second",
        "  AuthCachePolicy:",
        "DefaultTTL: 0",
        "DefaultTTL: 1",
        &["Distribution: the behavior /auth/* caches what a function answers for somebody else"],
    ),
    (
        "one viewer's cookies for everybody, for a day",
        "  AuthCachePolicy:",
        "MaxTTL: 1",
        "MaxTTL: 86400",
        &["Distribution: the behavior /auth/* caches what a function answers for somebody else"],
    ),
    (
        "a country that viewers choose",
        "  AuthCachePolicy:",
        "Headers: [CloudFront-Viewer-Country, CloudFront-Viewer-ASN]",
        "Headers: [CloudFront-Viewer-ASN]",
        &["Distribution: the behavior /auth/* caches what a function answers for somebody else"],
    ),
    (
        "one viewer's playlist for everybody",
        "PathPattern: /video/*.m3u8",
        "CachePolicyId: !Ref ManifestCachePolicy",
        "CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6 # Managed-CachingOptimized",
        &["Distribution: the behavior /video/*.m3u8 caches what a function answers for somebody else"],
    ),
    (
        "a playlist for those who may watch something else",
        "ManifestCachePolicy:",
        "x-viewer-resource, ",
        "",
        ALL_CACHED,
    ),
    (
        "a playlist of another style",
        "ManifestCachePolicy:",
        "{QueryStringBehavior: whitelist, QueryStrings: [usher-style]}",
        "{QueryStringBehavior: none}",
        ALL_CACHED,
    ),
    ("errors that are kept", "ManifestCachePolicy:", "DefaultTTL: 0", "DefaultTTL: 1", ALL_CACHED),
    (
        "playlists that hardly two viewers share",
        "ViewerRequestFunction:",
        "BUCKET_SECONDS = 300;",
        "BUCKET_SECONDS = 60;",
        &[
            "ViewerRequestFunction: its bucket is not that of IssueCookiesFunction",
            "ViewerRequestFunction: its bucket is not that of ResignManifestFunction",
        ],
    ),
    (
        "one viewer's error for everybody",
        "CustomErrorResponses:",
        "          - {ErrorCode: 503, ErrorCachingMinTTL: 0}\n",
        "",
        &["Distribution: an error 503 is cached"],
    ),
    (
        "a policy that nobody knows",
        "PathPattern: /auth/*",
        "b689b0a8-53d0-40ab-baf2-68738e2966ac # Managed-AllViewerExceptHostHeader",
        "b689b0a8-53d0-40ab-baf2-68738e2966ad # Managed-AllViewerExceptHostHeader",
        &[
            "Distribution: the behavior /auth/* does not forward what a function needs, or forwards the viewer's Host",
            "b689b0a8-53d0-40ab-baf2-68738e2966ad is no managed policy that is known here",
        ],
    ),
    (
        "a comment that names another policy",
        "DefaultCacheBehavior:",
        "4135ea2d-6df8-44a3-9df3-4b5a84be39ad # Managed-CachingDisabled",
        "4135ea2d-6df8-44a3-9df3-4b5a84be39ad # Managed-CachingOptimized",
        &["4135ea2d-6df8-44a3-9df3-4b5a84be39ad is Managed-CachingDisabled, and no comment says so"],
    ),
    (
        "an id without a comment",
        "PathPattern: /video/*\n",
        "658327ea-f89d-4fab-a63d-7e88639e58f6 # Managed-CachingOptimized",
        "658327ea-f89d-4fab-a63d-7e88639e58f6",
        &["658327ea-f89d-4fab-a63d-7e88639e58f6 is Managed-CachingOptimized, and no comment says so"],
    ),
    (
        "the viewer's Host for API Gateway",
        "PathPattern: /auth/*",
        "b689b0a8-53d0-40ab-baf2-68738e2966ac # Managed-AllViewerExceptHostHeader",
        "216adef6-5c7f-47e4-b989-5492eafa07d3 # Managed-AllViewer",
        &[
            "Distribution: the behavior /auth/* does not forward what a function needs, or forwards the viewer's Host",
        ],
    ),
    (
        "the viewer's Host for Lambda",
        "PathPattern: /video/*.m3u8",
        "OriginRequestPolicyId: !Ref ManifestOriginRequestPolicy",
        "OriginRequestPolicyId: 216adef6-5c7f-47e4-b989-5492eafa07d3 # Managed-AllViewer",
        &[
            "Distribution: the behavior /video/*.m3u8 does not forward what a function needs, or forwards the viewer's Host",
        ],
    ),
    (
        "headers that the viewer wrote",
        "PathPattern: /video/*.json",
        "EventType: viewer-request",
        "EventType: viewer-response",
        &[
            "Distribution: the behavior /video/*.json passes on headers that the viewer-request function did not set",
        ],
    ),
    (
        "one visitor's page for everybody",
        "DefaultCacheBehavior:",
        "- 4135ea2d-6df8-44a3-9df3-4b5a84be39ad # Managed-CachingDisabled",
        "- 658327ea-f89d-4fab-a63d-7e88639e58f6 # Managed-CachingOptimized",
        &["Distribution: the default behavior caches the pages of the web site"],
    ),
    (
        "a web site that nobody may write to",
        "DefaultCacheBehavior:",
        "[GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE]",
        "[GET, HEAD, OPTIONS]",
        &["Distribution: the default behavior does not let viewers write to the web site"],
    ),
    (
        "a web site that does not know its name",
        "DefaultCacheBehavior:",
        "- 216adef6-5c7f-47e4-b989-5492eafa07d3 # Managed-AllViewer",
        "- b689b0a8-53d0-40ab-baf2-68738e2966ac # Managed-AllViewerExceptHostHeader",
        &["Distribution: the default behavior does not forward what the web site needs"],
    ),
    (
        "segments that may be pages",
        "PathPattern: /video/*\n",
        "            ResponseHeadersPolicyId: !Ref VideoHeaders\n",
        "",
        &["Distribution: the behavior /video/* has not the response headers policy that it should have"],
    ),
    (
        "sign-in with the headers of videos",
        "PathPattern: /auth/*\n",
        "            TargetOriginId: auth\n",
        "            TargetOriginId: auth\n            ResponseHeadersPolicyId: !Ref VideoHeaders\n",
        &["Distribution: the behavior /auth/* has not the response headers policy that it should have"],
    ),
    (
        "browsers that guess a type",
        "  VideoHeaders:",
        "          ContentTypeOptions: {Override: true}\n",
        "",
        &["VideoHeaders: ContentTypeOptions is not what it should be"],
    ),
    (
        "scripts in the bucket",
        "  VideoHeaders:",
        "sandbox; default-src 'none'",
        "sandbox allow-scripts",
        &["VideoHeaders: ContentSecurityPolicy is not what it should be"],
    ),
    (
        "an object that has its own policy",
        "  VideoHeaders:",
        "default-src 'none', Override: true",
        "default-src 'none', Override: false",
        &["VideoHeaders: ContentSecurityPolicy is not what it should be"],
    ),
    (
        "other hosts of the domain",
        "  VideoHeaders:",
        "IncludeSubdomains: false",
        "IncludeSubdomains: true",
        &["VideoHeaders: StrictTransportSecurity is not what it should be"],
    ),
    (
        "CORS for nobody",
        "  VideoHeaders:",
        "- HasCors",
        "- HasBothOrigins",
        &[
            "VideoHeaders: browsers would send no cookies",
            "VideoHeaders: it allows other origins than those that were given",
            "nothing depends on the condition HasCors",
        ],
    ),
    (
        "a web ACL without effect",
        "DistributionConfig:",
        "WebACLId: !If [HasWebAcl, !Ref WebAclArn, !Ref AWS::NoValue]",
        "WebACLId: !If [HasWebAcl, !Ref AWS::NoValue, !Ref AWS::NoValue]",
        &["Distribution: WebACLId is not WebAclArn"],
    ),
    (
        "countries without effect",
        "DistributionConfig:",
        r#"RestrictionType: !Select [0, !Split [" ", !Ref GeoRestriction]]"#,
        "RestrictionType: none",
        &["Distribution: Restrictions are not those that were given"],
    ),
    (
        "CORS for every origin",
        "  VideoHeaders:",
        r#"!Split [",", !Ref CastReceiverOrigins]]"#,
        r#"["*"]]"#,
        &["VideoHeaders: it allows other origins than those that were given"],
    ),
    (
        "CORS without cookies",
        "  VideoHeaders:",
        "AccessControlAllowCredentials: !If [HasAllowedOrigins, true, false]",
        "AccessControlAllowCredentials: false",
        &["VideoHeaders: browsers would send no cookies"],
    ),
    (
        "CORS with cookies for cast receivers",
        "  VideoHeaders:",
        "AccessControlAllowCredentials: !If [HasAllowedOrigins, true, false]",
        "AccessControlAllowCredentials: true",
        &["VideoHeaders: cast receivers need no cookies"],
    ),
];

const ALL_CACHED: &[&str] = &[
    "Distribution: the behavior /video/*.json caches what a function answers for somebody else",
    "Distribution: the behavior /video/*.m3u8 caches what a function answers for somebody else",
    "Distribution: the behavior /video/*.mpd caches what a function answers for somebody else",
    "Distribution: the behavior /video/*.vtt caches what a function answers for somebody else",
];
