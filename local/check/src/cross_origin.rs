//! What pages of other origins may do: those that are allowed, and all others.

use http::{HeaderValue, Method, header};
use url::Url;
use usher_runtime::Origin;

use super::{
    Finding, Question, Report,
    answer::{Answer, printable},
    deployment::{Ask, Deployment},
    playback::Asset,
    report::{Probe, Problems},
    sign_in::{NOT_SIGNED_IN, Viewer},
    signed_urls::{NO_SEGMENT, Signed},
    strangers::BROKEN,
};

/// Asks as pages of an allowed origin, if there is one, and of a foreign one.
pub(super) async fn cross_origin(
    deployment: &Deployment<'_>,
    viewer: Option<&Viewer>,
    asset: &Asset,
    signed: &Signed,
    report: &mut Report,
) {
    let videos = videos(deployment, viewer, asset);
    match deployment.options.origin.as_ref().map(Origin::as_str) {
        None => {
            report.note(SIGN_IN.skipped(NO_ORIGIN));
            report.note(VIDEOS.skipped(NO_ORIGIN));
        }
        Some(origin) => {
            report.note(sign_in(deployment, origin).await);
            report.note(match videos.is_empty() {
                true => VIDEOS.unknown(NOT_SIGNED_IN),
                false => allowed_videos(deployment, origin, &videos).await,
            });
        }
    }
    report.note(match deployment.options.receiver_origin.as_ref().map(Origin::as_str) {
        None => RECEIVER.skipped("--receiver-origin was not given"),
        Some(origin) => receiver(deployment, origin, signed).await,
    });
    report.note(foreign(deployment, &videos).await);
}

/// A viewer's requests for a playlist and a segment.
fn videos(
    deployment: &Deployment<'_>,
    viewer: Option<&Viewer>,
    asset: &Asset,
) -> Vec<(&'static str, Url, HeaderValue)> {
    let Some(viewer) = viewer.filter(|viewer| !viewer.jar.cookies.is_empty()) else { return Vec::new() };
    let playlist = Url::parse(&deployment.url(deployment.playlist())).ok();
    let both = [("the playlist", playlist), ("a segment", asset.first_segment.clone())];
    let asked = both.into_iter().filter_map(|(what, url)| Some((what, url?)));
    asked
        .map(|(what, url)| {
            let cookies = viewer.jar.header(url.path());
            (what, url, cookies)
        })
        .collect()
}

fn preflight(deployment: &Deployment<'_>, origin: &str) -> Ask {
    Ask::new(Method::OPTIONS, deployment.url("/auth/cookies"))
        .text(header::ORIGIN, origin)
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("POST"))
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, HeaderValue::from_static("authorization"))
}

async fn sign_in(deployment: &Deployment<'_>, origin: &str) -> Finding {
    let answer = match deployment.ask(preflight(deployment, origin)).await {
        Ok(answer) => answer,
        Err(reason) => return SIGN_IN.wrong(reason, BROKEN),
    };
    let mut problems = Problems::default();
    if !answer.status.is_success() {
        problems.add(answer.summary(), "the behavior /auth/* must allow OPTIONS and lead to the API");
    }
    allowed(&answer, "the preflight", origin, &mut problems);
    for (name, wanted) in [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization"),
    ] {
        let list = answer.text(name).unwrap_or_default();
        if answer.status.is_success() && !list.split(',').any(|one| one.trim().eq_ignore_ascii_case(wanted)) {
            problems.add(format!("the preflight does not allow {wanted}"), ALLOWED_ORIGINS);
        }
    }
    SIGN_IN.judge("allowed with credentials", &problems)
}

