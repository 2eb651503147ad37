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
    /// Without a value: it stands in another playlist (`IMPORT`) or in two definitions, of which players
    /// take different ones; or the viewer chooses it (`QUERYPARAM`), who would choose with it what is
    /// signed.
    values: HashMap<String, Option<String>>,
}

/// Whose variable an `EXT-X-DEFINE` defines.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum VariableOwner {
    /// The playlist's author, or nobody: it is not a definition.
    Playlist,
    /// This rewriter, when it signed the playlist before.
    Rewriter,
}

impl Variables {
    /// Takes in the attributes of an `EXT-X-DEFINE`.
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
        // Of a tag with two forms, or one that is written in another way, players take different values.
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

    /// Whether a query parameter is a reference to a variable of this rewriter's, and nothing else.
    pub(super) fn is_ours(&self, parameter: &str) -> bool {
        let name = parameter.strip_prefix("{$").and_then(|reference| reference.strip_suffix('}'));
        name.is_some_and(|name| self.is_our_variable(name))
    }

    /// Whether a variable of this rewriter's is named in `text`.
    pub(super) fn names_ours(&self, text: &str) -> bool {
        text.split("{$")
            .skip(1)
            .any(|reference| reference.split_once('}').is_some_and(|(name, _)| self.is_our_variable(name)))
    }

    /// The name tells, since the definition is gone or does not stand there: unless the author took it.
    fn is_our_variable(&self, name: &str) -> bool {
        is_our_name(name) && !self.values.contains_key(name)
    }

    /// `text` with its variables replaced, once; references without a value stay, and so do those
    /// that would make it longer than a URL can be.
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
        // Not the next `}`: names end where their characters do, so that a line full of `{$` does
        // not take the square of its length.
        let end = reference.find(|c: char| !is_name_character(c))?;
        let (name, rest) = reference.split_at_checked(end)?;
        let after = rest.strip_prefix('}')?;
        Some((self.values.get(name)?.as_deref()?, after))
    }

    /// Where the parameters in the query of `text` begin: behind its `?`, or, when a variable
    /// brings the `?`, behind the parameter that the variable ends with.
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

/// Whether a variable has a name of those that [`Definitions`](super::Definitions) gives.
fn is_our_name(name: &str) -> bool {
    let tail = name.strip_prefix(NAME).filter(|tail| tail.len() == TAIL);
    tail.is_some_and(|tail| tail.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

/// How the variables begin that this rewriter defines. Letters and digits only: some players know no
/// others in a name.
pub(super) const NAME: &str = "usher";
/// How many characters follow.
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
