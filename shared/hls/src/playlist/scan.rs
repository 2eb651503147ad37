//! The scan of a playlist: one pass over its lines finds what the playlist says and where parameters can go.

use std::{borrow::Cow, collections::HashMap, ops::Range};

use url::Url;

use super::{
    Reference, ReferenceKind, RewriteCounts, SkipReason,
    attributes::{Attribute, Attributes},
    definitions::low_version,
    lines::{LineEnd, Lines},
    reference::{InsertionPoint, References},
    server_control,
    uri_attributes::{DATE_RANGE, PREFETCH, URI_ATTRIBUTES},
    variables::VariableOwner,
};

/// The kind of server that a playlist comes from, for its `EXT-X-SERVER-CONTROL`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Origin {
    /// A server that can do what the tag says.
    #[default]
    AsStated,
    /// A bucket. It neither blocks a reload nor makes delta updates, so the tag must not promise them.
    Static,
}

/// What a playlist says about itself.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct PlaylistInfo {
    /// It does not change any more: `EXT-X-ENDLIST`, or the type `VOD`.
    pub ended: bool,
    /// `EXT-X-TARGETDURATION`, in seconds.
    pub target_duration: Option<u64>,
    /// It contains an `EXT-X-VERSION`.
    pub has_version: bool,
    /// It names a steering server whose manifest cannot be signed: the server may send the player with its
    /// parameters to any host. Whether the other steering servers are ours, the caller knows.
    pub is_steered_elsewhere: bool,
    /// It refers to another playlist or document that is not ours, which may import the variables of this one.
    pub has_children_elsewhere: bool,
}

/// The result of a scan. `T` is the caller's name for a reference's target.
#[derive(Clone, Debug)]
pub struct Scan<T> {
    /// What the playlist says.
    pub info: PlaylistInfo,
    /// The references that stay as they are for every viewer; none is signed yet.
    pub left: RewriteCounts,
    /// The targets that are steering servers.
    pub steering: Vec<T>,
    /// In their order; no two overlap.
    pub(super) changes: Vec<Change<T>>,
}

/// A change to the playlist. There is one for each segment, so it is small.
#[derive(Clone, Debug)]
pub(super) struct Change<T> {
    pub(super) start: usize,
    /// What the change replaces. Most changes only insert.
    pub(super) replacement: Option<Box<Replacement>>,
    pub(super) content: Content<T>,
}

/// A text that replaces another.
#[derive(Clone, Debug)]
pub(super) struct Replacement {
    pub(super) end: usize,
    pub(super) text: Box<[u8]>,
}

#[derive(Clone, Debug)]
pub(super) enum Content<T> {
    /// The place for definitions, with the line end for their lines.
    Definitions(LineEnd),
    /// Nothing but the replacement, whatever is signed.
    Nothing,
    /// Parameters for a target, if it gets any; otherwise the replacement is not made either.
    Parameters { target: T, kind: ReferenceKind, separator: Option<u8> },
    /// A version number that is too low for definitions.
    Version,
}

