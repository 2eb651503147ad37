//! The plan of what is signed in a playlist or document: which grants it needs, and which assets get one.

use cloudfront_signing::UrlPattern;

use super::{assets::Assets, authority::Authority, rewrite::SkipReason};

/// What becomes of each asset, and the grants for it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SigningPlan {
    /// By the number of the asset.
    outcomes: Vec<Result<usize, SkipReason>>,
    /// The grants that are needed, nearly always one.
    pub grants: Vec<RequiredGrant>,
}

/// A grant that a playlist needs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequiredGrant {
    /// Which of the hosts.
    pub host: usize,
    /// What it must cover.
    pub resource: UrlPattern,
}

/// For whom a plan is made.
#[derive(Clone, Copy, Debug)]
pub struct Permission<'a> {
    /// What the viewer may get.
    pub authority: &'a Authority,
    /// Path patterns of what every viewer may get, on the viewer's own host.
    pub common_assets: &'a [String],
    /// What covers the asset of the request itself.
    pub own_resource: Option<&'a str>,
    /// Nothing but the asset of the request is signed: the playlist may send its player to any host.
    pub own_asset_only: bool,
}

impl SigningPlan {
    /// Decides about all assets that were found.
    ///
    /// An asset on the viewer's host is signed if the viewer's policy covers it, or every viewer may get it. What is
    /// named by the settings of another host is for every viewer.
    #[must_use]
    pub fn new(assets: &Assets, permission: Permission<'_>) -> Self {
        let mut grants = Vec::new();
        let own_host = assets.hosts().first().map(|host| host.written.as_str()).unwrap_or_default();
        let outcomes = assets.found().iter().map(|asset| {
            // No policy can cover what cannot be a pattern: CloudFront takes no longer URLs.
            let resource = UrlPattern::new(&asset.resource).map_err(|_| SkipReason::Invalid)?;
            let is_permitted = if asset.host == 0 {
                permission.permits(&resource, own_host)
            } else {
                !permission.own_asset_only
            };
            if !is_permitted {
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
        if self.own_asset_only && self.own_resource != Some(asset.as_str()) {
            return false;
        }
        // A path alone stands for the file with any query, as the pattern of a file does.
        let is_common = |pattern: &String| {
            let query = if pattern.ends_with('*') { "" } else { "?*" };
            asset.is_within(&format!("{own_host}{pattern}{query}"))
        };
        self.authority.covers(asset, self.own_resource) || self.common_assets.iter().any(is_common)
    }
}
