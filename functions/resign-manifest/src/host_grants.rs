//! The grant caches: the function's own, and one for each other host that has its own key pair.

use std::sync::Arc;

use cloudfront_signing::{CustomPolicy, Grant, UnixTime, Verifier};
use futures::{
    FutureExt as _,
    future::{join_all, try_join_all, try_join3},
};
use hls_rewrite::{Host, RequiredGrant};
use usher_runtime::{
    Asker, Granted, Grants, KEY_LIMIT, KeySource, Problem, ProblemType, SigningError, SigningKey, Warming,
    with_sources,
};

use crate::{Config, SignedHost};

/// Signs for the viewer's own host, and for other hosts with their keys.
pub struct HostGrants {
    own: Grants,
    others: Vec<(Host, Grants)>,
    /// The keys that only verify: those that signed before.
    trusted: Vec<Box<dyn SigningKey>>,
}

/// The grants that a playlist needs.
pub(crate) struct SignedGrants {
    /// In the order of the plan.
    pub(crate) grants: Vec<Arc<Grant>>,
    /// How many of them were not in a cache.
    pub(crate) signatures: usize,
}

impl HostGrants {
    /// Signs for the viewer's own host only.
    #[must_use]
    pub fn new(own: Grants) -> Self {
        Self { own, others: Vec::new(), trusted: Vec::new() }
    }

    /// Signs references to another host with `grants`.
    #[must_use]
    pub fn with(mut self, host: &SignedHost, grants: Grants) -> Self {
        let (written, origin) = (host.origin.clone(), host.origin.clone());
        self.others.push((Host { written, origin, tree: host.tree.clone() }, grants));
        self
    }

    /// Also verifies the signatures of `key`.
    #[must_use]
    pub fn trusting(mut self, key: Box<dyn SigningKey>) -> Self {
        self.trusted.push(key);
        self
    }

    /// Opens all keys of the configuration at the same time: each may wait two seconds for Secrets Manager. An earlier
    /// key that cannot be opened verifies nothing: a rotation removes its permission before it removes its setting.
    ///
    /// # Errors
    /// As [`Grants::open`], for the keys that sign.
    pub async fn open(config: &Config) -> Result<Self, SigningError> {
        let own = Grants::open(config.signing.clone());
        let others = config.signed_hosts.iter().map(|host| Grants::open(host.signing.clone()));
        let trusted = join_all(config.trusted_signers.iter().map(KeySource::open));
        let (own, others, trusted) = try_join3(own, try_join_all(others), trusted.map(Ok)).await?;
        let mut all = Self::new(own);
        for (host, grants) in config.signed_hosts.iter().zip(others) {
            all = all.with(host, grants);
        }
        for (at, key) in trusted.into_iter().enumerate() {
            match key {
                Ok(key) => all = all.trusting(key),
                Err(error) => {
                    let error = with_sources(&error);
                    tracing::warn!(error, "TRUSTED_SIGNERS[{at}] verifies nothing: its key cannot be read");
                }
            }
        }
        Ok(all)
    }

    /// The work of INIT for the keys: each key that signs signs once, and the public half of the others is read.
    pub(crate) fn warmings(&self) -> Vec<Warming<'_>> {
        let own = async {
            self.own.try_key().await?;
            self.own.public_keys().await.map(drop)
        };
        let mut all = vec![Warming::new("the signing key", KEY_LIMIT, own)];
        for (host, grants) in &self.others {
            let what = format!("the signing key of {}", host.origin);
            all.push(Warming::new(what, KEY_LIMIT, grants.try_key()));
        }
        for key in &self.trusted {
            let public = async { key.public_keys().await.map(drop) };
            all.push(Warming::new("a key in TRUSTED_SIGNERS", KEY_LIMIT, public));
        }
        all
    }

    /// Verifies signatures of the keys for the viewer's own host. An earlier key that cannot be read verifies
    /// nothing.
    ///
    /// # Errors
    /// As [`SigningKey::public_keys`], for the key that signs.
    pub async fn verifier(&self) -> Result<Verifier, SigningError> {
        let mut keys = self.own.public_keys().await?;
        for key in &self.trusted {
            match key.public_keys().await {
                Ok(more) => keys.extend(more),
                Err(error) => {
                    tracing::warn!(error = %with_sources(&error), "a key in TRUSTED_SIGNERS cannot be read");
                }
            }
        }
        Ok(Verifier::new(keys))
    }

    /// When new signatures end: at `latest`, rounded down to an expiry bucket if enough time remains.
    pub(crate) fn expiry(&self, latest: UnixTime, now: UnixTime) -> UnixTime {
        self.own.expiry(latest, now)
    }

    /// All hosts, the viewer's first: it takes precedence over another of the same name.
    pub(crate) fn hosts(&self, viewer_host: Host) -> Vec<Host> {
        std::iter::once(viewer_host).chain(self.others.iter().map(|(host, _)| host.clone())).collect()
    }

    /// A grant for each requirement, until `latest`, rounded down to an expiry bucket if enough time remains. All
    /// are signed at once, since each may be a call to KMS.
    pub(crate) async fn sign(
        &self,
        required: &[RequiredGrant],
        latest: UnixTime,
        now: UnixTime,
        asker: Asker,
    ) -> Result<SignedGrants, Problem> {
        let expires = self.expiry(latest, now);
        let granted = try_join_all(required.iter().map(async |grant| {
            let policy = CustomPolicy::new(grant.resource.clone(), expires)
                .map_err(|error| Problem::new(ProblemType::UnsignableAsset, error.to_string()))?;
            self.of(grant).grant(policy, asker).await.map_err(|error| Problem::from(&*error))
        }))
        .await?;
        let signatures = granted.iter().filter(|granted| matches!(granted, Granted::Signed(_))).count();
        Ok(SignedGrants { grants: granted.into_iter().map(Granted::into_grant).collect(), signatures })
    }

    /// The grants of the host with this index in [`hosts`](Self::hosts).
    fn of(&self, grant: &RequiredGrant) -> &Grants {
        let other = grant.host.checked_sub(1).and_then(|index| self.others.get(index));
        other.map_or(&self.own, |(_, grants)| grants)
    }
}
