//! The keys that an issuer publishes.
//!
//! INIT fetches the keys, and they are fresh for an hour, or as long as the issuer says. A token may have a `kid` that is
//! not among them, since its key may be younger. Then one request asks the issuer, for all viewers who wait. If the
//! answer does not have the key either, or there is none, nobody asks again for ten seconds: a flood of made-up `kid`s,
//! or an outage, costs the issuer one request in ten seconds. While the issuer is down, the last known keys count for a
//! day.

use std::{
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
    time::Duration,
};

use cloudfront_signing::UnixTime;
use tokio::sync::Mutex;
use usher_runtime::{Warming, with_sources};

use super::{
    AuthenticationError, Unavailable,
    jwk_set::JwkSet,
    provider::{FetchError, Fetched, Provider},
    token::TokenError,
    verifying_key::VerifyingKey,
};

/// The keys of one issuer.
pub(super) struct Jwks(Arc<Remote>);

impl Jwks {
    /// The keys of `provider`, which nobody has fetched yet.
    pub(super) fn new(provider: Provider) -> Self {
        Self(Arc::new(Remote { provider, state: RwLock::default(), turn: Arc::default() }))
    }

    /// The keys that may have signed a token with this `kid`: at least one.
    ///
    /// # Errors
    /// [`TokenError::UnknownKey`], or [`Unavailable`] where the issuer does not answer.
    pub(super) async fn keys(
        &self,
        kid: Option<&str>,
        now: UnixTime,
    ) -> Result<Vec<Arc<VerifyingKey>>, AuthenticationError> {
        let Self(remote) = self;
        if let Some(keys) = remote.state().fresh(kid, now) {
            return Ok(keys);
        }
        let turn = Arc::clone(&remote.turn).lock_owned().await;
        if remote.state().is_worth_asking(kid, now) {
            let (remote, kid) = (Arc::clone(remote), kid.map(str::to_owned));
            // In another task, so that a viewer who goes away takes the answer from nobody, and does not shorten the
            // pause.
            let asked = tokio::spawn(async move {
                let answer = remote.provider.fetch().await;
                let mut state = remote.state.write().unwrap_or_else(PoisonError::into_inner);
                state.note(answer, kid.as_deref(), now);
                drop(turn);
            });
            // It fails only where the program ends.
            drop(asked.await);
        }
        remote.state().answer(kid, now)
    }

    /// Asks the issuer now: how many of its keys verify with the configured algorithm.
    pub(super) async fn ask(&self) -> Result<usize, FetchError> {
        self.0.provider.fetch().await.map(|fetched| fetched.keys.count())
    }

    /// Fetches the keys of `issuer` during INIT.
    pub(super) fn warming(&self, issuer: &str, now: UnixTime) -> Warming<'_> {
        Warming::new(format!("the keys of {issuer}"), WARMING_LIMIT, self.0.fetch_ahead(now))
    }
}

struct Remote {
    provider: Provider,
    state: RwLock<State>,
    /// Whoever holds it may ask the issuer; the others wait for the answer.
    turn: Arc<Mutex<()>>,
}

#[derive(Default)]
struct State {
    known: Option<Known>,
    /// Why the last request failed, if it did.
    failure: Option<FetchError>,
    /// Until when nobody asks the issuer.
    pause: Option<UnixTime>,
}

struct Known {
    keys: JwkSet,
    fetched: UnixTime,
    fresh_until: UnixTime,
}

impl Remote {
    /// Fetches the keys before anybody needs one. The caller reports a failure, which makes no pause: the first
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

    /// Somebody else who waited for the same answer may have it already, or know that there is none.
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
                    Some(_) => "the issuer's keys are out of reach: the last known ones count for a day",
                    None => "the issuer's keys are out of reach: its viewers have to wait",
                };
                tracing::warn!(error = %with_sources(&error), "{consequence}");
                self.pause = Some(now.plus(PAUSE));
                self.failure = Some(error);
            }
        }
    }

    fn know(&mut self, Fetched { url, keys, fresh_for }: Fetched, now: UnixTime) {
        self.failure = None;
        // The log names each key once, and not again whenever the issuer is asked.
        let named = self.known.as_ref().map_or(&[][..], |known| known.keys.dropped());
        for key in keys.dropped().iter().filter(|key| !named.contains(key)) {
            key.log(url.as_str());
        }
        self.known = Some(Known { keys, fetched: now, fresh_until: now.plus(fresh_for) });
    }

    fn answer(
        &self,
        kid: Option<&str>,
        now: UnixTime,
    ) -> Result<Vec<Arc<VerifyingKey>>, AuthenticationError> {
        let known = self.known.as_ref().filter(|known| now < known.fetched.plus(LONGEST_STALE));
        if let Some(keys) = known.and_then(|known| some(known.keys.keys(kid))) {
            return Ok(keys);
        }
        match (known, &self.failure) {
            (Some(_), None) => Err(TokenError::UnknownKey.into()),
            // The key may be one of those that the issuer did not hand out.
            (_, Some(error)) => Err(Unavailable::Issuer(error.clone()).into()),
            (None, None) => Err(Unavailable::KeysNotFetched.into()),
        }
    }
}

fn some(keys: Vec<Arc<VerifyingKey>>) -> Option<Vec<Arc<VerifyingKey>>> {
    (!keys.is_empty()).then_some(keys)
}

/// How many seconds the last known keys count while the issuer is down.
const LONGEST_STALE: u64 = 86_400;
/// How long INIT waits for an issuer: discovery and keys are two requests of a second and a half at most.
const WARMING_LIMIT: Duration = Duration::from_secs(3);
/// How many seconds after a failure, or after an answer without the key, the issuer is asked again.
const PAUSE: u64 = 10;
