//! A playlist, signed: one signature per asset, however many URIs there are.

use std::{
    borrow::Borrow,
    io::{self, Write},
};

use bytes::Bytes;
use cloudfront_signing::Grant;

use crate::{Definitions, ReferenceKind, RewriteCounts, Scan, SigningPlan, Style, policy_copy};

/// A signed playlist, not yet written: it is many times longer than the one in the bucket.
pub struct SignedPlaylist {
    playlist: Bytes,
    scan: Scan<usize>,
    definitions: Definitions,
    plan: SigningPlan,
    additions: Vec<Addition>,
    counts: RewriteCounts,
    size: usize,
}

/// Whether references to playlists and documents carry the policy a second time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PolicyCopies {
    /// For the function that serves them, which must know what its viewer may watch.
    Carried,
    /// If no such function serves them.
    LeftOut,
}

/// What references receive for one grant.
struct Addition {
    parameters: String,
    /// For a playlist or document: the style, and the policy a second time.
    nested: String,
}

impl SignedPlaylist {
    /// Signs `playlist` by its `scan`, with a grant for each resource that the `plan` requires, in their order.
    ///
    /// In the style `define`, a playlist with a child that is not signed gets its parameters inline: the child could
    /// import the variable that holds the signature. So does a file without a header, such as WebVTT.
    #[must_use]
    pub fn new<G: Borrow<Grant>>(
        playlist: Bytes,
        scan: Scan<usize>,
        style: Style,
        plan: SigningPlan,
        grants: &[G],
        copies: PolicyCopies,
    ) -> Self {
        let mut counts = scan.left;
        let mut has_children_elsewhere = scan.info.has_children_elsewhere;
        let mut uses: Vec<(usize, usize)> = vec![(0, 0); grants.len()];
        for (asset, kind) in scan.targets() {
            let grant = plan.grant(asset);
            counts.count(grant.map(drop), 1);
            has_children_elsewhere |= grant.is_err() && kind.is_nested();
            if let Some((nested, others)) = grant.ok().and_then(|grant| uses.get_mut(grant)) {
                *if kind.is_nested() { nested } else { others } += 1;
            }
        }
        let queries: Vec<String> = grants.iter().map(|grant| grant.borrow().query().to_owned()).collect();
        let is_defined = style == Style::Define && scan.can_define() && !has_children_elsewhere;
        let definitions = if is_defined { Definitions::new(queries.iter()) } else { Definitions::default() };
        let parameters = if is_defined { definitions.references().collect() } else { queries };
        let additions: Vec<_> = parameters
            .into_iter()
            .zip(grants)
            .map(|(parameters, grant)| Addition::new(parameters, grant.borrow(), style, copies))
            .collect();
        let added = additions.iter().zip(uses).map(|(addition, (nested, others))| {
            nested
                .saturating_mul(1 + addition.nested.len())
                .saturating_add(others.saturating_mul(1 + addition.parameters.len()))
        });
        let size = added.fold(playlist.len() + definitions.size(), usize::saturating_add);
        Self { playlist, scan, definitions, plan, additions, counts, size }
    }

    /// The size in bytes, at most.
    #[must_use]
    pub fn size_limit(&self) -> usize {
        self.size
    }

    /// How many references are signed, and why others are not.
    #[must_use]
    pub fn counts(&self) -> &RewriteCounts {
        &self.counts
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// The errors of `out`.
    pub fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        let parameters = |asset, kind: ReferenceKind| {
            let addition = self.additions.get(self.plan.grant(asset).ok()?)?;
            Some(if kind.is_nested() { addition.nested.as_str() } else { &addition.parameters })
        };
        self.scan.write(&self.playlist, &self.definitions, parameters, |bytes| out.write_all(bytes))
    }
}

impl Addition {
    fn new(parameters: String, grant: &Grant, style: Style, copies: PolicyCopies) -> Self {
        let nested = nested_parameters(&parameters, grant, style, copies);
        Self { parameters, nested }
    }
}

/// `parameters`, and what a reference to a manifest or document receives in addition.
#[must_use]
pub fn nested_parameters(parameters: &str, grant: &Grant, style: Style, copies: PolicyCopies) -> String {
    let kept = style.kept_parameter().map(str::to_owned);
    let copy = (copies == PolicyCopies::Carried).then(|| policy_copy(grant));
    let all: Vec<String> = [kept, Some(parameters.to_owned()), copy].into_iter().flatten().collect();
    all.join("&")
}
