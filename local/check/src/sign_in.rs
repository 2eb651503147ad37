//! What a viewer does first and last: signs in and gets cookies, and signs out.

use cookie::{Cookie, SameSite};
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::json;
use usher_runtime::site;

use super::{
    Credential, Finding, Question, Report,
    answer::{Answer, printable},
    cure,
    deployment::{Ask, Deployment},
    jar::{Jar, path_matches},
    policy::HeldPolicy,
    report::{Probe, Problems},
    strangers::{BROKEN, ELSEWHERE, VIEWER_HOST},
};

/// Who may watch.
pub(super) struct Viewer {
    pub(super) credential: Credential,
    /// What a browser would keep; empty where there were no cookies.
    pub(super) jar: Jar,
}

impl Viewer {
    pub(super) fn policy(&self, path: &str) -> Option<HeldPolicy> {
        HeldPolicy::read(self.jar.value("CloudFront-Policy", path)?)
    }
}

/// Signs in. The viewer is nobody where no credential is at hand.
pub(super) async fn sign_in(deployment: &Deployment<'_>, report: &mut Report) -> Option<Viewer> {
    let Some(credential) = Credential::of(deployment).await else {
        report.note(SIGN_IN.unknown(
            "no credential was given: use --bearer-file, --cookie-file or the variable USHER_BEARER",
        ));
        report.note(COOKIES.unknown(NOT_SIGNED_IN));
        report.note(POLICY.unknown(NOT_SIGNED_IN));
        report.note(ONE_FILM.unknown(NOT_SIGNED_IN));
        report.note(SPOOFED_HOST.unknown(NOT_SIGNED_IN));
        return None;
    };
    let answer = deployment.ask_auth("answer with cookies", post(deployment, &credential)).await;
    let jar = match &answer {
        Ok(answer) if answer.status == StatusCode::OK => {
            report.note(SIGN_IN.right("200"));
            let jar = Jar::of(&answer.headers);
            report.note(cookies(deployment, &jar));
            report.note(policy(deployment, &jar));
            report.note(one_film(deployment, &credential).await);
            jar
        }
        refused => {
            report.note(match refused {
                Ok(answer) => SIGN_IN.wrong(answer.summary(), cure::of(answer)),
                Err(reason) => SIGN_IN.wrong(reason, BROKEN),
            });
            report.note(COOKIES.unknown(NOT_SIGNED_IN));
            report.note(POLICY.unknown(NOT_SIGNED_IN));
            report.note(ONE_FILM.unknown(NOT_SIGNED_IN));
            Jar::default()
        }
    };
    report.note(spoofed_host(deployment, &credential).await);
    Some(Viewer { credential, jar })
}

/// Signs out, with the cookies that a browser would send.
pub(super) async fn sign_out(deployment: &Deployment<'_>, viewer: Option<&Viewer>, report: &mut Report) {
    let Some(viewer) = viewer.filter(|viewer| !viewer.jar.cookies.is_empty()) else {
        report.note(SIGN_OUT.unknown(NOT_SIGNED_IN));
        return;
    };
    let ask = Ask::new(Method::DELETE, deployment.url("/auth/cookies"))
        .header(header::COOKIE, viewer.jar.header("/auth/cookies"));
    report.note(match deployment.ask_auth("answer to a sign-out", ask).await {
        Err(reason) => SIGN_OUT.wrong(reason, BROKEN),
        Ok(answer) if answer.status != StatusCode::NO_CONTENT => {
            SIGN_OUT.wrong(answer.summary(), "the behavior /auth/* must allow DELETE and lead to the API")
        }
        Ok(answer) => cleared(&answer, &viewer.jar),
    });
}

fn post(deployment: &Deployment<'_>, credential: &Credential) -> Ask {
    credential.add_to(Ask::new(Method::POST, deployment.url("/auth/cookies")), deployment)
}

/// Whether a browser would keep the cookies, and send them where they are needed and nowhere else.
fn cookies(deployment: &Deployment<'_>, jar: &Jar) -> Finding {
    let signed: Vec<&Cookie<'static>> = signed_cookies(jar).collect();
    let mut problems = Problems::default();
    for name in ["CloudFront-Key-Pair-Id", "CloudFront-Policy", "CloudFront-Signature"] {
        if !signed.iter().any(|cookie| cookie.name() == name) {
            problems.add(format!("there is no {name}"), UNCHANGED);
        }
    }
    if !signed.is_empty() && !has_cookies_for(jar, deployment.playlist()) {
        problems.add(
            format!("none goes to {}", printable(deployment.playlist())),
            "the viewer may not watch this playlist: look at Entitlements, or name another with --playlist",
        );
    }
    attribute_problems(&signed, &mut problems);
    domain_problems(deployment, &signed, &mut problems);
    let names = names(&signed, |_| true).unwrap_or_default();
    let attributes = signed.first().map(|cookie| attributes(cookie)).unwrap_or_default();
    COOKIES.judge(format!("{names}; {attributes}"), &problems)
}

