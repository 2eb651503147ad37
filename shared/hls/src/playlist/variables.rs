//! The variables of a playlist ([RFC 8216bis], sections 4.3 and 4.4.2.3).
//!
//! They are expanded only to learn where a reference points; the text of the playlist keeps them.
//!
//! [RFC 8216bis]: https://datatracker.ietf.org/doc/html/draft-pantos-hls-rfc8216bis#section-4.3

use std::{
    borrow::Cow,
    collections::{HashMap, hash_map::Entry},
};

use cloudfront_signing::URL_LIMIT;

use super::{attributes::Attributes, query};

/// The variables that are defined so far, by name.
#[derive(Default)]
pub(super) struct Variables {
    /// `None` if the value is uncertain: it is in another playlist (`IMPORT`), in two definitions, of which
    /// players use different ones, or in the query (`QUERYPARAM`), where the viewer could choose what is
    /// signed.
    values: HashMap<String, Option<String>>,
}

/// Whose variable an `EXT-X-DEFINE` defines.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum VariableOwner {
    /// The playlist's author. Also for a tag that defines nothing.
    Playlist,
    /// This rewriter, when it signed the playlist before.
    Rewriter,
}

impl Variables {
    /// Reads the attributes of an `EXT-X-DEFINE`.
    pub(super) fn define(&mut self, list: &[u8]) -> VariableOwner {
        let (mut name, mut value, mut literal, mut forms) = (None, None, true, 0);
        for attribute in Attributes::new(list) {
            let text = str::from_utf8(attribute.value).ok();
            if ["NAME", "IMPORT", "QUERYPARAM"].iter().any(|one| attribute.is_named(one.as_bytes())) {
                (name, forms) = (text, forms + 1);
                literal &= attribute.name == b"NAME" && attribute.quoted().is_some();
            } else if attribute.name == b"VALUE" {
                value = text.filter(|_| attribute.quoted().is_some());
            }
        }
        let is_name = |name: &&str| !name.is_empty() && name.chars().all(is_name_character);
        let Some(name) = name.filter(is_name) else {
            return VariableOwner::Playlist;
        };
        // If a tag has two forms, or is written in another way, players use different values.
        let value = value.filter(|_| literal && forms == 1);
        if is_our_name(name) && value.is_some_and(query::is_signature) {
            return VariableOwner::Rewriter;
        }
        match self.values.entry(name.to_owned()) {
            Entry::Occupied(mut twice) => {
                twice.insert(None);
            }
            Entry::Vacant(entry) => {
                entry.insert(value.map(str::to_owned));
            }
        }
        VariableOwner::Playlist
    }

    /// Whether a query parameter is a reference to one of this rewriter's variables, and nothing else.
    pub(super) fn is_ours(&self, parameter: &str) -> bool {
        let name = parameter.strip_prefix("{$").and_then(|reference| reference.strip_suffix('}'));
        name.is_some_and(|name| self.is_our_variable(name))
    }

    /// Whether `text` names one of this rewriter's variables.
    pub(super) fn names_ours(&self, text: &str) -> bool {
        text.split("{$")
            .skip(1)
            .any(|reference| reference.split_once('}').is_some_and(|(name, _)| self.is_our_variable(name)))
    }

    /// The name decides, since the definition is removed or is in another playlist, unless the author defines
    /// the name.
    fn is_our_variable(&self, name: &str) -> bool {
        is_our_name(name) && !self.values.contains_key(name)
    }

    /// `text` with its variables replaced, once. References without a value stay, and so do those that would
    /// make the text longer than a URL can be.
    pub(super) fn expand<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !text.contains("{$") {
            return Cow::Borrowed(text);
        }
        let mut expanded = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, reference)) = rest.split_once("{$") {
            expanded.push_str(before);
            match self.value(reference) {
                Some((value, after)) if expanded.len() + value.len() <= URL_LIMIT => {
                    expanded.push_str(value);
                    rest = after;
                }
                _ => {
                    expanded.push_str("{$");
                    rest = reference;
                }
            }
        }
        expanded.push_str(rest);
        Cow::Owned(expanded)
    }

    /// The value of the variable in `name}after`, and `after`.
    fn value<'s, 't>(&'s self, reference: &'t str) -> Option<(&'s str, &'t str)> {
        // Not up to the next `}`: a name ends where its characters end, so that a line full of `{$` does not
        // take quadratic time.
        let end = reference.find(|c: char| !is_name_character(c))?;
        let (name, rest) = reference.split_at_checked(end)?;
        let after = rest.strip_prefix('}')?;
        Some((self.values.get(name)?.as_deref()?, after))
    }

    /// Where the parameters in the query of `text` begin: after its `?`, or, if a variable contains the `?`,
    /// after the parameter that the variable ends with.
    pub(super) fn query_start(&self, text: &str) -> Option<usize> {
        let mut start = 0;
        for piece in text.split_inclusive('}') {
            if let Some(at) = piece.find('?') {
                return Some(start + at + 1);
            }
            start += piece.len();
            if self.expand(piece).contains('?') {
                let next = text.get(start..)?.find('&');
                return Some(next.map_or(text.len(), |at| start + at + 1));
            }
        }
        None
    }
}

