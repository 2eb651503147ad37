use super::*;
use crate::{
    cache::CachePolicy,
    cors::Cors,
    response_headers::SecurityHeader,
    selection::{Parameters, Selection},
};
use usher_cloudformation::{Stack, Template};

fn stack(text: &str, parameters: &[(&str, &str)]) -> Stack {
    let template = Template::parse("template.yaml", text).expect("a template");
    template.with_parameters(parameters.iter().copied()).expect("a stack")
}

/// The project's own distribution with values for some parameters.
fn own(parameters: &[(&str, &str)], website: Option<&str>) -> Distribution {
    let stack = stack(include_str!("../../../../../template.yaml"), parameters);
    let deployed = Deployed::new(&stack).expect("secrets");
    Distribution::read(&deployed, website).expect("a distribution")
}

const ALL_METHODS: &str = "GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE";
const READING: &str = "GET, HEAD, OPTIONS";
/// The default TTL of CachingOptimized, in seconds.
const A_YEAR: u64 = 31_536_000;

#[test]
fn the_deployed_template_runs_here() {
    use ViewerProtocolPolicy as Protocol;

    let distribution = own(&[], None);
    let seen: Vec<_> = distribution
        .behaviors
        .iter()
        .chain([&distribution.default])
        .map(|behavior| {
            (
                behavior.name(),
                behavior.origin.target.name(),
                behavior.restricted,
                behavior.viewer_request_function.is_some(),
                behavior.allowed_methods.join(", "),
                behavior.viewer_protocol,
                behavior.cache.max_ttl,
                behavior.response_headers.security.len(),
            )
        })
        .collect();
    let row = |name: &'static str, target, restricted, function, methods: &str, protocol, max_ttl| {
        // Those of /video have both headers that prevent browsers from running anything.
        let security = if name.starts_with("/video/") { 2 } else { 0 };
        (name, target, restricted, function, methods.to_owned(), protocol, max_ttl, security)
    };
    assert_eq!(
        seen,
        [
            row("/auth/*", "issue-cookies", false, true, ALL_METHODS, Protocol::HttpsOnly, 1),
            row("/video/*.m3u8", "resign-manifest", true, true, READING, Protocol::HttpsOnly, 300),
            row("/video/*.json", "resign-manifest", true, true, READING, Protocol::HttpsOnly, 300),
            row("/video/*.mpd", "resign-manifest", true, true, READING, Protocol::HttpsOnly, 300),
            row("/video/*.vtt", "resign-manifest", true, true, READING, Protocol::HttpsOnly, 300),
            row("/video/*", "bucket", true, false, READING, Protocol::HttpsOnly, A_YEAR),
            row("Default (*)", "bucket", true, false, "GET, HEAD", Protocol::RedirectToHttps, A_YEAR),
        ]
    );
}

/// If a new value can change the bytes of a playlist, it must be in the cache key too.
#[test]
fn a_playlist_is_kept_by_what_its_bytes_depend_on() {
    let distribution = own(&[], None);
    let texts = |texts: &[&str]| Selection::Only(texts.iter().map(|text| (*text).to_owned()).collect());
    let headers = texts(&[
        "x-viewer-host",
        "x-viewer-credential",
        "x-viewer-resource",
        "x-viewer-expires",
        "x-viewer-policy-copy",
    ]);
    let key = Parameters { headers, cookies: Selection::None, query_strings: texts(&["usher-style"]) };
    let policy =
        CachePolicy { parameters: key, gzip: true, brotli: false, min_ttl: 0, default_ttl: 0, max_ttl: 300 };
    let beside = Parameters { headers: texts(&["CloudFront-Viewer-Address"]), ..Parameters::default() };
    for path in ["/video/m/master.m3u8", "/video/m/list.json"] {
        let behavior = distribution.behavior(path);
        assert_eq!(
            (&*behavior.cache, behavior.origin_request.as_deref()),
            (&policy, Some(&beside)),
            "{path}"
        );
    }
    assert_eq!(*distribution.behavior("/video/m/s.ts").cache, CachePolicy::optimized());
    let location = Parameters {
        headers: texts(&["CloudFront-Viewer-Country", "CloudFront-Viewer-ASN"]),
        ..Parameters::default()
    };
    let auth = CachePolicy { parameters: location, max_ttl: 1, ..CachePolicy::default() };
    assert_eq!(*distribution.behavior("/auth/cookies").cache, auth);
    let kept = [404, 414, 500, 501, 502, 503, 504].map(|status| (status, 0));
    assert_eq!(distribution.error_ttls, kept.into());
}

