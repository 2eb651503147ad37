//! What a stranger asks: somebody without any credential, at every door.

use hls_rewrite::is_playlist;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use jiff::fmt::rfc2822;
use url::Url;

use super::{
    CheckError, Finding, Options, Question, Report,
    answer::{Answer, Refusal, printable},
    cure,
    deployment::{Ask, Deployment},
    report::{Probe, Problems},
};

/// Asks all of it. Whether anybody answers at all shows with the first request.
pub(super) async fn strangers(deployment: &Deployment<'_>, report: &mut Report) -> Result<(), CheckError> {
    let Options { url, bucket_url, api_url, plain_url, .. } = deployment.options;
    let playlist = deployment.ask(Ask::get(deployment.url(deployment.playlist()))).await;
    let playlist = playlist.map_err(|reason| CheckError::Unreachable { url: url.clone(), reason })?;
    report.note(clock(&playlist, deployment));
    report.note(match bucket_url {
        None => BUCKET.skipped("--bucket-url was not given"),
        Some(url) => bucket(deployment, url).await,
    });
    report.note(match api_url {
        None => API.skipped("--api-url was not given"),
        Some(url) => api(deployment, url).await,
    });
    report.note(unsigned(UNSIGNED_PLAYLIST, &playlist));
    report.note(default_path(deployment).await);
    report.note(match plain_url {
        None if url.scheme() == "http" => PLAIN_HTTP.skipped("viewers use http here, as on a laptop"),
        None => PLAIN_HTTP.skipped("https has a port of its own here, so http has none"),
        Some(url) => plain_http(deployment, url).await,
    });
    report.note(challenge(deployment).await);
    Ok(())
}

/// An unsigned request for what must be signed.
pub(super) fn unsigned(probe: Probe, answer: &Answer) -> Finding {
    if answer.is_missing_key() {
        return probe.right("403 MissingKey");
    }
    let path = printable(answer.url.path());
    let cure = match answer.status {
        status if status.is_success() || answer.refusal() != Refusal::Other => {
            format!("the behavior of {path} needs TrustedKeyGroups with the KeyGroup")
        }
        _ => cure::of(answer),
    };
    probe.wrong(answer.summary(), cure)
}

fn clock(answer: &Answer, deployment: &Deployment<'_>) -> Finding {
    let date = answer.text(header::DATE).and_then(|date| rfc2822::parse(date).ok());
    let Some(date) = date else {
        return CLOCK
            .advice("the answer has no Date", "nothing between CloudFront and the viewer may take it away");
    };
    let ours = i64::try_from(deployment.local_time().seconds()).unwrap_or(i64::MAX);
    let apart = date.timestamp().as_second() - ours;
    deployment.set_ahead(apart);
    if apart.abs() <= SKEW {
        return CLOCK.right(format!("they are within {SKEW} seconds"));
    }
    CLOCK.wrong(
        format!("this machine is {} seconds {}", apart.abs(), if apart > 0 { "behind" } else { "ahead" }),
        "set the clock of this machine, or of the one where `usher serve` runs: expiry is judged by it",
    )
}

async fn bucket(deployment: &Deployment<'_>, url: &Url) -> Finding {
    let base = url.as_str().trim_end_matches('/');
    let mut problems = Problems::default();
    for (what, address) in [
        ("the playlist", format!("{base}{}", deployment.playlist_path())),
        ("the list of objects", base.to_owned()),
    ] {
        match deployment.ask(Ask::get(address).beginning()).await {
            Ok(answer) if is_denied_by_bucket(&answer) => {}
            Ok(answer) => {
                let cure = bucket_cure(deployment, &answer);
                problems.add(format!("{what}: {}", answer.summary()), cure);
            }
            Err(reason) => problems.add(format!("{what}: {reason}"), NOT_THE_BUCKET),
        }
    }
    BUCKET.judge("403 AccessDenied of S3", &problems)
}

fn is_denied_by_bucket(answer: &Answer) -> bool {
    answer.status == StatusCode::FORBIDDEN && answer.refusal() == Refusal::Bucket("AccessDenied".to_owned())
}

