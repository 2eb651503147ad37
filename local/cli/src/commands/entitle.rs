//! `usher entitle`: what a token may watch, rule by rule.

use std::{fs, io::Read as _, path::Path};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cloudfront_signing::UnixTime;
use hls_rewrite::Preview;
use issue_cookies::{
    Entitlements, Facts, Location, NotEntitled, PathClaims, Purpose, Subject,
    claims::{UniqueClaims, shown},
};
use serde_json::{Map, Value};
use usher_runtime::system_clock;

use super::{InputError, Outcome};
use crate::arguments::Entitle;

pub(super) fn run(arguments: &Entitle) -> Result<Outcome, InputError> {
    let entitlements = Entitlements::read(&|name| match (name, &arguments.entitlements) {
        ("ENTITLEMENTS", Some(rules)) => Some(rules.clone()),
        _ => std::env::var(name).ok(),
    })
    .map_err(|error| InputError(error.to_string()))?;
    let text = read(&arguments.token)?;
    let mut lines = Vec::new();
    let claims = match text.strip_prefix('{') {
        Some(_) => {
            let claims = claims(text.as_bytes())?;
            if claims.get("access_token").is_some_and(Value::is_string) {
                return Err(InputError::new(
                    "the file has no token but a JSON object that contains one: keep only the text of access_token",
                ));
            }
            claims
        }
        None => {
            lines.push("not verified: these are the claims that the token contains".to_owned());
            let claims = claims_of_token(&text)?;
            lines.extend(deciding(&text, &claims, system_clock()().seconds())?);
            claims
        }
    };
    let subject = subject(claims, arguments)?;
    let asn = arguments.asn.map(|number| number.to_string());
    let location = Location::new(arguments.country.as_deref(), asn.as_deref());
    let viewer = Facts { subject: &subject, location: &location };
    for (at, rule) in entitlements.explain(viewer).into_iter().enumerate() {
        lines.push(format!("rule {at}: {}", rule.rule));
        lines.push(match rule.outcome {
            Ok(folders) if folders.is_empty() => "  gives nothing: a claim is an empty list".to_owned(),
            Ok(folders) => match rule.purpose {
                Purpose::Watch => format!("  gives {}", joined(&folders)),
                Purpose::Download => format!("  gives downloads from {}", joined(&folders)),
                Purpose::Preview(preview) => {
                    format!("  gives previews of {} s from {}", preview.seconds(), joined(&folders))
                }
            },
            Err(why) => format!("  gives nothing: {why}"),
        });
    }
    match &subject.paths {
        Some(paths) => lines.push(format!("the site allows: {}", joined(paths))),
        None if ["path", "paths"].iter().any(|name| subject.claims.contains_key(*name)) => lines.push(
            "path and paths have no effect, unless the site itself signs the token (--site-signs)".to_owned(),
        ),
        None => {}
    }
    let refusal = match &arguments.path {
        Some(path) => {
            let path = path.split('?').next().unwrap_or_default();
            let verdict = verdict(&entitlements, viewer, path);
            lines.push(verdict.as_ref().map_or_else(
                |why| format!("may not watch {path}: {why}"),
                |permitted| format!("may {permitted}"),
            ));
            verdict.err()
        }
        None => {
            let resources = entitlements.resources(viewer);
            lines.push(resources.as_ref().map_or_else(
                |why| format!("may watch nothing: {why}"),
                |resources| format!("may watch {}", joined(resources)),
            ));
            resources.err()
        }
    };
    Ok(Outcome { refused: refusal.is_some(), ..Outcome::line(lines.join("\n")) })
}

