//! The style `define`: the parameters stand once at the top, in `EXT-X-DEFINE`, and each URI refers to them
//! ([RFC 8216bis], section 4.4.2.3).
//!
//! [RFC 8216bis]: https://datatracker.ietf.org/doc/html/draft-pantos-hls-rfc8216bis#section-4.4.2.3

use std::ops::Range;

use super::{Facts, variables::NAME};

/// Variables that are put at the top of a playlist.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Definitions {
    names: Vec<String>,
    lines: Vec<String>,
}

impl Definitions {
    /// Defines a variable for each of `values`, under names that the playlist of these `facts` does not use.
    ///
    /// The values are query parameters, so none has a quote or a line end in it.
    pub fn new(values: impl IntoIterator<Item = impl AsRef<str>>, facts: &Facts) -> Self {
        let (mut names, mut lines) = (Vec::new(), Vec::new());
        for (index, value) in values.into_iter().enumerate() {
            let mut name = if index == 0 { NAME.to_owned() } else { format!("{NAME}{}", index + 1) };
            while facts.variables.contains(&name) {
                name.push('_');
            }
            lines.push(format!("#EXT-X-DEFINE:NAME=\"{name}\",VALUE=\"{}\"", value.as_ref()));
            names.push(name);
        }
        // Behind the definitions, so that signing again finds it where it would put it.
        if !lines.is_empty() && !facts.has_version {
            lines.push(format!("#EXT-X-VERSION:{VERSION}"));
        }
        Self { names, lines }
    }

    /// What refers to each value, in their order.
    pub fn references(&self) -> impl Iterator<Item = String> {
        self.names.iter().map(|name| format!("{{${name}}}"))
    }

    /// How many bytes the lines have, at most.
    #[must_use]
    pub fn size(&self) -> usize {
        self.lines.iter().map(|line| line.len() + 2).sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The lines, to be put behind `header` with its line end.
    pub(super) fn text(&self, header: &[u8]) -> String {
        let end = if header.ends_with(b"\r\n") { "\r\n" } else { "\n" };
        self.lines.iter().flat_map(|line| [line.as_str(), end]).collect()
    }
}

/// Where in the value of an `EXT-X-VERSION` the number stands that has to be raised to [`VERSION`].
pub(super) fn low_version(value: &[u8]) -> Option<Range<usize>> {
    let number = value.trim_ascii();
    let stated: u64 = str::from_utf8(number).ok()?.parse().ok()?;
    let start = value.len() - value.trim_ascii_start().len();
    (stated < VERSION.parse().ok()?).then_some(start..start + number.len())
}

/// The first version with variables.
pub(super) const VERSION: &str = "8";
