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
    pub fn of(viewer: Viewer, protocol: ViewerProtocol) -> Self {
        Self { protocol, host: viewer.host }
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
