//! Where the URIs of an MPD point (ISO/IEC 23009-1, 5.6): each against every `BaseURL` that may apply to it.

use std::collections::{HashMap, HashSet};

use hls_rewrite::{Assets, PathPattern, Reference, ReferenceKind, References, SkipReason};
use url::Url;

use crate::{
    MpdError,
    outline::{BaseUrl, Outline, Place, Role},
    template::{Template, Values},
    written::{Encoding, Written},
};

/// Resolves the URIs of one MPD.
pub(crate) struct Resolver {
    /// Each base URL once.
    references: Vec<References>,
    numbers: HashMap<String, usize>,
    /// Alternatives, of which a player chooses one.
    sets: Vec<Vec<Base>>,
    /// The number of the set of each level.
    levels: Vec<usize>,
    /// What the segments of a level are relative to, and the values of the representations.
    segments: HashMap<usize, Vec<(usize, usize)>>,
    /// The only base URL of the segments of a level, if there is one: the next segment is mostly of the same level.
    last: Option<(usize, Option<usize>)>,
    urls: usize,
}

/// The number of a base URL, or why the base is not certain.
type Base = Result<usize, SkipReason>;

/// The target of a reference.
pub(crate) type Target = Result<(usize, ReferenceKind), SkipReason>;

impl Resolver {
    /// Resolves the `BaseURL`s of an MPD, which has been requested at `url`.
    pub(crate) fn new(outline: &Outline<'_>, url: &Url) -> Result<Self, MpdError> {
        let mut resolver = Self {
            references: vec![References::new(url, None)],
            numbers: HashMap::from([(url.to_string(), 0)]),
            sets: vec![vec![Ok(REQUEST)]],
            levels: Vec::with_capacity(outline.levels.len()),
            segments: HashMap::new(),
            last: None,
            urls: 0,
        };
        // shaka-player resolves against the locations, dash.js against the URL of the request.
        let mut bases = vec![Ok(REQUEST)];
        for location in &outline.locations {
            bases.push(resolver.join(Ok(REQUEST), location)?);
        }
        let presentation = resolver.set(bases)?;
        for level in &outline.levels {
            let parent = level.parent.and_then(|parent| resolver.levels.get(parent).copied());
            let parent = parent.unwrap_or(presentation);
            let set = if level.bases.is_empty() { parent } else { resolver.inner(parent, &level.bases)? };
            resolver.levels.push(set);
        }
        Ok(resolver)
    }

    /// Where the URI of a place points.
    pub(crate) fn place(
        &mut self,
        outline: &Outline<'_>,
        place: &Place<'_>,
        written: &Written<'_>,
        assets: &mut Assets,
    ) -> Result<Target, MpdError> {
        if place.role == Role::Segment && written.encoding != Encoding::Template {
            let base = self.only_base(outline, place.level);
            if let Some(references) = base.and_then(|base| self.references.get_mut(base)) {
                let place = references.place(&written.text, place.kind, |one| assets.number(one));
                return Ok(place.map(|place| (place.target, place.kind)));
            }
        }
        let uses: Vec<(usize, Values<'_>)> = match place.role {
            Role::Location => vec![(0, Values::default())],
            Role::Segment => self.representations(outline, place.level),
            Role::Other | Role::Steering => {
                let mut uses = self.representations(outline, place.level);
                let mut level = Some(place.level);
                while let Some(number) = level {
                    uses.extend(self.levels.get(number).map(|set| (*set, Values::default())));
                    level = outline.levels.get(number).and_then(|level| level.parent);
                }
                uses.push((0, Values::default()));
                uses
            }
        };
        self.target(&uses, written, place.kind, assets)
    }

    /// Where a `BaseURL` of a level points.
    pub(crate) fn base_url(
        &mut self,
        outline: &Outline<'_>,
        level: usize,
        written: &Written<'_>,
        assets: &mut Assets,
    ) -> Result<Target, MpdError> {
        let parent = outline.levels.get(level).and_then(|level| level.parent);
        // The presentation's own bases, before its BaseURLs.
        let set = parent.and_then(|parent| self.levels.get(parent).copied()).unwrap_or(PRESENTATION);
        self.target(&[(set, Values::default())], written, ReferenceKind::Media, assets)
    }

