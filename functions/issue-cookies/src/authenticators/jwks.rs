//! The keys of an issuer, wherever they are: in the configuration, or at the issuer itself.
//!
//! The issuer's own are fetched by INIT, and kept for an hour, or as long as it says. A token with a `kid` that is
//! not among them may be signed with a key that is younger: then the issuer is asked once, by one request for all
//! viewers who wait. If the answer does not have it either, or there is none, nobody asks again for ten seconds: a
//! flood of made-up `kid`s, or an outage, reaches the issuer as one request in ten seconds. While the issuer
//! is down, the keys of before count for a day.

use std::{
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
    time::Duration,
};

use cloudfront_signing::UnixTime;
use jsonwebtoken::Algorithm;
use reqwest::Client;
use tokio::sync::Mutex;
use usher_runtime::Warming;

use super::{
    jwk_set::JwkSet,
    provider::{FetchError, Fetched, Provider},
    verifying_key::VerifyingKey,
};

/// A source of keys.
pub(super) struct Jwks(Source);

enum Source {
    Inline(JwkSet),
    Remote(Arc<Remote>),
}

/// Why there is no key for a token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum JwksError {
    /// The issuer answers what it can, and where it fails, with why: for the log.
    Unavailable(String),
    /// The issuer has no such key.
    UnknownKey,
}

impl Jwks {
    /// A set in the configuration.
    ///
    /// # Errors
    /// A sentence about `JWT_JWKS`.
    pub(super) fn inline(json: &str, algorithm: Algorithm) -> Result<Self, String> {
        let set = JwkSet::parse(json.as_bytes(), algorithm);
        set.map(|set| Self(Source::Inline(set))).map_err(|error| format!("JWT_JWKS: {error}"))
    }

    /// A set at a URL.
    ///
    /// # Errors
    /// A sentence about `JWT_JWKS_URL`.
    pub(super) fn at(url: &str, algorithm: Algorithm, client: Client) -> Result<Self, String> {
        Provider::at(url, algorithm, client).map(Self::remote).ok_or_else(|| BAD_URL.to_owned())
    }

    /// A set that the issuer's discovery document leads to.
    ///
    /// # Errors
    /// A sentence about `JWT_ISSUER`.
    pub(super) fn discovered(issuer: &str, algorithm: Algorithm, client: Client) -> Result<Self, String> {
        Provider::discovered(issuer, algorithm, client).map(Self::remote).ok_or_else(|| BAD_ISSUER.to_owned())
    }

    /// Whether the set stands in the configuration.
    pub(super) fn is_inline(&self) -> bool {
        matches!(self.0, Source::Inline(_))
    }

    fn remote(provider: Provider) -> Self {
        let (state, turn) = (RwLock::default(), Arc::default());
        Self(Source::Remote(Arc::new(Remote { provider, state, turn })))
    }

    /// The keys that a token with this `kid` may be signed with: at least one.
    ///
    /// # Errors
    /// [`JwksError`]
    pub(super) async fn keys(
        &self,
        kid: Option<&str>,
        now: UnixTime,
    ) -> Result<Vec<Arc<VerifyingKey>>, JwksError> {
        match &self.0 {
            Source::Inline(set) => some(set.keys(kid)).ok_or(JwksError::UnknownKey),
            Source::Remote(remote) => remote.keys(kid, now).await,
        }
    }

    /// What INIT does for the keys of `issuer`: it fetches them.
    pub(super) fn warming(&self, issuer: &str, now: UnixTime) -> Option<Warming<'_>> {
        let Source::Remote(remote) = &self.0 else { return None };
        Some(Warming::new(format!("the keys of {issuer}"), WARMING_LIMIT, remote.fetch_ahead(now)))
    }
}

struct Remote {
    provider: Provider,
    state: RwLock<State>,
    /// Whoever has it may ask the issuer; the others wait for the answer.
    turn: Arc<Mutex<()>>,
}

#[derive(Default)]
struct State {
    known: Option<Known>,
    /// Why the last request failed, if it did.
    failure: Option<String>,
    /// Until when the issuer is not asked.
    pause: Option<UnixTime>,
}

struct Known {
    keys: JwkSet,
    fetched: UnixTime,
    fresh_until: UnixTime,
}

