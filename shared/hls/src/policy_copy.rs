//! A viewer's signed policy, a second time in the query of a URL, under names that CloudFront does not remove.
//!
//! CloudFront removes its own parameters from what it sends to an origin, and AWS does not document whether a
//! viewer-request function sees them. `resign-manifest` must know what its viewer may watch. So playlist URLs
//! carry the policy a second time, and the function verifies that copy as CloudFront verifies the original.
//! <https://aws.amazon.com/blogs/networking-and-content-delivery/secure-and-cost-effective-video-streaming-using-cloudfront-signed-urls/>

use cloudfront_signing::{Grant, RESERVED_PARAMETERS};

/// The prefix of the copies' names, before CloudFront's own name.
pub const POLICY_COPY_PREFIX: &str = "usher-";

/// Whether the function `resign-manifest` answers requests for `path`, and so needs the copy: the
/// distribution's cache behaviors `*.m3u8`, `*.json`, `*.mpd` and `*.vtt` match it.
#[must_use]
pub fn needs_policy_copy(path: &str) -> bool {
    [".m3u8", ".json", ".mpd", ".vtt"].iter().any(|extension| path.ends_with(extension))
}

/// The copy of a grant's policy and signature, as query parameters.
#[must_use]
pub fn policy_copy(grant: &Grant) -> String {
    grant.query().split('&').map(copy_of).collect::<Vec<_>>().join("&")
}

/// The name of the copy of a parameter, or the copy of a parameter with its value.
pub(crate) fn copy_of(parameter: &str) -> String {
    format!("{POLICY_COPY_PREFIX}{parameter}")
}

/// The copies in a query, under CloudFront's own names, in their order; `None` if there are none.
#[must_use]
pub fn copied_policy(query: &str) -> Option<String> {
    let originals: Vec<&str> = query.split('&').filter_map(original).collect();
    (!originals.is_empty()).then(|| originals.join("&"))
}

/// A URL without such a copy, to show or log: anyone who reads a signature can use it.
#[must_use]
pub fn without_policy_copy(url: &str) -> String {
    let Some((base, query)) = url.split_once('?') else { return url.to_owned() };
    let kept: Vec<&str> = query.split('&').filter(|parameter| original(parameter).is_none()).collect();
    if kept.is_empty() { base.to_owned() } else { format!("{base}?{}", kept.join("&")) }
}

/// The name of the parameter that this one is the copy of. Only a signer writes the copies, so a name in
/// another spelling is an ordinary parameter.
fn original(parameter: &str) -> Option<&str> {
    let original = parameter.strip_prefix(POLICY_COPY_PREFIX)?;
    let name = original.split_once('=').map_or(original, |(name, _)| name);
    RESERVED_PARAMETERS.contains(&name).then_some(original)
}

#[cfg(test)]
mod tests {
    use cloudfront_signing::{CustomPolicy, HashAlgorithm, KeyPairId, Policy, UnixTime, UrlPattern};

    use super::*;

    #[test]
    fn a_copy_has_the_parameters_of_the_grant() {
        let pattern = UrlPattern::new("https://h/video/m/*").expect("a pattern");
        let policy =
            CustomPolicy::new(pattern, UnixTime::new(1_790_000_100).expect("seconds")).expect("a policy");
        let id = KeyPairId::new("K1").expect("an id");
        let grant = Grant::new(Policy::from(policy), id, HashAlgorithm::Sha256, b"signature");
        let copy = policy_copy(&grant);
        let names: Vec<_> = copy.split('&').filter_map(|pair| pair.split('=').next()).collect();
        assert_eq!(names, ["usher-Policy", "usher-Signature", "usher-Key-Pair-Id", "usher-Hash-Algorithm"]);
        assert_eq!(copied_policy(&format!("x=1&{copy}&y")).as_deref(), Some(grant.query()));
    }

    #[test]
    fn only_the_exact_names_are_copies() {
        for (query, copied) in [
            ("", None),
            ("usher-style=inline&x", None),
            ("usher-%50olicy=1&usher-policy=1&Policy=1&xusher-Policy=1", None),
            ("usher-Policy=1&usher-Policy=2&usher-Expires", Some("Policy=1&Policy=2&Expires")),
        ] {
            assert_eq!(copied_policy(query).as_deref(), copied, "{query}");
        }
    }

    #[test]
    fn a_url_is_shown_without_the_copy() {
        for (url, shown) in [
            ("https://h/a", "https://h/a"),
            ("https://h/a?usher-Policy=1&usher-Signature=2", "https://h/a"),
            ("https://h/a?x=1&usher-Policy=1&usher-style=plain", "https://h/a?x=1&usher-style=plain"),
        ] {
            assert_eq!(without_policy_copy(url), shown);
        }
    }

    #[test]
    fn the_function_answers_playlists_json_mpds_and_web_vtt() {
        let names = ["a.m3u8", "a.json", "a.mpd", "a.vtt", "a.M3U8", "a.ts", "a.m3u", "a.MPD", "mpd"];
        let paths = names.map(|name| format!("/video/m/{name}"));
        let expected = [true, true, true, true, false, false, false, false, false];
        assert_eq!(paths.map(|path| needs_policy_copy(&path)), expected);
    }
}