/// What the viewer may do with the file at `path`.
fn verdict(entitlements: &Entitlements, viewer: Facts<'_>, path: &str) -> Result<String, NotEntitled> {
    let refusal = match entitlements.permits(viewer, path) {
        Ok(()) => return Ok(format!("watch {path}")),
        Err(refusal) => refusal,
    };
    if !path.ends_with(".m3u8") {
        let permitted = entitlements.permits_download(viewer, path);
        return permitted.map(|()| format!("download {path}")).map_err(|_| refusal);
    }
    let longest = Preview::new(Preview::LONGEST).ok_or(refusal.clone())?;
    let preview = entitlements.preview(viewer, path, longest).map_err(|_| refusal)?;
    Ok(format!("watch the first {} s of {path}", preview.seconds()))
}

fn subject(claims: Map<String, Value>, arguments: &Entitle) -> Result<Subject, InputError> {
    let path_claims = if arguments.site_signs { PathClaims::Narrowing } else { PathClaims::Foreign };
    let paths = path_claims.read(&claims).map_err(|_| {
        InputError::new("the function rejects this token: path must be a text, or paths a list of texts")
    })?;
    let id = claims.get("sub").and_then(Value::as_str).unwrap_or_default().to_owned();
    let authenticator = arguments.authenticator.name();
    // Rules do not ask when a token ends.
    Ok(Subject { id, expires: UnixTime::new(0)?, claims, paths, authenticator })
}

/// What decides whether the function accepts the token, a line each. The texts are somebody else's.
fn deciding(token: &str, claims: &Map<String, Value>, now: u64) -> Result<Vec<String>, InputError> {
    let header = token.split('.').next().and_then(|header| URL_SAFE_NO_PAD.decode(header).ok());
    let header =
        self::claims(&header.ok_or_else(|| InputError::new("the token's header is not Base64url"))?)?;
    let all = [
        (&header, "alg", true),
        (&header, "typ", false),
        (claims, "iss", true),
        (claims, "aud", true),
        (claims, "azp", false),
        (claims, "client_id", false),
        (claims, "token_use", false),
        (claims, "sub", true),
        (claims, "exp", true),
    ];
    let line = |(from, name, is_required): (&Map<String, Value>, &str, bool)| match from.get(name) {
        Some(value) if name == "exp" => Some(format!("  exp {}", time(value, now))),
        Some(value) => Some(format!("  {name} {}", shown(value))),
        None => is_required.then(|| format!("  {name} is missing")),
    };
    Ok(all.into_iter().filter_map(line).collect())
}

fn time(value: &Value, now: u64) -> String {
    let seconds = value.as_f64().filter(|seconds| (0.0..1e11).contains(seconds));
    let Some(time) = seconds.and_then(|seconds| UnixTime::new(seconds as u64).ok()) else {
        return shown(value);
    };
    match time.seconds().checked_sub(now) {
        Some(left @ 1..) => format!("{time}, in {left} s"),
        _ => format!("{time}, expired {} s ago", now.saturating_sub(time.seconds())),
    }
}

fn claims_of_token(text: &str) -> Result<Map<String, Value>, InputError> {
    let mut parts = text.split('.');
    let payload = parts.nth(1).filter(|_| parts.count() == 1);
    let payload = payload.and_then(|payload| URL_SAFE_NO_PAD.decode(payload).ok());
    claims(&payload.ok_or_else(|| {
        InputError::new(
            "the token is neither a JSON Web Token (three parts with dots between) nor a JSON object",
        )
    })?)
}

fn claims(json: &[u8]) -> Result<Map<String, Value>, InputError> {
    let claims: Result<UniqueClaims, _> = serde_json::from_slice(json);
    claims
        .map(|UniqueClaims(claims)| claims)
        .map_err(|error| InputError(format!("the claims cannot be read: {error}")))
}

fn read(file: &Path) -> Result<String, InputError> {
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(file)
    };
    let text = read.map_err(|error| InputError(format!("{} cannot be read: {error}", file.display())))?;
    Ok(text.trim().to_owned())
}

fn joined(all: &[impl ToString]) -> String {
    if all.is_empty() {
        return "nothing".to_owned();
    }
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
