//! URL templates (ISO/IEC 23009-1, 5.3.9.4.4): `$RepresentationID$`, `$Number%05d$`, `$$`.

use std::fmt::Write as _;

use hls_rewrite::SkipReason;

/// The path of a URL template, in its parts.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Template<'t> {
    parts: Vec<Part<'t>>,
}

/// What a representation puts into a template.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub(crate) struct Values<'v> {
    pub(crate) id: Option<&'v str>,
    pub(crate) bandwidth: Option<&'v str>,
}

#[derive(Debug, Eq, PartialEq)]
enum Part<'t> {
    Text(&'t str),
    Id,
    Bandwidth {
        width: usize,
    },
    /// `Number`, `SubNumber` or `Time`: digits that change from segment to segment.
    Counter {
        width: usize,
    },
}

impl<'t> Template<'t> {
    /// Reads the path of a template, or its query.
    ///
    /// # Errors
    /// [`SkipReason::UnknownVariable`]: an identifier that is not in the standard, or that is not closed.
    pub(crate) fn read(path: &'t str) -> Result<Self, SkipReason> {
        let mut parts = Vec::new();
        let mut pieces = path.split('$');
        parts.extend(pieces.next().map(Part::Text));
        while let Some(identifier) = pieces.next() {
            let behind = pieces.next().ok_or(SkipReason::UnknownVariable)?;
            parts.extend([Part::of(identifier)?, Part::Text(behind)]);
        }
        Ok(Self { parts })
    }

    /// Whether representations put values of their own into it.
    pub(crate) fn has_values(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Id | Part::Bandwidth { .. }))
    }

    /// Whether it names more than one file of a representation.
    pub(crate) fn has_counters(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Counter { .. }))
    }

    /// The path of the segment with this number or time.
    ///
    /// # Errors
    /// [`SkipReason::UnknownVariable`] if the representation lacks a value, or if players would not put it into the
    /// path alone.
    pub(crate) fn expand(&self, values: Values<'_>, counter: u64) -> Result<String, SkipReason> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Id => {
                    let id = values.id.filter(|id| !id.contains(['?', '#', '$', '%', '\\']));
                    text.push_str(id.ok_or(SkipReason::UnknownVariable)?);
                }
                Part::Bandwidth { width } => {
                    let number: Option<u64> = values.bandwidth.and_then(|digits| digits.parse().ok());
                    let number = number.ok_or(SkipReason::UnknownVariable)?;
                    let _ = write!(text, "{number:0width$}");
                }
                Part::Counter { width } => {
                    let _ = write!(text, "{counter:0width$}");
                }
            }
        }
        Ok(text)
    }
}

impl Part<'_> {
    fn of(identifier: &str) -> Result<Self, SkipReason> {
        let (name, format) = identifier.split_at(identifier.find('%').unwrap_or(identifier.len()));
        match (name, width(format)) {
            ("", _) if format.is_empty() => Ok(Self::Text("$")),
            ("RepresentationID", _) if format.is_empty() => Ok(Self::Id),
            ("Bandwidth", Some(width)) => Ok(Self::Bandwidth { width }),
            ("Number" | "SubNumber" | "Time", Some(width)) => Ok(Self::Counter { width }),
            _ => Err(SkipReason::UnknownVariable),
        }
    }
}

/// The width of a format such as `%05d`; without a format, 1.
fn width(format: &str) -> Option<usize> {
    if format.is_empty() {
        return Some(1);
    }
    let digits = format.strip_prefix("%0")?.strip_suffix('d')?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|width| is_number && *width <= WIDEST)
}

/// A `u64` has twenty digits.
const WIDEST: usize = 99;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_expanded() {
        let values = Values { id: Some("v/1"), bandwidth: Some("5000") };
        let rows = [
            ("a.m4s", Ok("a.m4s")),
            ("$RepresentationID$/$Number%05d$.m4s", Ok("v/1/00007.m4s")),
            ("$Bandwidth$-$Time$-$SubNumber%02d$", Ok("5000-7-07")),
            ("$Bandwidth%08d$", Ok("00005000")),
            ("a$$b$$$Number$", Ok("a$b$7")),
            ("", Ok("")),
            ("$Number", Err(SkipReason::UnknownVariable)),
            ("$number$", Err(SkipReason::UnknownVariable)),
            ("$Number%x$", Err(SkipReason::UnknownVariable)),
            ("$Number%05x$", Err(SkipReason::UnknownVariable)),
            ("$Number%0999d$", Err(SkipReason::UnknownVariable)),
            ("$RepresentationID%05d$", Err(SkipReason::UnknownVariable)),
            ("$Initialization$", Err(SkipReason::UnknownVariable)),
        ];
        for (template, expected) in rows {
            let expanded = Template::read(template).and_then(|read| read.expand(values, 7));
            assert_eq!(expanded, expected.map(str::to_owned), "{template}");
        }
    }

    #[test]
    fn a_value_that_would_leave_the_path_is_unknown() {
        let template = Template::read("$RepresentationID$.m4s").unwrap();
        for id in [None, Some("a?b"), Some("a#b"), Some("%2e"), Some("$"), Some("a\\b")] {
            let values = Values { id, bandwidth: None };
            assert_eq!(template.expand(values, 1), Err(SkipReason::UnknownVariable), "{id:?}");
        }
    }
}
