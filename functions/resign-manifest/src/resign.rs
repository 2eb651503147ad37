//! Signing a playlist: one signature per asset, however many URIs there are.

use std::borrow::Borrow;

use bytes::Bytes;
use cloudfront_signing::Grant;
use memchr::memmem;
use url::Url;

use crate::{
    Host, Life, Need, Style, Survey,
    host::asset_of,
    rewrite::{Changes, Definitions, Facts, Kind, Left, Origin, Reference, Rewriter, Summary},
};

/// A playlist on its way to a player, in pieces: it is many times longer than the one in the bucket.
pub struct Resigned {
    playlist: Bytes,
    rewriter: Rewriter,
    signing: Signing,
    definitions: usize,
}

/// What the references receive.
struct Signing {
    hosts: Vec<Host>,
    facts: Facts,
    additions: Vec<Addition>,
}

/// What the references of one need receive.
struct Addition {
    need: Need,
    parameters: String,
    /// For a playlist, which is asked for in the same style.
    nested: String,
}

impl Resigned {
    /// Signs `playlist` with a grant for each need of its `survey`, in their order. `origin` tells what becomes
    /// of `EXT-X-SERVER-CONTROL`.
    #[must_use]
    pub fn new<G: Borrow<Grant>>(
        playlist: Bytes,
        playlist_url: &Url,
        hosts: Vec<Host>,
        style: Style,
        survey: Survey,
        grants: &[G],
        origin: Origin,
    ) -> Self {
        let Survey { facts, needs } = survey;
        let queries: Vec<_> = grants.iter().map(|grant| grant.borrow().query().to_owned()).collect();
        let additions =
            needs.into_iter().zip(&queries).map(|(need, query)| Addition::new(need, query, style));
        let mut signing = Signing { hosts, facts, additions: additions.collect() };
        let mut definitions = Definitions::default();
        if style == Style::Define {
            definitions = signing.define(&playlist, playlist_url, &queries, origin);
        }
        Self {
            playlist,
            definitions: definitions.size(),
            rewriter: Rewriter::new(playlist_url, Changes { definitions, origin }),
            signing,
        }
    }

    /// How many bytes it has, at most.
    #[must_use]
    pub fn size_limit(&self) -> usize {
        let added = self.signing.additions.iter().map(|addition| {
            addition.need.references.saturating_mul(1 + addition.nested.len().max(addition.parameters.len()))
        });
        added.fold(self.playlist.len() + self.definitions, usize::saturating_add)
    }

    /// What happened to the references so far.
    #[must_use]
    pub fn summary(&self) -> &Summary {
        self.rewriter.summary()
    }
}

impl Iterator for Resigned {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let mut piece = Vec::with_capacity(PIECE + PIECE / 8);
        let signing = &self.signing;
        self.rewriter.advance(&self.playlist, &mut piece, PIECE, |reference| signing.parameters(reference));
        (!piece.is_empty()).then(|| piece.into())
    }
}

impl Addition {
    fn new(need: Need, parameters: &str, style: Style) -> Self {
        let parameters = parameters.to_owned();
        let nested = match style.kept_parameter() {
            Some(kept) => format!("{kept}&{parameters}"),
            None => parameters.clone(),
        };
        Self { need, parameters, nested }
    }
}

impl Signing {
    /// Lets the references name a variable each for what they would receive.
    fn define(
        &mut self,
        playlist: &[u8],
        playlist_url: &Url,
        queries: &[String],
        origin: Origin,
    ) -> Definitions {
        if memmem::find(playlist, b"{$").is_some() {
            let mut rewriter = Rewriter::new(playlist_url, Changes { origin, ..Changes::default() });
            let (mut piece, mut more) = (Vec::new(), true);
            // In pieces: with its parameters on every reference, the whole may be too large for the memory.
            while more {
                piece.clear();
                more = rewriter.advance(playlist, &mut piece, PIECE, |reference| self.parameters(reference));
                self.facts.leave_to_author(&piece);
            }
        }
        let definitions = Definitions::new(queries, &self.facts);
        for (addition, variable) in self.additions.iter_mut().zip(definitions.references()) {
            *addition = Addition::new(addition.need.clone(), &variable, Style::Define);
        }
        definitions
    }

    fn parameters(&self, reference: &Reference<'_>) -> Result<&str, Left> {
        let asset = asset_of(&self.hosts, reference)?;
        let life = Life::of(reference.kind, &self.facts);
        let mut additions = self.additions.iter();
        let addition = additions.find(|addition| addition.need.is_for(asset, life)).ok_or(Left::Invalid)?;
        Ok(match reference.kind {
            Kind::Playlist => &addition.nested,
            Kind::Document | Kind::Key | Kind::Media => &addition.parameters,
        })
    }
}

/// Bytes of a piece, about. Large enough that handing it on costs little beside making it.
const PIECE: usize = 64 * 1_024;
