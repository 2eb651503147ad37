//! What a playlist of a signed URL is signed with: everything that players need, nothing beyond the viewer's own
//! policy, and nothing that outlives it.

use hls_rewrite::without_policy_copy;
use hls_rewrite::{RewriteCounts, SkipReason, rewrite};
use url::Url;

use super::{
    Finding, Question,
    answer::{Answer, printable},
    cure::RENAME,
    deployment::Deployment,
    playlist::is_resigned,
    policy::HeldPolicy,
    report::{Probe, Problems},
    walk::Walk,
};

/// A player without cookies gets no further than to what is signed.
pub(super) fn signed(deployment: &Deployment<'_>, walk: &Walk) -> Finding {
    let (mut problems, mut all, mut unsigned, mut playlists) = (Problems::default(), 0, 0, 0);
    for answer in walk.served() {
        let counts = to_sign(deployment, answer);
        playlists += 1;
        all += counts.signed;
        unsigned += counts.signed.saturating_sub(signatures(&answer.body));
        for (reason, count) in counts.reasons().filter(|(reason, _)| !reason.is_expected()) {
            problems.add(
                format!("{} has URIs that are not signed: {count} {}", path(answer), reason.as_str()),
                cure_of(reason),
            );
        }
    }
    if unsigned > 0 {
        let first = walk.references.iter().map(|one| &one.url).find(|url| is_unsigned_video(url));
        let first = first.map(|url| format!(", {} first", printable(url.path()))).unwrap_or_default();
        problems.add(format!("{unsigned} of {all} URIs are not signed{first}"), cure_of_unsigned(walk));
    }
    match playlists {
        0 => SIGNED_PLAYLIST.unknown("no playlist was served"),
        _ if all == 0 && problems.is_empty() => {
            SIGNED_PLAYLIST.unknown("the playlists name nothing below /video/ on this host")
        }
        count => SIGNED_PLAYLIST.judge(format!("all {all} URIs in {count} playlists"), &problems),
    }
}

/// Whether what is signed in playlists stays within what the viewer may watch. A playlist's author must not be able
/// to open another film.
pub(super) fn reach(deployment: &Deployment<'_>, url: &Url, walk: &Walk) -> Finding {
    let Some(own) = HeldPolicy::of_url(url) else { return REACH.unknown(NO_POLICY) };
    let common: Vec<_> =
        deployment.options.common_assets.iter().map(|pattern| deployment.url(pattern.as_str())).collect();
    let (mut problems, mut is_common) = (Problems::default(), false);
    for (reference, policy) in policies(walk) {
        if policy.is_within(&own.resource) {
            continue;
        }
        if common.iter().any(|pattern| policy.is_within(pattern)) {
            is_common = true;
            continue;
        }
        problems.add(
            format!("{} is signed for {}", printable(reference.path()), printable(&policy.resource)),
            format!(
                "deploy this version of ResignManifestFunction, which signs nothing beyond the viewer's own policy ({}) \
                 and CommonAssets; if every viewer may get this, name its path with --common-assets",
                printable(&own.resource)
            ),
        );
    }
    let own = printable(&own.resource);
    let found = if is_common { format!("{own}, and what is common to all") } else { own };
    judge_policies(REACH, walk, found, &problems)
}

/// Whether nothing that is signed in playlists outlives the URL: else each playlist would open the next one for ever.
pub(super) fn life(url: &Url, walk: &Walk) -> Finding {
    let Some(own) = HeldPolicy::of_url(url) else { return RENEWAL.unknown(NO_POLICY) };
    let mut problems = Problems::default();
    for (reference, policy) in policies(walk).filter(|(_, policy)| policy.expires > own.expires) {
        let later = policy.expires.seconds() - own.expires.seconds();
        problems.add(
            format!("{} is signed for {later} seconds longer than the URL", printable(reference.path())),
            "deploy this version of ResignManifestFunction, which signs nothing for longer than the viewer's own policy",
        );
    }
    judge_policies(RENEWAL, walk, "nothing outlives the URL".to_owned(), &problems)
}

/// A signed URL with its signature, and without what CloudFront lets through to the function.
pub(super) fn without_copy(url: &Url) -> Url {
    let without = Url::parse(&without_policy_copy(url.as_str()));
    without.unwrap_or_else(|_| url.clone())
}

fn judge_policies(probe: Probe, walk: &Walk, found: String, problems: &Problems) -> Finding {
    match policies(walk).count() {
        0 => probe.unknown("no URI of a playlist is signed"),
        _ => probe.judge(found, problems),
    }
}

/// The policies in the playlists' URIs on this host.
fn policies(walk: &Walk) -> impl Iterator<Item = (&Url, HeldPolicy)> {
    walk.references.iter().filter_map(|one| Some((&one.url, HeldPolicy::of_url(&one.url)?)))
}

