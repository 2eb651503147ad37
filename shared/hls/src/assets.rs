//! The assets that references point at, and the hosts that they are on.

use std::collections::HashMap;

use crate::{Asset, AssetTree, PathPattern, Reference, SkipReason};

/// A host whose URIs are signed, and which of its assets.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Host {
    /// Protocol, host and port as the viewer writes them: CloudFront compares bytes.
    pub written: String,
    /// The same as the `url` crate writes them.
    pub origin: String,
    /// The private part of the host, and the assets in it.
    pub tree: AssetTree,
}

/// The assets of one playlist or document, each with a number.
#[derive(Debug)]
pub struct Assets {
    /// The viewer's own host is the first.
    hosts: Vec<Host>,
    found: Vec<FoundAsset>,
    numbers: HashMap<(usize, PathPattern), usize>,
    /// The asset of the last reference: the next one mostly points at the same.
    last: usize,
}

/// An asset of one of the hosts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FoundAsset {
    /// The index of the host. The viewer's own host is the first.
    pub host: usize,
    /// The pattern that covers the asset, without the host.
    pub pattern: PathPattern,
    /// The pattern with its host, as a policy names it.
    pub resource: String,
}

impl Assets {
    /// Looks for assets on these hosts. The first is the viewer's own.
    #[must_use]
    pub fn new(hosts: Vec<Host>) -> Self {
        Self { hosts, found: Vec::new(), numbers: HashMap::new(), last: 0 }
    }

    /// All assets found, by their number.
    #[must_use]
    pub fn found(&self) -> &[FoundAsset] {
        &self.found
    }

    /// The hosts.
    #[must_use]
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// The number of the asset that a reference points at.
    ///
    /// # Errors
    /// Why the reference is not signed: a wildcard signature sent to another host is a leak.
    pub fn number(&mut self, reference: &Reference<'_>) -> Result<usize, SkipReason> {
        let (host, asset) = self.locate(reference)?;
        self.number_of(host, asset)
    }

    /// The index of the host and the asset that a reference points at, without a number for it.
    ///
    /// # Errors
    /// As [`number`](Self::number).
    pub fn locate<'r>(&self, reference: &Reference<'r>) -> Result<(usize, Asset<'r>), SkipReason> {
        let host = self.hosts.iter().position(|host| host.origin == reference.origin);
        let host = host.ok_or_else(|| self.why_other(reference.origin))?;
        let asset = self.hosts.get(host).and_then(|host| host.tree.asset(reference.path));
        Ok((host, asset.ok_or(SkipReason::OutOfScope)?))
    }

    /// The number of an asset on one of the hosts.
    ///
    /// # Errors
    /// [`SkipReason::Invalid`] if there is no such host.
    pub fn number_of(&mut self, host: usize, asset: Asset<'_>) -> Result<usize, SkipReason> {
        if let Some(last) = self.found.get(self.last)
            && last.host == host
            && asset.has_pattern(&last.pattern)
        {
            return Ok(self.last);
        }
        let pattern = asset.pattern();
        let written = &self.hosts.get(host).ok_or(SkipReason::Invalid)?.written;
        let found = &mut self.found;
        self.last = *self.numbers.entry((host, pattern)).or_insert_with_key(|(host, pattern)| {
            let resource = format!("{written}{pattern}");
            found.push(FoundAsset { host: *host, pattern: pattern.clone(), resource });
            found.len() - 1
        });
        Ok(self.last)
    }

    fn why_other(&self, origin: &str) -> SkipReason {
        let without_protocol = |origin: &str| origin.split_once("://").map(|(_, host)| host.to_owned());
        let is_same = |host: &Host| without_protocol(&host.origin) == without_protocol(origin);
        if self.hosts.iter().any(is_same) { SkipReason::OtherProtocol } else { SkipReason::OtherHost }
    }
}
