//! The grant cache: one signature per resource and expiry bucket, whoever asks and however often.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use cloudfront_signing::{CustomPolicy, Grant, KeyPairId, Policy, PublicKey, UnixTime};
use moka::{future::Cache, policy::EvictionPolicy};

use crate::{SigningConfig, SigningError, SigningKey};

/// Signs policies, each once. Signatures are deterministic, so instances that never meet hand out the
/// same bytes.
///
/// A grant for which a second viewer asks moves into a part of the cache that first requests cannot empty: one
/// viewer who asks for thousands of grants does not push out those that all others share.
///
/// When the key is rotated, grants that the old one made stay: the key group trusts both, and to sign them
/// again would give one player two signatures for the same URI. Nor are they handed out for long: a
/// policy ends with its expiry bucket, so the next bucket asks for another one, which the new key signs. For
/// the same reason a grant outlives the time in which its key is out of reach.
pub struct Grants {
    config: SigningConfig,
    key: Box<dyn SigningKey>,
    /// Grants for which one viewer has asked so far.
    first: Cache<Policy, Asked>,
    /// Grants for which several have.
    shared: Cache<Policy, Arc<Grant>>,
}

/// Who asks for a grant: anything that tells one viewer from another, and is the same in each request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Asker(u64);

impl Asker {
    /// The viewer that this text tells from others.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        Self(hasher.finish())
    }
}

#[derive(Clone)]
struct Asked {
    grant: Arc<Grant>,
    by: Asker,
}

impl Grants {
    /// Signs with `key`.
    #[must_use]
    pub fn new(config: SigningConfig, key: Box<dyn SigningKey>) -> Self {
        let (first, shared) = (cache(FIRST_CAPACITY), cache(CAPACITY));
        Self { config, key, first, shared }
    }

    /// Opens the key that the configuration names.
    ///
    /// # Errors
    /// As [`KeySource::open`](crate::KeySource::open).
    pub async fn open(config: SigningConfig) -> Result<Self, SigningError> {
        let key = config.key.open().await?;
        Ok(Self::new(config, key))
    }

    /// When a grant ends that may last until `latest`, as [`shared_expiry`] says with the configured bucket.
    #[must_use]
    pub fn expiry(&self, latest: UnixTime, now: UnixTime) -> UnixTime {
        shared_expiry(latest, now, self.config.expiry_bucket)
    }

    /// The public keys that verify what is signed here.
    ///
    /// # Errors
    /// As [`SigningKey::public_keys`].
    pub async fn public_keys(&self) -> Result<Vec<(KeyPairId, PublicKey)>, SigningError> {
        self.key.public_keys().await
    }

    /// Has the key sign once, so that it is known, parsed and reachable before the first request.
    ///
    /// # Errors
    /// As [`SigningKey::sign`].
    pub async fn try_key(&self) -> Result<(), SigningError> {
        self.key.sign(NO_POLICY, self.config.hash).await.map(drop)
    }

    /// The grant for a policy, and whether it cost a signature. Of many who ask at once for the same one, one
    /// signs and the others wait.
    ///
    /// # Errors
    /// [`SigningError`]; failures are not remembered.
    pub async fn grant(&self, policy: CustomPolicy, by: Asker) -> Result<Granted, Arc<SigningError>> {
        let policy = Policy::from(policy);
        if let Some(grant) = self.shared.get(&policy).await {
            return Ok(Granted::Cached(grant));
        }
        let entry = self.first.entry_by_ref(&policy);
        let signed = async { self.sign(policy.clone()).await.map(|grant| Asked { grant, by }) };
        let entry = entry.or_try_insert_with(signed).await?;
        let is_fresh = entry.is_fresh();
        let Asked { grant, by: first } = entry.into_value();
        if first != by {
            self.shared.insert(policy, Arc::clone(&grant)).await;
        }
        Ok(if is_fresh { Granted::Signed(grant) } else { Granted::Cached(grant) })
    }

    async fn sign(&self, policy: Policy) -> Result<Arc<Grant>, SigningError> {
        let signature = self.key.sign(policy.to_json().as_bytes(), self.config.hash).await?;
        Ok(Arc::new(Grant::new(policy, signature.key_pair_id, signature.hash, &signature.bytes)))
    }
}

/// When a grant ends that may last until `latest` and no longer: at the beginning of that time's expiry bucket of
/// `bucket` seconds, so that viewers share a signature, if half of the time is left then, and else at `latest`.
#[must_use]
pub fn shared_expiry(latest: UnixTime, now: UnixTime, bucket: u64) -> UnixTime {
    let rounded = latest.rounded_down(bucket);
    let left = |until: UnixTime| until.seconds().saturating_sub(now.seconds());
    let is_enough = rounded > now && left(rounded) >= left(latest).div_ceil(2);
    if is_enough { rounded } else { latest }
}

// LRU: the default policy would keep grants that were much asked for, though nobody will again, and not let
// those of the next bucket in.
fn cache<V: Clone + Send + Sync + 'static>(capacity: u64) -> Cache<Policy, V> {
    Cache::builder().max_capacity(capacity).eviction_policy(EvictionPolicy::lru()).build()
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