    /// The sets of base URLs of the representations of a level, with what they put into templates.
    fn representations<'m>(&mut self, outline: &Outline<'m>, level: usize) -> Vec<(usize, Values<'m>)> {
        let levels = &self.levels;
        let uses = self.segments.entry(level).or_insert_with(|| {
            let end = outline.levels.get(level).map_or(level, |level| level.end);
            let inner = outline.levels.iter().enumerate().take(end).skip(level);
            let mut seen = HashSet::new();
            let representations = inner.filter(|(_, level)| level.is_representation);
            let uses = representations.filter_map(|(number, level)| {
                let set = levels.get(number).copied()?;
                seen.insert((set, level.values)).then_some((set, number))
            });
            uses.collect()
        });
        let with_values = |(set, number): &(usize, usize)| {
            (*set, outline.levels.get(*number).map(|level| level.values).unwrap_or_default())
        };
        let found: Vec<_> = uses.iter().map(with_values).collect();
        if found.is_empty() {
            // Nothing uses it yet: a remote element may.
            return levels.get(level).map(|set| (*set, Values::default())).into_iter().collect();
        }
        found
    }

    /// The base URL of the segments of a level, if all are relative to the same.
    fn only_base(&mut self, outline: &Outline<'_>, level: usize) -> Option<usize> {
        if let Some((last, base)) = self.last
            && last == level
        {
            return base;
        }
        let uses = self.representations(outline, level);
        let sets = uses.iter().filter_map(|(set, _)| self.sets.get(*set));
        let bases: HashSet<Base> = sets.flatten().copied().collect();
        let only = if bases.len() == 1 { bases.into_iter().next().and_then(Result::ok) } else { None };
        self.last = Some((level, only));
        only
    }

    /// The one target of a URI that is used with several bases and values.
    ///
    /// Parameters can be added only if all uses have the same target: a signature must not reach another host.
    fn target(
        &mut self,
        uses: &[(usize, Values<'_>)],
        written: &Written<'_>,
        kind: ReferenceKind,
        assets: &mut Assets,
    ) -> Result<Target, MpdError> {
        let text: &str = &written.text;
        let mut bases = HashSet::new();
        let expansions = match expansions(written, uses) {
            Ok(expansions) => expansions,
            Err(reason) => return Ok(Err(reason)),
        };
        for (set, expanded) in expansions {
            for base in self.sets.get(set).into_iter().flatten() {
                bases.insert((*base, expanded.clone()));
            }
        }
        self.urls += bases.len();
        if self.urls > MOST_URLS {
            return Err(MpdError::TooManyUrls { limit: MOST_URLS });
        }
        let mut targets = Vec::new();
        let only = bases.len() == 1;
        for (base, expanded) in bases {
            let base = base.and_then(|base| self.references.get_mut(base).ok_or(SkipReason::Invalid));
            let references = match base {
                Ok(references) => references,
                Err(reason) => {
                    targets.push(Err(reason));
                    continue;
                }
            };
            let text = expanded.as_deref().unwrap_or(text);
            if only {
                let place = references.place(text, kind, |one| assets.number(one));
                return Ok(place.map(|place| (place.target, place.kind)));
            }
            let place = references.place(text, kind, |one| located(assets, one));
            targets.push(place.map(|place| (place.target, place.kind)));
        }
        Ok(agreed(targets).and_then(|((_, path, origin), kind)| {
            let one = Reference { kind, origin: &origin, path: &path, has_query: false };
            assets.number(&one).map(|asset| (asset, kind))
        }))
    }

    /// The bases of a level with `BaseURL`s of its own.
    fn inner(&mut self, parent: usize, bases: &[BaseUrl<'_>]) -> Result<usize, MpdError> {
        let outer = self.sets.get(parent).cloned().unwrap_or_default();
        let mut all = Vec::new();
        for base in bases {
            if base.is_optional {
                all.extend(outer.iter().copied());
            }
            for one in &outer {
                all.push(self.join(*one, &base.written)?);
            }
        }
        self.set(all)
    }

    fn set(&mut self, bases: Vec<Base>) -> Result<usize, MpdError> {
        let mut seen = HashSet::new();
        let bases: Vec<_> = bases.into_iter().filter(|base| seen.insert(*base)).collect();
        if bases.len() > MOST_ALTERNATIVES {
            return Err(MpdError::TooManyUrls { limit: MOST_ALTERNATIVES });
        }
        self.sets.push(bases);
        Ok(self.sets.len() - 1)
    }

    /// A base URL, relative to another.
    fn join(&mut self, base: Base, written: &Result<Written<'_>, SkipReason>) -> Result<Base, MpdError> {
        self.urls += 1;
        if self.urls > MOST_URLS {
            return Err(MpdError::TooManyUrls { limit: MOST_URLS });
        }
        let (number, written) = match (base, written) {
            (Ok(number), Ok(written)) => (number, written),
            (Err(reason), _) => return Ok(Err(reason)),
            (_, Err(reason)) => return Ok(Err(*reason)),
        };
        let text = written.text.split('#').next().unwrap_or_default();
        let Some(references) = self.references.get_mut(number).filter(|_| !text.is_empty()) else {
            return Ok(base);
        };
        let url =
            references.place(text, ReferenceKind::Document, |one| Ok(format!("{}{}", one.origin, one.path)));
        Ok(url.and_then(|place| {
            let url = Url::parse(&place.target).map_err(|_| SkipReason::Invalid)?;
            let known = self.references.len();
            let number = *self.numbers.entry(place.target).or_insert(known);
            if number == known {
                self.references.push(References::new(&url, None));
            }
            Ok(number)
        }))
    }
}

/// What the URI is after its template is expanded; `None` if it is none.
type Expanded = Option<String>;

fn expansions(
    written: &Written<'_>,
    uses: &[(usize, Values<'_>)],
) -> Result<HashSet<(usize, Expanded)>, SkipReason> {
    if written.encoding != Encoding::Template {
        return Ok(uses.iter().map(|(set, _)| (*set, None)).collect());
    }
    let text: &str = &written.text;
    let (path, rest) = text.split_at(text.find(['?', '#']).unwrap_or(text.len()));
    // A `$` in the query could make the parameters a part of an identifier.
    Template::read(rest)?;
    let template = Template::read(path)?;
    // Two numbers show whether the number decides which asset a segment belongs to.
    let counters: &[u64] = if template.has_counters() { &[0, 1] } else { &[0] };
    // An empty path with a query is relative to the base, too.
    let query = if rest.starts_with('?') { "?" } else { "" };
    let mut all = HashSet::new();
    for (set, values) in uses {
        let values = if template.has_values() { *values } else { Values::default() };
        for counter in counters {
            all.insert((*set, Some(template.expand(values, *counter)? + query)));
        }
    }
    Ok(all)
}

/// An asset, with the path and origin of one URL in it.
type Located = (PathPattern, String, String);

fn located(assets: &Assets, one: &Reference<'_>) -> Result<SameAsset, SkipReason> {
    let (host, asset) = assets.locate(one)?;
    Ok(SameAsset { host, located: (asset.pattern(), one.path.to_owned(), one.origin.to_owned()) })
}

/// Equal to another in the same asset.
struct SameAsset {
    host: usize,
    located: Located,
}

impl PartialEq for SameAsset {
    fn eq(&self, other: &Self) -> bool {
        self.host == other.host && self.located.0 == other.located.0
    }
}

/// The target on which all readings agree. One on another host is the reason why a reference is left.
fn agreed(
    targets: Vec<Result<(SameAsset, ReferenceKind), SkipReason>>,
) -> Result<(Located, ReferenceKind), SkipReason> {
    let mut agreed: Option<(SameAsset, ReferenceKind)> = None;
    let mut failed = None;
    for target in targets {
        match target {
            Err(reason) => failed = failed.max(Some(reason)),
            Ok(one) if agreed.as_ref().is_some_and(|agreed| *agreed != one) => {
                failed = failed.max(Some(SkipReason::Ambiguous));
            }
            Ok(one) => agreed = Some(one),
        }
    }
    match (failed, agreed) {
        (None, Some((one, kind))) => Ok((one.located, kind)),
        (failed, _) => Err(failed.unwrap_or(SkipReason::Invalid)),
    }
}

/// The number of the URL of the request.
const REQUEST: usize = 0;
/// The set of the presentation: the URL of the request, and the locations.
const PRESENTATION: usize = 1;
/// Alternatives at one level.
const MOST_ALTERNATIVES: usize = 64;
/// How many URLs are resolved.
const MOST_URLS: usize = 1_000_000;
