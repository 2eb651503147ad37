//! The scan of an MPD: where parameters can go, and to which assets.

use hls_rewrite::{
    Assets, Permission, PlaylistInfo, ReferenceKind, RewriteCounts, SigningPlan, SkipReason, is_replaced,
};
use url::Url;

use crate::{
    MpdError,
    outline::{Addressing, Outline, Place, Role},
    reader,
    resolver::{Resolver, Target},
    written::{Encoding, Written},
};

/// The result of a scan, in the form of that of a playlist.
#[derive(Clone, Debug)]
pub struct Scan {
    /// What the MPD says: `ended` unless its type is `dynamic`, and its `minimumUpdatePeriod` as the target duration.
    pub info: PlaylistInfo,
    /// The references that stay as they are for every viewer; none is signed yet.
    pub left: RewriteCounts,
    /// The numbers of the assets that contain steering manifests.
    pub steering: Vec<usize>,
    /// In their order; no two overlap.
    pub(crate) changes: Vec<Change>,
    /// The prefix of the MPD's elements, if the parameters of all segments can be described once.
    pub(crate) description: Option<String>,
}

/// A change to the MPD. There is one for each segment, so it is small.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    pub(crate) start: usize,
    pub(crate) content: Content,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Content {
    /// The place for the description of parameters.
    Description,
    /// Parameters for an asset, if it gets any.
    Parameters {
        asset: usize,
        kind: ReferenceKind,
        separator: Separator,
        encoding: Encoding,
        is_segment: bool,
    },
    /// What is removed up to the byte `end`: always, or if this asset gets parameters.
    Removal { asset: Option<usize>, end: usize },
}

/// What precedes parameters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Separator {
    Ampersand,
    Nothing,
    QuestionMark,
}

/// Whether the root element of the document is an `MPD`. The rest of the document need not be well-formed.
#[must_use]
pub fn is_mpd(body: &[u8]) -> bool {
    reader::has_root(body, "MPD")
}

impl Scan {
    /// Reads the MPD of this URL. References to manifests and documents will receive the parameter `nested` beside the
    /// signature. `assets` numbers the assets that are found.
    ///
    /// # Errors
    /// [`MpdError`]; then the MPD must not be sent to a viewer who receives our signatures.
    pub fn read(
        mpd: &[u8],
        url: &Url,
        nested: Option<&'static str>,
        assets: &mut Assets,
    ) -> Result<Self, MpdError> {
        let outline = Outline::read(mpd)?;
        let mut resolver = Resolver::new(&outline, url)?;
        let mut scanner = Scanner {
            scan: Self {
                info: outline.info,
                left: RewriteCounts::default(),
                steering: Vec::new(),
                changes: Vec::with_capacity(outline.places.len()),
                description: None,
            },
            nested,
            has_segments_left: false,
        };
        if let Some((start, _)) = outline.description {
            scanner.scan.changes.push(Change { start, content: Content::Description });
        }
        for (start, end) in &outline.earlier_descriptions {
            let content = Content::Removal { asset: None, end: *end };
            scanner.scan.changes.push(Change { start: *start, content });
        }
        let has_files = scanner.files(&outline, &mut resolver, assets)?;
        for place in &outline.places {
            scanner.place(&outline, place, &mut resolver, assets)?;
        }
        let Scanner { mut scan, has_segments_left, .. } = scanner;
        scan.changes.sort_by_key(|change| change.start);
        let can_be_described = !(outline.cannot_be_described || has_files || has_segments_left);
        scan.description =
            outline.description.filter(|_| can_be_described).map(|(_, prefix)| prefix.to_owned());
        Ok(scan)
    }

    /// Decides about all assets that were found in the MPD.
    #[must_use]
    pub fn plan(&self, assets: &Assets, permission: Permission<'_>) -> SigningPlan {
        SigningPlan::of_steered(assets, &self.steering, self.info.is_steered_elsewhere, permission)
    }

    /// The asset and the kind of each reference that can receive parameters.
    pub fn targets(&self) -> impl Iterator<Item = (usize, ReferenceKind)> {
        self.changes.iter().filter_map(|change| match change.content {
            Content::Parameters { asset, kind, .. } => Some((asset, kind)),
            _ => None,
        })
    }
}

struct Scanner {
    scan: Scan,
    nested: Option<&'static str>,
    has_segments_left: bool,
}

