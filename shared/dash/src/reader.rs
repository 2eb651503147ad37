//! Reads XML as a stream of elements with their places, and refuses what two readers could read in two ways.
//!
//! [quick-xml](https://docs.rs/quick-xml) finds the events. It accepts more than [XML] does; this module refuses the
//! rest: names and attributes that are not well-formed, more than one root element, everything that a document type
//! declaration can do. Namespaces are not resolved, because most players do not resolve them either.
//!
//! [XML]: https://www.w3.org/TR/xml/

use quick_xml::events::{BytesDecl, BytesStart, Event};

use crate::{MpdError, Position, written};

/// The elements of a document, in their order.
pub(crate) struct Reader<'m> {
    /// The document without its byte order mark.
    text: &'m str,
    /// Where in the file the text begins.
    text_start: usize,
    xml: quick_xml::Reader<&'m [u8]>,
    attributes: Vec<Attribute<'m>>,
    depth: usize,
    root_seen: bool,
}

/// The start or the end of an element.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tag<'m> {
    /// It begins at the byte `start`, and its content at `end`.
    Start { name: &'m str, start: usize, end: usize },
    /// An element without content, from `start` to `end`.
    Empty { name: &'m str, start: usize, end: usize },
    /// Its content ends at `start`, the element at `end`.
    End { start: usize, end: usize },
}

/// An attribute as it is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attribute<'m> {
    pub(crate) name: &'m str,
    /// With its entities, without its quotes.
    pub(crate) raw: &'m str,
    /// Where in the file the value begins.
    pub(crate) at: usize,
}

impl<'m> Reader<'m> {
    pub(crate) fn new(mpd: &'m [u8]) -> Result<Self, MpdError> {
        if mpd.len() > MOST_BYTES {
            return Err(MpdError::TooLarge { limit: MOST_BYTES });
        }
        let whole =
            str::from_utf8(mpd).map_err(|error| MpdError::NotUtf8 { valid_up_to: error.valid_up_to() })?;
        let text = whole.strip_prefix(BYTE_ORDER_MARK).unwrap_or(whole);
        let text_start = whole.len() - text.len();
        let is_forbidden = |byte: u8| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
        let forbidden = text.bytes().position(is_forbidden);
        if let Some(at) = forbidden.or_else(|| text.starts_with(BYTE_ORDER_MARK).then_some(0)) {
            return Err(MpdError::Syntax(Position::of(text, at)));
        }
        let xml = quick_xml::Reader::from_str(text);
        Ok(Self { text, text_start, xml, attributes: Vec::new(), depth: 0, root_seen: false })
    }

