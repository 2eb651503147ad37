//! The plan of what to sign in a playlist or document: which grants it needs, and which assets get one.

use cloudfront_signing::UrlPattern;

use crate::{Assets, Authority, PathPattern, Scan, SkipReason};

/// The outcome for each asset, and the grants that are needed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SigningPlan {
    /// By the number of the asset.
    outcomes: Vec<Result<usize, SkipReason>>,
    /// The grants that are needed; nearly always one.
    pub grants: Vec<RequiredGrant>,
}

/// A grant that a playlist needs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequiredGrant {
    /// The index of the host.
    pub host: usize,
    /// What it must cover.
    pub resource: UrlPattern,
}

/// The viewer for whom a plan is made, and the asset of the request.
#[derive(Clone, Copy, Debug)]
pub struct Permission<'a> {
    /// What the viewer may get.
    pub authority: &'a Authority,
    /// Path patterns of the assets that every viewer may get, on the viewer's own host.
    pub common_assets: &'a [PathPattern],
    /// The pattern that covers the asset of the request itself.
    pub own_resource: Option<&'a str>,
}

/// What may be signed at all, for any viewer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Extent {
    Everything,
    /// The asset of the request, on the viewer's own host.
    OwnAsset,
}

impl SigningPlan {
    /// Decides about all assets that were found in a document.
    ///
    /// An asset on the viewer's host is signed if the viewer's policy covers it, or if every viewer may get it. The
    /// assets of another host in the settings are signed for every viewer.
    #[must_use]
    pub fn new(assets: &Assets, permission: Permission<'_>) -> Self {
        Self::decide(assets, permission, Extent::Everything)
    }

    /// Decides about all assets that were found in a playlist.
    #[must_use]
    pub fn of_playlist(assets: &Assets, scan: &Scan<usize>, permission: Permission<'_>) -> Self {
        Self::of_steered(assets, &scan.steering, scan.info.is_steered_elsewhere, permission)
    }

    /// Decides about all assets that were found in a manifest with these steering servers.
    ///
    /// A steering server may send the player to any host, with the parameters of the playlists. If this crate
    /// does not sign its manifest, only the asset of the request is signed, which belongs to the same author.
    #[must_use]
    pub fn of_steered(
        assets: &Assets,
        servers: &[usize],
        is_steered_elsewhere: bool,
        permission: Permission<'_>,
    ) -> Self {
        let plan = Self::decide(assets, permission, Extent::Everything);
        let is_ours = |server: &usize| {
            let asset = assets.found().get(*server);
            asset.is_some_and(|asset| asset.host == 0) && plan.grant(*server).is_ok()
        };
        if !is_steered_elsewhere && servers.iter().all(is_ours) {
            return plan;
        }
        Self::decide(assets, permission, Extent::OwnAsset)
    }

    fn decide(assets: &Assets, permission: Permission<'_>, extent: Extent) -> Self {
        let mut grants = Vec::new();
        let own_host = assets.hosts().first().map(|host| host.written.as_str()).unwrap_or_default();
        let outcomes = assets.found().iter().map(|asset| {
            // An asset that cannot be a pattern cannot be in a policy: CloudFront accepts no longer URLs.
            let resource = UrlPattern::new(&asset.resource).map_err(|_| SkipReason::Invalid)?;
            let is_own = asset.host == 0 && permission.own_resource == Some(resource.as_str());
            let is_extended = extent == Extent::Everything || is_own;
            let is_permitted = asset.host != 0 || permission.permits(&resource, own_host);
            if !(is_extended && is_permitted) {
                return Err(SkipReason::NotCovered);
            }
            grants.push(RequiredGrant { host: asset.host, resource });
            Ok(grants.len() - 1)
        });
        Self { outcomes: outcomes.collect(), grants }
    }

    /// The number of an asset's grant, or why it gets none.
    ///
    /// # Errors
    /// Why it gets none.
    pub fn grant(&self, asset: usize) -> Result<usize, SkipReason> {
        self.outcomes.get(asset).copied().unwrap_or(Err(SkipReason::Invalid))
    }
}

impl Permission<'_> {
    fn permits(&self, asset: &UrlPattern, own_host: &str) -> bool {
        // A path alone means the file with any query, as the pattern of a file does.
        let is_common = |pattern: &PathPattern| {
            let query = if pattern.as_str().ends_with('*') { "" } else { "?*" };
            asset.is_within(&format!("{own_host}{pattern}{query}"))
        };
        self.authority.covers(asset, self.own_resource) || self.common_assets.iter().any(is_common)
    }
}
