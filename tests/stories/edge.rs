//! The edge runs the template's distribution with the given parameters.

use std::fs;

use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::house::{House, denial, owned, workspace, xml};

const PLAYLIST: &str = "/video/clock-ts/master.m3u8";
const SEGMENT: &str = "/video/clock-ts/360p/segment000.ts";
const CERTIFICATE: &str =
    "arn:aws:acm:us-east-1:000000000000:certificate/00000000-0000-0000-0000-000000000000";

/// The error with which the edge refuses to start.
async fn refusal_to_start(parameters: &[(&str, &str)], settings: &[(&str, &str)]) -> String {
    let opened = House::try_open(|options| options.parameter_overrides = owned(parameters), settings).await;
    let sentence = opened.err().unwrap().to_string();
    sentence.replace(&format!("{}: ", workspace().join("template.yaml").display()), "")
}

#[tokio::test]
async fn a_parameter_counts_as_it_would_in_the_deployment() {
    let house = House::with_parameters(&[("CookieTtlSeconds", "600"), ("CookieSameSite", "Strict")]).await;
    let answer =
        house.request("POST", "/auth/cookies").bearer_auth(house.token().await).send().await.unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    assert_eq!(cookie.split_once("; ").unwrap().1, "HttpOnly; SameSite=Strict; Secure; Path=/video/");
    let answer: Value = answer.json().await.unwrap();
    // Ten minutes, rounded down to a bucket of five.
    assert_eq!(answer["expires_at"], json!(1_790_000_400));
}

#[tokio::test]
async fn parameters_that_the_deployment_would_refuse_are_refused() {
    let rows: [(&[(&str, &str)], &str); 5] = [
        (&[("Nothing", "")], "there is no parameter Nothing"),
        (
            &[("CookieTtlSeconds", "59")],
            "the parameter CookieTtlSeconds must be a whole number of seconds from 60 to 86400, without a unit",
        ),
        (
            &[("CookieSameSite", "Some")],
            "the parameter CookieSameSite must be one of Lax, Strict, None, NonePartitioned",
        ),
        (
            &[("DomainName", "a/b")],
            "the parameter DomainName must be a host name in lower case, without https:// and path, or empty",
        ),
        (
            &[("DomainName", "video.example.com")],
            "DomainName and CertificateArn go together, set both or neither (rule DomainAndCertificateGoTogether)",
        ),
    ];
    for (parameters, sentence) in rows {
        assert_eq!(refusal_to_start(parameters, &[]).await, sentence);
    }
}

