//! The style `define`: the playlist begins with the parameters, in `EXT-X-DEFINE`, and each URI refers to them
//! ([RFC 8216bis], section 4.4.2.3).
//!
//! [RFC 8216bis]: https://datatracker.ietf.org/doc/html/draft-pantos-hls-rfc8216bis#section-4.4.2.3

use std::ops::Range;

use super::variables::{NAME, TAIL};

/// Variables that are put at the top of a playlist.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Definitions {
    variables: Vec<Variable>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Variable {
    name: String,
    value: String,
}

impl Definitions {
    /// Defines a variable for each of `values`, which are query parameters with a `Signature`.
    ///
    /// The name comes from the signature, so every instance and every reload gives the same one. Nobody can guess
    /// the name without the signature: neither another playlist's `IMPORT` nor a reference in this playlist can
    /// request the value.
    pub fn new(values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let variables = values.into_iter().map(|value| {
            let value = value.into();
            Variable { name: name_of(&value), value }
        });
        Self { variables: variables.collect() }
    }

    /// The reference to each value, in their order.
    pub fn references(&self) -> impl Iterator<Item = String> {
        self.variables.iter().map(|Variable { name, .. }| format!("{{${name}}}"))
    }

    /// The size of their lines in bytes, at most.
    #[must_use]
    pub fn size(&self) -> usize {
        self.text(false, "\r\n").len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.variables.is_empty()
    }

    /// The lines that follow the header, each with the line end `end`.
    pub(super) fn text(&self, states_version: bool, end: &str) -> String {
        let lines = self
            .variables
            .iter()
            .map(|Variable { name, value }| format!("#EXT-X-DEFINE:NAME=\"{name}\",VALUE=\"{value}\"{end}"));
        let mut text: String = lines.collect();
        // After the definitions: signing again would put it there.
        if !self.is_empty() && !states_version {
            text.push_str(&format!("#EXT-X-VERSION:{VERSION}{end}"));
        }
        text
    }
}

/// From the end of the signature, because P-256 signatures begin alike.
fn name_of(query: &str) -> String {
    let signature = query.split('&').find_map(|parameter| parameter.strip_prefix("Signature="));
    let letters = signature.unwrap_or_default().chars().rev().filter(char::is_ascii_alphanumeric);
    let tail: String = letters.chain(std::iter::repeat('0')).take(TAIL).collect();
    format!("{NAME}{tail}")
}

/// Where in the value of an `EXT-X-VERSION` the number is, if it is lower than [`VERSION`].
pub(super) fn low_version(value: &[u8]) -> Option<Range<usize>> {
    let number = value.trim_ascii();
    let stated: u64 = str::from_utf8(number).ok()?.parse().ok()?;
    let start = value.len() - value.trim_ascii_start().len();
    (stated < VERSION.parse().ok()?).then_some(start..start + number.len())
}

/// The first version with variables.
pub(super) const VERSION: &str = "8";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_made_of_the_end_of_the_signature() {
        let queries = [
            "Policy=1&Signature=AbC-dEf~123456789ghijk__&Key-Pair-Id=K",
            "Policy=1&Signature=2&Key-Pair-Id=K",
        ];
        let definitions = Definitions::new(queries);
        let references: Vec<_> = definitions.references().collect();
        assert_eq!(references, ["{$usherkjihg987654321fE}", "{$usher2000000000000000}"]);
        assert_eq!(
            definitions.text(false, "\r\n"),
            format!(
                "#EXT-X-DEFINE:NAME=\"usherkjihg987654321fE\",VALUE=\"{}\"\r\n\
                 #EXT-X-DEFINE:NAME=\"usher2000000000000000\",VALUE=\"{}\"\r\n#EXT-X-VERSION:8\r\n",
                queries[0], queries[1]
            )
        );
    }
}
