//! The origin that a viewer asks: a scheme, a host and perhaps a port.

use std::fmt;

use http::HeaderValue;

use crate::{Viewer, ViewerProtocol};

/// The origin of the URLs that a viewer asks for, such as `https://d111111abcdef8.cloudfront.net`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ViewerOrigin {
    protocol: ViewerProtocol,
    host: String,
}

impl ViewerOrigin {
    /// The origin that `viewer` asks.
    #[must_use]
    pub fn of(viewer: &Viewer, protocol: ViewerProtocol) -> Self {
        Self { protocol, host: viewer.host.clone() }
    }

    /// The host, and the port if there is one.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The URL of what is at `path`, which begins with a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{self}{path}")
    }

    /// Whether a browser's header `Origin` names it.
    #[must_use]
    pub fn is_named_by(&self, header: &HeaderValue) -> bool {
        header.as_bytes().eq_ignore_ascii_case(self.to_string().as_bytes())
    }
}

impl fmt::Display for ViewerOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.protocol, self.host)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;
    use crate::ViewerHost;

    #[test]
    fn an_origin_is_the_beginning_of_its_urls_and_named_in_any_case() {
        let host = HeaderValue::from_static("Localhost:8080");
        let headers = HeaderMap::from_iter([(Viewer::HOST, host)]);
        let viewer = Viewer::from_headers(&headers, &ViewerHost::Header).expect("a host");
        let origin = ViewerOrigin::of(&viewer, ViewerProtocol::Http);
        assert_eq!(origin.host(), "Localhost:8080");
        assert_eq!(origin.url("/video/*"), "http://Localhost:8080/video/*");
        let rows = [
            ("http://localhost:8080", true),
            ("https://localhost:8080", false),
            ("http://localhost:8080/", false),
        ];
        for (header, is_named) in rows {
            assert_eq!(origin.is_named_by(&HeaderValue::from_static(header)), is_named, "{header}");
        }
    }
}
