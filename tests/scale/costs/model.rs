//! From viewers to requests.
//!
//! For each key that viewers request, a cache sends at most one request per TTL to the origin: simultaneous
//! requests for one key become one (documented), and a key that nobody requests costs nothing. So these caches
//! together send at most `caches * keys / TTL` requests per second, and never more than they receive, wherever
//! viewers are.
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html#request-custom-traffic-spikes>

use crate::figures::{
    BUCKET_SECONDS, CLOUDFRONT_FUNCTION, CLOUDFRONT_REQUEST, EDGE_CACHES, EXPIRY_BUCKETS, INVOCATION_SECONDS,
    KMS_SIGNATURE, LAMBDA_GB_SECOND, LAMBDA_REQUEST, LOG_GB, LOGS_GB, MEMORY_GB, REGIONAL_CACHES, RENDITIONS,
    REQUESTS_PER_CONCURRENCY, S3_GET,
};

/// How playlists are cached.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Caching {
    /// Not at all; viewers have signed URLs.
    Off,
    /// All viewers have cookies: one object per playlist.
    Cookies,
    /// All viewers have signed URLs: one object per playlist and expiry bucket.
    SignedUrls,
}

/// The load per second, at most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Load {
    /// Requests for playlists.
    pub(crate) requests: f64,
    /// Those that edge caches pass on to regional ones.
    pub(crate) regional: f64,
    /// Those that regional caches pass on to the function.
    pub(crate) invocations: f64,
    /// The quota of concurrent executions that this needs.
    pub(crate) concurrency: f64,
    /// The function's reads, and CloudFront's for segments.
    pub(crate) bucket_reads: f64,
    pub(crate) signatures: f64,
}

impl Load {
    /// Each viewer requests one playlist per target duration.
    pub(crate) fn new(viewers: u32, target_seconds: u32, caching: Caching) -> Self {
        let requests = f64::from(viewers) / f64::from(target_seconds);
        // As `shared_seconds` of resign-manifest.
        let ttl = f64::from((target_seconds / 2).max(1));
        let passed_on = |asked: f64, caches: f64| match caching {
            Caching::Off => asked,
            Caching::Cookies => asked.min(caches * RENDITIONS / ttl),
            Caching::SignedUrls => asked.min(caches * RENDITIONS * EXPIRY_BUCKETS / ttl),
        };
        let regional = passed_on(requests, EDGE_CACHES);
        let invocations = passed_on(regional, REGIONAL_CACHES);
        let segments = requests.min(REGIONAL_CACHES * RENDITIONS / f64::from(target_seconds));
        Self {
            requests,
            regional,
            invocations,
            concurrency: instances(invocations).max((invocations / REQUESTS_PER_CONCURRENCY).ceil()),
            bucket_reads: invocations + segments,
            signatures: signatures(invocations, caching),
        }
    }

    /// In US dollars an hour, for requests of playlists at the edge.
    pub(crate) fn edge_cost(&self) -> f64 {
        HOUR * self.requests * (CLOUDFRONT_REQUEST + CLOUDFRONT_FUNCTION)
    }

    /// In US dollars an hour, for everything behind CloudFront.
    pub(crate) fn origin_cost(&self) -> f64 {
        let invocation =
            LAMBDA_REQUEST + INVOCATION_SECONDS * MEMORY_GB * LAMBDA_GB_SECOND + LOG_GB * LOGS_GB;
        HOUR * (self.invocations * invocation + self.bucket_reads * S3_GET + self.signatures * KMS_SIGNATURE)
    }
}

/// Each instance signs once for each bucket, for those that have begun and those that begin within the hour, as if
/// all instances had started in it. For viewers with cookies, nothing is signed.
fn signatures(invocations: f64, caching: Caching) -> f64 {
    let buckets = EXPIRY_BUCKETS + HOUR / BUCKET_SECONDS;
    match caching {
        Caching::Cookies => 0.0,
        Caching::Off | Caching::SignedUrls => invocations.min(instances(invocations) * buckets / HOUR),
    }
}

fn instances(invocations: f64) -> f64 {
    (invocations * INVOCATION_SECONDS).ceil()
}

const HOUR: f64 = 3_600.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_cache_each_request_is_an_invocation() {
        let load = Load::new(100_000, 4, Caching::Off);
        let expected = Load {
            requests: 25_000.0,
            regional: 25_000.0,
            invocations: 25_000.0,
            concurrency: 2_500.0,
            bucket_reads: 25_013.0,
            // 1,000 instances, 84 buckets.
            signatures: 84_000.0 / 3_600.0,
        };
        assert_eq!(load, expected);
    }

    #[test]
    fn with_cookies_the_function_is_asked_once_per_regional_cache_rendition_and_ttl() {
        let expected = Load {
            requests: 25_000.0,
            regional: 1_400.0,
            invocations: 26.0,
            concurrency: 3.0,
            bucket_reads: 39.0,
            signatures: 0.0,
        };
        assert_eq!(Load::new(100_000, 4, Caching::Cookies), expected);
    }

    #[test]
    fn with_signed_urls_it_is_once_per_bucket_too() {
        let load = Load::new(1_000_000, 4, Caching::SignedUrls);
        let expected = Load {
            requests: 250_000.0,
            regional: 100_800.0,
            invocations: 1_872.0,
            concurrency: 188.0,
            bucket_reads: 1_885.0,
            // 75 instances.
            signatures: 6_300.0 / 3_600.0,
        };
        assert_eq!(load, expected);
    }

    #[test]
    fn few_viewers_cost_no_more_than_their_requests() {
        for caching in [Caching::Off, Caching::Cookies, Caching::SignedUrls] {
            let load = Load::new(8, 4, caching);
            assert_eq!([load.requests, load.regional, load.invocations], [2.0, 2.0, 2.0], "{caching:?}");
        }
    }

    #[test]
    fn a_very_short_segment_is_cached_for_a_second() {
        assert_eq!(Load::new(1_000_000, 1, Caching::Cookies).invocations, 52.0);
        assert_eq!(Load::new(1_000_000, 3, Caching::Cookies).invocations, 52.0);
        assert_eq!(Load::new(1_000_000, 12, Caching::Cookies).invocations, 52.0 / 6.0);
    }

    #[test]
    fn costs_are_the_sum_of_what_is_asked() {
        let load = Load::new(100_000, 4, Caching::Off);
        // 90 million requests: 90 dollars for them, 9 for the function of the edge.
        assert!((load.edge_cost() - 99.0).abs() < 0.001, "{}", load.edge_cost());
        // Lambda 18.00 and 24.00, logs 18.00, S3 36.00 and 0.02, KMS 0.25.
        assert!((load.origin_cost() - 96.271).abs() < 0.001, "{}", load.origin_cost());
    }
}