impl<T: Copy + PartialEq> Scan<T> {
    /// Reads the playlist of this URL. References to playlists and documents will receive the parameter
    /// `nested` beside the signature. `find` returns the target of a reference, or why it is not signed.
    pub fn read(
        playlist: &[u8],
        playlist_url: &Url,
        origin: Origin,
        nested: Option<&'static str>,
        find: impl FnMut(&Reference<'_>) -> Result<T, SkipReason>,
    ) -> Self {
        let mut scanner = Scanner::new(playlist_url, origin, nested, find);
        let mut lines = Lines::new(playlist);
        while let Some((start, line)) = lines.next() {
            match line.trim_ascii_start().first() {
                None => {}
                Some(b'#') => scanner.tag(start, line, &lines),
                Some(_) if std::mem::take(&mut scanner.next_is_variant) => {
                    scanner.reference(start, line, ReferenceKind::Playlist);
                }
                Some(_) => scanner.reference(start, line, ReferenceKind::Media),
            }
        }
        scanner.scan
    }

    /// Whether the playlist has a header, after which definitions can follow.
    pub(crate) fn can_define(&self) -> bool {
        self.changes.iter().any(|change| matches!(change.content, Content::Definitions(_)))
    }

    /// The target and the kind of each reference that can receive parameters.
    pub fn targets(&self) -> impl Iterator<Item = (T, ReferenceKind)> {
        self.changes.iter().filter_map(|change| match &change.content {
            Content::Parameters { target, kind, .. } => Some((*target, *kind)),
            _ => None,
        })
    }
}

pub(super) struct Scanner<T, F> {
    pub(super) scan: Scan<T>,
    origin: Origin,
    references: References,
    find: F,
    header_seen: bool,
    /// The next URI line belongs to an `EXT-X-STREAM-INF`.
    next_is_variant: bool,
    /// The `ID` of date ranges that hold URIs, and their `CLASS`, which is in the first tag with the `ID`.
    date_ranges: HashMap<Vec<u8>, &'static [u8]>,
}

impl<T: Copy + PartialEq, F: FnMut(&Reference<'_>) -> Result<T, SkipReason>> Scanner<T, F> {
    pub(super) fn new(playlist_url: &Url, origin: Origin, nested: Option<&'static str>, find: F) -> Self {
        Self {
            scan: Scan {
                info: PlaylistInfo::default(),
                left: RewriteCounts::default(),
                steering: Vec::new(),
                changes: Vec::new(),
            },
            origin,
            references: References::new(playlist_url, nested),
            find,
            header_seen: false,
            next_is_variant: false,
            date_ranges: HashMap::new(),
        }
    }

    fn tag(&mut self, line_start: usize, line: &[u8], lines: &Lines<'_>) {
        let (name, at) = tag(line);
        let value = line.get(at..).unwrap_or_default();
        let (start, end) = (line_start + at, line_start + line.len());
        match name {
            // In most playlists, every segment has some of these. They have no attributes.
            b"EXTINF" | b"EXT-X-PROGRAM-DATE-TIME" | b"EXT-X-BYTERANGE" | b"EXT-X-BITRATE" => {}
            b"EXTM3U" if !self.header_seen && lines.is_ended(line) => {
                self.header_seen = true;
                self.insert(end, Content::Definitions(lines.end_of(line)));
            }
            b"EXT-X-DEFINE" => {
                // A definition of an earlier signing is removed, as the parameters are that refer to it. It
                // follows the header.
                if self.references.variables.define(value) == VariableOwner::Rewriter && self.header_seen {
                    self.replace(line_start..end, b"", Content::Nothing);
                }
            }
            b"EXT-X-ENDLIST" => self.scan.info.ended = true,
            b"EXT-X-PLAYLIST-TYPE" => self.scan.info.ended |= value.trim_ascii() == b"VOD",
            b"EXT-X-SERVER-CONTROL" if self.origin == Origin::Static => {
                let list = value.trim_ascii_end();
                match server_control::for_static_origin(list) {
                    // A tag without attributes would be invalid.
                    Some(kept) if kept.is_empty() => {
                        self.replace(line_start..end, b"", Content::Nothing);
                    }
                    Some(kept) => self.replace(start..start + list.len(), &kept, Content::Nothing),
                    None => {}
                }
            }
            b"EXT-X-STREAM-INF" => self.next_is_variant = true,
            b"EXT-X-TARGETDURATION" => {
                let seconds = str::from_utf8(value.trim_ascii()).ok();
                self.scan.info.target_duration = seconds.and_then(|seconds| seconds.parse().ok());
            }
            b"EXT-X-VERSION" => {
                self.scan.info.has_version = true;
                if let Some(low) = low_version(value) {
                    self.replace(start + low.start..start + low.end, b"", Content::Version);
                }
            }
            _ if PREFETCH.contains(&name) => self.reference(start, value, ReferenceKind::Media),
            _ if URI_ATTRIBUTES.iter().any(|place| place.tag == name) => self.attributes(name, start, value),
            _ => self.unknown(name, value),
        }
    }

    /// Finds the references in the attribute list, which begins at the byte `start`.
    fn attributes(&mut self, tag: &[u8], start: usize, list: &[u8]) {
        let class = (tag == DATE_RANGE).then(|| self.class(list)).flatten();
        for attribute in Attributes::new(list) {
            let place = URI_ATTRIBUTES.iter().find(|place| {
                place.tag == tag && attribute.is_named(place.attribute) && place.class == class
            });
            let Some(place) = place else { continue };
            let before = self.scan.changes.len();
            if attribute.is_ambiguous() {
                self.leave(SkipReason::Ambiguous, place.kind);
            } else {
                self.reference(start + attribute.at, attribute.value, place.kind);
            }
            if tag == STEERING {
                // Only a manifest whose URI is signed and ends in `.json` is read, and its pathways are signed.
                let server = self.scan.changes.get(before).filter(|_| names_json(attribute.value));
                match server.map(|change| &change.content) {
                    Some(Content::Parameters { target, .. }) => self.scan.steering.push(*target),
                    _ => self.scan.info.is_steered_elsewhere = true,
                }
            }
        }
    }

    /// The class that gives a date range's attributes their meaning. `CLASS` may follow them, or be only in an
    /// earlier tag with the same `ID`: both tags are one range (section 4.4.5.1).
    fn class(&mut self, list: &[u8]) -> Option<&'static [u8]> {
        let value =
            |name: &[u8]| Attributes::new(list).find(|one| one.is_named(name)).map(|found| found.value);
        let id = value(b"ID").unwrap_or_default();
        let Some(stated) = value(b"CLASS") else {
            return self.date_ranges.get(id).copied();
        };
        let class = URI_ATTRIBUTES.iter().filter_map(|place| place.class).find(|class| *class == stated)?;
        if !id.is_empty() {
            self.date_ranges.entry(id.to_owned()).or_insert(class);
        }
        Some(class)
    }

