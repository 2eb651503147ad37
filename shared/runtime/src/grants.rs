//! The grant cache: one signature per scope and expiry bucket, whoever asks and however often.

use std::sync::Arc;

use cloudfront_signing::{Grant, Policy, Statement, UnixTime};
use moka::{future::Cache, policy::EvictionPolicy};

use crate::{SigningConfig, SigningError, SigningKey};

/// Signs policies, each once. Signatures are deterministic, so instances that never meet hand out the
/// same bytes.
///
/// When the key is rotated, grants that the old one made stay: the key group trusts both, and to sign them
/// again would give one player two signatures for the same URI. Nor are they handed out for long: a
/// policy ends with its expiry bucket, so the next bucket asks for another one, which the new key signs. For
/// the same reason a grant outlives the time in which its key is out of reach.
pub struct Grants {
    config: SigningConfig,
    key: Box<dyn SigningKey>,
    cache: Cache<Statement, Arc<Grant>>,
}

impl Grants {
    /// Signs with `key`.
    #[must_use]
    pub fn new(config: SigningConfig, key: Box<dyn SigningKey>) -> Self {
        // LRU: the default policy would keep grants that were much asked for, though nobody will again, and
        // not let those of the next bucket in.
        let cache = Cache::builder().max_capacity(CAPACITY).eviction_policy(EvictionPolicy::lru()).build();
        Self { config, key, cache }
    }

    /// Opens the key that the configuration names.
    ///
    /// # Errors
    /// As [`KeySource::open`](crate::KeySource::open).
    pub async fn open(config: SigningConfig) -> Result<Self, SigningError> {
        let key = config.key.open().await?;
        Ok(Self::new(config, key))
    }

    /// When a grant ends that shall last at least `ttl` seconds from `now`: the end of that time's expiry
    /// bucket.
    #[must_use]
    pub fn expiry(&self, now: UnixTime, ttl: u64) -> UnixTime {
        now.plus(ttl).rounded_up(self.config.expiry_bucket)
    }

    /// The grant for a policy. Of many who ask at once for the same one, one signs and the others wait.
    ///
    /// # Errors
    /// [`SigningError`]; failures are not remembered.
    pub async fn grant(&self, policy: Policy) -> Result<Arc<Grant>, Arc<SigningError>> {
        self.granted(policy).await.map(Granted::into_grant)
    }

    /// The grant for a policy, and whether it cost a signature.
    ///
    /// # Errors
    /// As [`grant`](Self::grant).
    pub async fn granted(&self, policy: Policy) -> Result<Granted, Arc<SigningError>> {
        let statement = Statement::from(policy);
        let entry = self.cache.entry_by_ref(&statement);
        let entry = entry.or_try_insert_with(self.sign(statement.clone())).await?;
        Ok(if entry.is_fresh() {
            Granted::Signed(entry.into_value())
        } else {
            Granted::Cached(entry.into_value())
        })
    }

    async fn sign(&self, statement: Statement) -> Result<Arc<Grant>, SigningError> {
        let signature = self.key.sign(statement.to_json().as_bytes(), self.config.hash).await?;
        Ok(Arc::new(Grant::new(statement, signature.key_pair_id, self.config.hash, &signature.bytes)))
    }
}

/// A grant, and where it came from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Granted {
    /// Signed before, or just now for somebody else.
    Cached(Arc<Grant>),
    /// The private key was used for this call.
    Signed(Arc<Grant>),
}

impl Granted {
    /// The grant alone.
    #[must_use]
    pub fn into_grant(self) -> Arc<Grant> {
        match self {
            Self::Cached(grant) | Self::Signed(grant) => grant,
        }
    }
}

