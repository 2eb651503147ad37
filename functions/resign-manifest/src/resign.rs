//! Signing a playlist: one signature per scope, however many URIs there are.

use std::{
    borrow::Borrow,
    collections::{BTreeMap, BTreeSet},
};

use cloudfront_signing::Grant;
use url::Url;
use usher_runtime::Scope;

use crate::{
    Style,
    rewrite::{Kind, Reference, Summary, rewrite},
};

/// A playlist that is to be handed out in a style.
///
/// It is walked twice: first to find out which resources must be signed (nearly always one), since
/// signing may wait for KMS and the rewriter does not wait; then to put the parameters in.
#[derive(Clone, Copy, Debug)]
pub struct Resign<'a> {
    /// The playlist's bytes.
    pub playlist: &'a [u8],
    /// The URL that the player asked for.
    pub playlist_url: &'a Url,
    /// Protocol and host of that URL as the viewer wrote them: CloudFront compares bytes, and `Url` writes
    /// hosts in its own way.
    pub viewer_origin: &'a str,
    /// How it is to be handed out.
    pub style: Style,
    /// What belongs together.
    pub scope: &'a Scope,
}

impl Resign<'_> {
    /// The resources that a grant is needed for.
    #[must_use]
    pub fn resources(&self) -> BTreeSet<String> {
        let mut resources = BTreeSet::new();
        if self.style != Style::Plain {
            let mut discarded = Vec::with_capacity(self.playlist.len());
            rewrite(self.playlist, self.playlist_url, &mut discarded, |reference| {
                resources.extend(self.resource_of(reference));
                None::<&str>
            });
        }
        resources
    }

    /// The playlist with the parameters of `grants`, by resource, on each URI that one of them covers.
    #[must_use]
    pub fn apply<G: Borrow<Grant>>(&self, grants: &BTreeMap<String, G>) -> (Vec<u8>, Summary) {
        // A nested playlist keeps the style that was asked for.
        let mut nested = BTreeMap::new();
        if let Some(kept) = self.style.kept_parameter() {
            for (resource, grant) in grants {
                nested.insert(resource.as_str(), format!("{kept}&{}", grant.borrow().query()));
            }
        }
        let mut out = Vec::with_capacity(self.playlist.len());
        let summary = rewrite(self.playlist, self.playlist_url, &mut out, |reference| {
            let resource = self.resource_of(reference)?;
            let grant = grants.get(&resource)?.borrow();
            let kept = nested.get(resource.as_str()).filter(|_| reference.kind == Kind::Playlist);
            Some(kept.map_or(grant.query(), String::as_str))
        });
        (out, summary)
    }

    /// What a reference's grant must cover; `None` for another host and for a path outside the scope: a
    /// wildcard signature sent to another host is a leak.
    fn resource_of(&self, reference: &Reference<'_>) -> Option<String> {
        let same_host = reference.url.origin() == self.playlist_url.origin();
        let pattern = self.scope.of(reference.url.path()).filter(|_| same_host)?;
        Some(format!("{}{pattern}", self.viewer_origin))
    }
}

#[cfg(test)]
mod tests {
    use cloudfront_signing::{HashAlgorithm, KeyPairId, Policy, Statement, UnixTime, UrlPattern};

    use super::*;

    fn grant(resource: &str) -> Grant {
        let pattern = UrlPattern::new(resource).expect("a pattern");
        let policy = Policy::new(pattern, UnixTime::new(1_790_000_000).expect("seconds")).expect("a policy");
        let id = KeyPairId::new("K1").expect("an id");
        Grant::new(Statement::from(policy), id, HashAlgorithm::Sha256, b"signature")
    }

    #[test]
    fn each_scope_has_its_own_grant_and_other_hosts_have_none() {
        let playlist = b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv0/p.m3u8\n#EXTINF:4,\n../n/s.ts\n\
            https://other.example/video/m/s.ts\n/elsewhere/s.ts\n";
        let url = Url::parse("https://h/video/m/master.m3u8").expect("a URL");
        let scope = Scope::new("/video/*", 1).expect("a scope");
        let resign = Resign {
            playlist,
            playlist_url: &url,
            viewer_origin: "https://h",
            style: Style::Inline { asked_for: true },
            scope: &scope,
        };
        let resources = resign.resources();
        assert_eq!(
            resources,
            BTreeSet::from(["https://h/video/m/*".to_owned(), "https://h/video/n/*".to_owned()])
        );
        let grants: BTreeMap<String, Grant> =
            resources.into_iter().map(|resource| (resource.clone(), grant(&resource))).collect();
        let (out, summary) = resign.apply(&grants);
        let (m, n) = (grants["https://h/video/m/*"].query(), grants["https://h/video/n/*"].query());
        assert_eq!(
            String::from_utf8(out).expect("UTF-8"),
            format!(
                "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv0/p.m3u8?usher-style=inline&{m}\n#EXTINF:4,\n\
                 ../n/s.ts?{n}\nhttps://other.example/video/m/s.ts\n/elsewhere/s.ts\n"
            )
        );
        assert_eq!(summary, Summary { signed: 2, left: 2 });
    }
}
