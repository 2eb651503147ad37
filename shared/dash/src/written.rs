//! A URI as it is written in the XML: with entities, or in a CDATA section.

use std::borrow::Cow;

use hls_rewrite::SkipReason;
use quick_xml::{escape::resolve_xml_entity, events::BytesRef};

/// A URI, and where its bytes are.
#[derive(Clone, Debug)]
pub(crate) struct Written<'m> {
    raw: &'m str,
    at: usize,
    pub(crate) encoding: Encoding,
    /// What the XML means.
    pub(crate) text: Cow<'m, str>,
}

/// How parameters are written into it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Encoding {
    /// In a CDATA section: as they are.
    Literal,
    /// In an attribute or a text: with entities.
    Entities,
    /// In a URL template: with entities, and `$` doubled.
    Template,
}

impl<'m> Written<'m> {
    /// The value of an attribute that begins at the byte `at` of the file.
    pub(crate) fn attribute(raw: &'m str, at: usize, encoding: Encoding) -> Result<Self, SkipReason> {
        if raw.len() > LONGEST {
            return Err(SkipReason::Invalid);
        }
        let text = decoded(raw).ok_or(SkipReason::Invalid)?;
        Ok(Self { raw, at, encoding, text })
    }

    /// The content of an element, without the blank space around it. Readers do not agree on a text that consists of
    /// several pieces, with a comment or an element between them.
    pub(crate) fn content(raw: &'m str, at: usize) -> Result<Self, SkipReason> {
        let text = trim(raw);
        let at = at + (raw.len() - raw.trim_ascii_start().len());
        if !text.contains('<') {
            return Self::attribute(text, at, Encoding::Entities);
        }
        let section = text.strip_prefix(CDATA).and_then(|rest| rest.strip_suffix("]]>"));
        let section = section.filter(|inner| !inner.contains("]]>")).ok_or(SkipReason::Ambiguous)?;
        let at = at + CDATA.len() + (section.len() - section.trim_ascii_start().len());
        let raw = trim(section);
        if raw.len() > LONGEST {
            return Err(SkipReason::Invalid);
        }
        Ok(Self { raw, at, encoding: Encoding::Literal, text: Cow::Borrowed(raw) })
    }

    /// Whether it is in a CDATA section.
    pub(crate) fn is_literal(&self) -> bool {
        self.encoding == Encoding::Literal
    }

    /// Where in the file the character at the byte `index` of the text is written.
    pub(crate) fn position(&self, index: usize) -> usize {
        if matches!(self.text, Cow::Borrowed(_)) {
            return self.at + index;
        }
        let (mut raw, mut text) = (0, 0);
        while let Some(rest) = self.raw.get(raw..).filter(|rest| text < index && !rest.is_empty()) {
            let (character, length) = character(rest).unwrap_or(('\u{fffd}', 1));
            raw += length;
            text += character.len_utf8();
        }
        self.at + raw
    }
}

/// What `raw` means; `None` if an entity in it has no certain meaning.
pub(crate) fn decoded(raw: &str) -> Option<Cow<'_, str>> {
    if !raw.contains('&') {
        return Some(Cow::Borrowed(raw));
    }
    let (mut text, mut rest) = (String::with_capacity(raw.len()), raw);
    while !rest.is_empty() {
        let (plain, entity) = rest.split_at(rest.find('&').unwrap_or(rest.len()));
        text.push_str(plain);
        rest = entity;
        if !rest.is_empty() {
            let (character, length) = character(rest)?;
            text.push(character);
            rest = rest.get(length..)?;
        }
    }
    Some(Cow::Owned(text))
}

/// The character that `raw` begins with, and how many bytes it takes.
fn character(raw: &str) -> Option<(char, usize)> {
    let Some(entity) = raw.strip_prefix('&') else {
        return raw.chars().next().map(|character| (character, character.len_utf8()));
    };
    let name = entity.get(..entity.bytes().take(LONGEST_ENTITY).position(|byte| byte == b';')?)?;
    let character = match resolve_xml_entity(name) {
        Some(predefined) => predefined.chars().next()?,
        None => BytesRef::new(name).resolve_char_ref().ok()??,
    };
    Some((character, name.len() + 2))
}

/// Without the blank space that XML allows around it.
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\r'])
}

const CDATA: &str = "<![CDATA[";
/// CloudFront accepts no longer URLs.
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html>
const LONGEST: usize = 8_192;
/// `#x10FFFF;` and some leading zeros.
const LONGEST_ENTITY: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_decoded_and_keep_their_place() {
        let written = Written::attribute("a?x&amp;y&#38;&#x26;z", 100, Encoding::Entities).unwrap();
        assert_eq!(written.text, "a?x&y&&z");
        let places: Vec<_> = (0..=8).map(|index| written.position(index)).collect();
        assert_eq!(places, [100, 101, 102, 103, 108, 109, 114, 120, 121]);
    }

    #[test]
    fn an_entity_without_a_certain_meaning_is_none() {
        for raw in [
            "&",
            "a&b",
            "&foo;",
            "&;",
            "&#;",
            "&#0;",
            "&#xD800;",
            "&#x110000;",
            "&amp",
            "&#00000000000000038;",
        ] {
            assert_eq!(decoded(raw), None, "{raw}");
        }
    }

    #[test]
    fn a_text_is_one_piece_or_ambiguous() {
        let read = |raw: &'static str| Written::content(raw, 10).map(|one| (one.text.into_owned(), one.at));
        let rows = [
            ("a", Ok(("a", 10))),
            (" \n a/b \r\n", Ok(("a/b", 13))),
            ("a?x&amp;y", Ok(("a?x&y", 10))),
            ("<![CDATA[a?x&y]]>", Ok(("a?x&y", 19))),
            (" <![CDATA[ a ]]> ", Ok(("a", 21))),
            ("", Ok(("", 10))),
            ("a<!-- -->b", Err(SkipReason::Ambiguous)),
            ("a<![CDATA[b]]>", Err(SkipReason::Ambiguous)),
            ("<![CDATA[a]]><![CDATA[b]]>", Err(SkipReason::Ambiguous)),
            ("<b/>", Err(SkipReason::Ambiguous)),
        ];
        for (raw, expected) in rows {
            assert_eq!(read(raw), expected.map(|(text, at)| (text.to_owned(), at)), "{raw}");
        }
    }
}
