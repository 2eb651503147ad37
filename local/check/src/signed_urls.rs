//! What a player without cookies does: watches by signed URLs.

use cloudfront_signing::without_reserved_parameters;
use hls_rewrite::without_policy_copy;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use url::Url;

use super::{
    Finding, Question, Report,
    answer::{Answer, printable},
    cure::{self, Sent, of_signed},
    deployment::{Ask, Deployment},
    jar::change,
    other_manifests::{OTHER_MANIFESTS, other_manifests},
    policy::HeldPolicy,
    report::Probe,
    sign_in::{NOT_SIGNED_IN, Viewer},
    signed_playlists::{PROBES, has_signature, life, reach, signed, without_copy},
    strangers::BROKEN,
    tampering::refused,
    viewer_request_function::{SEEN, headers, headers_without_url, seen},
    walk::{Access, Played, Walk, is_served},
};

/// What played without cookies.
#[derive(Default)]
pub(super) struct Signed {
    pub(super) playlist: Option<Url>,
    pub(super) segment: Option<Url>,
    pub(super) played: Vec<Played>,
}

/// Asks for a signed URL, plays it, and tries it on what it is not for.
pub(super) async fn signed_urls(
    deployment: &Deployment<'_>,
    viewer: Option<&Viewer>,
    report: &mut Report,
) -> Signed {
    let Some(viewer) = viewer else {
        not_made(deployment, report, &[SIGNED_URL], NOT_SIGNED_IN);
        return Signed::default();
    };
    let url = match issue(deployment, viewer).await {
        Ok(url) => url,
        Err(check) => {
            report.note(check);
            not_made(deployment, report, &[], "no URL was signed");
            return Signed::default();
        }
    };
    let walk = Walk::new(deployment, &url, Access::Parameters).await;
    report.note(playlist(deployment, &url, &walk.playlist));
    report.note(signed(deployment, &walk));
    report.note(reach(deployment, &url, &walk));
    report.note(life(&url, &walk));
    report.note(seen(deployment, &url).await);
    report.note(headers(deployment, &url, &walk));
    let segment = walk.first_segment().filter(|segment| has_signature(segment));
    report.note(match segment {
        Some(segment) => segment_without_cookies(deployment, segment).await,
        None if walk.first_segment().is_some() => SIGNED_SEGMENT.unknown("no segment is signed"),
        None => SIGNED_SEGMENT.unknown(NO_SEGMENT),
    });
    report.note(match &walk.playlist {
        Ok(answer) if is_served(answer) => other_manifests(deployment, &url).await,
        _ => OTHER_MANIFESTS.unknown("no playlist was served"),
    });
    report.note(ask_refused(deployment, CHANGED_URL, &changed(&url)).await);
    report.note(other_asset(deployment, &url).await);
    let segment = segment.cloned();
    let played = walk.played(Access::Parameters);
    Signed { playlist: walk.playlist.is_ok_and(|answer| is_served(&answer)).then_some(url), segment, played }
}

fn not_made(deployment: &Deployment<'_>, report: &mut Report, before: &[Probe], why: &str) {
    for probe in before.iter().chain(&PROBES).chain(&[SEEN]) {
        report.note(probe.unknown(why));
    }
    report.note(headers_without_url(deployment, why));
    for probe in [SIGNED_SEGMENT, OTHER_MANIFESTS, CHANGED_URL, OTHER_ASSET] {
        report.note(probe.unknown(why));
    }
}

