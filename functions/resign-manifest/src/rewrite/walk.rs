//! The walk over a playlist, line by line.

use std::{borrow::Cow, collections::HashMap};

use memchr::memchr;
use url::Url;

use super::{
    BYTE_ORDER_MARK, Definitions, Kind, Left, Output, Reference, References, Signed, Summary,
    attributes::Attributes,
    definitions::{VERSION, low_version},
    output::Splice,
    places::{DATE_RANGE, PLACES},
    server_control,
    variables::Author,
};

/// Where a playlist is served from, as far as its `EXT-X-SERVER-CONTROL` is concerned.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Origin {
    /// Somewhere that can do what the tag says.
    #[default]
    AsStated,
    /// A bucket, which neither blocks a reload nor makes delta updates: the tag must not say so.
    Static,
}

/// What is changed beside the references.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The variables to define at the top.
    pub definitions: Definitions,
    /// Whether `EXT-X-SERVER-CONTROL` stays as it is.
    pub origin: Origin,
}

/// A rewriting that can pause, so that its output need never be whole in memory.
pub struct Rewriter {
    position: usize,
    header_seen: bool,
    /// The URI line to come belongs to an `EXT-X-STREAM-INF`.
    next_is_variant: bool,
    changes: Changes,
    references: References,
    /// The `ID` of date ranges that hold URIs, and their `CLASS`, which stands in the first tag of an `ID`.
    date_ranges: HashMap<Vec<u8>, &'static [u8]>,
    summary: Summary,
}

impl Rewriter {
    /// Begins to rewrite the playlist of this URL.
    #[must_use]
    pub fn new(playlist_url: &Url, changes: Changes) -> Self {
        Self {
            position: 0,
            header_seen: false,
            next_is_variant: false,
            changes,
            references: References::new(playlist_url),
            date_ranges: HashMap::new(),
            summary: Summary::default(),
        }
    }

