//! A response in the cache, and what a viewer gets of it.

use std::{ops::Bound, time::Duration};

use axum::body::{Body, to_bytes};
use bytes::Bytes;
use headers::{ContentRange, ETag, HeaderMapExt as _, IfRange, LastModified, Range};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};

use super::{OBJECT_LIMIT, compression};
use crate::conditional::is_known;

/// An answer of an origin.
#[derive(Clone, Debug)]
pub(super) struct Object {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    since: Duration,
    fresh_for: Duration,
}

impl Object {
    /// Reads a response whole. If it breaks, the error is the answer for the viewer.
    pub(super) async fn read(
        response: Response<Body>,
        seconds: u64,
        now: Duration,
    ) -> Result<Self, Response<Body>> {
        let (parts, body) = response.into_parts();
        let limit = usize::try_from(OBJECT_LIMIT).unwrap_or(usize::MAX);
        let body = to_bytes(body, limit).await.map_err(|error| {
            tracing::warn!(%error, "an origin broke off");
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::BAD_GATEWAY;
            response
        })?;
        let fresh_for = Duration::from_secs(seconds);
        Ok(Self { status: parts.status, headers: parts.headers, body, since: now, fresh_for })
    }

    /// The same object in gzip, if CloudFront would compress it. Its validator is then weak.
    pub(super) fn compressed(self) -> Self {
        if self.status != StatusCode::OK || !compression::is_compressible(&self.headers, self.body.len()) {
            return self;
        }
        let Ok(body) = compression::compressed(&self.body) else { return self };
        let mut headers = self.headers;
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        headers.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        headers.remove(header::CONTENT_LENGTH);
        headers.remove(header::ACCEPT_RANGES);
        let etag =
            headers.get(header::ETAG).map(HeaderValue::as_bytes).filter(|etag| !etag.starts_with(b"W/"));
        if let Some(weak) = etag.and_then(|etag| HeaderValue::from_bytes(&[b"W/", etag].concat()).ok()) {
            headers.insert(header::ETAG, weak);
        }
        Self { headers, body, ..self }
    }

    /// The same object after the origin has confirmed that it is still valid.
    pub(super) fn refreshed(&self, said: &HeaderMap, seconds: u64, now: Duration) -> Self {
        let mut headers = self.headers.clone();
        for name in [header::CACHE_CONTROL, header::EXPIRES, header::DATE] {
            if let Some(value) = said.get(&name) {
                headers.insert(name, value.clone());
            }
        }
        let fresh_for = Duration::from_secs(seconds);
        Self { status: self.status, headers, body: self.body.clone(), since: now, fresh_for }
    }

    pub(super) fn is_fresh(&self, now: Duration) -> bool {
        now.saturating_sub(self.since) < self.fresh_for
    }

    /// The age in whole seconds.
    pub(super) fn age(&self, now: Duration) -> u64 {
        now.saturating_sub(self.since).as_secs()
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    /// How much memory the object takes, in bytes, with its headers and its key.
    pub(super) fn weight(&self) -> u32 {
        u32::try_from(self.body.len()).unwrap_or(u32::MAX).saturating_add(4_096)
    }

    /// Adds the headers that ask an origin whether the object is still valid.
    pub(super) fn add_validators(&self, headers: &mut HeaderMap) {
        for (name, condition) in
            [(header::ETAG, header::IF_NONE_MATCH), (header::LAST_MODIFIED, header::IF_MODIFIED_SINCE)]
        {
            if let Some(value) = self.headers.get(name).filter(|_| self.status == StatusCode::OK) {
                headers.insert(condition, value.clone());
            }
        }
    }

    /// The answer to a viewer whose request has these conditions.
    pub(super) fn response(&self, method: &Method, conditions: &HeaderMap) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.headers_mut() = self.headers.clone();
        *response.status_mut() = self.status;
        if self.status == StatusCode::OK && is_known(conditions, &self.headers) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response.headers_mut().remove(header::CONTENT_LENGTH);
            return response;
        }
        let mut body = self.body.clone();
        if self.status == StatusCode::OK
            && let Some(range) = self.range(conditions)
        {
            let Some((first, last)) = range else { return self.not_satisfiable(response) };
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let total = u64::try_from(body.len()).unwrap_or(u64::MAX);
            if let Ok(range) = ContentRange::bytes(first..=last, total) {
                response.headers_mut().typed_insert(range);
            }
            body = slice(&body, first, last);
        }
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        if method != Method::HEAD {
            *response.body_mut() = Body::from(body);
        }
        response
    }

    fn not_satisfiable(&self, mut response: Response<Body>) -> Response<Body> {
        *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
        let total = u64::try_from(self.body.len()).unwrap_or(u64::MAX);
        response.headers_mut().typed_insert(ContentRange::unsatisfied_bytes(total));
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(0));
        response
    }

    /// The one range that is requested: its first and last byte, or `None` inside if the range does not exist.
    fn range(&self, conditions: &HeaderMap) -> Option<Option<(u64, u64)>> {
        let range = conditions.typed_get::<Range>()?;
        if let Some(asked) = conditions.typed_get::<IfRange>() {
            let (etag, modified) =
                (self.headers.typed_get::<ETag>(), self.headers.typed_get::<LastModified>());
            if asked.is_modified(etag.as_ref(), modified.as_ref()) {
                return None;
            }
        }
        let length = u64::try_from(self.body.len()).ok()?;
        let mut parts = range.satisfiable_ranges(length);
        let part = parts.next();
        // For several ranges, a viewer gets the whole object.
        if parts.next().is_some() {
            return None;
        }
        let Some((first, last)) = part else { return Some(None) };
        let first = match first {
            Bound::Included(first) => first,
            Bound::Excluded(before) => before.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let last = match last {
            Bound::Included(last) => last,
            Bound::Excluded(behind) => behind.saturating_sub(1),
            Bound::Unbounded => length.saturating_sub(1),
        };
        Some((first <= last && last < length).then_some((first, last)))
    }
}

fn slice(body: &Bytes, first: u64, last: u64) -> Bytes {
    let bounds = usize::try_from(first).ok().zip(usize::try_from(last).ok());
    bounds.map_or_else(Bytes::new, |(first, last)| body.slice(first..=last))
}
