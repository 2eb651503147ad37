//! The cache in front of an origin that counts its requests.

use std::{
    net::IpAddr,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use axum::body::to_bytes;
use cloudfront_signing::UnixTime;
use futures::{FutureExt as _, future::join_all};
use http::header;

use super::*;
use crate::selection::{Parameters, Selection};

/// An origin with one response, or one that only answers 304.
struct Origin {
    asked: AtomicUsize,
    status: u16,
    headers: Vec<(HeaderName, &'static str)>,
    body: &'static str,
    /// The origin answers 304 to a request with this `ETag`.
    etag: Option<&'static str>,
}

impl Origin {
    fn new(cache_control: &'static str, body: &'static str) -> Self {
        let headers = vec![(header::CACHE_CONTROL, cache_control), (header::CONTENT_TYPE, "text/plain")];
        Self { asked: AtomicUsize::new(0), status: 200, headers, body, etag: None }
    }

    async fn answer(&self, request: OriginRequest) -> Response<Body> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        // The other requests arrive meanwhile.
        tokio::task::yield_now().await;
        let asked = request.headers.get(header::IF_NONE_MATCH).and_then(|asked| asked.to_str().ok());
        let is_known = self.etag.is_some() && asked == self.etag;
        let body = if is_known || request.method == Method::HEAD { "" } else { self.body };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() =
            StatusCode::from_u16(if is_known { 304 } else { self.status }).expect("a status");
        for (name, value) in &self.headers {
            response.headers_mut().insert(name.clone(), HeaderValue::from_static(value));
        }
        if let Some(etag) = self.etag {
            response.headers_mut().insert(header::ETAG, HeaderValue::from_static(etag));
        }
        if !is_known {
            response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(self.body.len()));
        }
        response
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// The parts of a request.
#[derive(Clone, Copy)]
struct Asking<'a> {
    method: &'static str,
    query: Option<&'a str>,
    headers: &'a [(&'static str, &'static str)],
}

const GET: Asking<'static> = Asking { method: "GET", query: None, headers: &[] };

struct Edge {
    cache: Cache,
    policy: CachePolicy,
    compress: bool,
    start: Duration,
}

/// Status, `X-Cache`, `Age`, body.
type Answer = (u16, String, Option<String>, String);

impl Edge {
    fn new(policy: CachePolicy) -> Self {
        let cache = Cache::new(BTreeMap::from([(404, 0)]));
        Self { cache, policy, compress: false, start: Duration::from_secs(1_790_000_000) }
    }

    async fn respond(&self, origin: &Origin, asking: Asking<'_>, seconds: f64) -> Response<Body> {
        let mut headers = HeaderMap::new();
        for (name, value) in asking.headers {
            headers.append(*name, HeaderValue::from_static(value));
        }
        let key = Key::new(&self.policy, "/video/m/a", asking.query, &headers);
        let request = OriginRequest {
            method: asking.method.parse().expect("a method"),
            path: "/video/m/a".to_owned(),
            query: None,
            headers,
            viewer: IpAddr::from([192, 0, 2, 2]),
            time: UnixTime::new(1_790_000_000).expect("seconds"),
        };
        let rules = Rules { policy: &self.policy, compress: self.compress };
        let ask = |request| origin.answer(request).boxed();
        self.cache.respond(rules, key, request, self.start + Duration::from_secs_f64(seconds), &ask).await
    }

    /// The answer this many seconds after the start.
    async fn ask(&self, origin: &Origin, asking: Asking<'_>, seconds: f64) -> Answer {
        let response = self.respond(origin, asking, seconds).await;
        let text = |name: &str| {
            let value = response.headers().get(name)?;
            Some(value.to_str().expect("ASCII").to_owned())
        };
        let (status, cache, age) = (response.status().as_u16(), text("x-cache"), text("age"));
        let body = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        let body = String::from_utf8_lossy(&body).into_owned();
        (status, cache.expect("X-Cache").replace(" from cloudfront", ""), age, body)
    }
}

fn answer(status: u16, cache: &str, age: Option<u64>, body: &str) -> Answer {
    (status, cache.to_owned(), age.map(|age| age.to_string()), body.to_owned())
}

fn manifest() -> CachePolicy {
    let headers = Selection::Only(vec!["X-Viewer-Resource".to_owned()]);
    let query_strings = Selection::Only(vec!["usher-style".to_owned()]);
    let parameters = Parameters { headers, cookies: Selection::None, query_strings };
    CachePolicy { parameters, gzip: true, max_ttl: 300, ..CachePolicy::default() }
}

#[tokio::test]
async fn what_is_fresh_is_given_to_all_and_what_is_not_is_asked_for_again() {
    let (edge, origin) = (Edge::new(manifest()), Origin::new("max-age=0, s-maxage=3", "a"));
    for (seconds, expected, asked) in [
        (0.0, answer(200, "Miss", None, "a"), 1),
        (0.5, answer(200, "Hit", Some(0), "a"), 1),
        (2.9, answer(200, "Hit", Some(2), "a"), 1),
        (3.0, answer(200, "Miss", None, "a"), 2),
        (5.9, answer(200, "Hit", Some(2), "a"), 2),
    ] {
        assert_eq!(edge.ask(&origin, GET, seconds).await, expected, "{seconds}");
        assert_eq!(origin.asked(), asked, "{seconds}");
    }
}

#[tokio::test]
async fn what_has_not_changed_is_kept_on_and_what_has_is_taken_in() {
    let (edge, mut origin) = (Edge::new(manifest()), Origin::new("s-maxage=3", "a"));
    origin.etag = Some("W/\"1\"");
    assert_eq!(edge.ask(&origin, GET, 0.0).await, answer(200, "Miss", None, "a"));
    assert_eq!(edge.ask(&origin, GET, 3.0).await, answer(200, "RefreshHit", None, "a"));
    assert_eq!(edge.ask(&origin, GET, 5.0).await, answer(200, "Hit", Some(2), "a"));
    origin.etag = Some("W/\"2\"");
    origin.body = "b";
    assert_eq!(edge.ask(&origin, GET, 6.0).await, answer(200, "Miss", None, "b"));
    assert_eq!(edge.ask(&origin, GET, 7.0).await, answer(200, "Hit", Some(1), "b"));
    assert_eq!(origin.asked(), 3);
}

#[tokio::test]
async fn what_all_ask_for_at_once_is_asked_for_once() {
    let (edge, origin) = (Edge::new(manifest()), Origin::new("s-maxage=3", "a"));
    let all = join_all((0..100).map(|_| edge.ask(&origin, GET, 0.0))).await;
    assert_eq!(all.iter().filter(|answer| answer.1 == "Miss").count(), 1);
    assert!(all.iter().all(|answer| (answer.0, answer.3.as_str()) == (200, "a")));
    assert_eq!(origin.asked(), 1);
}

#[tokio::test]
async fn only_what_the_policy_names_tells_two_requests_apart() {
    let (edge, origin) = (Edge::new(manifest()), Origin::new("s-maxage=3", "a"));
    let asking = |query, headers| Asking { query, headers, ..GET };
    let rows: [(Asking<'_>, &str); 10] = [
        (asking(None, &[]), "Miss"),
        (asking(Some("x=1"), &[]), "Hit"),
        (asking(None, &[("user-agent", "player/2"), ("cookie", "a=b")]), "Hit"),
        (asking(Some("usher-style=inline"), &[]), "Miss"),
        (asking(Some("x=1&usher-style=inline"), &[]), "Hit"),
        (asking(Some("usher-style=define"), &[]), "Miss"),
        (asking(None, &[("x-viewer-resource", "https://h/a/*")]), "Miss"),
        (asking(None, &[("x-viewer-resource", "https://h/b/*")]), "Miss"),
        (asking(None, &[("accept-encoding", "br, gzip")]), "Miss"),
        (asking(None, &[("accept-encoding", "gzip;q=0, identity")]), "Hit"),
    ];
    for (at, (asking, expected)) in rows.into_iter().enumerate() {
        assert_eq!(edge.ask(&origin, asking, 0.0).await.1, expected, "{at}");
    }
}

#[tokio::test]
async fn what_must_not_be_kept_is_not() {
    for cache_control in ["no-store", "private, max-age=60", "no-cache", "max-age=0", ""] {
        let (edge, origin) = (Edge::new(manifest()), Origin::new(cache_control, "a"));
        for _ in 0..2 {
            assert_eq!(edge.ask(&origin, GET, 0.0).await, answer(200, "Miss", None, "a"), "{cache_control}");
        }
        assert_eq!(origin.asked(), 2, "{cache_control}");
    }
    for (status, cache_control, asked) in [(404, "no-store", 2), (403, "no-store", 2), (503, "no-store", 1)] {
        let (edge, mut origin) = (Edge::new(manifest()), Origin::new(cache_control, "no"));
        origin.status = status;
        for _ in 0..2 {
            let found = edge.ask(&origin, GET, 0.0).await;
            assert_eq!((found.0, found.1, found.3), (status, "Error".to_owned(), "no".to_owned()));
        }
        assert_eq!(origin.asked(), asked, "{status}");
    }
}

#[tokio::test]
async fn a_viewer_gets_the_part_that_is_asked_for_and_nothing_that_it_has() {
    let (edge, mut origin) = (Edge::new(CachePolicy::optimized()), Origin::new("max-age=60", "0123456789"));
    origin.etag = Some("\"1\"");
    let asking = |headers| Asking { headers, ..GET };
    let rows: [(Asking<'_>, u16, &str, &str, Option<&str>); 9] = [
        (asking(&[("range", "bytes=2-4")]), 206, "Miss", "234", Some("bytes 2-4/10")),
        (asking(&[("range", "bytes=8-")]), 206, "Hit", "89", Some("bytes 8-9/10")),
        (asking(&[("range", "bytes=-3")]), 206, "Hit", "789", Some("bytes 7-9/10")),
        (asking(&[("range", "bytes=10-")]), 416, "Hit", "", Some("bytes */10")),
        (asking(&[("range", "bytes=0-1,4-5")]), 200, "Hit", "0123456789", None),
        (asking(&[("range", "bytes=0-1"), ("if-range", "\"2\"")]), 200, "Hit", "0123456789", None),
        (asking(&[("if-none-match", "\"1\"")]), 304, "Hit", "", None),
        (asking(&[("if-none-match", "\"2\"")]), 200, "Hit", "0123456789", None),
        (Asking { method: "HEAD", ..GET }, 200, "Hit", "", None),
    ];
    for (at, (asking, status, cache, body, range)) in rows.into_iter().enumerate() {
        let response = edge.respond(&origin, asking, 0.0).await;
        let found = response.headers().get(header::CONTENT_RANGE).map(|value| value.to_str().expect("ASCII"));
        assert_eq!(found, range, "{at}");
        let found = edge.ask(&origin, asking, 0.0).await;
        // The first of the two has filled the cache.
        let cache = if at == 0 { "Hit" } else { cache };
        assert_eq!((found.0, found.1.as_str(), found.3.as_str()), (status, cache, body), "{at}");
    }
    assert_eq!(origin.asked(), 1);
}

#[tokio::test]
async fn cloudfront_compresses_text_of_a_certain_size_where_the_behavior_says_so() {
    static TEXT: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| "a".repeat(1_000));
    let gzip = Asking { headers: &[("accept-encoding", "gzip")], ..GET };
    for (compress, content_type, body, encoded) in [
        (true, "text/plain", TEXT.as_str(), true),
        (true, "application/json; charset=utf-8", TEXT.as_str(), true),
        (false, "text/plain", TEXT.as_str(), false),
        (true, "video/mp2t", TEXT.as_str(), false),
        (true, "text/plain", "short", false),
    ] {
        let mut edge = Edge::new(CachePolicy::optimized());
        edge.compress = compress;
        let mut origin = Origin::new("max-age=60", body);
        origin.headers.push((header::CONTENT_TYPE, content_type));
        origin.etag = Some("\"1\"");
        let response = edge.respond(&origin, gzip, 0.0).await;
        let of = |name| response.headers().get(name).map(|value| value.to_str().expect("ASCII").to_owned());
        let etag = if encoded { "W/\"1\"" } else { "\"1\"" };
        assert_eq!(of(header::CONTENT_ENCODING).as_deref(), encoded.then_some("gzip"), "{content_type}");
        assert_eq!(of(header::ETAG).as_deref(), Some(etag));
        // A viewer that does not accept gzip gets the object uncompressed.
        let plain = edge.ask(&origin, GET, 0.0).await;
        assert_eq!((plain.0, plain.3.as_str()), (200, body));
    }
}

#[tokio::test]
async fn something_large_is_passed_on_in_the_part_that_is_asked_for() {
    let (edge, origin) = (Edge::new(CachePolicy::optimized()), Origin::new("max-age=60", "0123"));
    let mut headers = HeaderMap::new();
    headers.insert(header::RANGE, HeaderValue::from_static("bytes=0-1"));
    let request = OriginRequest {
        method: Method::GET,
        path: "/a".to_owned(),
        query: None,
        headers: headers.clone(),
        viewer: IpAddr::from([192, 0, 2, 2]),
        time: UnixTime::new(1_790_000_000).expect("seconds"),
    };
    let rules = Rules { policy: &edge.policy, compress: false };
    for _ in 0..2 {
        let key = Key::new(&edge.policy, "/a", None, &headers);
        let ask = |request: OriginRequest| {
            let ranged = request.headers.contains_key(header::RANGE);
            let answer = origin.answer(request);
            async move {
                let mut response = answer.await;
                response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(OBJECT_LIMIT + 1));
                if ranged {
                    *response.status_mut() = StatusCode::PARTIAL_CONTENT;
                }
                response
            }
            .boxed()
        };
        let response = edge.cache.respond(rules, key, request.clone(), edge.start, &ask).await;
        assert_eq!(response.status(), StatusCode::PARTIAL_CONTENT);
    }
    assert_eq!(origin.asked(), 4);
}