fn signed_cookies(jar: &Jar) -> impl Iterator<Item = &Cookie<'static>> {
    jar.cookies.iter().filter(|cookie| cookie.name().starts_with(PREFIX))
}

/// The names of the cookies that are so, if any is.
fn names(cookies: &[&Cookie<'static>], is_so: impl Fn(&Cookie<'_>) -> bool) -> Option<String> {
    let names =
        cookies.iter().filter(|cookie| is_so(cookie)).map(|cookie| cookie.name().trim_start_matches(PREFIX));
    let mut names: Vec<&str> = names.collect();
    // A viewer may have several sets, each for a folder.
    names.sort_unstable();
    names.dedup();
    (!names.is_empty()).then(|| printable(&names.join(", ")))
}

/// Something about a cookie.
type IsSo = fn(&Cookie<'_>) -> bool;

fn attribute_problems(cookies: &[&Cookie<'static>], problems: &mut Problems) {
    let missing: [(&str, IsSo); 3] = [
        ("Secure", |cookie| cookie.secure() != Some(true)),
        ("HttpOnly", |cookie| cookie.http_only() != Some(true)),
        ("Path", |cookie| cookie.path().is_none()),
    ];
    for (attribute, is_missing) in missing {
        if let Some(names) = names(cookies, is_missing) {
            problems.add(format!("without {attribute}: {names}"), UNCHANGED);
        }
    }
}

fn domain_problems(deployment: &Deployment<'_>, cookies: &[&Cookie<'static>], problems: &mut Problems) {
    let host = deployment.host();
    if let Some(names) = names(cookies, |cookie| cookie.domain().is_some()) {
        problems.add(
            format!("for a domain, not for the host alone: {names}"),
            "no proxy may add a Domain to the cookies",
        );
    }
    let Some(origin) = &deployment.options.origin else { return };
    if site(origin.host()) != site(host)
        && let Some(names) = names(cookies, |cookie| cookie.same_site() != Some(SameSite::None))
    {
        problems.add(
            format!("not sent from pages of {origin}, which is another site: {names}"),
            "set CookieSameSite to NonePartitioned",
        );
    }
}

fn attributes(cookie: &Cookie<'_>) -> String {
    let mut attributes = vec![format!("Path={}", cookie.path().unwrap_or_default())];
    attributes.extend(cookie.domain().map(|domain| format!("Domain={domain}")));
    attributes.extend(cookie.same_site().map(|same_site| format!("SameSite={same_site}")));
    printable(&attributes.join(", "))
}

/// Whether the policy is for this very host, for a time to come.
fn policy(deployment: &Deployment<'_>, jar: &Jar) -> Finding {
    let Some(value) = jar.value("CloudFront-Policy", deployment.playlist()) else {
        return POLICY.unknown("there is no policy for this playlist");
    };
    let Some(policy) = HeldPolicy::read(value) else {
        return POLICY.wrong("it cannot be read", UNCHANGED);
    };
    let now = deployment.now();
    let resource = printable(&policy.resource);
    let mut problems = Problems::default();
    if !policy.is_for(deployment.base()) {
        problems.add(
            format!("it covers {resource}, and this is {}", deployment.base()),
            "DomainName must be the host that viewers ask (VIEWER_HOST of the functions), and VIEWER_PROTOCOL theirs",
        );
    } else if !policy.covers(&deployment.url(deployment.playlist())) {
        problems.add(
            format!("it covers {resource}, and not the playlist"),
            "look at Entitlements, or name another playlist with --playlist",
        );
    }
    if policy.expires <= now {
        problems.add(format!("it expired at {}", policy.expires), "see that the clocks are right");
    }
    let hash =
        jar.value("CloudFront-Hash-Algorithm", deployment.playlist()).map_or("SHA1".to_owned(), printable);
    let found = format!("{resource} for {} minutes, {hash}", policy.minutes_from(now));
    match (POLICY.judge(found, &problems), hash.as_str()) {
        (Finding { outcome: super::Outcome::Right, found, .. }, "SHA1") => POLICY.advice(
            found,
            "set hash_algorithm in the existing key's secret to SHA256, unless its other users need SHA1",
        ),
        (check, _) => check,
    }
}

/// Whether a viewer gets the cookies of the playlist's asset alone, as `usher.js` asks for them.
async fn one_film(deployment: &Deployment<'_>, credential: &Credential) -> Finding {
    let path = deployment.playlist();
    let ask = post(deployment, credential).json(json!({ "path": path }).to_string());
    let answer = match deployment.ask_auth("answer with the cookies of one film", ask).await {
        Ok(answer) if answer.status == StatusCode::OK => answer,
        Ok(answer) => return ONE_FILM.wrong(answer.summary(), cure::of(&answer)),
        Err(reason) => return ONE_FILM.wrong(reason, BROKEN),
    };
    let jar = Jar::of(&answer.headers);
    let Some(policy) = jar.value("CloudFront-Policy", path).and_then(HeldPolicy::read) else {
        return ONE_FILM.wrong(format!("no policy goes to {}", printable(path)), UNCHANGED);
    };
    let mut problems = Problems::default();
    if !policy.covers(&deployment.url(path)) {
        let problem = format!("it covers {}, and not the playlist", printable(&policy.resource));
        problems.add(problem, "DomainName must be the host that viewers ask (VIEWER_HOST of the functions)");
    }
    let elsewhere: Vec<_> = signed_cookies(&jar).filter(|cookie| !path_matches(cookie, path)).collect();
    if let Some(names) = names(&elsewhere, |_| true) {
        problems.add(format!("for another path: {names}"), UNCHANGED);
    }
    ONE_FILM.judge(printable(&policy.resource), &problems)
}

/// A viewer who could choose the host would get policies for other people's.
async fn spoofed_host(deployment: &Deployment<'_>, credential: &Credential) -> Finding {
    let ask = post(deployment, credential).header(VIEWER_HOST, HeaderValue::from_static(ELSEWHERE));
    let answer = match deployment.ask(ask).await {
        Ok(answer) => answer,
        Err(reason) => return SPOOFED_HOST.wrong(reason, BROKEN),
    };
    let jar = Jar::of(&answer.headers);
    let policies: Vec<HeldPolicy> = jar
        .cookies
        .iter()
        .filter(|cookie| cookie.name() == "CloudFront-Policy")
        .filter_map(|cookie| HeldPolicy::read(cookie.value()))
        .collect();
    if policies.is_empty() {
        return SPOOFED_HOST.unknown(format!("no policy was issued: {}", answer.summary()));
    }
    match policies.iter().find(|policy| policy.resource.contains(ELSEWHERE)) {
        None => SPOOFED_HOST.right("it counts for nothing"),
        Some(policy) => SPOOFED_HOST.wrong(
            format!("a policy for {}", printable(&policy.resource)),
            "associate ViewerRequestFunction with the behavior /auth/*: it overwrites the header; or set DomainName",
        ),
    }
}

fn cleared(answer: &Answer, jar: &Jar) -> Finding {
    let cleared = Jar::cleared(&answer.headers);
    let is_cleared = |cookie: &Cookie<'_>| {
        cleared.cookies.iter().any(|one| {
            (one.name(), one.path(), one.domain()) == (cookie.name(), cookie.path(), cookie.domain())
        })
    };
    let mut problems = Problems::default();
    for cookie in signed_cookies(jar).filter(|cookie| !is_cleared(cookie)) {
        let path = cookie.path().unwrap_or_default();
        problems.add(format!("{} of {} stays", printable(cookie.name()), printable(path)), UNCHANGED);
    }
    SIGN_OUT.judge("204, and every cookie is cleared", &problems)
}