#[test]
fn a_web_site_takes_the_default_behavior() {
    let with_website = |parameters: &[(&str, &str)], website| {
        let distribution = own(parameters, website);
        let Behavior { origin, restricted, allowed_methods, origin_request, .. } = distribution.default;
        (origin.target.clone(), restricted, allowed_methods.join(", "), origin_request)
    };
    let name = ("WebsiteDomainName", "www.example.com");
    let site = |url: &str| Target::Website(url.to_owned());
    let all = || Selection::All;
    let all_viewer = Some(Arc::new(Parameters { headers: all(), cookies: all(), query_strings: all() }));
    assert_eq!(
        with_website(&[name], None),
        (site("https://www.example.com"), false, ALL_METHODS.to_owned(), all_viewer.clone())
    );
    assert_eq!(
        with_website(&[name], Some("http://127.0.0.1:8000")),
        (site("http://127.0.0.1:8000"), false, ALL_METHODS.to_owned(), all_viewer)
    );
}

#[test]
fn pages_and_cast_receivers_elsewhere_have_cors() {
    let distribution = own(
        &[("AllowedOrigins", "https://www.example.com"), ("CastReceiverOrigins", "https://www.gstatic.com")],
        None,
    );
    let with_cors: Vec<_> = distribution
        .behaviors
        .iter()
        .map(|behavior| (behavior.name(), behavior.response_headers.cors.is_some()))
        .collect();
    assert_eq!(
        with_cors,
        [
            ("/auth/*", false),
            ("/video/*.m3u8", true),
            ("/video/*.json", true),
            ("/video/*.mpd", true),
            ("/video/*.vtt", true),
            ("/video/*", true)
        ]
    );
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        distribution.behavior("/video/m/s.ts").response_headers.cors,
        Some(Cors {
            allow_credentials: true,
            allow_headers: texts(&["range"]),
            allow_methods: texts(&["GET", "HEAD", "OPTIONS"]),
            allow_origins: texts(&["https://www.example.com", "https://www.gstatic.com"]),
            expose_headers: texts(&["Content-Length", "Content-Range", "Date", "ETag", "Retry-After"]),
            max_age_seconds: Some("600".to_owned()),
            origin_override: true,
        })
    );
}

#[test]
fn videos_have_the_headers_that_keep_browsers_from_running_anything() {
    let lines = |parameters: &[(&str, &str)], path| {
        let distribution = own(parameters, None);
        let headers = &distribution.behavior(path).response_headers.security;
        let line = |header: &SecurityHeader| {
            assert!(header.origin_override, "{}", header.name);
            format!("{}: {}", header.name, header.value.to_str().expect("ASCII"))
        };
        headers.iter().map(line).collect::<Vec<_>>()
    };
    let both = ["content-security-policy: sandbox; default-src 'none'", "x-content-type-options: nosniff"];
    let of_one_domain = [&both[..], &["strict-transport-security: max-age=31536000"]].concat();
    let certificate = "arn:aws:acm:us-east-1:000000000000:certificate/00000000-0000-0000-0000-000000000000";
    let domain = [("DomainName", "video.example.com"), ("CertificateArn", certificate)];
    for path in ["/video/m/master.m3u8", "/video/m/list.json", "/video/m/s.ts", "/video/x.html"] {
        assert_eq!(lines(&[], path), both, "{path}");
        assert_eq!(lines(&domain, path), of_one_domain, "{path}");
    }
    assert_eq!(lines(&domain, "/auth/cookies"), [""; 0]);
}

/// A distribution with one origin and one behavior.
fn distribution(config: &str, origin: &str, behavior: &str) -> Result<Distribution, String> {
    let text = format!(
        "Resources: {{B: {{Type: AWS::S3::Bucket}}, F: {{Type: AWS::CloudFront::Function}}, C: {{Type: \
         AWS::CloudFront::ResponseHeadersPolicy, Properties: {{ResponseHeadersPolicyConfig: {{Name: c, \
         SecurityHeadersConfig: {{FrameOptions: {{}}}}, RemoveHeadersConfig: {{}}}}}}}}, D: {{Type: AWS::CloudFront::Distribution, Properties: \
         {{DistributionConfig: {{{config} Origins: [{{Id: a, {origin}}}], DefaultCacheBehavior: {{{behavior}}}}}}}}}}}"
    );
    let stack = stack(&text, &[]);
    let deployed = Deployed::new(&stack).expect("secrets");
    Distribution::read(&deployed, None)
}

const BUCKET: &str = "DomainName: !GetAtt B.RegionalDomainName, OriginAccessControlId: o";
const SIMPLE: &str =
    "TargetOriginId: a, ViewerProtocolPolicy: allow-all, CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad";

#[test]
fn countries_are_not_modelled_and_named() {
    let is_named = |parameters: &[(&str, &str)]| {
        own(parameters, None).not_modelled.iter().any(|property| property == "Restrictions")
    };
    assert!(is_named(&[("GeoRestriction", "blacklist DE,AT")]));
    assert!(!is_named(&[]));
}