/// The references of a playlist, by whether they should be signed.
pub(super) fn to_sign(deployment: &Deployment<'_>, answer: &Answer) -> RewriteCounts {
    rewrite(&answer.body, &answer.url, &mut Vec::new(), |reference| {
        own_video(deployment, reference.origin, reference.path).map(|()| "x".to_owned())
    })
}

/// Whether a reference should be signed. A poster of the web site's, say, needs no signature.
fn own_video(deployment: &Deployment<'_>, origin: &str, path: &str) -> Result<(), SkipReason> {
    let host = |url: &str| url.split_once("://").map(|(_, host)| host.to_owned());
    if origin == deployment.base() {
        return if path.starts_with(VIDEO) { Ok(()) } else { Err(SkipReason::OtherHost) };
    }
    let is_own = host(origin) == host(deployment.base()) && path.starts_with(VIDEO);
    Err(if is_own { SkipReason::OtherProtocol } else { SkipReason::OtherHost })
}

/// How many URIs of a playlist carry a signature.
pub(super) fn signatures(playlist: &[u8]) -> usize {
    let text = String::from_utf8_lossy(playlist);
    // The copy of a signature has another name in front of it.
    ["?Signature=", "&Signature="].iter().map(|name| text.matches(name).count()).sum()
}

pub(super) fn has_signature(url: &Url) -> bool {
    let has = |name: &str| url.query_pairs().any(|(one, value)| one == name && !value.is_empty());
    has("Signature") && has("Key-Pair-Id")
}

fn is_unsigned_video(url: &Url) -> bool {
    url.path().starts_with(VIDEO) && !has_signature(url)
}

fn path(answer: &Answer) -> String {
    printable(answer.url.path())
}

fn cure_of_unsigned(walk: &Walk) -> &'static str {
    let is_signed = |answer: &Answer| signatures(&answer.body) > 0;
    match walk.served().find(|answer| !is_signed(answer)) {
        Some(answer) if !is_resigned(answer.url.path()) => RENAME,
        Some(_) => TO_FUNCTION,
        None => NOT_COVERED,
    }
}

fn cure_of(reason: SkipReason) -> &'static str {
    match reason {
        SkipReason::NotCovered => NOT_COVERED,
        SkipReason::NotResigned => RENAME,
        SkipReason::OtherProtocol => {
            "write relative URIs into the playlist, or those of the viewers' own protocol: the distribution answers https \
             alone"
        }
        SkipReason::SignedByVariable | SkipReason::UnknownVariable => {
            "write the URI without variables: the player alone knows what they become"
        }
        SkipReason::UnknownTag => {
            "the tag is known to some players alone: what it names plays by cookies, or stands in no playlist of yours"
        }
        _ => {
            "write the URI so that all players read it alike: percent-encoded, and in straight quotes in a tag"
        }
    }
}

const SIGNED_PLAYLIST: Probe = Question::PlaysByUrl
    .probe("signed playlist", "is everything signed that the playlists of a signed URL name?")
    .telling();
const REACH: Probe = Question::NothingMore
    .probe("reach of playlists", "is nothing signed in playlists beyond what the URL itself is for?");
const RENEWAL: Probe =
    Question::NothingMore.probe("renewal", "does nothing that is signed in playlists outlive the URL?");
pub(super) const PROBES: [Probe; 3] = [SIGNED_PLAYLIST, REACH, RENEWAL];

const NO_POLICY: &str = "the URL has no policy that can be read";
const TO_FUNCTION: &str =
    "the behavior /video/*.m3u8 must lead to ResignManifestFunction, with ViewerRequestFunction on it";
const NOT_COVERED: &str = "the viewer's own policy does not cover them: keep them in the playlist's own asset, or name \
    what every viewer may get in the parameter CommonAssets";
const VIDEO: &str = "/video/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_without_its_copy_keeps_everything_else() {
        let url = |query: &str| Url::parse(&format!("https://h/video/m/p.m3u8{query}")).expect("a URL");
        let rows = [
            ("?x=1&usher-Policy=p&usher-Signature=s&Policy=p&Signature=s", "?x=1&Policy=p&Signature=s"),
            ("?usher-style=inline&Policy=p", "?usher-style=inline&Policy=p"),
        ];
        for (signed, expected) in rows {
            assert_eq!(without_copy(&url(signed)), url(expected));
        }
    }

    #[test]
    fn a_signature_is_counted_once_a_uri() {
        let playlist = "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"k?Policy=p&Signature=s&Key-Pair-Id=k\"\n#EXTINF:4,\n\
            a.ts?Signature=s\n#EXT-X-MAP:URI=i.mp4\n\
            b.m3u8?usher-Policy=p&usher-Signature=s&Policy=p&Signature=s\n#EXTINF:4,\nc.ts\n";
        assert_eq!(signatures(playlist.as_bytes()), 3);
    }
}
