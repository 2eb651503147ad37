//! Cross-origin calls, for pages that cannot stand on the distribution's own origin.

use http::{HeaderMap, HeaderValue, header};

/// The headers that let a page of `origin` read the answer, where that exact origin is allowed. `Vary`
/// stands on every answer, so that no cache mixes them up.
pub(crate) fn headers(allowed: &[String], origin: Option<&HeaderValue>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    let Some(origin) =
        origin.filter(|origin| allowed.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes()))
    else {
        return headers;
    };
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST, DELETE"));
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("Authorization, Content-Type"),
    );
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_origin_is_echoed() {
        let allowed = ["https://app.example.com".to_owned()];
        for (origin, echoed) in [
            ("https://app.example.com", true),
            ("https://app.example.com.evil.test", false),
            ("http://app.example.com", false),
            ("null", false),
        ] {
            let origin = HeaderValue::from_static(origin);
            let headers = headers(&allowed, Some(&origin));
            let expected = echoed.then_some(&origin);
            assert_eq!(headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN), expected);
            assert_eq!(headers.get(header::VARY), Some(&HeaderValue::from_static("Origin")));
        }
    }
}
