//! The cache of the edge: what an origin has answered, for whoever asks with the same key.
//!
//! Documented: which values are in a key, for how long an answer is kept, that what has gone stale is asked for again
//! with its validator, and that requests for one key at one time are one request to the origin. Signatures were
//! verified before. Not documented, and taken to be so: that an answer to `HEAD` is not kept, that a part of what is
//! not in the cache is asked for as a part where the whole is large, and how much there is room for.
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
use super::origin_request::OriginRequest;

/// What is kept, of all behaviors.
pub(super) struct Cache {
    objects: Objects<Key, Arc<Object>>,
    error_ttls: BTreeMap<u16, u64>,
}

/// How an answer came about, in the words of `X-Cache`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Source {
    Hit,
    Miss,
    RefreshHit,
}

/// Asks an origin.
pub(super) type Ask<'a> = &'a (dyn Fn(OriginRequest) -> BoxFuture<'a, Response<Body>> + Sync);

/// What a behavior says of its cache.
#[derive(Clone, Copy)]
pub(super) struct Rules<'a> {
    pub(super) policy: &'a CachePolicy,
    pub(super) compress: bool,
}

impl Cache {
    /// An empty one. `error_ttls`: for how many seconds errors are kept at least, by their status.
    pub(super) fn new(error_ttls: BTreeMap<u16, u64>) -> Self {
        let weight = |_: &Key, object: &Arc<Object>| object.weight();
        Self { objects: Objects::builder().max_capacity(CAPACITY).weigher(weight).build(), error_ttls }
    }

    /// Answers from what is kept, or from the origin, which is asked by `ask`. `now` is since 1970.
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
                // Somebody else has asked meanwhile.
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
            // What is not kept is passed on.
            _ => passed_on(passed.unwrap_or_default()),
        }
    }

    /// Asks the origin for the whole. An error is an answer that is not to be kept.
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
            // Of something large a viewer gets the part that was asked for.
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
        // A part is no whole, and what is not modified has no body.
        if status == StatusCode::PARTIAL_CONTENT || status == StatusCode::NOT_MODIFIED {
            return 0;
        }
        policy.seconds(response.headers())
    }
}

/// What a viewer wants of an object.
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

/// An answer that is not kept.
pub(super) fn passed_on(mut response: Response<Body>) -> Response<Body> {
    let is_error = response.status().is_client_error() || response.status().is_server_error();
    let told = if is_error { "Error from cloudfront" } else { Source::Miss.told() };
    response.headers_mut().insert(X_CACHE, HeaderValue::from_static(told));
    response
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// What the cache judges itself.
const CONDITIONS: [HeaderName; 6] = [
    header::IF_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_NONE_MATCH,
    header::IF_RANGE,
    header::IF_UNMODIFIED_SINCE,
    header::RANGE,
];

const X_CACHE: HeaderName = HeaderName::from_static("x-cache");

/// Of one object, in bytes. What is larger is not kept.
const OBJECT_LIMIT: u64 = 16 * 1_024 * 1_024;
/// Of all objects, in bytes.
const CAPACITY: u64 = 256 * 1_024 * 1_024;
