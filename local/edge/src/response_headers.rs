//! The headers that a response headers policy adds to the responses of an origin.
//!
//! AWS does not document, and the edge assumes: CloudFront's own error responses, and the answers of a
//! viewer-request function, have none of these headers.
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html>

use http::{HeaderMap, HeaderName, HeaderValue};

use super::cors::{Cors, CrossOrigin};

/// `ResponseHeadersPolicyConfig`
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct ResponseHeaders {
    pub(super) cors: Option<Cors>,
    pub(super) security: Vec<SecurityHeader>,
}

/// A header of `SecurityHeadersConfig`.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct SecurityHeader {
    pub(super) name: HeaderName,
    pub(super) value: HeaderValue,
    pub(super) origin_override: bool,
}

impl ResponseHeaders {
    /// Adds the headers to an answer.
    pub(super) fn apply(&self, request: Option<&CrossOrigin>, answer: &mut HeaderMap) {
        for header in &self.security {
            if header.origin_override || !answer.contains_key(&header.name) {
                answer.insert(header.name.clone(), header.value.clone());
            }
        }
        if let (Some(cors), Some(request)) = (&self.cors, request) {
            cors.apply(request, answer);
        }
    }
}

#[cfg(test)]
mod tests {
    use http::header;

    use super::*;

    #[test]
    fn the_origins_own_header_stays_unless_it_is_overridden() {
        let policy = |origin_override| ResponseHeaders {
            cors: None,
            security: vec![SecurityHeader {
                name: header::CONTENT_SECURITY_POLICY,
                value: HeaderValue::from_static("sandbox"),
                origin_override,
            }],
        };
        for (own, origin_override, expected) in
            [(None, false, "sandbox"), (Some("default-src *"), true, "sandbox"), (Some("a"), false, "a")]
        {
            let mut answer = HeaderMap::new();
            answer.extend(own.map(|own| (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(own))));
            policy(origin_override).apply(None, &mut answer);
            let found: Vec<_> = answer.get_all(header::CONTENT_SECURITY_POLICY).iter().collect();
            assert_eq!(found, [expected], "{own:?}, {origin_override}");
        }
    }
}