fn bucket_cure(deployment: &Deployment<'_>, answer: &Answer) -> &'static str {
    let is_list = || String::from_utf8_lossy(&answer.body).contains("<ListBucketResult");
    let is_open = answer.status.is_success() && (is_playlist(&answer.body) || is_list());
    match answer.refusal() {
        _ if is_distribution(deployment, answer) => NOT_THE_BUCKET,
        _ if is_open => OPEN_BUCKET,
        // What is not there is told to nobody but those who may list.
        Refusal::Bucket(code) if code == "NoSuchKey" => OPEN_BUCKET,
        _ => NOT_THE_BUCKET,
    }
}

/// Whether somebody gave the distribution's address for another one.
fn is_distribution(deployment: &Deployment<'_>, answer: &Answer) -> bool {
    deployment.is_own(&answer.url) || answer.headers.contains_key(BY_CLOUDFRONT)
}

/// Whoever goes past CloudFront to the API would choose the viewer's host.
async fn api(deployment: &Deployment<'_>, url: &Url) -> Finding {
    let address = format!("{}/auth/cookies", url.as_str().trim_end_matches('/'));
    let ask = Ask::new(Method::POST, address).header(VIEWER_HOST, HeaderValue::from_static(ELSEWHERE));
    match deployment.ask(ask).await {
        Ok(answer) if is_distribution(deployment, &answer) => API.wrong(answer.summary(), NOT_THE_API),
        Ok(answer) if is_refused_by_api(&answer) => API.right(answer.summary()),
        Ok(answer) if matches!(answer.refusal(), Refusal::Function { .. }) => API.wrong(
            answer.summary(),
            "IssueCookiesFunction needs ORIGIN_SECRET_ARN, and the origin auth the header x-origin-secret with that secret's text",
        ),
        Ok(answer) => API.wrong(answer.summary(), NOT_THE_API),
        Err(reason) => API.wrong(reason, NOT_THE_API),
    }
}

/// By the function, or by the API before it: not by whoever else says 403, such as the bucket.
fn is_refused_by_api(answer: &Answer) -> bool {
    let is_ours =
        matches!(answer.refusal(), Refusal::Function { .. }) || answer.json().get("message").is_some();
    answer.status == StatusCode::FORBIDDEN && is_ours
}

async fn default_path(deployment: &Deployment<'_>) -> Finding {
    let answer = match deployment.ask(Ask::get(deployment.url(NOWHERE)).beginning()).await {
        Ok(answer) => answer,
        Err(reason) => return DEFAULT_PATH.wrong(reason, BROKEN),
    };
    match answer.refusal() {
        _ if answer.is_missing_key() => DEFAULT_PATH.right("403 MissingKey"),
        Refusal::Bucket(_) => DEFAULT_PATH.wrong(
            answer.summary(),
            "the default behavior leads to the bucket, so it needs TrustedKeyGroups with the KeyGroup",
        ),
        _ if answer.status.is_server_error() => DEFAULT_PATH.wrong(answer.summary(), cure::WEBSITE),
        _ => DEFAULT_PATH.right(format!("a web site answers: {}", answer.summary())),
    }
}

async fn plain_http(deployment: &Deployment<'_>, url: &Url) -> Finding {
    let base = url.origin().ascii_serialization();
    let mut problems = Problems::default();
    let mut found = Vec::new();
    for path in [deployment.playlist(), "/auth/cookies", NOWHERE] {
        match deployment.ask(Ask::get(format!("{base}{path}")).beginning()).await {
            Ok(answer) if is_closed_to_http(&answer) => found.push(answer.status.as_u16().to_string()),
            Ok(answer) => problems.add(
                format!("{path}: {}", answer.summary()),
                "ViewerProtocolPolicy must be https-only or redirect-to-https: cookies and signatures would be read \
                 on the way",
            ),
            Err(_) => found.push("no answer".to_owned()),
        }
    }
    found.dedup();
    PLAIN_HTTP.judge(found.join(", "), &problems)
}

/// A redirect to https, or CloudFront's own refusal: not that of a signature that is missing, which could
/// come over http, too.
fn is_closed_to_http(answer: &Answer) -> bool {
    let location = answer.text(header::LOCATION).unwrap_or_default();
    (answer.status.is_redirection() && location.starts_with("https://"))
        || (answer.status == StatusCode::FORBIDDEN && answer.refusal() == Refusal::Other)
}

async fn challenge(deployment: &Deployment<'_>) -> Finding {
    let ask = Ask::new(Method::POST, deployment.url("/auth/cookies"));
    let answer = match deployment.ask_auth("answer without a credential", ask).await {
        Ok(answer) => answer,
        Err(reason) => return CHALLENGE.wrong(reason, BROKEN),
    };
    if answer.status != StatusCode::UNAUTHORIZED {
        return CHALLENGE.wrong(answer.summary(), challenge_cure(&answer));
    }
    let mut problems = Problems::default();
    if answer.media_type() != "application/problem+json" {
        problems.add(format!("Content-Type is {:?}", answer.media_type()), FROM_FUNCTION);
    }
    // API Gateway renames some headers of functions.
    let challenges = [header::WWW_AUTHENTICATE, REMAPPED].map(|name| answer.headers.contains_key(name));
    if !challenges.contains(&true) {
        problems.add("there is no WWW-Authenticate", FROM_FUNCTION);
    }
    CHALLENGE.judge("401 with WWW-Authenticate", &problems)
}

fn challenge_cure(answer: &Answer) -> String {
    match answer.refusal() {
        Refusal::CloudFront(code) if code == "MissingKey" => {
            "the behavior /auth/* must have no TrustedKeyGroups, as whoever signs in has no signature yet"
                .to_owned()
        }
        Refusal::CloudFront(_) | Refusal::Bucket(_) => {
            "the behavior /auth/* must lead to the API, with all methods allowed".to_owned()
        }
        _ if answer.status.is_success() => "nobody may get cookies without a credential".to_owned(),
        _ => cure::of(answer),
    }
}

const CLOCK: Probe =
    Question::Clocks.probe("clock", "do this machine and the deployment agree on the time?").telling();
const BUCKET: Probe =
    Question::OnlyViewers.probe("bucket", "does the bucket refuse whoever comes past CloudFront?");
const API: Probe = Question::OnlyViewers.probe("api", "does the API refuse whoever comes past CloudFront?");
const UNSIGNED_PLAYLIST: Probe =
    Question::OnlyViewers.probe("unsigned playlist", "is a playlist closed to whoever has no signature?");
const DEFAULT_PATH: Probe = Question::OnlyViewers
    .probe("default path", "is closed what no behavior names, or does a web site answer there?");
const PLAIN_HTTP: Probe = Question::OnlyViewers.probe("plain http", "is http redirected or refused?");
const CHALLENGE: Probe =
    Question::SignIn.probe("challenge", "is /auth/cookies open to everybody, and wants a credential?");

/// In seconds; both sides round, and an answer takes its time.
const SKEW: i64 = 60;
/// A name that nobody has.
pub(super) const ELSEWHERE: &str = "usher-check.invalid";
pub(super) const VIEWER_HOST: HeaderName = HeaderName::from_static("x-viewer-host");
const REMAPPED: HeaderName = HeaderName::from_static("x-amzn-remapped-www-authenticate");
const BY_CLOUDFRONT: HeaderName = HeaderName::from_static("x-amz-cf-id");
/// Matches no behavior.
const NOWHERE: &str = "/usher-check/nothing";
pub(super) const BROKEN: &str = "see that the deployment is complete, and try again";
const NOT_THE_BUCKET: &str = "see that --bucket-url is the bucket's own regional address, such as \
    https://BUCKET.s3.REGION.amazonaws.com (the stack's output BucketUrl)";
const OPEN_BUCKET: &str = "the bucket is open: switch on all four of PublicAccessBlockConfiguration, and let the \
    bucket policy name cloudfront.amazonaws.com with this distribution alone";
const NOT_THE_API: &str =
    "see that --api-url is the API's own address, without /auth (the stack's output ApiUrl)";
const FROM_FUNCTION: &str = "nothing between IssueCookiesFunction and the viewer may change its answers";
