//! Cross-origin calls, for pages that are not on the distribution's origin.
//!
//! <https://fetch.spec.whatwg.org/#http-cors-protocol>

use http::{HeaderMap, HeaderValue, header};

use usher_runtime::{InvalidSetting, Origin, Settings, all_valid};

/// Which pages of other origins may call with a credential, and how.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cors {
    allowed_origins: Vec<Origin>,
}

/// Reads `ALLOWED_ORIGINS`, separated by commas.
pub(crate) fn read_origins(settings: &mut Settings<'_>) -> Vec<Result<Origin, InvalidSetting>> {
    let list = settings.optional("ALLOWED_ORIGINS").unwrap_or_default();
    let texts = list.split(',').map(str::trim).enumerate().filter(|(_, text)| !text.is_empty());
    let origins = texts.map(|(at, text)| {
        // Without the text: somebody may have written a password into it.
        text.parse().map_err(|error| settings.invalid(format!("ALLOWED_ORIGINS[{at}] {error}")))
    });
    origins.collect()
}

impl Cors {
    /// Allows the origins, if all of them are valid.
    pub(crate) fn new(origins: Vec<Result<Origin, InvalidSetting>>) -> Result<Self, InvalidSetting> {
        Ok(Self { allowed_origins: all_valid(origins)? })
    }

    /// The origins of the pages that may call.
    #[must_use]
    pub fn allowed_origins(&self) -> &[Origin] {
        &self.allowed_origins
    }

    /// The headers that let a page of `origin` read the answer, if that exact origin is allowed. Every answer has
    /// `Vary`, so that no cache gives one origin's answer to another.
    #[must_use]
    pub fn headers(&self, origin: Option<&HeaderValue>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::VARY, HeaderValue::from_static("Origin"));
        let Some(origin) = origin.filter(|origin| self.allows(origin)) else { return headers };
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(HEADERS));
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
        headers
    }

    /// Whether this is one of the allowed origins, byte for byte.
    #[must_use]
    pub fn allows(&self, origin: &HeaderValue) -> bool {
        self.allowed_origins.iter().any(|allowed| allowed.as_str().as_bytes() == origin.as_bytes())
    }
}

const METHODS: &str = "POST, DELETE";
const HEADERS: &str = "Authorization, Content-Type";
/// What tells a page when to renew, and when to try again.
const EXPOSED: &str = "Date, Retry-After";

#[cfg(test)]
mod tests {
    use usher_runtime::ConfigError;

    use super::*;

    fn read(allowed_origins: &str) -> Result<Cors, ConfigError> {
        let look_up = |name: &str| (name == "ALLOWED_ORIGINS").then(|| allowed_origins.to_owned());
        let mut settings = Settings::new(&look_up);
        let origins = read_origins(&mut settings);
        settings.finish(|| Cors::new(origins))
    }

    fn cors(allowed_origins: &str) -> Cors {
        read(allowed_origins).expect("origins")
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
    fn what_is_empty_is_no_origin() {
        for (list, origins) in [("", 0), (" , ", 0), ("https://app.example.com", 1)] {
            assert_eq!(cors(list).allowed_origins().len(), origins, "{list:?}");
        }
    }

    #[test]
    fn all_origins_that_no_browser_would_send_are_told_by_their_place() {
        let error = read("https://app.example.com, https://u:secret@b.example/, , *, http://c.example");
        assert_eq!(
            error.expect_err("three of four are none").to_string(),
            "the configuration cannot be used: \
             ALLOWED_ORIGINS[1] must be written as a browser sends it: https://b.example; \
             ALLOWED_ORIGINS[3] is not an origin such as https://app.example.com (neither a * nor null can \
             stand for one); \
             ALLOWED_ORIGINS[4] is http, which is allowed for localhost and loopback addresses only: write https"
        );
    }
}
