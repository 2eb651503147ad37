//! The input of the model. Prices are list prices in US dollars for North America and Europe, without free tiers and
//! volume discounts, as of November 2026: those of "What a million plays cost" in docs/operate.md.

/// Points of presence. Assumed: AWS says that there are several hundred, and that their number grows. Also assumed,
/// since AWS does not document it: all servers in one place share their cache, here and in regional caches.
pub(crate) const EDGE_CACHES: f64 = 700.0;
/// Documented: <https://aws.amazon.com/cloudfront/features/>. A point of presence sends its misses to the nearest
/// regional cache, which sends its misses to the origin. Requests that are not cached may skip it, which changes no
/// figure here.
pub(crate) const REGIONAL_CACHES: f64 = 13.0;

/// Assumed: a stream has four playlists, and somebody near each cache watches each of them.
pub(crate) const RENDITIONS: f64 = 4.0;
/// The number of buckets during the life of a signed URL. In the worst case, viewers have started in all of
/// them.
pub(crate) const EXPIRY_BUCKETS: f64 = URL_SECONDS / BUCKET_SECONDS;
/// The default of the template's `UrlTtlSeconds`.
pub(crate) const URL_SECONDS: f64 = 21_600.0;
/// The template's `EXPIRY_BUCKET_SECONDS`.
pub(crate) const BUCKET_SECONDS: f64 = 300.0;

/// Assumed, as in docs/operate.md: how long a warm invocation takes.
pub(crate) const INVOCATION_SECONDS: f64 = 0.04;
/// The template's `MemorySize` of `resign-manifest`, in GB.
pub(crate) const MEMORY_GB: f64 = 0.5;
/// Documented: requests a second for each unit of the quota of concurrent executions, however short they are.
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html>
pub(crate) const REQUESTS_PER_CONCURRENCY: f64 = 10.0;
/// Assumed, as in docs/operate.md: the size of the function's log for an invocation, in GB.
pub(crate) const LOG_GB: f64 = 400.0 / 1e9;

pub(crate) const CLOUDFRONT_REQUEST: f64 = 0.01 / 10_000.0;
pub(crate) const CLOUDFRONT_FUNCTION: f64 = 0.10 / 1e6;
pub(crate) const LAMBDA_REQUEST: f64 = 0.20 / 1e6;
/// arm64.
pub(crate) const LAMBDA_GB_SECOND: f64 = 0.000_013_333_4;
pub(crate) const S3_GET: f64 = 0.0004 / 1_000.0;
pub(crate) const LOGS_GB: f64 = 0.50;
/// RSA.
pub(crate) const KMS_SIGNATURE: f64 = 0.03 / 10_000.0;

#[cfg(test)]
mod tests {
    use super::*;

    /// The first number after a name, in the part of the template that starts with another.
    fn number(part: &str, name: &str) -> f64 {
        let template = include_str!("../../../template.yaml");
        let part = template.split_once(&format!("\n  {part}:\n")).map(|(_, part)| part);
        let text = part.and_then(|part| part.split_once(&format!(" {name}: "))).map(|(_, text)| text);
        text.and_then(|text| text.lines().next()?.parse().ok()).unwrap()
    }

    #[test]
    fn the_template_has_these_figures() {
        assert_eq!(number("UrlTtlSeconds", "Default"), URL_SECONDS);
        assert_eq!(number("ResignManifestFunction", "EXPIRY_BUCKET_SECONDS"), BUCKET_SECONDS);
        assert_eq!(number("ResignManifestFunction", "MemorySize") / 1_024.0, MEMORY_GB);
    }
}