impl Remote {
    async fn keys(
        self: &Arc<Self>,
        kid: Option<&str>,
        now: UnixTime,
    ) -> Result<Vec<Arc<VerifyingKey>>, JwksError> {
        if let Some(keys) = self.state().fresh(kid, now) {
            return Ok(keys);
        }
        let turn = Arc::clone(&self.turn).lock_owned().await;
        if self.state().is_worth_asking(kid, now) {
            let (remote, kid) = (Arc::clone(self), kid.map(str::to_owned));
            // A task of its own: a viewer who goes away in the middle takes the answer from nobody, and
            // does not make the issuer's pause shorter.
            let asked = tokio::spawn(async move {
                let answer = remote.provider.fetch().await;
                let mut state = remote.state.write().unwrap_or_else(PoisonError::into_inner);
                state.note(answer, kid.as_deref(), now);
                drop(turn);
            });
            // It fails only where the program ends.
            drop(asked.await);
        }
        self.state().answer(kid, now)
    }

    /// Fetches the keys before anybody asks for one. A failure is the caller's to tell, and makes no pause: the first
    /// viewer's request asks again.
    async fn fetch_ahead(&self, now: UnixTime) -> Result<(), FetchError> {
        let fetched = self.provider.fetch().await?;
        self.state.write().unwrap_or_else(PoisonError::into_inner).know(fetched, now);
        Ok(())
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn fresh(&self, kid: Option<&str>, now: UnixTime) -> Option<Vec<Arc<VerifyingKey>>> {
        let known = self.known.as_ref().filter(|known| now < known.fresh_until);
        some(known?.keys.keys(kid))
    }

    /// Others who waited for the same answer may have got it, or learned that there is none.
    fn is_worth_asking(&self, kid: Option<&str>, now: UnixTime) -> bool {
        self.pause.is_none_or(|until| now >= until) && self.fresh(kid, now).is_none()
    }

    fn note(&mut self, answer: Result<Fetched, FetchError>, kid: Option<&str>, now: UnixTime) {
        match answer {
            Ok(fetched) => {
                if fetched.keys.keys(kid).is_empty() {
                    self.pause = Some(now.plus(PAUSE));
                }
                self.know(fetched, now);
            }
            Err(error) => {
                let consequence = match self.known {
                    Some(_) => "the issuer's keys are out of reach: those of before count for a day",
                    None => "the issuer's keys are out of reach: its viewers have to wait",
                };
                tracing::warn!(%error, "{consequence}");
                self.pause = Some(now.plus(PAUSE));
                self.failure = Some(error.to_string());
            }
        }
    }

    fn know(&mut self, Fetched { keys, fresh_for }: Fetched, now: UnixTime) {
        self.failure = None;
        self.known = Some(Known { keys, fetched: now, fresh_until: now.plus(fresh_for) });
    }

    fn answer(&self, kid: Option<&str>, now: UnixTime) -> Result<Vec<Arc<VerifyingKey>>, JwksError> {
        let known = self.known.as_ref().filter(|known| now < known.fetched.plus(LONGEST_STALE));
        if let Some(keys) = known.and_then(|known| some(known.keys.keys(kid))) {
            return Ok(keys);
        }
        match (known, &self.failure) {
            (Some(_), None) => Err(JwksError::UnknownKey),
            // The key may be one of those that could not be fetched.
            (_, Some(why)) => Err(JwksError::Unavailable(why.clone())),
            (None, None) => Err(JwksError::Unavailable("the issuer's keys were not fetched".to_owned())),
        }
    }
}

fn some(keys: Vec<Arc<VerifyingKey>>) -> Option<Vec<Arc<VerifyingKey>>> {
    (!keys.is_empty()).then_some(keys)
}

const BAD_ISSUER: &str = "JWT_ISSUER must be an https URL without query, fragment and user name where its keys \
     are found by discovery; or set JWT_SECRET, JWT_PUBLIC_KEY, JWT_JWKS or JWT_JWKS_URL";
const BAD_URL: &str = "JWT_JWKS_URL must be an https URL without fragment and user name";

/// How many seconds the keys of before count while the issuer is down.
const LONGEST_STALE: u64 = 86_400;
/// How long INIT waits for an issuer: discovery and keys are two requests of a second and a half at most.
const WARMING_LIMIT: Duration = Duration::from_secs(3);
/// After how many seconds the issuer is asked again that did not answer, or did not have a key.
const PAUSE: u64 = 10;
