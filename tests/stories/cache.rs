//! No viewer gets a cached answer that was made for another viewer, and a request that the edge rejects is rejected,
//! whatever is in the cache.

use std::fs;

use cloudfront_signing::{Grant, Signer};
use http::HeaderMap;
use reqwest::{Response, StatusCode};
use tempfile::TempDir;

use crate::house::{House, START, denial, sign, workspace};

const HOSTS: [&str; 2] = ["one.example.com", "two.example.com"];
const PATHS: [&str; 2] = ["/video/clock-ts/360p/playlist.m3u8", "/video/clock-fmp4/master.m3u8"];
const RESOURCES: [&str; 3] = ["/video/*", "/video/clock-ts/*", "/video/*.m3u8?*"];
/// The first two end in one bucket of 300 seconds.
const EXPIRES: [u64; 3] = [START + 7_100, START + 7_200, START + 14_400];
const STYLES: [&str; 3] = ["", "&usher-style=inline", "&usher-style=define"];

/// Two edges with one key: one with its cache, the other without.
struct Both {
    cached: House,
    uncached: House,
    signer: Signer,
    _folder: TempDir,
}

/// The credential of a viewer, and what else the request contains.
#[derive(Clone, Copy, Debug)]
struct Asking<'a> {
    host: &'a str,
    path: &'a str,
    style: &'a str,
    by_cookies: bool,
    gzip: bool,
}

impl Both {
    async fn open(hide_signatures: bool) -> Self {
        let hosts = || HOSTS.map(|host| url::Host::parse(host).unwrap()).to_vec();
        let cached = House::with_options(|options| {
            (options.hosts, options.hide_signatures) = (hosts(), hide_signatures);
        })
        .await;
        let folder = TempDir::new().unwrap();
        let template = folder.path().join("template.yaml");
        let text = fs::read_to_string(workspace().join("template.yaml")).unwrap();
        assert_eq!(text.matches("MaxTTL: 300").count(), 1);
        fs::write(&template, text.replace("MaxTTL: 300", "MaxTTL: 0")).unwrap();
        let state = cached.state().to_owned();
        let uncached = House::with_options(|options| {
            (options.hosts, options.template, options.state) = (hosts(), template, state);
            options.hide_signatures = hide_signatures;
        })
        .await;
        let signer = cached.signer().await;
        Self { cached, uncached, signer, _folder: folder }
    }

    fn grant(&self, host: &str, resource: &str, expires: u64) -> Grant {
        sign(&self.signer, &format!("http://{host}{resource}"), expires)
    }

    async fn ask(&self, house: &House, asking: Asking<'_>, grant: &Grant) -> Response {
        let Asking { host, path, style, by_cookies, gzip } = asking;
        // A parameter that no playlist depends on.
        let target = format!("{path}?x={by_cookies}{style}");
        let request = if by_cookies {
            let pairs = grant.query().split('&').map(|pair| format!("CloudFront-{pair}"));
            house.get(&target).header("cookie", pairs.collect::<Vec<_>>().join("; "))
        } else {
            house.get(&format!("{target}&{}&{}", grant.query(), hls_rewrite::policy_copy(grant)))
        };
        let request = request.header("host", host);
        let request = if gzip { request.header("accept-encoding", "gzip") } else { request };
        request.send().await.unwrap()
    }
}

/// A whole answer, and whether it came from the cache.
async fn taken(answer: Response) -> ((StatusCode, HeaderMap, Vec<u8>), bool) {
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    let is_hit = headers["x-cache"] == "Hit from cloudfront";
    for name in ["age", "date", "x-cache"] {
        headers.remove(name);
    }
    ((status, headers, answer.bytes().await.unwrap().to_vec()), is_hit)
}

/// Every number below `count` once, in an order that is the same in every run.
fn shuffled(count: usize) -> impl Iterator<Item = usize> {
    // This factor shares no divisor with any count of these tests.
    (0..count).map(move |at| at * 7_919 % count)
}

