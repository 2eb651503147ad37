//! The CORS headers of a response headers policy.
//!
//! The headers for preflights are on preflights only. AWS does not document, and the edge assumes: a header of
//! the origin that the policy does not allow stays; without `OriginOverride`, one CORS header of the origin
//! suppresses all of the policy's; CloudFront's own error responses have none.
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html>

use cloudfront_signing::wildcard_matches;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

/// `CorsConfig`
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Cors {
    pub(super) allow_credentials: bool,
    pub(super) allow_headers: Vec<String>,
    pub(super) allow_methods: Vec<String>,
    pub(super) allow_origins: Vec<String>,
    pub(super) expose_headers: Vec<String>,
    pub(super) max_age_seconds: Option<String>,
    pub(super) origin_override: bool,
}

/// What a request says about the page that sends it.
pub(super) struct CrossOrigin {
    origin: HeaderValue,
    preflight: bool,
}

impl CrossOrigin {
    pub(super) fn new(method: &Method, headers: &HeaderMap) -> Option<Self> {
        let origin = headers.get(header::ORIGIN)?.clone();
        let preflight =
            method == Method::OPTIONS && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        Some(Self { origin, preflight })
    }
}

impl Cors {
    /// Adds the headers to an answer.
    pub(super) fn apply(&self, request: &CrossOrigin, answer: &mut HeaderMap) {
        let Some(allowed) = self.allowed_origin(&request.origin) else { return };
        let by_origin = |name: &HeaderName| name.as_str().starts_with("access-control-");
        if !self.origin_override && answer.keys().any(by_origin) {
            return;
        }
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        if self.allow_credentials {
            answer.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        set(answer, header::ACCESS_CONTROL_EXPOSE_HEADERS, &self.expose_headers.join(", "));
        if request.preflight {
            set(answer, header::ACCESS_CONTROL_ALLOW_HEADERS, &self.allow_headers.join(", "));
            set(answer, header::ACCESS_CONTROL_ALLOW_METHODS, &self.allow_methods.join(", "));
            set(answer, header::ACCESS_CONTROL_MAX_AGE, self.max_age_seconds.as_deref().unwrap_or_default());
        }
    }

    /// The request's own origin if the policy lists it, or `*` if the policy allows every origin.
    fn allowed_origin(&self, origin: &HeaderValue) -> Option<HeaderValue> {
        if self.allow_origins.iter().any(|allowed| allowed == "*") {
            return Some(HeaderValue::from_static("*"));
        }
        let text = origin.to_str().ok()?;
        self.allow_origins.iter().any(|allowed| wildcard_matches(allowed, text)).then(|| origin.clone())
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Some(value) = HeaderValue::from_str(value).ok().filter(|value| !value.is_empty()) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "https://www.example.com";

    fn cors() -> Cors {
        Cors {
            allow_credentials: true,
            allow_headers: vec!["range".to_owned()],
            allow_methods: ["GET", "HEAD"].map(str::to_owned).into(),
            allow_origins: [PAGE, "https://*.player.example"].map(str::to_owned).into(),
            expose_headers: ["Date", "ETag"].map(str::to_owned).into(),
            max_age_seconds: Some("600".to_owned()),
            origin_override: true,
        }
    }

    /// The headers of an answer that had the headers `before`, a line each.
    fn answer(
        cors: &Cors,
        origin: &'static str,
        method: &Method,
        before: &[(HeaderName, &'static str)],
    ) -> Vec<String> {
        let mut request = HeaderMap::new();
        request.insert(header::ORIGIN, HeaderValue::from_static(origin));
        request.insert(header::ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("GET"));
        let mut answer = HeaderMap::new();
        for (name, value) in before {
            answer.insert(name, HeaderValue::from_static(value));
        }
        cors.apply(&CrossOrigin::new(method, &request).expect("an origin"), &mut answer);
        let mut lines: Vec<String> = answer
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().expect("ASCII")))
            .collect();
        lines.sort();
        lines
    }

    #[test]
    fn an_allowed_page_may_read_the_answer() {
        let with_credentials = |origin: &str| {
            vec![
                "access-control-allow-credentials: true".to_owned(),
                format!("access-control-allow-origin: {origin}"),
                "access-control-expose-headers: Date, ETag".to_owned(),
            ]
        };
        for (origin, expected) in [
            (PAGE, with_credentials(PAGE)),
            ("https://a.player.example", with_credentials("https://a.player.example")),
            ("https://www.example.com.evil.example", Vec::new()),
            ("http://www.example.com", Vec::new()),
            ("null", Vec::new()),
        ] {
            assert_eq!(answer(&cors(), origin, &Method::GET, &[]), expected, "{origin}");
        }
        let everybody = Cors {
            allow_origins: vec!["*".to_owned()],
            allow_credentials: false,
            expose_headers: vec![],
            ..cors()
        };
        assert_eq!(answer(&everybody, PAGE, &Method::GET, &[]), ["access-control-allow-origin: *"]);
    }

    #[test]
    fn a_preflight_is_told_the_rest() {
        assert_eq!(
            answer(&cors(), PAGE, &Method::OPTIONS, &[]),
            [
                "access-control-allow-credentials: true",
                "access-control-allow-headers: range",
                "access-control-allow-methods: GET, HEAD",
                "access-control-allow-origin: https://www.example.com",
                "access-control-expose-headers: Date, ETag",
                "access-control-max-age: 600",
            ]
        );
    }

    #[test]
    fn the_origins_own_headers_count_unless_they_are_overridden() {
        let own = [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "https://other.example")];
        assert_eq!(
            answer(&Cors { origin_override: false, ..cors() }, PAGE, &Method::GET, &own),
            ["access-control-allow-origin: https://other.example"]
        );
        assert_eq!(
            answer(&cors(), PAGE, &Method::GET, &own),
            [
                "access-control-allow-credentials: true",
                "access-control-allow-origin: https://www.example.com",
                "access-control-expose-headers: Date, ETag",
            ]
        );
    }
}
