//! How long a response may be kept.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html>

use headers::{CacheControl, Date, Expires, HeaderMapExt as _};
use http::{HeaderMap, StatusCode, header};

use super::CachePolicy;

/// What an origin says about how long its response is fresh.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stated {
    Nothing,
    Never,
    Seconds(u64),
}

/// `Cache-Control` takes precedence over `Expires`, `s-maxage` over `max-age`.
pub(super) fn stated_seconds(headers: &HeaderMap) -> Stated {
    if let Some(control) = headers.typed_get::<CacheControl>() {
        if control.no_store() || control.no_cache() || control.private() {
            return Stated::Never;
        }
        if let Some(age) = control.s_max_age().or(control.max_age()) {
            return Stated::Seconds(age.as_secs());
        }
    }
    let Some(expires) = headers.typed_get::<Expires>() else {
        // A date that cannot be parsed counts as past.
        return if headers.contains_key(header::EXPIRES) { Stated::Never } else { Stated::Nothing };
    };
    let made = headers.typed_get::<Date>().map_or_else(std::time::SystemTime::now, Into::into);
    let left = std::time::SystemTime::from(expires).duration_since(made);
    left.map_or(Stated::Never, |left| Stated::Seconds(left.as_secs()))
}

/// How many seconds an error is kept: some errors always, some if the origin says so, others never. `least` is
/// `ErrorCachingMinTTL`.
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html>
pub(super) fn error_seconds(
    policy: &CachePolicy,
    status: StatusCode,
    headers: &HeaderMap,
    least: Option<u64>,
) -> u64 {
    let stated = match stated_seconds(headers) {
        Stated::Seconds(seconds) => Some(seconds.clamp(policy.min_ttl, policy.max_ttl.max(policy.min_ttl))),
        Stated::Never | Stated::Nothing => None,
    };
    let least = least.unwrap_or(ERROR_TTL);
    if ALWAYS_KEPT.contains(&status.as_u16()) {
        return stated.unwrap_or_default().max(least);
    }
    let by_header = KEPT_BY_HEADER.contains(&status.as_u16());
    stated.filter(|_| by_header).map_or(0, |stated| stated.max(least))
}

const ALWAYS_KEPT: [u16; 7] = [404, 414, 500, 501, 502, 503, 504];
const KEPT_BY_HEADER: [u16; 5] = [400, 403, 405, 412, 415];
/// The default of `ErrorCachingMinTTL`, in seconds.
const ERROR_TTL: u64 = 10;

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(lines: &[(HeaderName, &'static str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn the_origin_says_for_how_long_within_the_policy() {
        let control = |value| headers(&[(header::CACHE_CONTROL, value)]);
        let optimized = CachePolicy::optimized();
        let manifest = CachePolicy { max_ttl: 300, ..CachePolicy::default() };
        for (given, of_optimized, of_manifest) in [
            (headers(&[]), 86_400, 0),
            (control("max-age=60"), 60, 60),
            (control("max-age=0, s-maxage=3"), 3, 3),
            (control("max-age=0"), 1, 0),
            (control("public"), 86_400, 0),
            (control("s-maxage=86400"), 86_400, 300),
            (control("s-maxage=99999999"), 31_536_000, 300),
            (control("no-store"), 1, 0),
            (control("no-cache, s-maxage=60"), 1, 0),
            (control("private, max-age=60"), 1, 0),
            (headers(&[(header::EXPIRES, "0")]), 1, 0),
            (
                headers(&[
                    (header::DATE, "Sat, 21 Nov 2026 20:00:00 GMT"),
                    (header::EXPIRES, "Sat, 21 Nov 2026 20:01:00 GMT"),
                ]),
                60,
                60,
            ),
            (
                headers(&[
                    (header::CACHE_CONTROL, "max-age=5"),
                    (header::EXPIRES, "Sat, 21 Nov 2026 20:01:00 GMT"),
                ]),
                5,
                5,
            ),
        ] {
            let found = (optimized.seconds(&given), manifest.seconds(&given));
            assert_eq!(found, (of_optimized, of_manifest), "{given:?}");
        }
    }

    #[test]
    fn some_errors_are_kept_always_some_if_the_origin_says_so_and_others_never() {
        let policy = CachePolicy::optimized();
        let seconds = |status, control, least| {
            let given = headers(&[(header::CACHE_CONTROL, control)]);
            error_seconds(&policy, StatusCode::from_u16(status).expect("a status"), &given, least)
        };
        for (status, control, least, expected) in [
            (404, "no-store", None, 10),
            (404, "no-store", Some(0), 0),
            (404, "max-age=60", Some(0), 60),
            (404, "max-age=60", Some(90), 90),
            (503, "", None, 10),
            (403, "", None, 0),
            (403, "no-store", None, 0),
            (403, "max-age=60", None, 60),
            (403, "max-age=1", None, 10),
            (401, "max-age=60", None, 0),
            (429, "", None, 0),
        ] {
            assert_eq!(seconds(status, control, least), expected, "{status} {control} {least:?}");
        }
    }
}