async fn issue(deployment: &Deployment<'_>, viewer: &Viewer) -> Result<Url, Finding> {
    // Without a style of its own: in some, the signature does not stand in each URI.
    let ask = Ask::new(Method::POST, deployment.url("/auth/urls"))
        .json(json!({ "path": deployment.playlist_path() }).to_string());
    let ask = viewer.credential.add_to(ask, deployment);
    let answer = deployment.ask_auth("answer with a URL", ask).await;
    let answer = answer.map_err(|reason| SIGNED_URL.wrong(reason, BROKEN))?;
    if answer.status != StatusCode::OK {
        return Err(SIGNED_URL.wrong(answer.summary(), cure::of(&answer)));
    }
    let body = answer.json();
    let url = body.get("url").and_then(Value::as_str).and_then(|url| Url::parse(url).ok());
    match url {
        None => Err(SIGNED_URL.wrong("200, and no URL in it", "the behavior /auth/* must lead to IssueCookiesFunction")),
        Some(url) if !deployment.is_own(&url) => Err(SIGNED_URL.wrong(
            format!("it is for {}", printable(&url.origin().ascii_serialization())),
            "DomainName must be the host that viewers ask (VIEWER_HOST of the functions), and VIEWER_PROTOCOL theirs",
        )),
        Some(url) => Ok(url),
    }
}

fn playlist(deployment: &Deployment<'_>, url: &Url, answer: &Result<Answer, String>) -> Finding {
    match answer {
        Err(reason) => SIGNED_URL.wrong(reason, BROKEN),
        Ok(answer) if is_served(answer) => SIGNED_URL.right("200 without cookies"),
        Ok(answer) => SIGNED_URL.wrong(answer.summary(), refusal(deployment, url, answer)),
    }
}

fn refusal(deployment: &Deployment<'_>, url: &Url, answer: &Answer) -> String {
    let policy = HeldPolicy::of_url(url);
    let plain = without_policy_copy(&without_reserved_parameters(url.as_str()));
    of_signed(answer, &Sent { policy: policy.as_ref(), url: &plain, now: deployment.now() })
}

async fn segment_without_cookies(deployment: &Deployment<'_>, url: &Url) -> Finding {
    match deployment.ask(Ask::get(url.as_str()).beginning()).await {
        Ok(answer) if answer.status == StatusCode::OK => SIGNED_SEGMENT.right("200 without cookies"),
        Ok(answer) => SIGNED_SEGMENT.wrong(answer.summary(), refusal(deployment, url, &answer)),
        Err(reason) => SIGNED_SEGMENT.wrong(reason, BROKEN),
    }
}

async fn ask_refused(deployment: &Deployment<'_>, probe: Probe, url: &str) -> Finding {
    match deployment.ask(Ask::get(url).beginning()).await {
        Ok(answer) => refused(probe, &answer),
        Err(reason) => probe.wrong(reason, BROKEN),
    }
}

/// The URL with another signature, byte for byte the same otherwise: also with the right one in its copy.
fn changed(url: &Url) -> String {
    let found =
        ["?Signature=", "&Signature="].iter().find_map(|name| url.as_str().split_once(name).zip(Some(name)));
    match found {
        Some(((before, signature), name)) => format!("{before}{name}{}", change(signature)),
        None => url.to_string(),
    }
}

/// The parameters of one asset on another, which does not have to exist: signatures are looked at first.
async fn other_asset(deployment: &Deployment<'_>, url: &Url) -> Finding {
    let other = deployment.url("/video/usher-check/segment.ts");
    if HeldPolicy::of_url(url).is_some_and(|policy| policy.covers(&other)) {
        return OTHER_ASSET.advice(
            "a signed URL of one film opens them all",
            "raise ScopeDepth, so that it opens one folder alone",
        );
    }
    let url = without_copy(url);
    let parameters = url.query().unwrap_or_default();
    ask_refused(deployment, OTHER_ASSET, &format!("{other}?{parameters}")).await
}

const SIGNED_URL: Probe =
    Question::PlaysByUrl.probe("signed url", "does a viewer get a URL that plays without cookies?");
const SIGNED_SEGMENT: Probe =
    Question::PlaysByUrl.probe("signed segment", "is a segment served by its signed URL alone?");
const CHANGED_URL: Probe = Question::NothingMore
    .probe("changed url", "is a URL refused in whose signature a character was changed?");
const OTHER_ASSET: Probe =
    Question::NothingMore.probe("other asset", "does the signature of one film open no other?");
pub(super) const NO_SEGMENT: &str = "no playlist of a signed URL named a segment";