impl Scanner {
    /// Finds the `BaseURL`s that are the address of a segment: the innermost of each representation whose segments are
    /// in one file. Any other is the address of a folder, and readers drop its query (RFC 3986, section 5.2.2).
    fn files(
        &mut self,
        outline: &Outline<'_>,
        resolver: &mut Resolver,
        assets: &mut Assets,
    ) -> Result<bool, MpdError> {
        let mut files = vec![false; outline.levels.len()];
        for number in (0..outline.levels.len()).filter(|number| outline.has_one_file(*number)) {
            let holder = outline.around(number).find(|(_, level)| !level.bases.is_empty());
            if let Some(is_file) = holder.and_then(|(holder, _)| files.get_mut(holder)) {
                *is_file = true;
            }
        }
        let mut has_files = false;
        for (number, level) in outline.levels.iter().enumerate() {
            if !files.get(number).is_some_and(|is_file| *is_file) {
                continue;
            }
            has_files = true;
            for base in &level.bases {
                let path = base.written.as_ref().map(|written| written.text.split(['?', '#']).next());
                if path.is_ok_and(|path| {
                    path.unwrap_or_default().is_empty() || path.is_some_and(|path| path.ends_with('/'))
                }) {
                    continue;
                }
                let target = match &base.written {
                    Ok(written) => resolver.base_url(outline, number, written, assets)?,
                    Err(reason) => Err(*reason),
                };
                self.note(outline, Role::Segment, base.written.as_ref().ok(), target);
            }
        }
        Ok(has_files)
    }

    fn place(
        &mut self,
        outline: &Outline<'_>,
        place: &Place<'_>,
        resolver: &mut Resolver,
        assets: &mut Assets,
    ) -> Result<(), MpdError> {
        let target = match &place.written {
            Ok(written) => resolver.place(outline, place, written, assets)?,
            Err(reason) => Err(*reason),
        };
        if place.role == Role::Steering {
            // Only a manifest whose URI is signed and ends in `.json` is read, and its pathways are signed.
            let is_json = |written: &Written<'_>| {
                written.text.split(['?', '#']).next().is_some_and(|path| path.ends_with(".json"))
            };
            match (target, &place.written) {
                (Ok((asset, _)), Ok(written)) if is_json(written) => self.scan.steering.push(asset),
                _ => self.scan.info.is_steered_elsewhere = true,
            }
        }
        self.note(outline, place.role, place.written.as_ref().ok(), target);
        Ok(())
    }

    /// Notes a reference and its target.
    fn note(&mut self, outline: &Outline<'_>, role: Role, written: Option<&Written<'_>>, target: Target) {
        let is_segment = role == Role::Segment;
        let target = match target {
            Ok(_) if is_segment && outline.player_adds_query => Err(SkipReason::SignedByPlayer),
            target => target,
        };
        let (asset, kind, written) = match (target, written) {
            (Ok((asset, kind)), Some(written)) => (asset, kind, written),
            (target, _) => {
                self.scan.left.count(Err(target.err().unwrap_or(SkipReason::Invalid)), 1);
                self.has_segments_left |= is_segment;
                return;
            }
        };
        let text: &str = &written.text;
        let (head, _) = text.split_at(text.find('#').unwrap_or(text.len()));
        let nested = self.nested.filter(|_| kind.is_nested());
        let mut separator = Separator::QuestionMark;
        if let Some(mark) = head.find('?') {
            separator = Separator::Nothing;
            let mut at = mark + 1;
            for parameter in head.get(at..).unwrap_or_default().split_inclusive('&') {
                let (start, end) = (at, at + parameter.len());
                at = end;
                if is_replaced(parameter.trim_end_matches('&'), nested) {
                    let content = Content::Removal { asset: Some(asset), end: written.position(end) };
                    self.scan.changes.push(Change { start: written.position(start), content });
                } else {
                    let is_open = parameter.ends_with('&');
                    separator = if is_open { Separator::Nothing } else { Separator::Ampersand };
                }
            }
        }
        let content = Content::Parameters { asset, kind, separator, encoding: written.encoding, is_segment };
        self.scan.changes.push(Change { start: written.position(head.len()), content });
    }
}

impl<'m> Outline<'m> {
    /// Whether the segments of the level with this number are in the file that its `BaseURL` names.
    fn has_one_file(&self, number: usize) -> bool {
        let is_representation = self.levels.get(number).is_some_and(|level| level.is_representation);
        let addressing = self.around(number).find_map(|(_, level)| level.addressing);
        is_representation && addressing != Some(Addressing::Files)
    }

    /// The level with this number, and those around it.
    fn around(&self, number: usize) -> impl Iterator<Item = (usize, &crate::outline::Level<'m>)> {
        let inner = self.levels.get(number).map(|level| (number, level));
        std::iter::successors(inner, |(_, level)| {
            let parent = level.parent?;
            self.levels.get(parent).map(|level| (parent, level))
        })
    }
}
