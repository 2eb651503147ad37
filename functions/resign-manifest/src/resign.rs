//! Signing a playlist: one signature per scope, however many URIs there are.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use cloudfront_signing::{Policy, UnixTime, UrlPattern};
use url::Url;
use usher_runtime::{Grants, Scope, SigningError};

use crate::{
    Style,
    rewrite::{Kind, Reference, Summary, rewrite},
};

/// `playlist` with parameters on each URI that stands on its own host and in a scope of ours. Any other
/// URI stays as it is: a wildcard signature sent to another host is a leak.
pub(crate) async fn inline(
    playlist: &[u8],
    playlist_url: &Url,
    style: Style,
    (scope, grants, expires): (&Scope, &Grants, UnixTime),
) -> Result<(Vec<u8>, Summary), Arc<SigningError>> {
    let resource = |reference: &Reference<'_>| resource_of(reference.url, playlist_url, scope);

    // The first walk finds out which scopes there are, since signing may wait for KMS and the rewriter
    // does not wait. There is one nearly always.
    let mut resources = BTreeSet::new();
    let mut out = Vec::with_capacity(playlist.len());
    rewrite(playlist, playlist_url, &mut out, |reference| {
        resources.extend(resource(reference));
        None::<&str>
    });

    let mut parameters = BTreeMap::new();
    for resource in resources {
        let pattern = UrlPattern::new(resource.clone()).map_err(SigningError::from)?;
        let policy = Policy::new(pattern, expires).map_err(SigningError::from)?;
        let grant = grants.grant(policy).await?;
        let kept = style
            .kept_parameter()
            .map(|parameter| format!("{parameter}&{}", grant.query()));
        parameters.insert(resource, (kept, grant));
    }

    out.clear();
    let summary = rewrite(playlist, playlist_url, &mut out, |reference| {
        let (kept, grant) = parameters.get(&resource(reference)?)?;
        match kept {
            Some(kept) if reference.kind == Kind::Playlist => Some(kept.as_str()),
            _ => Some(grant.query()),
        }
    });
    Ok((out, summary))
}

fn resource_of(url: &Url, playlist_url: &Url, scope: &Scope) -> Option<String> {
    let same_origin = url.origin() == playlist_url.origin();
    let pattern = scope.of(url.path()).filter(|_| same_origin)?;
    Some(format!("{}{pattern}", url.origin().ascii_serialization()))
}
