//! The hosts whose URIs are signed: the viewer's own, and those that the configuration names.

use usher_runtime::{Asset, Scope};

use crate::rewrite::{Left, Reference};

/// A host whose URIs are signed, and which of them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Host {
    /// Protocol, host and port as the viewer writes them: CloudFront compares bytes.
    pub written: String,
    /// The same as the `url` crate writes them.
    pub origin: String,
    /// What belongs together.
    pub scope: Scope,
}

/// An asset of one of the hosts, by its index.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct HostAsset<'p> {
    pub(crate) host: usize,
    pub(crate) asset: Asset<'p>,
}

/// What a reference's grant must cover. Another host and a path outside of the scope have none: a wildcard
/// signature sent to another host is a leak.
pub(crate) fn asset_of<'p>(hosts: &[Host], reference: &Reference<'p>) -> Result<HostAsset<'p>, Left> {
    let host = hosts.iter().position(|host| host.origin == reference.origin).ok_or(Left::OtherHost)?;
    let asset = hosts.get(host).and_then(|host| host.scope.asset(reference.path));
    Ok(HostAsset { host, asset: asset.ok_or(Left::OutOfScope)? })
}
