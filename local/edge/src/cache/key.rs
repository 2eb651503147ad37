//! What two requests must have in common to get one answer.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::CachePolicy;
use crate::selection::Parameters;

/// The key of a request: the path, and what the cache policy names of the rest.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Key {
    path: String,
    query: Option<String>,
    headers: Vec<(HeaderName, HeaderValue)>,
    cookies: Option<HeaderValue>,
    accept_encoding: &'static str,
}

impl Key {
    /// Of a request after the viewer-request function. `query` is without CloudFront's own parameters.
    pub(crate) fn new(policy: &CachePolicy, path: &str, query: Option<&str>, headers: &HeaderMap) -> Self {
        let parameters = &policy.parameters;
        let named = headers.iter().filter(|(name, _)| parameters.headers.takes_header(name));
        let mut named: Vec<_> = named.map(|(name, value)| (name.clone(), value.clone())).collect();
        // In which order a viewer sends different headers plays no part.
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