/// Whether a name has the form that [`Definitions`](super::Definitions) gives to its variables.
fn is_our_name(name: &str) -> bool {
    let tail = name.strip_prefix(NAME).filter(|tail| tail.len() == TAIL);
    tail.is_some_and(|tail| tail.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

/// The prefix of the variables that this rewriter defines. Letters and digits only: some players accept no
/// other characters in a name.
pub(super) const NAME: &str = "usher";
/// How many characters follow the prefix.
pub(super) const TAIL: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> Variables {
        let mut variables = Variables::default();
        for list in [
            r#"NAME="host",VALUE="https://h""#,
            r#"VALUE="1",NAME="n-_9""#,
            r#"NAME="none",VALUE="""#,
            r#"NAME="query",VALUE="?a=1""#,
            r#"NAME="nested",VALUE="{$host}""#,
            r#"NAME="twice",VALUE="1""#,
            r#"NAME="twice",VALUE="1""#,
            r#"NAME="bad?",VALUE="1""#,
            r#"IMPORT="imported""#,
            r#"QUERYPARAM="token""#,
            r#"NAME=unquoted,VALUE="1""#,
            r#"NAME="odd",VALUE="1"2""#,
            r#"IMPORT="both",VALUE="1""#,
            r#"NAME="two",QUERYPARAM="two",VALUE="1""#,
            r#"NAME="",VALUE="1""#,
            r#"VALUE="nameless""#,
        ] {
            variables.define(list.as_bytes());
        }
        variables
    }

    #[test]
    fn only_defined_variables_are_expanded_and_only_once() {
        let rows = [
            ("a.ts", "a.ts"),
            ("{$host}/a.ts", "https://h/a.ts"),
            ("{$host}{$n-_9}{$none}{$query}", "https://h1?a=1"),
            ("{$nested}", "{$host}"),
            ("{$twice}{$imported}{$token}", "{$twice}{$imported}{$token}"),
            ("{$both}{$two}{$unquoted}{$odd}", "{$both}{$two}{$unquoted}{$odd}"),
            ("{$bad?}{$HOST}{$}{host}", "{$bad?}{$HOST}{$}{host}"),
            ("{$host", "{$host"),
            ("{${$n-_9}}", "{$1}"),
        ];
        for (text, expected) in rows {
            assert_eq!(variables().expand(text), expected, "{text}");
        }
    }

    #[test]
    fn no_url_grows_beyond_what_cloudfront_takes() {
        let mut variables = variables();
        let long = "x".repeat(URL_LIMIT / 2);
        let define = format!(r#"NAME="long",VALUE="{long}""#);
        variables.define(define.as_bytes());
        let expected = long.repeat(2) + "{$long}{$n-_9}";
        assert_eq!(variables.expand("{$long}{$long}{$long}{$n-_9}"), expected);
        let references = "{$".repeat(1 << 20);
        assert_eq!(variables.expand(&references), references);
    }

    #[test]
    fn a_query_can_begin_inside_a_variable() {
        let rows = [
            ("a", None),
            ("{$host}/a&b", None),
            ("a?x", Some(2)),
            ("{$host}/a?", Some(10)),
            ("a{$query}", Some(9)),
            ("a{$query}0", Some(10)),
            ("a{$query}0&x", Some(11)),
            ("a?{$query}&x", Some(2)),
            ("a{$imported}", None),
        ];
        for (text, expected) in rows {
            assert_eq!(variables().query_start(text), expected, "{text}");
        }
    }
}
