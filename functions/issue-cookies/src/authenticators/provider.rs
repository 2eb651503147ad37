//! An issuer's keys over HTTPS, from a fixed URL or found by
//! [OpenID Connect Discovery](https://openid.net/specs/openid-connect-discovery-1_0.html).

use std::sync::Arc;

use headers::{CacheControl, HeaderMapExt as _};
use http::{HeaderMap, StatusCode, header};
use reqwest::{Client, Url};
use serde::Deserialize;
use url::Host;
use usher_runtime::is_loopback;

use super::{
    algorithm::Algorithm,
    jwk_set::{JWK_SET_LIMIT, JwkSet, JwkSetError},
};
use crate::http_client::read_up_to;

/// Where an issuer's keys are, and how to ask for them.
pub(super) struct Provider {
    client: Client,
    place: Place,
    algorithm: Algorithm,
}

/// Whether the function may ask an issuer without TLS. In AWS it may not: whoever is between the two could answer with
/// keys of their own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PlainHttp {
    /// Never.
    Refused,
    /// On the machine itself: `usher serve` may ask an issuer that is being developed there.
    OnLoopback,
}

enum Place {
    JwksUrl(Url),
    Discovery { issuer: String, url: Url },
}

/// What an issuer answered.
pub(super) struct Fetched {
    /// Where the keys are.
    pub(super) url: Url,
    pub(super) keys: JwkSet,
    /// For how many seconds there is no need to ask again.
    pub(super) fresh_for: u64,
}

/// The URL whose answer does not give an issuer's keys, and why: for the log, by
/// [`with_sources`](usher_runtime::with_sources).
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{url}")]
pub struct FetchError {
    /// The URL that was asked.
    pub url: String,
    /// What was wrong with the answer.
    #[source]
    pub reason: FetchFailure,
}

/// What was wrong with an issuer's answer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchFailure {
    /// No answer, or one that broke off.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// No set of keys.
    #[error("{0}")]
    JwkSet(JwkSetError),
    /// No discovery document.
    #[error("it is no discovery document with issuer and an https jwks_uri")]
    NoDiscovery,
    /// The discovery document of somebody else.
    #[error("it names another issuer than JWT_ISSUER")]
    OtherIssuer,
    /// Another status than 200.
    #[error("the answer is {0}, not 200; redirects are not followed")]
    Status(StatusCode),
    /// More bytes than any issuer needs.
    #[error("the answer has more than {limit} bytes")]
    TooLarge {
        /// How many it may have.
        limit: usize,
    },
}

/// What the network, TLS or HTTP says about a connection. It equals itself alone: the HTTP client's errors cannot be
/// compared.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct ConnectionError(Arc<reqwest::Error>);

impl PartialEq for ConnectionError {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for ConnectionError {}

impl Provider {
    /// Keys at a URL, if it is one over HTTPS, or over what `plain_http` allows.
    pub(super) fn at(url: &str, plain_http: PlainHttp, algorithm: Algorithm, client: Client) -> Option<Self> {
        Some(Self { client, place: Place::JwksUrl(plain_http.url(url)?), algorithm })
    }

    /// Keys at the URL that the issuer's discovery document names, if the issuer's name is such a URL.
    pub(super) fn discovered(
        issuer: &str,
        plain_http: PlainHttp,
        algorithm: Algorithm,
        client: Client,
    ) -> Option<Self> {
        if plain_http.url(issuer)?.query().is_some() {
            return None;
        }
        // "Any terminating / MUST be removed before appending" (4.1); the issuer's name keeps it.
        let base = issuer.strip_suffix('/').unwrap_or(issuer);
        let url = plain_http.url(&format!("{base}/.well-known/openid-configuration"))?;
        Some(Self { client, place: Place::Discovery { issuer: issuer.to_owned(), url }, algorithm })
    }

    /// Asks for the keys, now.
    ///
    /// # Errors
    /// [`FetchError`]
    pub(super) async fn fetch(&self) -> Result<Fetched, FetchError> {
        let url = match &self.place {
            Place::JwksUrl(url) => url.clone(),
            Place::Discovery { issuer, url } => self.discover(issuer, url).await?,
        };
        let (headers, body) = self.get(&url, JWK_SET_LIMIT).await?;
        let keys = JwkSet::parse(&body, self.algorithm)
            .map_err(|error| failure(&url, FetchFailure::JwkSet(error)))?;
        if keys.is_empty() {
            // Older keys do not replace these: the issuer may have withdrawn all of them.
            let algorithm = self.algorithm.name();
            tracing::warn!(%url, algorithm, "the issuer's JWK set has no key for the configured algorithm");
        }
        Ok(Fetched { url, keys, fresh_for: fresh_for(&headers) })
    }

    async fn discover(&self, issuer: &str, url: &Url) -> Result<Url, FetchError> {
        let (_, body) = self.get(url, DISCOVERY_LIMIT).await?;
        let no_discovery = || failure(url, FetchFailure::NoDiscovery);
        let found: Discovery = serde_json::from_slice(&body).map_err(|_| no_discovery())?;
        if found.issuer != issuer {
            return Err(failure(url, FetchFailure::OtherIssuer));
        }
        // An issuer that is asked over HTTPS cannot give that up for its keys.
        let plain_http = if url.scheme() == "https" { PlainHttp::Refused } else { PlainHttp::OnLoopback };
        plain_http.url(&found.jwks_uri).ok_or_else(no_discovery)
    }

