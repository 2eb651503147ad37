//! What a playlist needs before it can be signed: signing may wait for KMS, and the rewriter does not wait.

use cloudfront_signing::UrlPattern;
use url::Url;

use crate::{
    Host, Life,
    host::{HostAsset, asset_of},
    rewrite::{Changes, Discard, Facts, Left, Rewriter},
};

/// What is learned from a playlist before anything is signed.
#[derive(Clone, Debug, PartialEq)]
pub struct Survey {
    /// What it tells about itself.
    pub facts: Facts,
    /// The grants that it needs, nearly always one.
    pub needs: Vec<Need>,
}

/// A grant that a playlist needs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Need {
    /// Which of the hosts.
    pub host: usize,
    /// The URL pattern that it must cover.
    pub resource: String,
    /// How long it must live.
    pub life: Life,
    /// How many references it is for.
    pub references: usize,
    /// The pattern without the host.
    pattern: String,
}

impl Survey {
    /// Reads a playlist of this URL. It stops to look for needs when there are more than `limit`.
    #[must_use]
    pub fn read(playlist: &[u8], playlist_url: &Url, hosts: &[Host], limit: usize) -> Self {
        let facts = Facts::read(playlist);
        let mut needs: Vec<Need> = Vec::new();
        let mut rewriter = Rewriter::new(playlist_url, Changes::default());
        rewriter.advance(playlist, &mut Discard, usize::MAX, |reference| {
            if let Ok(asset) = asset_of(hosts, reference) {
                note(&mut needs, hosts, asset, Life::of(reference.kind, &facts), limit);
            }
            Err::<&str, _>(Left::OutOfScope)
        });
        Self { facts, needs }
    }
}

/// Counts one more reference to an asset.
pub(crate) fn note(needs: &mut Vec<Need>, hosts: &[Host], asset: HostAsset<'_>, life: Life, limit: usize) {
    if let Some(need) = needs.iter_mut().find(|need| need.is_for(asset, life)) {
        need.references += 1;
    } else if needs.len() <= limit {
        needs.extend(Need::new(hosts, asset, life));
    }
}

impl Need {
    /// Nothing where no policy can cover the asset, which then is left: CloudFront takes no longer URLs.
    fn new(hosts: &[Host], HostAsset { host, asset }: HostAsset<'_>, life: Life) -> Option<Self> {
        let pattern = asset.pattern();
        let resource = format!("{}{pattern}", hosts.get(host)?.written);
        UrlPattern::new(&resource).is_ok().then_some(Self { host, resource, life, references: 1, pattern })
    }

    /// Whether it is the need of an asset's references of this life.
    pub(crate) fn is_for(&self, HostAsset { host, asset }: HostAsset<'_>, life: Life) -> bool {
        self.host == host && self.life == life && asset.has_pattern(&self.pattern)
    }
}
