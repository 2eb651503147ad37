//! The cache of the edge: responses of origins, for requests with the same cache key.
//!
//! AWS documents which values are in a key, how long a response is kept, that CloudFront revalidates a stale one, and
//! that simultaneous requests for one key are one request to the origin. CloudFront has verified the signatures
//! before. AWS does not document, and the edge assumes: a response to `HEAD` is not kept, a range of a large object
//! that is not in the cache is requested as a range, and how large the cache is.
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html>

mod compression;
mod freshness;
mod key;
mod object;
mod policy;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::body::Body;
use futures::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use moka::{future::Cache as Objects, ops::compute::Op};

use self::{freshness::error_seconds, object::Object};
pub(super) use self::{key::Key, policy::CachePolicy};
use super::{conditional::CONDITIONS, origin_request::OriginRequest};

/// The objects in the cache, of all cache behaviors.
pub(super) struct Cache {
    objects: Objects<Key, Arc<Object>>,
    error_ttls: BTreeMap<u16, u64>,
}

/// Where an answer comes from, in the words of `X-Cache`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Source {
    Hit,
    Miss,
    RefreshHit,
}

/// Sends a request to an origin.
pub(super) type Ask<'a> = &'a (dyn Fn(OriginRequest) -> BoxFuture<'a, Response<Body>> + Sync);

/// The settings of a cache behavior for the cache.
#[derive(Clone, Copy)]
pub(super) struct Rules<'a> {
    pub(super) policy: &'a CachePolicy,
    pub(super) compress: bool,
}

impl Cache {
    /// An empty cache. `error_ttls`: how many seconds errors are kept at least, by their status.
    pub(super) fn new(error_ttls: BTreeMap<u16, u64>) -> Self {
        let weight = |_: &Key, object: &Arc<Object>| object.weight();
        Self { objects: Objects::builder().max_capacity(CAPACITY).weigher(weight).build(), error_ttls }
    }

    /// Answers from the cache, or from the origin through `ask`. `now` is the time since 1970.
    pub(super) async fn respond(
        &self,
        rules: Rules<'_>,
        key: Key,
        request: OriginRequest,
        now: Duration,
        ask: Ask<'_>,
    ) -> Response<Body> {
        let asked = Asked::of(&request);
        if let Some(object) = self.objects.get(&key).await.filter(|object| object.is_fresh(now)) {
            return asked.answer(&object, Source::Hit, now);
        }
        if request.method != Method::GET {
            return passed_on(ask(request).await);
        }
        let (mut passed, mut source) = (None, Source::Hit);
        let (request, passed_to, source_to) = (&request, &mut passed, &mut source);
        let result = self
            .objects
            .entry(key)
            .and_compute_with(|kept| async move {
                let kept = kept.map(moka::Entry::into_value);
                // Another request has fetched it meanwhile.
                if kept.as_ref().is_some_and(|kept| kept.is_fresh(now)) {
                    return Op::Nop;
                }
                match self.fetch(rules, request, kept, now, ask).await {
                    Ok((object, from)) => {
                        *source_to = from;
                        Op::Put(Arc::new(object))
                    }
                    Err(response) => {
                        *passed_to = Some(response);
                        Op::Remove
                    }
                }
            })
            .await;
        match result.into_entry() {
            Some(entry) if passed.is_none() => asked.answer(entry.value(), source, now),
            // A response that is not kept is passed on.
            _ => passed_on(passed.unwrap_or_default()),
        }
    }

    /// Requests the whole object from the origin. An error is a response that must not be kept.
    async fn fetch(
        &self,
        rules: Rules<'_>,
        request: &OriginRequest,
        kept: Option<Arc<Object>>,
        now: Duration,
        ask: Ask<'_>,
    ) -> Result<(Object, Source), Response<Body>> {
        let mut whole = request.clone();
        CONDITIONS.iter().for_each(|name| drop(whole.headers.remove(name)));
        if let Some(kept) = &kept {
            kept.add_validators(&mut whole.headers);
        }
        let response = ask(whole).await;
        if response.status() == StatusCode::NOT_MODIFIED
            && let Some(kept) = kept
        {
            let seconds = rules.policy.seconds(response.headers());
            return Ok((kept.refreshed(response.headers(), seconds, now), Source::RefreshHit));
        }
        let seconds = self.seconds(rules.policy, &response);
        let is_small = length(response.headers()).is_some_and(|length| length <= OBJECT_LIMIT);
        if seconds == 0 || !(is_small || response.status().is_client_error()) {
            // For a large object, the viewer gets the range that it requested.
            let is_partial =
                response.status() == StatusCode::OK && request.headers.contains_key(header::RANGE);
            return Err(if is_partial { ask(request.clone()).await } else { response });
        }
        let object = Object::read(response, seconds, now).await?;
        let takes_gzip = rules.compress && rules.policy.accept_encoding(&request.headers).contains("gzip");
        Ok((if takes_gzip { object.compressed() } else { object }, Source::Miss))
    }

    fn seconds(&self, policy: &CachePolicy, response: &Response<Body>) -> u64 {
        let status = response.status();
        if status.is_client_error() || status.is_server_error() {
            let least = self.error_ttls.get(&status.as_u16()).copied();
            return error_seconds(policy, status, response.headers(), least);
        }
        // A range is not the whole object, and a 304 has no body.
        if status == StatusCode::PARTIAL_CONTENT || status == StatusCode::NOT_MODIFIED {
            return 0;
        }
        policy.seconds(response.headers())
    }
}

/// What a viewer requests of an object.
struct Asked {
    method: Method,
    conditions: HeaderMap,
}

impl Asked {
    fn of(request: &OriginRequest) -> Self {
        let given =
            CONDITIONS.iter().filter_map(|name| Some((name.clone(), request.headers.get(name)?.clone())));
        Self { method: request.method.clone(), conditions: given.collect() }
    }

    fn answer(&self, object: &Object, source: Source, now: Duration) -> Response<Body> {
        let mut response = object.response(&self.method, &self.conditions);
        let is_error = object.status().is_client_error() || object.status().is_server_error();
        let headers = response.headers_mut();
        if source == Source::Hit {
            headers.insert(header::AGE, HeaderValue::from(object.age(now)));
        }
        let told = if is_error { "Error from cloudfront" } else { source.told() };
        headers.insert(X_CACHE, HeaderValue::from_static(told));
        response
    }
}

impl Source {
    fn told(self) -> &'static str {
        match self {
            Self::Hit => "Hit from cloudfront",
            Self::Miss => "Miss from cloudfront",
            Self::RefreshHit => "RefreshHit from cloudfront",
        }
    }
}

/// A response that is not kept.
pub(super) fn passed_on(mut response: Response<Body>) -> Response<Body> {
    let is_error = response.status().is_client_error() || response.status().is_server_error();
    let told = if is_error { "Error from cloudfront" } else { Source::Miss.told() };
    response.headers_mut().insert(X_CACHE, HeaderValue::from_static(told));
    response
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

const X_CACHE: HeaderName = HeaderName::from_static("x-cache");

/// The largest object that is kept, in bytes.
const OBJECT_LIMIT: u64 = 16 * 1_024 * 1_024;
/// The size of the cache, in bytes.
const CAPACITY: u64 = 256 * 1_024 * 1_024;