    async fn get(&self, url: &Url, limit: usize) -> Result<(HeaderMap, Vec<u8>), FetchError> {
        let broken =
            |error: reqwest::Error| failure(url, ConnectionError(Arc::new(error.without_url())).into());
        let request = self.client.get(url.clone()).header(header::ACCEPT, "application/json");
        let response = request.send().await.map_err(broken)?;
        if response.status() != StatusCode::OK {
            return Err(failure(url, FetchFailure::Status(response.status())));
        }
        let headers = response.headers().clone();
        let body = read_up_to(response, limit).await.map_err(broken)?;
        Ok((headers, body.ok_or_else(|| failure(url, FetchFailure::TooLarge { limit }))?))
    }
}

fn failure(url: &Url, reason: FetchFailure) -> FetchError {
    FetchError { url: url.to_string(), reason }
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

impl PlainHttp {
    /// A URL without a secret in it (the log shows it), over HTTPS or over what is allowed.
    fn url(self, text: &str) -> Option<Url> {
        let url = Url::parse(text).ok()?;
        let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        let is_allowed = match url.scheme() {
            "https" => true,
            "http" => self == Self::OnLoopback && url.host().is_some_and(|host| is_this_machine(&host)),
            _ => false,
        };
        (is_allowed && bare).then_some(url)
    }
}

/// Not names below `localhost`: browsers keep these on the machine, and another resolver may look them up elsewhere.
fn is_this_machine(host: &Host<&str>) -> bool {
    let is_below = matches!(host, Host::Domain(name) if *name != "localhost");
    is_loopback(host) && !is_below
}

/// What the issuer allows, within limits: a withdrawn key must not count for long, and not every viewer may cost a
/// request.
fn fresh_for(headers: &HeaderMap) -> u64 {
    let Some(control) = headers.typed_get::<CacheControl>() else { return LONGEST_FRESH };
    if control.no_cache() || control.no_store() {
        return SHORTEST_FRESH;
    }
    let seconds = control.max_age().map_or(LONGEST_FRESH, |age| age.as_secs());
    seconds.clamp(SHORTEST_FRESH, LONGEST_FRESH)
}

/// Real ones have two to ten kilobytes.
const DISCOVERY_LIMIT: usize = 64 * 1_024;
const LONGEST_FRESH: u64 = 3_600;
const SHORTEST_FRESH: u64 = 60;

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use usher_runtime::with_sources;

    use super::*;

    #[test]
    fn an_issuers_cache_control_counts_within_limits() {
        let rows = [
            ("max-age=600", 600),
            ("public, max-age=21600", 3_600),
            ("max-age=0", 60),
            ("max-age=600, no-cache", 60),
            ("no-store", 60),
            ("private", 3_600),
            ("max-age=soon", 3_600),
        ];
        for (value, seconds) in rows {
            let headers = HeaderMap::from_iter([(header::CACHE_CONTROL, HeaderValue::from_static(value))]);
            assert_eq!(fresh_for(&headers), seconds, "{value}");
        }
        assert_eq!(fresh_for(&HeaderMap::new()), 3_600);
    }

    #[tokio::test]
    async fn why_there_is_no_connection_is_the_last_source() {
        let provider =
            Provider::at("https://127.0.0.1:1/keys", PlainHttp::Refused, Algorithm::RS256, Client::new());
        let error =
            provider.expect("an https URL").fetch().await.map(drop).expect_err("nobody listens there");
        let text = with_sources(&error);
        assert!(text.starts_with("https://127.0.0.1:1/keys: "), "{text}");
        assert!(text.ends_with(": Connection refused (os error 111)"), "{text}");
        assert_eq!(text.matches("127.0.0.1:1").count(), 1, "{text}");
        assert_eq!(error, error.clone());
    }

    #[test]
    fn only_https_urls_are_asked_and_on_a_laptop_loopback() {
        use PlainHttp::{OnLoopback, Refused};
        let discovery = |issuer: &str, plain_http| {
            let provider = Provider::discovered(issuer, plain_http, Algorithm::RS256, Client::new())?;
            let Place::Discovery { url, .. } = provider.place else { return None };
            Some(url.to_string())
        };
        let found = |base: &str| Some(format!("{base}/.well-known/openid-configuration"));
        let rows = [
            ("https://id.example", found("https://id.example"), found("https://id.example")),
            ("https://id.example/", found("https://id.example"), found("https://id.example")),
            ("https://id.example/a/b", found("https://id.example/a/b"), found("https://id.example/a/b")),
            ("http://localhost:8080/realms/dev", None, found("http://localhost:8080/realms/dev")),
            ("http://127.0.0.1:8080", None, found("http://127.0.0.1:8080")),
            ("http://127.1.2.3", None, found("http://127.1.2.3")),
            ("http://[::1]:9/dev", None, found("http://[::1]:9/dev")),
            ("http://id.example", None, None),
            ("http://id.localhost", None, None),
            ("http://localhost.example", None, None),
            ("http://192.168.0.7", None, None),
            ("http://0.0.0.0", None, None),
            ("http://[::ffff:127.0.0.1]", None, None),
            ("http://user@localhost", None, None),
            ("http://localhost?a=b", None, None),
            ("ftp://localhost", None, None),
            ("https://id.example?a=b", None, None),
            ("https://id.example#a", None, None),
            ("https://user@id.example", None, None),
            ("https://:password@id.example", None, None),
            ("id.example", None, None),
            ("file:///etc/keys", None, None),
        ];
        for (issuer, in_aws, on_a_laptop) in rows {
            for (plain_http, expected) in [(Refused, in_aws), (OnLoopback, on_a_laptop)] {
                assert_eq!(discovery(issuer, plain_http), expected, "{issuer} {plain_http:?}");
                let at = Provider::at(issuer, plain_http, Algorithm::RS256, Client::new());
                let without_query = issuer.split('?').next().unwrap_or_default();
                let expected = discovery(without_query, plain_http).is_some();
                assert_eq!(at.is_some(), expected, "{issuer} {plain_http:?}");
            }
        }
    }
}
