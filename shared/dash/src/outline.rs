//! One pass over the elements: the levels of an MPD, their `BaseURL`s, and every place that holds a URI.
//!
//! `lib.rs` lists the places. Elements are recognised by their name without a prefix, as dash.js does, and by the
//! element around them.

mod element;

use hls_rewrite::{PlaylistInfo, ReferenceKind, SkipReason};

use crate::{
    MpdError,
    reader::{Attribute, Reader, Tag},
    template::Values,
    written::Written,
};

/// What an MPD consists of, as far as its URIs matter.
#[derive(Debug, Default)]
pub(crate) struct Outline<'m> {
    /// The MPD first; each level after the one that contains it.
    pub(crate) levels: Vec<Level<'m>>,
    pub(crate) places: Vec<Place<'m>>,
    /// `Location`: some players resolve relative URIs against the first, others against the URL of the request.
    pub(crate) locations: Vec<Result<Written<'m>, SkipReason>>,
    pub(crate) info: PlaylistInfo,
    /// The player itself adds the query of the MPD's URL to requests for segments.
    pub(crate) player_adds_query: bool,
    /// Where the parameters of all segments can be described once, and the prefix of the elements there.
    pub(crate) description: Option<(usize, &'m str)>,
    /// Something in the MPD would receive described parameters too, or would not.
    pub(crate) cannot_be_described: bool,
    /// The elements that an earlier signing added.
    pub(crate) earlier_descriptions: Vec<(usize, usize)>,
}

/// An `MPD`, `Period`, `AdaptationSet` or `Representation`.
#[derive(Debug)]
pub(crate) struct Level<'m> {
    pub(crate) parent: Option<usize>,
    /// The number of the level after the last one inside.
    pub(crate) end: usize,
    pub(crate) is_representation: bool,
    pub(crate) values: Values<'m>,
    pub(crate) bases: Vec<BaseUrl<'m>>,
    pub(crate) addressing: Option<Addressing>,
}

/// A `BaseURL`.
#[derive(Debug)]
pub(crate) struct BaseUrl<'m> {
    pub(crate) written: Result<Written<'m>, SkipReason>,
    /// Not all players read it: it is in a CDATA section, or has a prefix of its own.
    pub(crate) is_optional: bool,
}

/// Where the segments of a level are.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Addressing {
    /// Each in a file of its own, by `SegmentTemplate` or by `SegmentList`.
    Files,
    /// In the file that the `BaseURL` names.
    BaseUrl,
}

/// Something that holds a URI.
#[derive(Debug)]
pub(crate) struct Place<'m> {
    pub(crate) level: usize,
    pub(crate) kind: ReferenceKind,
    pub(crate) role: Role,
    pub(crate) written: Result<Written<'m>, SkipReason>,
}

/// What a URI is relative to, and who requests it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Role {
    /// Relative to the URL of the request: `Location`.
    Location,
    /// Relative to the `BaseURL`s of the representations that use it: a segment.
    Segment,
    /// A steering server.
    Steering,
    /// Players do not agree on what it is relative to, or the standard leaves it open.
    Other,
}

/// What the current element is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Within {
    Level(Kind),
    /// `SegmentBase`, `SegmentList` or `SegmentTemplate`.
    Segments,
    Service,
    EventStream,
    Event,
    Protection,
    /// A property of Annex I.
    UrlParameters(Property),
    Text(Text),
    Elsewhere,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Mpd,
    Period,
    AdaptationSet,
    Representation,
}

/// Who wrote a property of Annex I.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Property {
    Author,
    /// An earlier signing.
    Signer,
    /// Its children say who.
    Unknown,
}

/// An element whose content is a URI.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Text {
    BaseUrl { is_optional: bool },
    ContentSteering,
    ImportedMpd,
    Location,
    PatchLocation,
}

/// An element that is not closed yet.
#[derive(Clone, Copy, Debug)]
struct Open {
    within: Within,
    level: usize,
    start: usize,
    content: usize,
}

struct Builder<'m> {
    outline: Outline<'m>,
    /// The prefix of the root element, with its colon.
    prefix: &'m str,
    open: Vec<Open>,
}

impl<'m> Outline<'m> {
    pub(crate) fn read(mpd: &'m [u8]) -> Result<Self, MpdError> {
        let mut reader = Reader::new(mpd)?;
        let mut builder = Builder { outline: Self::default(), prefix: "", open: Vec::new() };
        while let Some(tag) = reader.next()? {
            match tag {
                Tag::Start { name, start, end } => {
                    let open = builder.element(name, reader.attributes(), start, end)?;
                    builder.open.push(open);
                }
                Tag::Empty { name, start, end } => {
                    let open = builder.element(name, reader.attributes(), start, end)?;
                    builder.close(open, "", end);
                }
                Tag::End { start, end } => {
                    if let Some(open) = builder.open.pop() {
                        builder.close(open, reader.between(open.content, start), end);
                    }
                }
            }
        }
        Ok(builder.outline)
    }
}

impl<'m> Builder<'m> {
    fn close(&mut self, open: Open, content: &'m str, end: usize) {
        let levels = self.outline.levels.len();
        match open.within {
            Within::Level(kind) => {
                if let Some(level) = self.outline.levels.get_mut(open.level) {
                    level.end = levels;
                }
                if kind == Kind::Period {
                    self.outline.description = Some((end, self.prefix));
                }
            }
            Within::UrlParameters(Property::Signer) => {
                self.outline.earlier_descriptions.push((open.start, end));
            }
            Within::UrlParameters(_) => self.outline.cannot_be_described = true,
            Within::Text(text) => self.text(text, open.level, Written::content(content, open.content)),
            _ => {}
        }
    }

    fn text(&mut self, text: Text, level: usize, written: Result<Written<'m>, SkipReason>) {
        let (kind, role) = match text {
            Text::BaseUrl { is_optional } => {
                let is_literal = written.as_ref().is_ok_and(Written::is_literal);
                let base = BaseUrl { written, is_optional: is_optional || is_literal };
                if let Some(level) = self.outline.levels.get_mut(level) {
                    level.bases.push(base);
                }
                return;
            }
            Text::ContentSteering => (ReferenceKind::Document, Role::Steering),
            // What it imports has URIs of its own.
            Text::ImportedMpd => {
                self.outline.cannot_be_described = true;
                (ReferenceKind::Playlist, Role::Other)
            }
            Text::Location => {
                self.outline.locations.push(written.clone());
                (ReferenceKind::Playlist, Role::Location)
            }
            Text::PatchLocation => (ReferenceKind::Document, Role::Other),
        };
        self.outline.places.push(Place { level, kind, role, written });
    }

    fn place(
        &mut self,
        level: usize,
        kind: ReferenceKind,
        role: Role,
        written: Result<Written<'m>, SkipReason>,
    ) {
        self.outline.places.push(Place { level, kind, role, written });
    }
}

/// The value of the attribute `name` as it is written.
fn raw<'m>(attributes: &[Attribute<'m>], name: &str) -> Option<&'m str> {
    attributes.iter().find(|attribute| attribute.name == name).map(|attribute| attribute.raw)
}
