//! The cache key: requests with the same key get the same answer.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::CachePolicy;
use crate::selection::Parameters;

/// The key of a request: the path, and the values that the cache policy names.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Key {
    path: String,
    query: Option<String>,
    headers: Vec<(HeaderName, HeaderValue)>,
    cookies: Option<HeaderValue>,
    accept_encoding: &'static str,
}

impl Key {
    /// The key of a request after the viewer-request function. `query` is without CloudFront's own parameters.
    pub(crate) fn new(policy: &CachePolicy, path: &str, query: Option<&str>, headers: &HeaderMap) -> Self {
        let parameters = &policy.parameters;
        let named = headers.iter().filter(|(name, _)| parameters.headers.takes_header(name));
        let mut named: Vec<_> = named.map(|(name, value)| (name.clone(), value.clone())).collect();
        // The order in which a viewer sends different headers does not matter.
        named.sort_by(|(one, _), (other, _)| one.as_str().cmp(other.as_str()));
        Self {
            path: path.to_owned(),
            query: query.and_then(|query| Parameters::query(&[parameters], query)),
            headers: named,
            cookies: Parameters::cookies(&[parameters], headers),
            accept_encoding: policy.accept_encoding(headers),
        }
    }
}
