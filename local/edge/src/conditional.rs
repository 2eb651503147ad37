//! Conditional requests, of viewers to the cache and of the cache to the bucket.
//!
//! <https://www.rfc-editor.org/rfc/rfc9110#name-conditional-requests>

use std::time::SystemTime;

use headers::{ETag, HeaderMapExt as _, IfModifiedSince, IfNoneMatch, LastModified};
use http::{HeaderMap, HeaderName, header};

/// The headers that ask for an answer only under a condition, or for a part of it.
pub(super) const CONDITIONS: [HeaderName; 6] = [
    header::IF_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_NONE_MATCH,
    header::IF_RANGE,
    header::IF_UNMODIFIED_SINCE,
    header::RANGE,
];

/// Whether the sender of these conditions already has the object whose answer has these headers.
pub(super) fn is_known(conditions: &HeaderMap, answer: &HeaderMap) -> bool {
    if let Some(asked) = conditions.typed_get::<IfNoneMatch>() {
        let etag = answer.typed_get::<ETag>();
        return etag.is_some_and(|etag| !asked.precondition_passes(&etag));
    }
    let modified = answer.typed_get::<LastModified>().map(SystemTime::from);
    conditions.typed_get::<IfModifiedSince>().zip(modified).is_some_and(|(asked, at)| !asked.is_modified(at))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn an_object_is_known_by_its_etag_and_without_one_by_its_date() {
        let headers = |rows: &[(HeaderName, &'static str)]| -> HeaderMap {
            rows.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
        };
        let (date, later) = ("Tue, 22 Jul 2014 10:12:21 GMT", "Tue, 22 Jul 2014 10:12:22 GMT");
        let answer = headers(&[(header::ETAG, "\"a\""), (header::LAST_MODIFIED, date)]);
        let (etag, since) = (header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE);
        let rows: [(&[(HeaderName, &'static str)], bool); 7] = [
            (&[], false),
            (&[(etag.clone(), "\"a\"")], true),
            (&[(etag.clone(), "\"b\", W/\"a\"")], true),
            (&[(etag.clone(), "\"b\"")], false),
            (&[(since.clone(), date)], true),
            (&[(since.clone(), "Tue, 22 Jul 2014 10:12:20 GMT")], false),
            (&[(etag, "\"b\""), (since, later)], false),
        ];
        for (conditions, expected) in rows {
            assert_eq!(is_known(&headers(conditions), &answer), expected, "{conditions:?}");
        }
    }
}