    /// Appends the lines that come next to `out`, until it has at least `enough` bytes. Whether there is
    /// more. `playlist` and `sign` must be the same in all calls.
    pub fn advance<S: AsRef<str>>(
        &mut self,
        playlist: &[u8],
        out: &mut impl Output,
        enough: usize,
        mut sign: impl FnMut(&Reference<'_>) -> Result<S, Left>,
    ) -> bool {
        let mut splice = Splice::new(playlist, self.position, out);
        if self.position == 0 && playlist.starts_with(BYTE_ORDER_MARK) {
            self.position = BYTE_ORDER_MARK.len();
        }
        while let Some(rest) = playlist.get(self.position..).filter(|rest| !rest.is_empty())
            && splice.size(self.position) < enough
        {
            let end = memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
            let (line, _) = rest.split_at(end);
            self.line(line, &mut splice, &mut sign);
            self.position += end;
        }
        splice.copy_to(self.position);
        self.position < playlist.len()
    }

    /// What happened to the references so far.
    #[must_use]
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    fn line<S: AsRef<str>>(
        &mut self,
        line: &[u8],
        splice: &mut Splice<'_, impl Output>,
        sign: &mut impl FnMut(&Reference<'_>) -> Result<S, Left>,
    ) {
        match line.trim_ascii_start().first() {
            None => {}
            Some(b'#') => self.tag(line, splice, sign),
            Some(_) if std::mem::take(&mut self.next_is_variant) => {
                self.reference(self.position, line, Kind::Playlist, splice, sign);
            }
            Some(_) => self.reference(self.position, line, Kind::Media, splice, sign),
        }
    }

    fn tag<S: AsRef<str>>(
        &mut self,
        line: &[u8],
        splice: &mut Splice<'_, impl Output>,
        sign: &mut impl FnMut(&Reference<'_>) -> Result<S, Left>,
    ) {
        let (name, at) = tag(line);
        let value = line.get(at..).unwrap_or_default();
        let (start, end) = (self.position + at, self.position + line.len());
        match name {
            b"EXTINF" => {}
            b"EXTM3U" if !self.header_seen && line.ends_with(b"\n") => {
                self.header_seen = true;
                splice.replace(end, end, &[self.changes.definitions.text(line).as_bytes()]);
            }
            b"EXT-X-DEFINE" => {
                // One of an earlier signing gives way, as the parameters do that refer to it. It stands behind the
                // header.
                let author = self.references.variables.define(value);
                if author == Author::Rewriter && self.header_seen {
                    splice.replace(self.position, end, &[]);
                }
            }
            b"EXT-X-SERVER-CONTROL" if self.changes.origin == Origin::Static => {
                let list = value.trim_ascii_end();
                match server_control::for_static_origin(list) {
                    // A list of nothing would be no list.
                    Some(kept) if kept.is_empty() => splice.replace(self.position, end, &[]),
                    Some(kept) => splice.replace(start, start + list.len(), &[&kept]),
                    None => {}
                }
            }
            b"EXT-X-STREAM-INF" => self.next_is_variant = true,
            b"EXT-X-VERSION" if !self.changes.definitions.is_empty() => {
                if let Some(low) = low_version(value) {
                    splice.replace(start + low.start, start + low.end, &[VERSION.as_bytes()]);
                }
            }
            _ if PLACES.iter().any(|place| place.tag == name) => {
                self.attributes(name, start, value, splice, sign);
            }
            _ => {}
        }
    }

    /// Signs what the attribute list holds, which begins at the byte `start`.
    fn attributes<S: AsRef<str>>(
        &mut self,
        tag: &[u8],
        start: usize,
        list: &[u8],
        splice: &mut Splice<'_, impl Output>,
        sign: &mut impl FnMut(&Reference<'_>) -> Result<S, Left>,
    ) {
        let class = (tag == DATE_RANGE).then(|| self.class(list)).flatten();
        for attribute in Attributes::new(list) {
            let place = PLACES
                .iter()
                .find(|place| place.tag == tag && place.attribute == attribute.name && place.class == class);
            if let Some(place) = place {
                self.reference(start + attribute.at, attribute.value, place.kind, splice, sign);
            }
        }
    }

    /// What decides about a date range's attributes. `CLASS` may stand behind them, or only in an earlier
    /// tag with the same `ID`: the two are one range (section 4.4.5.1).
    fn class(&mut self, list: &[u8]) -> Option<&'static [u8]> {
        let value =
            |name| Attributes::new(list).find(|attribute| attribute.name == name).map(|found| found.value);
        let id = value(b"ID".as_slice()).unwrap_or_default();
        let Some(stated) = value(b"CLASS") else {
            return self.date_ranges.get(id).copied();
        };
        let class = PLACES.iter().filter_map(|place| place.class).find(|class| *class == stated)?;
        if !id.is_empty() {
            self.date_ranges.entry(id.to_owned()).or_insert(class);
        }
        Some(class)
    }

    /// Signs the reference that begins at the byte `start`, if it is to be signed. Blank space around it is
    /// none of it.
    fn reference<S: AsRef<str>>(
        &mut self,
        start: usize,
        raw: &[u8],
        kind: Kind,
        splice: &mut Splice<'_, impl Output>,
        sign: &mut impl FnMut(&Reference<'_>) -> Result<S, Left>,
    ) {
        let text = raw.trim_ascii();
        let start = start + raw.len() - raw.trim_ascii_start().len();
        let signed = str::from_utf8(text)
            .map_err(|_| Left::Invalid)
            .and_then(|text| self.references.sign(text, kind, sign));
        self.summary.count(signed.as_ref().map(|_| ()).map_err(|reason| *reason));
        let Ok(Signed { head, separator, parameters, fragment }) = signed else { return };
        let end = start + text.len() - fragment.len();
        let parameters = parameters.as_ref().as_bytes();
        match head {
            Cow::Borrowed(_) => splice.replace(end, end, &[separator.as_bytes(), parameters]),
            Cow::Owned(head) => {
                splice.replace(start, end, &[head.as_bytes(), separator.as_bytes(), parameters]);
            }
        }
    }
}

/// The name of a tag, without `#`, and where in the line its value begins.
pub(super) fn tag(line: &[u8]) -> (&[u8], usize) {
    // Every other line of most playlists.
    if line.starts_with(b"#EXTINF:") {
        return (b"EXTINF", b"#EXTINF:".len());
    }
    let end = memchr(b':', line).map_or(line.len(), |at| at + 1);
    let head = line.get(..end).unwrap_or_default();
    let head = head.strip_suffix(b":").unwrap_or(head).trim_ascii();
    let name = head.strip_prefix(b"#").unwrap_or_default();
    match name.strip_prefix(HEADER) {
        // Some authors write attributes behind it.
        Some(rest) if rest.first().is_some_and(u8::is_ascii_whitespace) => (HEADER, end),
        _ => (name, end),
    }
}

const HEADER: &[u8] = b"EXTM3U";
