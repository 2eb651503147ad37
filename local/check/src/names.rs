//! Whether files are found whose names have characters that a URL encodes. CloudFront signs its own requests to the
//! function URL and the bucket, and both must read the path alike. The film needs no such file: what does not exist is
//! answered as any other name that does not exist.

use http::{StatusCode, header};

use super::{
    Question, Report,
    answer::{Answer, Refusal, printable},
    deployment::{Ask, Deployment},
    report::{Probe, Problems},
    sign_in::{Viewer, with_cookies},
};

/// Compares with a plain name, for a playlist and for a segment.
pub(super) async fn names(deployment: &Deployment<'_>, viewer: Option<&Viewer>, report: &mut Report) {
    let viewer = match with_cookies(deployment, viewer) {
        Ok(viewer) => viewer,
        Err(why) => return unknown(report, why),
    };
    let mut plain = Vec::new();
    for extension in EXTENSIONS {
        match ask(deployment, viewer, &format!("usher-check.{extension}")).await {
            Ok(answer) if is_of_origin(&answer) => plain.push((extension, seen(&answer))),
            _ => return unknown(report, NOT_LOOKED_UP),
        }
    }
    for (probe, names) in [(SPACES, SPACED.as_slice()), (PLUS, &PLUSSED)] {
        let mut problems = Problems::default();
        for (extension, expected) in &plain {
            for name in names {
                match ask(deployment, viewer, &format!("{name}.{extension}")).await {
                    Ok(answer) if seen(&answer) == *expected => {}
                    Ok(answer) => {
                        problems.add(format!("{}: {}", printable(answer.url.path()), answer.brief()), RENAME);
                    }
                    Err(reason) => problems.add(format!("{name}.{extension}: {reason}"), RENAME),
                }
            }
        }
        report.note(probe.advise("they are looked up as other names", &problems));
    }
}

fn unknown(report: &mut Report, why: &str) {
    report.note(SPACES.unknown(why));
    report.note(PLUS.unknown(why));
}

async fn ask(deployment: &Deployment<'_>, viewer: &Viewer, name: &str) -> Result<Answer, String> {
    let folder = deployment.playlist_path().rsplit_once('/').map_or("", |(folder, _)| folder);
    let path = format!("{folder}/{name}");
    let cookies = viewer.jar.header(&path);
    deployment.ask(Ask::get(deployment.url(&path)).header(header::COOKIE, cookies).beginning()).await
}

/// Whether CloudFront has let it pass, and its origin looked for the file.
fn is_of_origin(answer: &Answer) -> bool {
    matches!(answer.refusal(), Refusal::Bucket(_) | Refusal::Function { .. })
}

/// What must be the same for every name.
fn seen(answer: &Answer) -> (StatusCode, Refusal) {
    (answer.status, answer.refusal())
}

const SPACES: Probe =
    Question::Names.probe("names with spaces", "is a file looked up whose name has a space, written %20?");
const PLUS: Probe =
    Question::Names.probe("names with plus", "is a file looked up whose name has a +, also written %2B?");
const NOT_LOOKED_UP: &str = "no file is looked up with these cookies";
const SPACED: [&str; 1] = ["usher%20check"];
const PLUSSED: [&str; 2] = ["usher+check", "usher%2Bcheck"];
/// Of a playlist, which goes to the function, and of a segment, which goes to the bucket.
const EXTENSIONS: [&str; 2] = ["m3u8", "ts"];
const RENAME: &str = "films with other names play: use letters, digits, . _ and - in the names of files, as `usher \
    upload` says";