    /// The next start or end of an element; `None` at the end of the document.
    pub(crate) fn next(&mut self) -> Result<Option<Tag<'m>>, MpdError> {
        loop {
            let start = self.position();
            let event = self.xml.read_event().map_err(|error| self.problem(&error))?;
            let end = self.position();
            match event {
                Event::Comment(_) | Event::PI(_) => {}
                Event::Decl(declaration) => self.declaration(&declaration, start)?,
                Event::DocType(_) => return Err(MpdError::Doctype(self.place(start))),
                Event::Text(text) if self.depth == 0 && !text.trim_ascii().is_empty() => {
                    return Err(self.syntax(start));
                }
                Event::Text(_) => {}
                Event::CData(_) | Event::GeneralRef(_) if self.depth == 0 => return Err(self.syntax(start)),
                Event::CData(_) => {}
                Event::GeneralRef(_) => {
                    self.references(self.text.get(start..end).unwrap_or_default(), start)?;
                }
                Event::Start(element) => {
                    let name = self.element(&element, start)?;
                    self.depth += 1;
                    if self.depth > DEEPEST {
                        return Err(MpdError::TooDeep { limit: DEEPEST });
                    }
                    return Ok(Some(Tag::Start { name, start: self.in_file(start), end: self.in_file(end) }));
                }
                Event::Empty(element) => {
                    let name = self.element(&element, start)?;
                    return Ok(Some(Tag::Empty { name, start: self.in_file(start), end: self.in_file(end) }));
                }
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(Some(Tag::End { start: self.in_file(start), end: self.in_file(end) }));
                }
                Event::Eof if self.depth > 0 => return Err(MpdError::Unclosed),
                Event::Eof if !self.root_seen => return Err(MpdError::NotMpd),
                Event::Eof => return Ok(None),
            }
        }
    }

    /// The attributes of the element whose start was the last to be read.
    pub(crate) fn attributes(&self) -> &[Attribute<'m>] {
        &self.attributes
    }

    /// What is between two places of the file.
    pub(crate) fn between(&self, start: usize, end: usize) -> &'m str {
        let [start, end] = [start, end].map(|at| at.saturating_sub(self.text_start));
        self.text.get(start..end).unwrap_or_default()
    }

    fn element(&mut self, element: &BytesStart<'m>, start: usize) -> Result<&'m str, MpdError> {
        if self.depth == 0 && std::mem::replace(&mut self.root_seen, true) {
            return Err(MpdError::SeveralRoots(self.place(start)));
        }
        let (name, _) = self.slice(element.name().as_ref()).ok_or_else(|| self.syntax(start))?;
        self.attributes.clear();
        for attribute in element.attributes() {
            let attribute = attribute.map_err(|error| match error {
                quick_xml::events::attributes::AttrError::Duplicated(..) => {
                    MpdError::AttributeTwice(self.place(start))
                }
                _ => self.syntax(start),
            })?;
            let parts = self.slice(attribute.key.as_ref()).zip(self.slice(&attribute.value));
            let ((key, key_at), (raw, at)) = parts.ok_or_else(|| self.syntax(start))?;
            // Blank space is required before each attribute, and an attribute contains no `<`.
            let before = key_at.checked_sub(1).and_then(|before| self.text.as_bytes().get(before));
            if !is_name(key) || raw.contains('<') || !before.is_some_and(u8::is_ascii_whitespace) {
                return Err(self.syntax(key_at));
            }
            self.references(raw, at)?;
            self.attributes.push(Attribute { name: key, raw, at: self.in_file(at) });
        }
        if is_name(name) { Ok(name) } else { Err(self.syntax(start)) }
    }

    /// A part of the text that quick-xml returned, and where it is.
    fn slice(&self, part: &[u8]) -> Option<(&'m str, usize)> {
        let at = part.as_ptr().addr().checked_sub(self.text.as_ptr().addr())?;
        Some((self.text.get(at..at.checked_add(part.len())?)?, at))
    }

    /// Refuses entities in `raw`, which begins at the byte `at` of the text, that have no certain meaning.
    fn references(&self, raw: &str, at: usize) -> Result<(), MpdError> {
        if !raw.contains('&') || written::decoded(raw).is_some() {
            return Ok(());
        }
        Err(MpdError::UnknownEntity(self.place(at)))
    }

    fn declaration(&self, declaration: &BytesDecl<'_>, start: usize) -> Result<(), MpdError> {
        if start > 0 {
            return Err(self.syntax(start));
        }
        match declaration.encoding() {
            None => Ok(()),
            Some(Ok(name)) if ENCODINGS.iter().any(|known| name.eq_ignore_ascii_case(known)) => Ok(()),
            Some(Ok(_)) => Err(MpdError::OtherEncoding),
            Some(Err(_)) => Err(self.syntax(start)),
        }
    }

    fn problem(&self, error: &quick_xml::Error) -> MpdError {
        let at = usize::try_from(self.xml.error_position()).unwrap_or(usize::MAX);
        match error {
            quick_xml::Error::IllFormed(quick_xml::errors::IllFormedError::UnclosedReference) => {
                MpdError::UnknownEntity(self.place(at))
            }
            _ => self.syntax(at),
        }
    }

    fn position(&self) -> usize {
        usize::try_from(self.xml.buffer_position()).unwrap_or(usize::MAX)
    }

    fn in_file(&self, at: usize) -> usize {
        self.text_start + at
    }

    fn place(&self, at: usize) -> Position {
        Position::of(self.text, at)
    }

    fn syntax(&self, at: usize) -> MpdError {
        MpdError::Syntax(self.place(at))
    }
}

/// Whether the root element has this name, with any prefix. The document need not be well-formed.
pub(crate) fn has_root(body: &[u8], name: &str) -> bool {
    let text = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    let mut xml = quick_xml::Reader::from_reader(text);
    loop {
        match xml.read_event() {
            Ok(Event::Start(element) | Event::Empty(element)) => {
                return element.local_name().as_ref() == name.as_bytes();
            }
            Ok(Event::Text(text)) if !text.trim_ascii().is_empty() => return false,
            Ok(Event::Eof) | Err(_) => return false,
            Ok(_) => {}
        }
    }
}

/// Whether the text can be the [name](https://www.w3.org/TR/xml/#NT-Name) of an element or attribute. Beyond ASCII,
/// everything can.
fn is_name(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_:-.".contains(&byte) || !byte.is_ascii();
    let begins = text.bytes().next().is_some_and(|byte| !b"-.".contains(&byte) && !byte.is_ascii_digit());
    begins && text.bytes().all(is_allowed)
}

const BYTE_ORDER_MARK: char = '\u{feff}';
/// US-ASCII is a part of UTF-8.
const ENCODINGS: [&[u8]; 3] = [b"UTF-8", b"UTF8", b"US-ASCII"];
/// An MPD has about eight levels; what events contain has more.
const DEEPEST: usize = 64;
/// 100,000 `SegmentURL` elements have about seven mebibytes.
const MOST_BYTES: usize = 16 << 20;
