//! What may be beside a playlist, by the names that `usher package` gives: an MPD, and pictures for a timeline.

use http::StatusCode;
use url::Url;

use super::{
    Finding, Question,
    answer::printable,
    cure,
    deployment::{Ask, Deployment},
    report::{Probe, Problems},
    signed_playlists::signatures,
    strangers::BROKEN,
};

/// Asks for each by the signed URL of the playlist, whose policy covers the whole asset.
pub(super) async fn other_manifests(deployment: &Deployment<'_>, playlist: &Url) -> Finding {
    let (mut problems, mut found) = (Problems::default(), Vec::new());
    for (name, content_type) in NAMES {
        let Ok(mut url) = playlist.join(name) else { continue };
        url.set_query(playlist.query());
        let path = printable(url.path());
        match deployment.ask(Ask::get(url.as_str())).await {
            Err(reason) => problems.add(format!("{path}: {reason}"), BROKEN),
            // S3 answers 403 for what is not there.
            Ok(answer) if matches!(answer.status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND) => {}
            Ok(answer) if answer.status != StatusCode::OK => {
                problems.add(format!("{path}: {}", answer.summary()), cure::of(&answer));
            }
            Ok(answer) => {
                found.push(name);
                if answer.media_type() != content_type {
                    let media_type = printable(&answer.media_type());
                    problems.add(format!("{path} is {media_type:?} and not {content_type}"), TO_FUNCTION);
                }
                // In XML, another form of `&` stands before the parameter.
                let text = String::from_utf8_lossy(&answer.body).replace("&amp;", "&");
                if signatures(text.as_bytes()) == 0 {
                    problems.add(format!("nothing in {path} is signed"), TO_FUNCTION);
                }
            }
        }
    }
    if found.is_empty() && problems.is_empty() {
        return OTHER_MANIFESTS.right("there is no manifest.mpd or thumbnails.vtt beside the playlist");
    }
    OTHER_MANIFESTS.judge(format!("signatures in {}", found.join(" and ")), &problems)
}

const NAMES: [(&str, &str); 2] = [("manifest.mpd", "application/dash+xml"), ("thumbnails.vtt", "text/vtt")];
pub(super) const OTHER_MANIFESTS: Probe = Question::PlaysByUrl
    .probe("other manifests", "do the MPD and the thumbnails beside the playlist have signatures?");
const TO_FUNCTION: &str = "the behaviors /video/*.mpd and /video/*.vtt must lead to ResignManifestFunction, with \
    ViewerRequestFunction on them";