/// The viewer, where cookies go to the playlist; else why not.
pub(super) fn with_cookies<'v>(
    deployment: &Deployment<'_>,
    viewer: Option<&'v Viewer>,
) -> Result<&'v Viewer, &'static str> {
    match viewer.filter(|viewer| !viewer.jar.cookies.is_empty()) {
        None => Err(NOT_SIGNED_IN),
        Some(viewer) if has_cookies_for(&viewer.jar, deployment.playlist()) => Ok(viewer),
        Some(_) => Err("no cookie goes to the playlist"),
    }
}

/// Whether any cookie goes to this path.
fn has_cookies_for(jar: &Jar, path: &str) -> bool {
    signed_cookies(jar).any(|cookie| path_matches(cookie, path))
}

const PREFIX: &str = "CloudFront-";
const SIGN_IN: Probe = Question::SignIn.probe("sign-in", "does a viewer get cookies?");
const COOKIES: Probe =
    Question::Cookies.probe("cookies", "would a browser keep them, and send them to the videos?");
const POLICY: Probe =
    Question::Cookies.probe("policy", "are the cookies for this host, and for a time to come?").telling();
const ONE_FILM: Probe =
    Question::Cookies.probe("one film", "does a viewer get the cookies of one film alone?");
const SPOOFED_HOST: Probe =
    Question::NothingMore.probe("spoofed host", "does x-viewer-host of a viewer's own count for nothing?");
const SIGN_OUT: Probe = Question::SignIn.probe("sign-out", "are the cookies cleared?");
pub(super) const NOT_SIGNED_IN: &str = "nobody is signed in";
const UNCHANGED: &str = "nothing between IssueCookiesFunction and the viewer may change Set-Cookie";