#[test]
fn whatever_is_not_modelled_is_named() {
    let named = |config: &str, origin: &str, behavior: &str| {
        let behavior = format!("{SIMPLE}, {behavior}");
        distribution(config, &format!("{BUCKET}, {origin}"), &behavior).expect("a distribution").not_modelled
    };
    let nothing: [&str; 0] = [];
    assert_eq!(named("Enabled: true, Comment: films,", "", ""), nothing);
    assert_eq!(
        named(
            "Enabled: false, WebACLId: x, NewProperty: 1, CustomErrorResponses: [{ErrorCode: 404, ResponsePagePath: /x}],",
            "OriginPath: /x, S3OriginConfig: {OriginAccessIdentity: i, OriginReadTimeout: 3}, CustomOriginConfig: \
             {OriginProtocolPolicy: https-only, OriginSSLProtocols: [TLSv1.2]}",
            "Compress: true, ResponseHeadersPolicyId: !Ref C, FunctionAssociations: [{EventType: viewer-response, \
             FunctionARN: !GetAtt F.FunctionARN}], LambdaFunctionAssociations: []"
        ),
        [
            "CustomErrorResponses.ResponsePagePath",
            "CustomOriginConfig.OriginSSLProtocols",
            "Enabled",
            "LambdaFunctionAssociations",
            "NewProperty",
            "OriginAccessIdentity",
            "OriginPath",
            "RemoveHeadersConfig",
            "S3OriginConfig.OriginReadTimeout",
            "SecurityHeadersConfig.FrameOptions",
            "WebACLId",
            "a viewer-response function",
        ]
    );
}

#[test]
fn what_cannot_run_here_is_said() {
    let row = |origin: &str, behavior: &str| {
        distribution("", origin, behavior).map(drop).expect_err("it cannot run")
    };
    let rows = [
        (
            "DomainName: !GetAtt F.FunctionARN",
            SIMPLE.to_owned(),
            "the origin \"a\" cannot run here: use a bucket, the issue-cookies API, the resign-manifest URL, or a \
             web site",
        ),
        (
            "DomainName: !GetAtt B.RegionalDomainName",
            SIMPLE.to_owned(),
            "the origin \"a\" has no OriginAccessControlId, so AWS would refuse what CloudFront asks of it",
        ),
        (BUCKET, SIMPLE.replace("Id: a", "Id: b"), "the behavior Default (*): there is no origin \"b\""),
        (
            BUCKET,
            "TargetOriginId: a, ViewerProtocolPolicy: allow-all".to_owned(),
            "the behavior Default (*): the cache policy null cannot run here: use CachingDisabled, \
             CachingOptimized, or one of the template",
        ),
        (
            BUCKET,
            format!("{SIMPLE}, OriginRequestPolicyId: acba4595-bd28-49b8-b9fe-13317c0390fa"),
            "the behavior Default (*): the origin request policy \"acba4595-bd28-49b8-b9fe-13317c0390fa\" cannot \
             run here: use AllViewer, AllViewerExceptHostHeader, or one of the template",
        ),
        (
            BUCKET,
            format!("{SIMPLE}, OriginRequestPolicyId: 216adef6-5c7f-47e4-b989-5492eafa07d3"),
            "the behavior Default (*): its origin request policy passes the viewer's Host, by which bucket is not \
             found",
        ),
        (
            BUCKET,
            format!("{SIMPLE}, ResponseHeadersPolicyId: 5cc3b908-e619-4b99-88e5-2cf7f45965bd"),
            "the behavior Default (*): the response headers policy \"5cc3b908-e619-4b99-88e5-2cf7f45965bd\" is not \
             in the template",
        ),
        (
            BUCKET,
            format!("{SIMPLE}, TrustedKeyGroups: !Base64 k"),
            "the behavior Default (*): invalid type: map, expected a sequence",
        ),
        (
            BUCKET,
            SIMPLE.replace("allow-all", "allow-some"),
            "the behavior Default (*): there is no ViewerProtocolPolicy \"allow-some\"",
        ),
        (
            "DomainName: !GetAtt B.DomainName, OriginCustomHeaders: [{HeaderName: x-a, HeaderValue: !GetAtt B.Arn}]",
            SIMPLE.to_owned(),
            "the origin \"a\" gets a header \"x-a\" whose value is not known here",
        ),
    ];
    for (origin, behavior, sentence) in rows {
        assert_eq!(row(origin, &behavior), sentence);
    }
    let none = stack("Resources: {}", &[]);
    let deployed = Deployed::new(&none).expect("secrets");
    assert_eq!(
        Distribution::read(&deployed, None).map(drop),
        Err("it has no AWS::CloudFront::Distribution".to_owned())
    );
}
