//! What somebody tries who has no right signature.

use http::{StatusCode, header};

use super::{
    Finding, Question, Report,
    answer::{Answer, Refusal},
    cure,
    deployment::{Ask, Deployment},
    playback::{Asset, NO_SEGMENT},
    playlist::is_resigned,
    report::{Probe, Problems},
    sign_in::{NOT_SIGNED_IN, Viewer},
    strangers::{BROKEN, unsigned},
};

/// Asks for a segment without cookies, and with a changed one.
pub(super) async fn tampering(
    deployment: &Deployment<'_>,
    viewer: Option<&Viewer>,
    asset: &Asset,
    report: &mut Report,
) {
    // After a viewer had it: what lies in the cache is closed, too. A name that does not exist tells almost
    // as much, since signatures are looked at first.
    let playlist = deployment.playlist_path();
    let folder = playlist.rsplit_once('/').map_or("", |(folder, _)| folder);
    let url = asset
        .first_segment
        .as_ref()
        .map_or_else(|| deployment.url(&format!("{folder}/usher-check.ts")), ToString::to_string);
    report.note(match deployment.ask(Ask::get(&url)).await {
        Ok(answer) => unsigned(UNSIGNED_SEGMENT, &answer),
        Err(reason) => UNSIGNED_SEGMENT.wrong(reason, BROKEN),
    });
    let (Some(viewer), Some(url)) = (viewer, &asset.first_segment) else {
        let why = if viewer.is_some() { NO_SEGMENT } else { NOT_SIGNED_IN };
        report.note(CHANGED_COOKIE.unknown(why));
        report.note(ENCODED_NAMES.unknown(why));
        return;
    };
    let changed = viewer.jar.with_changed_signatures();
    let ask = Ask::get(url.as_str()).header(header::COOKIE, changed.header(url.path()));
    report.note(match deployment.ask(ask).await {
        Ok(answer) => refused(CHANGED_COOKIE, &answer),
        Err(reason) => CHANGED_COOKIE.wrong(reason, BROKEN),
    });
    report.note(encoded_names(deployment, viewer).await);
}

/// Names that CloudFront and the function might read differently, beside cookies that are right: whoever believed
/// such a parameter would sign what it says.
async fn encoded_names(deployment: &Deployment<'_>, viewer: &Viewer) -> Finding {
    if !is_resigned(deployment.playlist_path()) {
        return ENCODED_NAMES.unknown(NOT_RESIGNED);
    }
    let playlist = deployment.playlist();
    let separator = if playlist.contains('?') { '&' } else { '?' };
    let (mut problems, mut found) = (Problems::default(), Vec::new());
    for name in ["%50olicy", "usher-%50olicy"] {
        let url = deployment.url(&format!("{playlist}{separator}{name}=x"));
        let ask = Ask::get(url).header(header::COOKIE, viewer.jar.header(deployment.playlist_path()));
        match deployment.ask(ask).await {
            Err(reason) => problems.add(format!("{name}: {reason}"), BROKEN),
            // AWS does not document whether CloudFront decodes names itself.
            Ok(answer) if is_ambiguous(&answer) => found.push(answer.status.as_str().to_owned()),
            Ok(answer) => problems.add(format!("{name}: {}", answer.summary()), NOT_REJECTED),
        }
    }
    ENCODED_NAMES.judge(found.join(", "), &problems)
}

fn is_ambiguous(answer: &Answer) -> bool {
    answer.status == StatusCode::BAD_REQUEST || matches!(answer.refusal(), Refusal::CloudFront(_))
}

/// What must be refused whatever else is the case.
pub(super) fn refused(probe: Probe, answer: &Answer) -> Finding {
    // S3 says 403 of what is not there: then CloudFront has let it pass.
    if answer.status == StatusCode::FORBIDDEN && !matches!(answer.refusal(), Refusal::Bucket(_)) {
        return probe.right("403");
    }
    if answer.status.is_redirection() {
        return probe.wrong(answer.summary(), cure::of(answer));
    }
    probe.wrong(
        answer.summary(),
        "nobody looked at the signature: the behavior needs TrustedKeyGroups with the KeyGroup",
    )
}

const UNSIGNED_SEGMENT: Probe =
    Question::OnlyViewers.probe("unsigned segment", "is a segment closed to whoever has no signature?");
const CHANGED_COOKIE: Probe =
    Question::NothingMore.probe("changed cookie", "is a signature refused in which a character was changed?");
const ENCODED_NAMES: Probe = Question::NothingMore
    .probe("encoded names", "is a playlist refused whose URL holds %50olicy in the place of Policy?");
pub(super) const NOT_RESIGNED: &str = "the playlist is not re-signed because of its name";
const NOT_REJECTED: &str = "associate ViewerRequestFunction of this version with the behavior /video/*.m3u8: it \
    rejects CloudFront's parameters under percent-encoded names";
