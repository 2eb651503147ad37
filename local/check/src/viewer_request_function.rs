//! What the viewer-request function sees of a viewer, and whether the functions behind it learn it. AWS documents
//! neither; a playlist of a signed URL tells both.

use url::Url;

use super::{
    Finding, Question,
    answer::Answer,
    caches::is_of_function,
    cure,
    deployment::{Ask, Deployment},
    playlist::is_resigned,
    report::Probe,
    signed_playlists::{signatures, to_sign, without_copy},
    strangers::BROKEN,
    tampering::NOT_RESIGNED,
    walk::{Walk, is_served},
};

/// Whether the viewer-request function sees the signature of a URL, which AWS does not document. Both are right: the
/// copy in the URL is there for where it does not.
pub(super) async fn seen(deployment: &Deployment<'_>, url: &Url) -> Finding {
    if !is_resigned(url.path()) {
        return SEEN.unknown(NOT_RESIGNED);
    }
    let without = without_copy(url);
    if without == *url {
        return SEEN.wrong(
            HELD_ONCE,
            "deploy this version of IssueCookiesFunction: a playlist is not signed where the function does not see its \
             viewer's signature",
        );
    }
    match deployment.ask(Ask::get(without.as_str())).await {
        Err(reason) => SEEN.wrong(reason, BROKEN),
        Ok(answer) if !is_served(&answer) => SEEN.wrong(answer.summary(), cure::of(&answer)),
        Ok(answer) if signatures(&answer.body) > 0 => SEEN.right("the viewer-request function sees signatures, and passes on their policy"),
        Ok(_) => SEEN.right("the viewer-request function does not see signatures: playlists are signed by the copy in the URL"),
    }
}

/// Whether the headers arrive that the viewer-request function sets. `walk`: by a signed URL.
pub(super) fn headers(deployment: &Deployment<'_>, url: &Url, walk: &Walk) -> Finding {
    if let Some(finding) = without_viewer_host(deployment) {
        return finding;
    }
    let needs_signatures = |answer: &&Answer| to_sign(deployment, answer).signed > 0;
    let Some(answer) = walk.served().find(needs_signatures) else {
        return HEADERS.unknown("no playlist was served that needs signatures");
    };
    if signatures(&answer.body) > 0 {
        return HEADERS.right("they arrive");
    }
    if without_copy(url) == *url {
        return HEADERS.unknown(HELD_ONCE);
    }
    if !is_of_function(answer) {
        return HEADERS.unknown("the playlist does not come from ResignManifestFunction");
    }
    HEADERS.wrong(
        "neither the policy of a signed URL nor its copy arrives at ResignManifestFunction",
        "ManifestCachePolicy must name x-viewer-credential, x-viewer-resource, x-viewer-expires and \
         x-viewer-policy-copy, and ViewerRequestFunction set them: deploy this version of both",
    )
}

/// The same where no URL was signed.
pub(super) fn headers_without_url(deployment: &Deployment<'_>, why: &str) -> Finding {
    without_viewer_host(deployment).unwrap_or_else(|| HEADERS.unknown(why))
}

fn without_viewer_host(deployment: &Deployment<'_>) -> Option<Finding> {
    let path = deployment.without_viewer_host()?;
    Some(HEADERS.wrong(
        format!("x-viewer-host does not arrive behind {path}"),
        "associate ViewerRequestFunction with the behavior, for viewer-request, and publish it; ManifestCachePolicy \
         must name its headers; with DomainName, the functions need no x-viewer-host",
    ))
}

pub(super) const SEEN: Probe = Question::KnownViewer
    .probe("visible signatures", "does the viewer-request function see the signature of a URL?")
    .telling();
const HEADERS: Probe = Question::KnownViewer.probe(
    "function headers",
    "do the headers of the viewer-request function arrive at the other functions?",
);
const HELD_ONCE: &str = "the URL holds its policy once";