async fn allowed_videos(
    deployment: &Deployment<'_>,
    origin: &str,
    videos: &[(&'static str, Url, HeaderValue)],
) -> Finding {
    let mut problems = Problems::default();
    for (what, url, cookies) in videos {
        match deployment.ask(get(url, cookies, origin)).await {
            Ok(refusal) if !refusal.status.is_success() => return VIDEOS.unknown(refused(what, &refusal)),
            Ok(answer) => allowed(&answer, what, origin, &mut problems),
            Err(reason) => problems.add(reason, BROKEN),
        }
    }
    VIDEOS.judge("allowed with credentials", &problems)
}

/// A refusal has no CORS headers; why it is one is told by other checks.
fn refused(what: &str, refusal: &Answer) -> String {
    format!("{what} is answered with {}", refusal.status.as_u16())
}

/// A cast receiver's page reads what it plays by signed URLs, without cookies. It never signs in.
async fn receiver(deployment: &Deployment<'_>, origin: &str, signed: &Signed) -> Finding {
    let mut problems = Problems::default();
    for (what, url) in [("the playlist", &signed.playlist), ("a segment", &signed.segment)] {
        let Some(url) = url else { continue };
        let ask = Ask::get(url.as_str()).text(header::ORIGIN, origin).beginning();
        let answer = deployment.ask(ask).await;
        if let Ok(refusal) = answer.as_ref()
            && !refusal.status.is_success()
        {
            return RECEIVER.unknown(refused(what, refusal));
        }
        match answer.as_ref().map(allowed_origin) {
            Ok(Some(value)) if value == origin || value == "*" => {}
            Ok(Some(value)) => problems.add(format!("{what} allows {}", printable(value)), CAST_RECEIVERS),
            Ok(None) => problems.add(format!("{what} allows no other origin"), CAST_RECEIVERS),
            Err(reason) => problems.add(reason, BROKEN),
        }
    }
    match deployment.ask(preflight(deployment, origin)).await.as_ref().map(allowed_origin) {
        Ok(Some(value)) if value == origin || value == "*" => problems.add(
            "it may sign viewers in",
            "name the origin in CastReceiverOrigins alone, and not in AllowedOrigins",
        ),
        Ok(_) => {}
        Err(reason) => problems.add(reason, BROKEN),
    }
    match (&signed.playlist, &signed.segment) {
        (None, _) if problems.is_empty() => RECEIVER.unknown("no playlist was served by a signed URL"),
        (_, None) if problems.is_empty() => RECEIVER.unknown(NO_SEGMENT),
        _ => RECEIVER.judge("it may play, and not sign in", &problems),
    }
}

fn allowed_origin(answer: &Answer) -> Option<&str> {
    answer.text(header::ACCESS_CONTROL_ALLOW_ORIGIN)
}

async fn foreign(deployment: &Deployment<'_>, videos: &[(&'static str, Url, HeaderValue)]) -> Finding {
    let mut problems = Problems::default();
    let asks = videos.iter().map(|(what, url, cookies)| (*what, get(url, cookies, FOREIGN)));
    let asks = std::iter::once(("the preflight", preflight(deployment, FOREIGN))).chain(asks);
    for (what, ask) in asks {
        match deployment.ask(ask).await {
            Err(reason) => problems.add(reason, BROKEN),
            Ok(answer) => {
                let cure =
                    "AllowedOrigins and CastReceiverOrigins must name the origins of your own pages alone";
                if let Some(value @ (FOREIGN | "*")) = allowed_origin(&answer) {
                    let whom = if value == "*" { "every origin" } else { "any origin that asks" };
                    problems.add(format!("{what} allows {whom}"), cure);
                }
            }
        }
    }
    FOREIGN_ORIGIN.judge("nothing is allowed", &problems)
}

fn get(url: &Url, cookies: &HeaderValue, origin: &str) -> Ask {
    Ask::get(url.as_str()).header(header::COOKIE, cookies.clone()).text(header::ORIGIN, origin).beginning()
}

/// Whether a page of `origin` may read it that asked with cookies.
fn allowed(answer: &Answer, what: &str, origin: &str, problems: &mut Problems) {
    match allowed_origin(answer) {
        Some(value) if value == origin => {
            if answer.text(header::ACCESS_CONTROL_ALLOW_CREDENTIALS) != Some("true") {
                problems.add(format!("{what} is not allowed with credentials"), ALLOWED_ORIGINS);
            }
        }
        Some(value) => problems.add(format!("{what} allows {}", printable(value)), ALLOWED_ORIGINS),
        None => problems.add(format!("{what} allows no other origin"), ALLOWED_ORIGINS),
    }
}

const SIGN_IN: Probe = Question::OtherPages.probe("cors sign-in", "may a page of --origin sign viewers in?");
const VIDEOS: Probe = Question::OtherPages.probe("cors videos", "may a page of --origin play?");
const RECEIVER: Probe = Question::OtherPages
    .probe("cors receiver", "may the cast receiver of --receiver-origin play, and not sign in?");
const FOREIGN_ORIGIN: Probe =
    Question::OtherPages.probe("foreign origin", "may no other page read anything?");
const FOREIGN: &str = "https://usher-check.invalid";
const NO_ORIGIN: &str = "--origin was not given: the player stands on the distribution";
const CAST_RECEIVERS: &str = "name the origin in the parameter CastReceiverOrigins, as browsers send it";
const ALLOWED_ORIGINS: &str = "name the origin in the parameter AllowedOrigins, as browsers send it";
