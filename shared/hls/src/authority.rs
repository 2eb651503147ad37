//! What may be signed for a viewer: nothing beyond the policy in the viewer's own signature.

use cloudfront_signing::{DenialCode, Request, UnixTime, UrlPattern, Verifier, resource_covers};

use crate::{Preview, ViewerPolicy, copied_policy};

/// What a viewer's policy covers, and until when.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Authority {
    reach: Reach,
    expires: UnixTime,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Reach {
    /// The asset of the request: a canned policy names one URL, and the viewer wants to play that asset.
    OwnAsset,
    /// The beginning of the playlist that was requested.
    Preview(Preview),
    /// What this resource covers.
    Resource(String),
}

/// The viewer's policy does not cover the request, or has ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAuthorized {
    /// It has ended.
    #[error("the viewer's policy has ended")]
    Ended,
    /// It covers something else.
    #[error("the viewer's policy does not cover this path")]
    OtherPath,
}

impl Authority {
    /// Everything below every host, until `expires`: for the owner of the key.
    #[must_use]
    pub fn of_owner(expires: UnixTime) -> Self {
        Self { reach: Reach::Resource("*".to_owned()), expires }
    }

    /// The authority of a policy over a request for `url`, which has no query.
    ///
    /// # Errors
    /// [`NotAuthorized`], even if CloudFront has admitted the request.
    pub fn new(policy: &ViewerPolicy, url: &str, now: UnixTime) -> Result<Self, NotAuthorized> {
        let expires = policy.expires();
        if expires <= now {
            return Err(NotAuthorized::Ended);
        }
        let reach = match policy {
            ViewerPolicy::Canned { .. } => Reach::OwnAsset,
            ViewerPolicy::Custom { resource, .. } => match Preview::of_playlist(resource, url) {
                Some(preview) => Reach::Preview(preview),
                None if covers(resource, url) => Reach::Resource(resource.clone()),
                None => return Err(NotAuthorized::OtherPath),
            },
        };
        Ok(Self { reach, expires })
    }

    /// When the policy ends.
    #[must_use]
    pub fn expires(&self) -> UnixTime {
        self.expires
    }

    /// The preview, if the viewer may watch no more than that.
    #[must_use]
    pub fn preview(&self) -> Option<Preview> {
        match &self.reach {
            Reach::Preview(preview) => Some(*preview),
            _ => None,
        }
    }

    /// Whether all that `asset` covers may be signed for the viewer. `own` is the asset of the request.
    #[must_use]
    pub fn covers(&self, asset: &UrlPattern, own: Option<&str>) -> bool {
        match &self.reach {
            Reach::OwnAsset => own == Some(asset.as_str()),
            Reach::Preview(_) => false,
            Reach::Resource(resource) => asset.is_within(resource),
        }
    }
}

/// The policy of `copy`, if `verifier` admits a request for `url` with it as CloudFront would with the original.
/// `copy` holds the parameters under CloudFront's own names; `url` has no query.
///
/// # Errors
/// CloudFront's code for the denial, for the log.
pub fn policy_of_copy(
    copy: &str,
    url: &str,
    verifier: &Verifier,
    now: UnixTime,
) -> Result<ViewerPolicy, DenialCode> {
    let signed = copied_policy(copy).unwrap_or_default();
    let verify = |query: &str| verifier.verify(&Request::new(&format!("{url}?{query}{copy}&{signed}")), now);
    let admitted = verify("").or_else(|denial| {
        // The query of a preview is a part of what its policy covers, and the function does not receive it.
        let resource = denial.policy.as_ref().and_then(|policy| policy.resource.as_deref());
        match resource.and_then(|resource| Preview::of_playlist(resource, url)) {
            Some(preview) => verify(&format!("{}&", preview.parameter())),
            None => Err(denial),
        }
    });
    let admitted = admitted.map_err(|denial| denial.code())?;
    let expires = admitted.policy.date_less_than;
    // A policy without a resource covers everything.
    let resource = admitted.policy.resource.unwrap_or_else(|| "*".to_owned());
    Ok(ViewerPolicy::Custom { resource, expires })
}

/// Whether a resource covers a request for `url` with any query: CloudFront has verified the query, this function
/// does not receive it.
fn covers(resource: &str, url: &str) -> bool {
    // A query in the pattern matches itself.
    let mut queries = resource.match_indices('?').filter_map(|(at, _)| resource.get(at..));
    resource_covers(resource, url) || queries.any(|query| resource_covers(resource, &format!("{url}{query}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://h/video/m/a.m3u8";
    const NOW: u64 = 1_790_000_000;

    fn time(seconds: u64) -> UnixTime {
        UnixTime::new(seconds).expect("seconds")
    }

    fn custom(resource: &str, expires: u64) -> ViewerPolicy {
        ViewerPolicy::Custom { resource: resource.to_owned(), expires: time(expires) }
    }

    fn asset(path: &str) -> UrlPattern {
        UrlPattern::new(format!("https://h{path}")).expect("a pattern")
    }

    #[test]
    fn a_policy_must_cover_the_request_and_not_have_ended() {
        let rows = [
            ("*", NOW + 1, Ok(())),
            ("https://h/video/*", NOW + 1, Ok(())),
            ("https://h/video/m/a.m3u8", NOW + 1, Ok(())),
            ("https://h/video/m/a.m3u8?x=*", NOW + 1, Ok(())),
            ("https://h/video/m/a.m3u8?x=??&y=1", NOW + 1, Ok(())),
            ("https://h/video/*/a.m3u8?x=1", NOW + 1, Ok(())),
            ("https://h/video/*x=1", NOW + 1, Err(NotAuthorized::OtherPath)),
            ("https://h/video/m/b.m3u8?x=*", NOW + 1, Err(NotAuthorized::OtherPath)),
            ("https://h/video/m/a.m3u", NOW + 1, Err(NotAuthorized::OtherPath)),
            ("https://h/video/n/*", NOW + 1, Err(NotAuthorized::OtherPath)),
            ("http://h/video/*", NOW + 1, Err(NotAuthorized::OtherPath)),
            ("https://i/video/*", NOW + 1, Err(NotAuthorized::OtherPath)),
            ("", NOW + 1, Err(NotAuthorized::OtherPath)),
            ("https://h/video/*", NOW, Err(NotAuthorized::Ended)),
        ];
        for (resource, expires, expected) in rows {
            let authority = Authority::new(&custom(resource, expires), URL, time(NOW));
            assert_eq!(authority.map(drop), expected, "{resource}");
        }
    }

    #[test]
    fn an_asset_is_covered_by_the_whole_of_it() {
        let covered = |policy: &ViewerPolicy, path: &str| {
            let authority = Authority::new(policy, URL, time(NOW)).expect("an authority");
            authority.covers(&asset(path), Some("https://h/video/m/*"))
        };
        let canned = ViewerPolicy::Canned { expires: time(NOW + 60) };
        let rows = [
            (custom("https://h/video/*", NOW + 60), [true, true]),
            (custom("https://h/video/m/*", NOW + 60), [true, false]),
            (custom("https://h/video/m/a.m3u8", NOW + 60), [false, false]),
            (canned, [true, false]),
        ];
        for (policy, expected) in rows {
            let found = ["/video/m/*", "/video/n/*"].map(|path| covered(&policy, path));
            assert_eq!(found, expected, "{policy:?}");
        }
    }
}