/// What [`Grants::try_key`] has signed. It is not JSON, so CloudFront accepts it as no policy: the signature, which is
/// dropped at once, opens nothing.
const NO_POLICY: &[u8] = b"This is no policy: Usher tries its key.";
/// Of grants that several viewers share; about 2 KB each.
const CAPACITY: u64 = 2_000;
/// Of grants for which one viewer has asked.
const FIRST_CAPACITY: u64 = 1_000;

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use async_trait::async_trait;
    use cloudfront_signing::{HashAlgorithm, UrlPattern};

    use super::*;
    use crate::{KeySource, Signature};

    /// Counts, and fails as long as it is told to. It is rotated after every signature.
    struct CountingKey {
        signed: Arc<AtomicUsize>,
        failures: AtomicUsize,
    }

    #[async_trait]
    impl SigningKey for CountingKey {
        async fn sign(&self, message: &[u8], hash: HashAlgorithm) -> Result<Signature, SigningError> {
            tokio::task::yield_now().await;
            let failing =
                self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
            if failing.is_ok() {
                return Err(SigningError::Unavailable(Arc::new(io::Error::other("KMS is away"))));
            }
            let signed = 1 + self.signed.fetch_add(1, Ordering::SeqCst);
            Ok(Signature { key_pair_id: id(&format!("K{signed}")), hash, bytes: message.to_vec() })
        }

        async fn public_keys(&self) -> Result<Vec<(KeyPairId, PublicKey)>, SigningError> {
            Ok(Vec::new())
        }
    }

    fn anna() -> Asker {
        Asker::new("anna")
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

    fn policy(asset: &str) -> CustomPolicy {
        let pattern = UrlPattern::new(format!("https://h/video/{asset}/*")).expect("a pattern");
        CustomPolicy::new(pattern, UnixTime::new(1_790_000_100).expect("seconds")).expect("a policy")
    }

    #[tokio::test]
    async fn many_who_ask_at_once_get_one_signature() {
        let (grants, signed) = grants(0);
        let grants = Arc::new(grants);
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let grants = Arc::clone(&grants);
                tokio::spawn(async move { grants.grant(policy("a"), anna()).await.expect("a grant") })
            })
            .collect();
        for task in tasks {
            task.await.expect("no panic");
        }
        grants.grant(policy("b"), anna()).await.expect("a grant");
        assert_eq!(signed.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn of_many_who_ask_at_once_one_is_told_that_it_signed() {
        let (grants, _) = grants(0);
        let ask = || async { grants.grant(policy("a"), anna()).await.expect("a grant") };
        let (one, two, three) = tokio::join!(ask(), ask(), ask());
        let grant = one.clone().into_grant();
        let cached = Granted::Cached(Arc::clone(&grant));
        assert_eq!([one, two, three], [Granted::Signed(grant), cached.clone(), cached.clone()]);
        assert_eq!(ask().await, cached);
    }

    #[tokio::test]
    async fn a_failure_is_not_remembered() {
        let (grants, signed) = grants(1);
        assert!(grants.grant(policy("a"), anna()).await.is_err());
        assert!(grants.grant(policy("a"), anna()).await.is_ok());
        assert_eq!(signed.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn grants_of_the_old_key_stay_and_new_ones_are_of_the_new_key() {
        let (grants, _) = grants(0);
        let signed_by = |key: &str, asset: &str| {
            let policy = Policy::from(policy(asset));
            let message = policy.to_json();
            Arc::new(Grant::new(policy, id(key), HashAlgorithm::Sha256, message.as_bytes()))
        };
        assert_eq!(
            grants.grant(policy("a"), anna()).await.expect("a grant").into_grant(),
            signed_by("K1", "a")
        );
        assert_eq!(
            grants.grant(policy("b"), anna()).await.expect("a grant").into_grant(),
            signed_by("K2", "b")
        );
        assert_eq!(
            grants.grant(policy("a"), anna()).await.expect("a grant").into_grant(),
            signed_by("K1", "a")
        );
    }

    #[tokio::test]
    async fn what_is_asked_for_now_displaces_what_was_asked_for_often() {
        let (grants, signed) = grants(0);
        let ask = async |name: String| {
            for viewer in ["anna", "ben"] {
                grants.grant(policy(&name), Asker::new(viewer)).await.expect("a grant");
            }
        };
        for _ in 0..5 {
            for asset in 0..CAPACITY {
                ask(asset.to_string()).await;
            }
        }
        let before = signed.load(Ordering::SeqCst);
        for _ in 0..2 {
            for asset in 0..1_000 {
                ask(format!("new{asset}")).await;
            }
        }
        assert_eq!(signed.load(Ordering::SeqCst), before + 1_000);
    }

    #[tokio::test]
    async fn one_viewer_does_not_push_out_what_others_share() {
        let (grants, signed) = grants(0);
        for viewer in ["anna", "ben"] {
            grants.grant(policy("film"), Asker::new(viewer)).await.expect("a grant");
        }
        for asset in 0..2 * CAPACITY {
            grants.grant(policy(&asset.to_string()), Asker::new("mallory")).await.expect("a grant");
        }
        let before = signed.load(Ordering::SeqCst);
        grants.grant(policy("film"), Asker::new("cleo")).await.expect("a grant");
        assert_eq!(signed.load(Ordering::SeqCst), before);
    }

    #[test]
    fn an_expiry_is_rounded_down_to_a_bucket_where_half_of_the_time_is_left() {
        let now = UnixTime::new(1_790_000_001).expect("seconds");
        for (life, expires) in [
            (0, 1_790_000_001),
            (60, 1_790_000_061),
            (99, 1_790_000_100),
            (100, 1_790_000_100),
            (198, 1_790_000_100),
            (199, 1_790_000_200),
            (398, 1_790_000_399),
            (399, 1_790_000_400),
            (3_600, 1_790_003_400),
            (21_600, 1_790_021_400),
        ] {
            assert_eq!(shared_expiry(now.plus(life), now, 300).seconds(), expires, "{life}");
        }
        assert_eq!(shared_expiry(now, now.plus(60), 300), now, "it has ended");
    }
}
