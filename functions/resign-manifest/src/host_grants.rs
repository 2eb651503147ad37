//! The grant caches: the function's own, and one for each other host with a key pair of its own.

use std::sync::Arc;

use cloudfront_signing::{Grant, Policy, UnixTime, UrlPattern};
use futures::future::try_join_all;
use http::StatusCode;
use usher_runtime::{Granted, Grants, Problem, SigningError};

use crate::{Config, Host, Need, SignedHost};

/// Signs for the viewer's own host, and for others with their keys.
pub struct HostGrants {
    own: Grants,
    others: Vec<(Host, Grants)>,
}

/// The grants that a playlist needs.
pub(crate) struct Signed {
    /// In the order of the needs.
    pub(crate) grants: Vec<Arc<Grant>>,
    /// How many of them were not in a cache.
    pub(crate) signatures: usize,
}

impl HostGrants {
    /// Signs for the viewer's own host only.
    #[must_use]
    pub fn new(own: Grants) -> Self {
        Self { own, others: Vec::new() }
    }

    /// Signs what is on another host with `grants`.
    #[must_use]
    pub fn with(mut self, host: &SignedHost, grants: Grants) -> Self {
        let (written, origin) = (host.origin.clone(), host.origin.clone());
        self.others.push((Host { written, origin, scope: host.scope.clone() }, grants));
        self
    }

    /// Opens all keys that the configuration names.
    ///
    /// # Errors
    /// As [`Grants::open`].
    pub async fn open(config: &Config) -> Result<Self, SigningError> {
        let mut all = Self::new(Grants::open(config.signing.clone()).await?);
        for host in &config.signed_hosts {
            all = all.with(host, Grants::open(host.signing.clone()).await?);
        }
        Ok(all)
    }

    /// All hosts, the viewer's first: it goes before another of the same name.
    pub(crate) fn hosts(&self, viewer_host: Host) -> Vec<Host> {
        std::iter::once(viewer_host).chain(self.others.iter().map(|(host, _)| host.clone())).collect()
    }

    /// A grant for each need, until what `expiry` says. All at once, since each may be a call to KMS.
    pub(crate) async fn sign(
        &self,
        needs: &[Need],
        expiry: impl Fn(&Need) -> UnixTime,
    ) -> Result<Signed, Problem> {
        if needs.len() > Self::LIMIT {
            let limit = Self::LIMIT;
            return Err(Problem::new(
                StatusCode::BAD_GATEWAY,
                format!(
                    "the playlist refers to more than {limit} assets, each with a signature of its own: \
                     keep an asset in one folder, or set SCOPE_DEPTH to 0"
                ),
            ));
        }
        let granted = try_join_all(needs.iter().map(async |need| {
            let policy = UrlPattern::new(&need.resource)
                .and_then(|pattern| Policy::new(pattern, expiry(need)))
                .map_err(|error| Problem::new(StatusCode::BAD_GATEWAY, error.to_string()))?;
            self.of(need).granted(policy).await.map_err(|error| Problem::from(&*error))
        }))
        .await?;
        let signatures = granted.iter().filter(|granted| matches!(granted, Granted::Signed(_))).count();
        Ok(Signed { grants: granted.into_iter().map(Granted::into_grant).collect(), signatures })
    }

    /// By the index of the need's host in [`hosts`](Self::hosts).
    fn of(&self, need: &Need) -> &Grants {
        let other = need.host.checked_sub(1).and_then(|index| self.others.get(index));
        other.map_or(&self.own, |(_, grants)| grants)
    }

    /// How many signatures a playlist may need.
    pub(crate) const LIMIT: usize = 32;
}