/// Each host, path, resource, expiry, style, kind of credential and encoding, in a mixed order: an answer from
/// the cache is what the viewer would get without a cache.
async fn nobody_gets_what_is_somebody_elses(hide_signatures: bool) {
    let both = Both::open(hide_signatures).await;
    let count = HOSTS.len() * PATHS.len() * RESOURCES.len() * EXPIRES.len() * STYLES.len() * 4;
    let mut hits = 0;
    for number in shuffled(count) {
        let mut left = number;
        let mut choose = |choices: usize| {
            let choice = left % choices;
            left /= choices;
            choice
        };
        let asking = Asking {
            host: HOSTS[choose(HOSTS.len())],
            path: PATHS[choose(PATHS.len())],
            style: STYLES[choose(STYLES.len())],
            by_cookies: choose(2) == 0,
            gzip: choose(2) == 0,
        };
        let (resource, expires) = (RESOURCES[choose(RESOURCES.len())], EXPIRES[choose(EXPIRES.len())]);
        let grant = both.grant(asking.host, resource, expires);
        let (found, is_hit) = taken(both.ask(&both.cached, asking, &grant).await).await;
        let (expected, _) = taken(both.ask(&both.uncached, asking, &grant).await).await;
        assert_eq!(found, expected, "{asking:?} {resource} {expires}");
        hits += usize::from(is_hit);
    }
    assert!(hits >= count / 5, "{hits} of {count}: hardly anything came out of the cache");
}

#[tokio::test]
async fn nobody_gets_what_is_somebody_elses_where_signatures_are_seen() {
    nobody_gets_what_is_somebody_elses(false).await;
}

#[tokio::test]
async fn nobody_gets_what_is_somebody_elses_where_signatures_are_hidden() {
    nobody_gets_what_is_somebody_elses(true).await;
}

#[tokio::test]
async fn who_is_refused_is_refused_though_it_is_in_the_cache() {
    let house = House::open().await;
    for path in ["/video/clock-ts/360p/playlist.m3u8", "/video/clock-ts/360p/segment000.ts"] {
        let url = house.signed_url("/video/clock-ts/master.m3u8").await;
        let query = url.split_once('?').unwrap().1;
        for expected in ["Miss", "Hit"] {
            let answer = house.get(&format!("{path}?{query}")).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK, "{path}");
            assert_eq!(answer.headers()["x-cache"], format!("{expected} from cloudfront").as_str(), "{path}");
        }
        let changed = query.replacen("Signature=", "Signature=AAAA", 1);
        for refused in [path.to_owned(), format!("{path}?{changed}")] {
            let answer = house.get(&refused).send().await.unwrap();
            assert_eq!(answer.headers()["x-cache"], "Error from cloudfront", "{path}");
            assert_eq!(denial(answer).await.0, StatusCode::FORBIDDEN, "{path}");
        }
        let ended = sign(&house.signer().await, &format!("{}/video/*", house.url), START);
        let answer = house.get(&format!("{path}?{}", ended.query())).send().await.unwrap();
        assert_eq!(denial(answer).await.0, StatusCode::FORBIDDEN, "{path}");
    }
}

/// A cookie with another expiry, or for another part of the site, plays the same playlist: nothing in it is
/// signed.
#[tokio::test]
async fn what_is_handed_out_as_it_is_is_one_object_for_all_viewers_with_cookies() {
    let both = Both::open(false).await;
    let asking = Asking { host: HOSTS[0], path: PATHS[0], style: "", by_cookies: true, gzip: false };
    let mut told = Vec::new();
    for (resource, expires) in RESOURCES.into_iter().zip(EXPIRES) {
        let grant = both.grant(HOSTS[0], resource, expires);
        let answer = both.ask(&both.cached, asking, &grant).await;
        told.push(answer.headers()["x-cache"].to_str().unwrap().to_owned());
    }
    assert_eq!(told, ["Miss from cloudfront", "Hit from cloudfront", "Hit from cloudfront"]);
}

/// A signature in a playlist never lives longer than its viewer's own policy, even if the playlist comes from
/// the cache.
#[tokio::test]
async fn a_playlist_from_the_cache_admits_no_longer_than_its_viewers_policy() {
    let both = Both::open(false).await;
    let asking = Asking { host: HOSTS[0], path: PATHS[0], style: "", by_cookies: false, gzip: false };
    let first = both.grant(HOSTS[0], "/video/*", START + 7_200);
    let second = both.grant(HOSTS[0], "/video/*", START + 7_000);
    for (grant, ends, told) in [(&first, START + 7_000, "Miss"), (&second, START + 7_000, "Hit")] {
        let answer = both.ask(&both.cached, asking, grant).await;
        assert_eq!(answer.headers()["x-cache"], format!("{told} from cloudfront").as_str());
        let expected = sign(&both.signer, &format!("http://{}/video/clock-ts/*", HOSTS[0]), ends);
        assert!(answer.text().await.unwrap().contains(expected.query()), "{told}");
    }
}