/// About 2 KB each.
const CAPACITY: u64 = 2_000;

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;
    use cloudfront_signing::{HashAlgorithm, KeyPairId, UrlPattern};

    use super::*;
    use crate::{KeySource, Signature};

    /// Counts, and fails as long as it is told to. It is rotated after every signature.
    struct CountingKey {
        signed: Arc<AtomicUsize>,
        failures: AtomicUsize,
    }

    #[async_trait]
    impl SigningKey for CountingKey {
        async fn sign(&self, message: &[u8], _: HashAlgorithm) -> Result<Signature, SigningError> {
            tokio::task::yield_now().await;
            let failing =
                self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
            if failing.is_ok() {
                return Err(SigningError::Unavailable("KMS is away".to_owned()));
            }
            let signed = 1 + self.signed.fetch_add(1, Ordering::SeqCst);
            Ok(Signature { key_pair_id: id(&format!("K{signed}")), bytes: message.to_vec() })
        }
    }

    fn id(id: &str) -> KeyPairId {
        KeyPairId::new(id).expect("an id")
    }

    fn grants(failures: usize) -> (Grants, Arc<AtomicUsize>) {
        let signed = Arc::new(AtomicUsize::new(0));
        let config = SigningConfig {
            hash: HashAlgorithm::Sha256,
            key: KeySource::Kms { key_id: "k".to_owned(), key_pair_id: id("K1") },
            expiry_bucket: 300,
        };
        let key = CountingKey { signed: Arc::clone(&signed), failures: AtomicUsize::new(failures) };
        (Grants::new(config, Box::new(key)), signed)
    }

    fn policy(asset: &str) -> Policy {
        let pattern = UrlPattern::new(format!("https://h/video/{asset}/*")).expect("a pattern");
        Policy::new(pattern, UnixTime::new(1_790_000_100).expect("seconds")).expect("a policy")
    }

    #[tokio::test]
    async fn many_who_ask_at_once_get_one_signature() {
        let (grants, signed) = grants(0);
        let grants = Arc::new(grants);
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let grants = Arc::clone(&grants);
                tokio::spawn(async move { grants.grant(policy("a")).await.expect("a grant") })
            })
            .collect();
        for task in tasks {
            task.await.expect("no panic");
        }
        grants.grant(policy("b")).await.expect("a grant");
        assert_eq!(signed.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn of_many_who_ask_at_once_one_is_told_that_it_signed() {
        let (grants, _) = grants(0);
        let ask = || async { grants.granted(policy("a")).await.expect("a grant") };
        let (one, two, three) = tokio::join!(ask(), ask(), ask());
        let grant = one.clone().into_grant();
        let cached = Granted::Cached(Arc::clone(&grant));
        assert_eq!([one, two, three], [Granted::Signed(grant), cached.clone(), cached.clone()]);
        assert_eq!(ask().await, cached);
    }

    #[tokio::test]
    async fn a_failure_is_not_remembered() {
        let (grants, signed) = grants(1);
        assert!(grants.grant(policy("a")).await.is_err());
        assert!(grants.grant(policy("a")).await.is_ok());
        assert_eq!(signed.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn grants_of_the_old_key_stay_and_new_ones_are_of_the_new_key() {
        let (grants, _) = grants(0);
        let signed_by = |key: &str, asset: &str| {
            let statement = Statement::from(policy(asset));
            let message = statement.to_json();
            Arc::new(Grant::new(statement, id(key), HashAlgorithm::Sha256, message.as_bytes()))
        };
        assert_eq!(grants.grant(policy("a")).await.expect("a grant"), signed_by("K1", "a"));
        assert_eq!(grants.grant(policy("b")).await.expect("a grant"), signed_by("K2", "b"));
        assert_eq!(grants.grant(policy("a")).await.expect("a grant"), signed_by("K1", "a"));
    }

    #[tokio::test]
    async fn what_is_asked_for_now_displaces_what_was_asked_for_often() {
        let (grants, signed) = grants(0);
        for _ in 0..5 {
            for asset in 0..CAPACITY {
                grants.grant(policy(&asset.to_string())).await.expect("a grant");
            }
        }
        let before = signed.load(Ordering::SeqCst);
        for _ in 0..2 {
            for asset in 0..1_000 {
                grants.grant(policy(&format!("new{asset}"))).await.expect("a grant");
            }
        }
        assert_eq!(signed.load(Ordering::SeqCst), before + 1_000);
    }

    #[tokio::test]
    async fn expiry_is_the_end_of_a_bucket() {
        let (grants, _) = grants(0);
        let now = UnixTime::new(1_790_000_001).expect("seconds");
        assert_eq!(grants.expiry(now, 60).seconds(), 1_790_000_100);
        assert_eq!(grants.expiry(now, 99).seconds(), 1_790_000_100);
        assert_eq!(grants.expiry(now, 100).seconds(), 1_790_000_400);
    }
}
