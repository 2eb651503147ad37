//! A private key in AWS Secrets Manager, which can be rotated without a restart.
//!
//! The secret is a bare PEM, or `{"key_pair_id": "K…", "private_key": "-----BEGIN …"}`: id and key in one
//! secret change in one moment, so that no signature is made by one key under the other's id. The JSON may have a
//! `hash_algorithm`, `SHA1` or `SHA256`, too.
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html>

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use async_trait::async_trait;
use aws_sdk_secretsmanager::Client;
use cloudfront_signing::{HashAlgorithm, KeyPairId, PrivateKey, PublicKey};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::{
    Clock, LocalKey, Signature, SigningError, SigningKey, UnusableKey, pem_lines,
    periods::Periods,
    secret_text::{CURRENT, PREVIOUS, secret_text},
    with_sources,
};

/// The key that a secret holds, read again every five minutes: when the next period begins, a rotated key
/// signs everywhere. In each, whoever signs first reads the secret. If it cannot be read, or holds no usable
/// key, the key of before goes on signing: to take a key's power away, take its public half out of the key
/// group.
///
/// Text with the key is erased after use, as far as it is ours: the SDK's buffers are not.
pub struct SecretsManagerKey {
    client: Client,
    secret_id: String,
    key_pair_id: Option<KeyPairId>,
    periods: Periods<Arc<LocalKey>>,
    /// What the secret held before its last rotation; read only where signatures are verified.
    previous: Periods<Option<Arc<LocalKey>>>,
    latest: RwLock<Option<Arc<LocalKey>>>,
}

impl SecretsManagerKey {
    /// Reads the secret once, so that a wrong key is refused before the first request. Where Secrets
    /// Manager does not answer, the first signature tries again.
    ///
    /// `key_pair_id` is for a bare PEM; an id in the secret goes before it.
    ///
    /// # Errors
    /// [`SigningError`] where there is no such secret, or no usable key in it.
    pub async fn open(
        client: Client,
        secret_id: String,
        key_pair_id: Option<KeyPairId>,
        clock: Clock,
    ) -> Result<Self, SigningError> {
        let (periods, previous) = (Periods::new(Arc::clone(&clock)), Periods::new(clock));
        let key = Self { client, secret_id, key_pair_id, periods, previous, latest: RwLock::default() };
        match key.current().await {
            Ok(_) | Err(SigningError::Unavailable(_)) => Ok(key),
            Err(error) => Err(error),
        }
    }

    /// The key of this period.
    async fn current(&self) -> Result<Arc<LocalKey>, SigningError> {
        self.periods.once(self.refresh()).await.map_err(Arc::unwrap_or_clone)
    }

    /// A secret that was never rotated has no version of before, and an unusable one verifies nothing.
    async fn read_previous(&self) -> Result<Option<Arc<LocalKey>>, SigningError> {
        match self.read(PREVIOUS).await {
            Ok(key) => Ok(Some(Arc::new(key))),
            Err(error @ SigningError::Unavailable(_)) => Err(error),
            Err(_) => Ok(None),
        }
    }

    async fn refresh(&self) -> Result<Arc<LocalKey>, SigningError> {
        let before = self.latest.read().unwrap_or_else(PoisonError::into_inner).clone();
        match (self.read(CURRENT).await, before) {
            (Ok(key), before) => {
                let key = Arc::new(key);
                tell(before.as_deref(), &key);
                *self.latest.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&key));
                Ok(key)
            }
            (Err(error), Some(before)) => {
                let (error, key_pair_id) = (with_sources(&error), before.key_pair_id());
                tracing::error!(%error, %key_pair_id, "the key of before goes on signing");
                Ok(before)
            }
            (Err(error), None) => Err(error),
        }
    }

    async fn read(&self, stage: &str) -> Result<LocalKey, SigningError> {
        let text = secret_text(&self.client, &self.secret_id, stage).await?;
        parse(&text, self.key_pair_id.as_ref())
    }
}

#[async_trait]
impl SigningKey for SecretsManagerKey {
    async fn sign(&self, message: &[u8], hash: HashAlgorithm) -> Result<Signature, SigningError> {
        self.current().await?.sign(message, hash).await
    }

    /// The key of now, and the one that the secret held before, which may have signed what a viewer still has.
    async fn public_keys(&self) -> Result<Vec<(KeyPairId, PublicKey)>, SigningError> {
        let current = self.current().await?;
        let previous = self.previous.once(self.read_previous()).await.unwrap_or_default();
        let keys = [Some(current), previous].into_iter().flatten();
        Ok(keys.map(|key| (key.key_pair_id().clone(), key.public_key().clone())).collect())
    }
}

impl fmt::Debug for SecretsManagerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretsManagerKey").field("secret_id", &self.secret_id).finish_non_exhaustive()
    }
}

/// Tells the log who signs from now on.
fn tell(before: Option<&LocalKey>, key: &LocalKey) {
    let Some(before) = before else { return };
    let (old, new) = (before.key_pair_id(), key.key_pair_id());
    if old != new {
        tracing::info!(%old, %new, "the secret was rotated: another key pair signs");
    } else if before.public_key().to_pem() != key.public_key().to_pem() {
        // A published public key never changes: if the one of before was right, this one is wrong.
        tracing::warn!(key_pair_id = %new, "the secret holds another key under the same key pair id");
    }
}

#[derive(Deserialize)]
struct KeyPair {
    key_pair_id: Zeroizing<String>,
    private_key: Zeroizing<String>,
    hash_algorithm: Option<String>,
}

/// What parsers say about a text that is wrong is not passed on: they quote it.
fn parse(text: &str, key_pair_id: Option<&KeyPairId>) -> Result<LocalKey, SigningError> {
    if !text.trim_start().starts_with('{') {
        // First the key: a text that is none should not be called a PEM without an id.
        let key = PrivateKey::from_pem(&pem_lines(text))?;
        return LocalKey::new(key_pair_id.ok_or(SigningError::Key(UnusableKey::NoKeyPairId))?.clone(), key);
    }
    let pair: KeyPair =
        serde_json::from_str(text).map_err(|_| SigningError::Key(UnusableKey::NotAKeyPair))?;
    let id =
        KeyPairId::new(pair.key_pair_id.as_str()).map_err(|_| SigningError::Key(UnusableKey::KeyPairId))?;
    let key = LocalKey::new(id, PrivateKey::from_pem(&pem_lines(&pair.private_key))?)?;
    let Some(hash) = pair.hash_algorithm else { return Ok(key) };
    let hash = hash.parse().map_err(|_| SigningError::Key(UnusableKey::HashAlgorithm))?;
    Ok(key.hashing(hash))
}