    /// The meaning of an unknown tag is unknown: its URI stays, and is counted.
    fn unknown(&mut self, name: &[u8], list: &[u8]) {
        let is_uri = |attribute: Attribute<'_>| attribute.is_named(b"URI") && !attribute.value.is_empty();
        if name.starts_with(b"EXT") && Attributes::new(list).any(is_uri) {
            self.leave(SkipReason::UnknownTag, ReferenceKind::Media);
        }
    }

    /// Notes the reference that begins at the byte `start`. Blank space around it is not part of it.
    pub(super) fn reference(&mut self, start: usize, raw: &[u8], kind: ReferenceKind) {
        let text = raw.trim_ascii();
        let start = start + raw.len() - raw.trim_ascii_start().len();
        let place = str::from_utf8(text)
            .map_err(|_| SkipReason::Invalid)
            .and_then(|text| self.references.place(text, kind, &mut self.find));
        let InsertionPoint { target, kind, head, separator, fragment } = match place {
            Ok(place) => place,
            Err(reason) => return self.leave(reason, kind),
        };
        let end = start + text.len() - fragment.len();
        let content = Content::Parameters { target, kind, separator: separator.bytes().next() };
        match head {
            Cow::Borrowed(_) => self.insert(end, content),
            Cow::Owned(head) => self.replace(start..end, head.as_bytes(), content),
        }
    }

    fn leave(&mut self, reason: SkipReason, kind: ReferenceKind) {
        self.scan.left.count(Err(reason), 1);
        self.scan.info.has_children_elsewhere |= kind.is_nested();
    }

    fn insert(&mut self, start: usize, content: Content<T>) {
        self.scan.changes.push(Change { start, replacement: None, content });
    }

    fn replace(&mut self, range: Range<usize>, text: &[u8], content: Content<T>) {
        let replacement = Some(Box::new(Replacement { end: range.end, text: text.into() }));
        self.scan.changes.push(Change { start: range.start, replacement, content });
    }
}

/// Whether the path of a reference ends in `.json`, before any query or fragment.
fn names_json(reference: &[u8]) -> bool {
    let path = reference.split(|byte| matches!(byte, b'?' | b'#')).next().unwrap_or_default();
    path.trim_ascii().ends_with(b".json")
}

/// The name of a tag, without `#`, and where in the line its value begins.
fn tag(line: &[u8]) -> (&[u8], usize) {
    // In most playlists, every other line.
    if line.starts_with(b"#EXTINF:") {
        return (b"EXTINF", b"#EXTINF:".len());
    }
    let end = memchr::memchr(b':', line).map_or(line.len(), |at| at + 1);
    let head = line.get(..end).unwrap_or_default();
    let head = head.strip_suffix(b":").unwrap_or(head).trim_ascii();
    let name = head.strip_prefix(b"#").unwrap_or_default();
    match name.strip_prefix(HEADER) {
        // Some authors write attributes after the header.
        Some(rest) if rest.first().is_some_and(u8::is_ascii_whitespace) => (HEADER, end),
        _ => (name, end),
    }
}

const HEADER: &[u8] = b"EXTM3U";
const STEERING: &[u8] = b"EXT-X-CONTENT-STEERING";
