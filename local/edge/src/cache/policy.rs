//! A cache policy: what is in the key, and how long a response is kept.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cache-key-understand-cache-policy.html>

use http::{HeaderMap, header};

use super::freshness;
use crate::selection::Parameters;

/// `CachePolicyConfig`. The default is CachingDisabled.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct CachePolicy {
    pub(crate) parameters: Parameters,
    /// `EnableAcceptEncodingGzip`
    pub(crate) gzip: bool,
    /// `EnableAcceptEncodingBrotli`
    pub(crate) brotli: bool,
    /// In seconds, like the other two.
    pub(crate) min_ttl: u64,
    /// Applies if the origin says nothing.
    pub(crate) default_ttl: u64,
    pub(crate) max_ttl: u64,
}

impl CachePolicy {
    /// The managed policy CachingOptimized.
    pub(crate) fn optimized() -> Self {
        let (min_ttl, default_ttl, max_ttl) = (1, 86_400, 31_536_000);
        Self { parameters: Parameters::default(), gzip: true, brotli: true, min_ttl, default_ttl, max_ttl }
    }

    /// Whether the policy never keeps a response.
    pub(crate) fn is_disabled(&self) -> bool {
        self.max_ttl == 0
    }

    /// How many seconds a response with these headers is kept.
    pub(super) fn seconds(&self, headers: &HeaderMap) -> u64 {
        match freshness::stated_seconds(headers) {
            freshness::Stated::Seconds(seconds) => {
                seconds.clamp(self.min_ttl, self.max_ttl.max(self.min_ttl))
            }
            freshness::Stated::Never => self.min_ttl,
            freshness::Stated::Nothing => self.default_ttl.max(self.min_ttl),
        }
    }

    /// The `Accept-Encoding` that the origin receives and the key contains: CloudFront normalizes the viewer's.
    /// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cache-key-understand-cache-policy.html#cache-policy-compressed-objects>
    pub(crate) fn accept_encoding(&self, viewer: &HeaderMap) -> &'static str {
        let accepted = viewer.get_all(header::ACCEPT_ENCODING).iter().filter_map(|list| list.to_str().ok());
        let mut accepted = accepted.flat_map(|list| list.split(',')).filter(|coding| !is_refused(coding));
        let takes = |coding: &str, wanted: &str| {
            let name = coding.split(';').next().unwrap_or_default().trim();
            name.eq_ignore_ascii_case(wanted)
        };
        let (mut gzip, mut brotli) = (false, false);
        accepted.by_ref().for_each(|coding| {
            gzip |= self.gzip && takes(coding, "gzip");
            brotli |= self.brotli && takes(coding, "br");
        });
        match (brotli, gzip) {
            (true, true) => "br,gzip",
            (true, false) => "br",
            (false, true) => "gzip",
            (false, false) => "",
        }
    }
}

fn is_refused(coding: &str) -> bool {
    let weight = coding.split_once(";").and_then(|(_, weight)| weight.trim().strip_prefix("q="));
    weight.is_some_and(|weight| weight.trim().parse().is_ok_and(|weight: f32| weight == 0.0))
}
