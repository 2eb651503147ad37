//! Cross-origin calls, for pages that cannot stand on the distribution's own origin.
//!
//! <https://fetch.spec.whatwg.org/#http-cors-protocol>

use http::{HeaderMap, HeaderValue, header};

use crate::Settings;

/// Which pages of other origins may call with a credential, and how.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cors {
    allowed_origins: Vec<String>,
    methods: HeaderValue,
    headers: HeaderValue,
}

impl Cors {
    /// Reads `ALLOWED_ORIGINS`, separated by commas. Pages of these origins may use `methods`, and set the
    /// request headers in `headers`; both are lists as HTTP writes them.
    #[must_use]
    pub fn read(settings: &Settings<'_>, methods: &'static str, headers: &'static str) -> Self {
        let origins = settings.optional("ALLOWED_ORIGINS").unwrap_or_default();
        let origins = origins.split(',').map(str::trim).filter(|origin| !origin.is_empty());
        Self {
            allowed_origins: origins.map(str::to_owned).collect(),
            methods: HeaderValue::from_static(methods),
            headers: HeaderValue::from_static(headers),
        }
    }

    /// Whether there is any origin that may call.
    #[must_use]
    pub fn is_configured(&self) -> bool {
        !self.allowed_origins.is_empty()
    }

    /// The headers that let a page of `origin` read the answer, where that exact origin is allowed. `Vary`
    /// stands on every answer, so that no cache mixes them up.
    #[must_use]
    pub fn headers(&self, origin: Option<&HeaderValue>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::VARY, HeaderValue::from_static("Origin"));
        let Some(origin) = origin.filter(|origin| self.allows(origin)) else { return headers };
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, self.methods.clone());
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, self.headers.clone());
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
        headers
    }

    fn allows(&self, origin: &HeaderValue) -> bool {
        self.allowed_origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cors(allowed_origins: &str) -> Cors {
        let look_up = |name: &str| (name == "ALLOWED_ORIGINS").then(|| allowed_origins.to_owned());
        Cors::read(&Settings::new(&look_up), "POST", "Content-Type")
    }

    #[test]
    fn only_the_exact_origin_is_echoed() {
        let cors = cors("https://a.example.com, https://app.example.com");
        for (origin, echoed) in [
            ("https://a.example.com", true),
            ("https://app.example.com", true),
            ("https://app.example.com.evil.test", false),
            ("http://app.example.com", false),
            ("null", false),
            ("", false),
        ] {
            let origin = HeaderValue::from_static(origin);
            let headers = cors.headers(Some(&origin));
            let expected = echoed.then_some(&origin);
            assert_eq!(headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN), expected);
            assert_eq!(headers.get(header::VARY), Some(&HeaderValue::from_static("Origin")));
        }
    }

    #[test]
    fn without_origins_it_is_not_configured() {
        for (allowed_origins, configured) in [("", false), (" , ", false), ("https://app.example.com", true)]
        {
            assert_eq!(cors(allowed_origins).is_configured(), configured, "{allowed_origins:?}");
        }
    }
}