#[tokio::test]
async fn a_secret_that_is_in_aws_must_be_in_the_environment_here() {
    let parameters = [
        ("ViewerSecretArn", "arn:aws:secretsmanager:us-east-1:000000000000:secret:viewers-AbCdEf"),
        ("Django", r#"{"keys": "django"}"#),
    ];
    assert_eq!(
        refusal_to_start(&parameters, &[]).await,
        "VIEWER_SECRET refers to a secret in AWS: to run here, set VIEWER_SECRET in the environment"
    );
    let keys = "0a".repeat(32);
    let secret = format!(r#"{{"django": "{keys}"}}"#);
    let environment = [("VIEWER_SECRET", secret.as_str())];
    House::try_open(|options| options.parameter_overrides = owned(&parameters), &environment).await.unwrap();
    assert_eq!(
        refusal_to_start(&parameters, &[("VIEWER_SECRET", "{}")]).await,
        "issue-cookies: the configuration cannot be used: DJANGO: keys is not the name of a member of VIEWER_SECRET"
    );
}

#[tokio::test]
async fn what_the_template_sets_and_the_edge_does_not_do_is_named() {
    let always = [
        "AWS::CloudFront::PublicKey",
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::KMS::Key",
        "AWS::Lambda::Permission",
        "AWS::Logs::LogGroup",
        "AWS::Logs::MetricFilter",
        "AWS::S3::BucketPolicy",
        "Custom::KmsPublicKeyPem",
        "CustomOriginConfig.OriginSSLProtocols",
        "HttpVersion",
        "IPV6Enabled",
        "PriceClass",
        "ViewerCertificate",
    ];
    assert_eq!(House::open().await.not_modelled, always);
    let parameters =
        [("DomainName", "video.example.com"), ("CertificateArn", CERTIFICATE), ("AccessLogDays", "7")];
    let mut with_more = [&["Aliases"], always.as_slice(), &["Logging"]].concat();
    with_more.sort_unstable();
    assert_eq!(House::with_parameters(&parameters).await.not_modelled, with_more);

    let folder = TempDir::new().unwrap();
    let template = fs::read_to_string(workspace().join("template.yaml")).unwrap();
    let changed = folder.path().join("template.yaml");
    fs::write(
        &changed,
        template
            .replace("PathPattern: /video/*\n", "PathPattern: /video/*\n            NewProperty: true\n")
            .replace("function problem(", "if (false) fetch('/');\n\n        function problem("),
    )
    .unwrap();
    let house = House::with_options(|options| options.template = changed).await;
    let mut with_new =
        [&["NewProperty", "fetch in the function ViewerRequestFunction"], always.as_slice()].concat();
    with_new.sort_unstable();
    assert_eq!(house.not_modelled, with_new);
}

#[tokio::test]
async fn a_key_group_without_the_key_that_signs_admits_nobody() {
    let folder = TempDir::new().unwrap();
    let template = fs::read_to_string(workspace().join("template.yaml")).unwrap();
    let changed = folder.path().join("template.yaml");
    let (ours, theirs) = ("!If [HasKeyA, !Ref PublicKeyA, !Ref AWS::NoValue]", "K2SOMEBODYELSES");
    assert!(template.contains(ours));
    fs::write(&changed, template.replace(ours, theirs)).unwrap();
    let house = House::with_options(|options| options.template = changed).await;
    let answer =
        house.get("/video/clock-ts/master.m3u8").header("cookie", house.cookies().await).send().await;
    let answer = answer.unwrap();
    assert_eq!(
        (answer.status(), answer.text().await.unwrap()),
        (StatusCode::FORBIDDEN, xml("InvalidKey", "Unknown Key"))
    );
}

#[tokio::test]
async fn who_comes_by_http_is_sent_to_https_or_away() {
    let house = House::open().await;
    let host = house.url.trim_start_matches("http://").to_owned();
    let cookies = house.cookies().await;
    let ask = async |method: &str, target: &str, protocol: &str| {
        let request = house.request(method, target).header("cookie", &cookies);
        let answer = request.header("x-forwarded-proto", protocol).send().await.unwrap();
        let location = answer.headers().get("location").map(|location| location.to_str().unwrap().to_owned());
        (answer.status().as_u16(), location)
    };
    assert_eq!(
        ask("GET", "/a?b=c&Policy=d", "http").await,
        (301, Some(format!("https://{host}/a?b=c&Policy=d")))
    );
    assert_eq!(ask("POST", "/a", "HTTP").await, (307, Some(format!("https://{host}/a"))));
    assert_eq!(ask("GET", PLAYLIST, "http").await, (403, None));
    assert_eq!(ask("POST", "/auth/cookies", "http").await, (403, None));
    assert_eq!(ask("GET", PLAYLIST, "https").await, (200, None));
}

#[tokio::test]
async fn a_get_with_a_body_is_refused() {
    let house = House::open().await;
    let cookies = house.cookies().await;
    let answer = house.get(PLAYLIST).header("cookie", &cookies).body("body").send().await.unwrap();
    assert_eq!(
        denial(answer).await,
        (
            StatusCode::FORBIDDEN,
            Some("CloudFront rejects a GET with a body".to_owned()),
            xml("AccessDenied", "Access denied"),
        )
    );
}

/// The CORS headers of an answer, a line each.
fn cors(answer: &Response) -> Vec<String> {
    let headers = answer.headers().iter().filter(|(name, _)| name.as_str().starts_with("access-control-"));
    let mut lines: Vec<String> = headers
        .map(|(name, value)| format!("{}: {}", &name.as_str()[15..], value.to_str().unwrap()))
        .collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn an_allowed_page_elsewhere_may_read_what_it_may_watch() {
    let house = House::with_parameters(&[("AllowedOrigins", "https://www.example.com")]).await;
    let playlist = house.signed_url(PLAYLIST).await;
    let segment = playlist.replace(PLAYLIST, SEGMENT);
    let allowed = [
        "allow-credentials: true",
        "allow-origin: https://www.example.com",
        "expose-headers: Content-Length, Content-Range, Date, ETag, Retry-After",
    ];
    let ask = async |method: &str, url: &str, origin: &str| {
        let request = house.request(method, url).header("origin", origin);
        let answer = request.header("access-control-request-method", "GET").send().await.unwrap();
        (answer.status().as_u16(), cors(&answer))
    };
    assert_eq!(
        ask("GET", &segment, "https://www.example.com").await,
        (200, allowed.map(str::to_owned).into())
    );
    assert_eq!(ask("GET", &segment, "https://www.example.org").await, (200, Vec::new()));
    assert_eq!(ask("GET", &playlist, "https://www.example.org").await, (200, Vec::new()));
    let seen = ask("GET", &playlist, "https://www.example.com").await;
    assert!(allowed.iter().all(|line| seen.1.iter().any(|seen| seen == line)), "{seen:?}");
    let preflight = ["allow-headers: range", "allow-methods: GET, HEAD, OPTIONS", "max-age: 600"];
    let (_, seen) = ask("OPTIONS", &segment, "https://www.example.com").await;
    let mut expected = [allowed, preflight].concat();
    expected.sort_unstable();
    assert_eq!(seen, expected);
    // An error response contains no CORS header: a page cannot tell it from a broken network.
    assert_eq!(ask("GET", SEGMENT, "https://www.example.com").await, (403, Vec::new()));
    assert_eq!(ask("PUT", &segment, "https://www.example.com").await, (403, Vec::new()));
}

#[tokio::test]
async fn a_cast_receiver_alone_reads_segments_without_cookies() {
    let receiver = "https://www.gstatic.com";
    let house =
        House::with_parameters(&[("CastReceiverOrigins", receiver), ("CookieSameSite", "None")]).await;
    let segment = house.signed_url(PLAYLIST).await.replace(PLAYLIST, SEGMENT);
    let answer = house.get(&segment).header("origin", receiver).send().await.unwrap();
    let expected = [
        "allow-origin: https://www.gstatic.com",
        "expose-headers: Content-Length, Content-Range, Date, ETag, Retry-After",
    ];
    assert_eq!((answer.status().as_u16(), cors(&answer)), (200, expected.map(str::to_owned).into()));
}

#[tokio::test]
async fn the_bucket_sees_no_query() {
    // S3 would read these as another version of the object, and as a part of it.
    let house = House::open().await;
    let url = house.signed_url(PLAYLIST).await.replace(PLAYLIST, SEGMENT);
    let answer = house.get(&format!("{url}&versionId=1&partNumber=2")).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(
        answer.bytes().await.unwrap(),
        fs::read(workspace().join("local/media").join(&SEGMENT[1..])).unwrap()
    );
}

#[tokio::test]
async fn the_origin_secret_is_the_distributions_whatever_the_viewer_says() {
    let house = House::open().await;
    let ask = house.request("POST", "/auth/cookies").bearer_auth(house.token().await);
    let answer = ask.header("x-origin-secret", "a-guess-of-thirty-two-characters-").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn with_a_domain_name_policies_name_it() {
    let house =
        House::with_parameters(&[("DomainName", "video.localhost"), ("CertificateArn", CERTIFICATE)]).await;
    let port = house.url.rsplit(':').next().unwrap();
    // A parameter names this host; the edge always answers localhost.
    let ask = async |host: &str| {
        let request = house.request("POST", "/auth/cookies").header("host", host);
        let answer = request.bearer_auth(house.token().await).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        answer["resource"].clone()
    };
    let resource = json!(format!("http://video.localhost:{port}/video/*"));
    assert_eq!(ask(&format!("localhost:{port}")).await, resource);
    assert_eq!(ask(&format!("video.localhost:{port}")).await, resource);
}
