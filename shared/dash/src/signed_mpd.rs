//! An MPD, signed: one signature per asset, however many URIs there are.

use std::{
    borrow::Borrow,
    io::{self, Write},
};

use bytes::Bytes;
use cloudfront_signing::Grant;
use hls_rewrite::{PolicyCopies, RewriteCounts, SigningPlan, Style, nested_parameters};
use quick_xml::escape::escape;

use crate::{
    Scan,
    description::description,
    scan::{Change, Content, Separator},
    written::Encoding,
};

/// A signed MPD, not yet written: it is many times longer than the one in the bucket.
pub struct SignedMpd {
    mpd: Bytes,
    scan: Scan,
    plan: SigningPlan,
    additions: Vec<Addition>,
    /// The element that holds the parameters of all segments, in the style `define`.
    description: Option<String>,
    counts: RewriteCounts,
    size: usize,
}

/// What references receive for one grant.
struct Addition {
    parameters: Encoded,
    /// For a manifest or document: the style, and the policy a second time.
    nested: Encoded,
}

/// Parameters in each encoding.
struct Encoded {
    literal: String,
    entities: String,
    template: String,
}

impl SignedMpd {
    /// Signs `mpd` by its `scan`, with a grant for each resource that the `plan` requires, in their order.
    ///
    /// In the style `define`, an MPD gets its parameters inline if they cannot be described once: if they are not the
    /// same for all segments, or if a player would also add them to something else.
    #[must_use]
    pub fn new<G: Borrow<Grant>>(
        mpd: Bytes,
        scan: Scan,
        style: Style,
        plan: SigningPlan,
        grants: &[G],
        copies: PolicyCopies,
    ) -> Self {
        let mut counts = scan.left;
        for (asset, _) in scan.targets() {
            counts.count(plan.grant(asset).map(drop), 1);
        }
        let prefix = scan.description.as_deref().filter(|_| style == Style::Define);
        let described = prefix.zip(scan.common_grant(&plan).and_then(|grant| grants.get(grant)));
        let description = described.map(|(prefix, grant)| description(prefix, grant.borrow().query()));
        let additions = grants.iter().map(|grant| Addition::new(grant.borrow(), style, copies)).collect();
        let mut signed = Self { mpd, scan, plan, additions, description, counts, size: 0 };
        let added = signed.scan.changes.iter().map(|change| signed.added(change).len() + LONGEST_SEPARATOR);
        signed.size = added.fold(signed.mpd.len(), usize::saturating_add);
        signed
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
        let mut copied = 0;
        for change in &self.scan.changes {
            let added = self.added(change);
            match change.content {
                Content::Removal { asset, end } => {
                    if asset.is_none_or(|asset| self.plan.grant(asset).is_ok()) {
                        out.write_all(self.mpd.get(copied..change.start).unwrap_or_default())?;
                        copied = end;
                    }
                    continue;
                }
                Content::Description | Content::Parameters { .. } if added.is_empty() => continue,
                Content::Description | Content::Parameters { .. } => {}
            }
            out.write_all(self.mpd.get(copied..change.start).unwrap_or_default())?;
            copied = change.start;
            if let Content::Parameters { separator, encoding, .. } = change.content {
                out.write_all(separator.written(encoding))?;
            }
            out.write_all(added.as_bytes())?;
        }
        out.write_all(self.mpd.get(copied..).unwrap_or_default())
    }

    /// What a change adds, without the separator.
    fn added(&self, change: &Change) -> &str {
        match change.content {
            Content::Description => self.description.as_deref().unwrap_or_default(),
            Content::Parameters { is_segment: true, .. } if self.description.is_some() => "",
            Content::Parameters { asset, kind, encoding, .. } => {
                let grant = self.plan.grant(asset).ok();
                let addition = grant.and_then(|grant| self.additions.get(grant));
                addition.map_or("", |addition| {
                    if kind.is_nested() { &addition.nested } else { &addition.parameters }.of(encoding)
                })
            }
            Content::Removal { .. } => "",
        }
    }
}

impl Scan {
    /// The one grant of all segments, if each gets it.
    fn common_grant(&self, plan: &SigningPlan) -> Option<usize> {
        let mut grants = self.changes.iter().filter_map(|change| match change.content {
            Content::Parameters { asset, is_segment: true, .. } => Some(plan.grant(asset).ok()),
            _ => None,
        });
        let first = grants.next()??;
        grants.all(|grant| grant == Some(first)).then_some(first)
    }
}

impl Addition {
    fn new(grant: &Grant, style: Style, copies: PolicyCopies) -> Self {
        let parameters = grant.query();
        let nested = nested_parameters(parameters, grant, style, copies);
        Self { parameters: Encoded::new(parameters.to_owned()), nested: Encoded::new(nested) }
    }
}

impl Encoded {
    fn new(literal: String) -> Self {
        let entities = escape(literal.as_str()).into_owned();
        let template = entities.replace('$', "$$");
        Self { literal, entities, template }
    }

    fn of(&self, encoding: Encoding) -> &str {
        match encoding {
            Encoding::Literal => &self.literal,
            Encoding::Entities => &self.entities,
            Encoding::Template => &self.template,
        }
    }
}

impl Separator {
    fn written(self, encoding: Encoding) -> &'static [u8] {
        match (self, encoding) {
            (Self::Nothing, _) => b"",
            (Self::QuestionMark, _) => b"?",
            (Self::Ampersand, Encoding::Literal) => b"&",
            (Self::Ampersand, _) => b"&amp;",
        }
    }
}

/// `&amp;`
const LONGEST_SEPARATOR: usize = 5;
