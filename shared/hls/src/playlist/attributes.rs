//! Walks over an attribute list ([RFC 8216bis], section 4.2) as packagers write it and players read it.
//!
//! The standard allows a URI in a quoted string only, which has no escapes. Packagers also write URIs without
//! quotes, in single quotes, or with an opening quote alone, and quotes inside a quoted string: players read most
//! of these.
//!
//! [RFC 8216bis]: https://datatracker.ietf.org/doc/html/draft-pantos-hls-rfc8216bis#section-4.2

use memchr::{memchr, memchr_iter, memchr2};

/// An iterator over the attributes that have a value.
pub(super) struct Attributes<'a> {
    list: &'a [u8],
    position: usize,
}

/// How a value is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Form {
    /// `"value"`
    Quoted,
    /// `'value'`
    SingleQuoted,
    /// `"value`, to the end of the line.
    Unclosed,
    /// `value`, up to the next comma.
    Unquoted,
}

/// An attribute and its value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Attribute<'a> {
    pub(super) name: &'a [u8],
    /// Without its quotes.
    pub(super) value: &'a [u8],
    /// Where in the list the value begins.
    pub(super) at: usize,
    pub(super) form: Form,
}

impl<'a> Attributes<'a> {
    pub(super) fn new(list: &'a [u8]) -> Self {
        Self { list, position: 0 }
    }
}

impl<'a> Attribute<'a> {
    /// The value, if it is written as a quoted string, as the standard requires.
    pub(super) fn quoted(&self) -> Option<&'a [u8]> {
        (self.form == Form::Quoted && !self.value.contains(&b'"')).then_some(self.value)
    }

    pub(super) fn is_named(&self, name: &[u8]) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Whether players disagree about where the value ends.
    pub(super) fn is_ambiguous(&self) -> bool {
        match self.form {
            Form::Quoted => self.value.contains(&b'"'),
            Form::Unclosed => memchr2(b'"', b',', self.value).is_some(),
            Form::SingleQuoted => memchr2(b'"', b',', self.value).is_some(),
            Form::Unquoted => memchr2(b'"', b'\'', self.value).is_some(),
        }
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let rest = self.list.get(self.position..)?;
            let name_ends = memchr2(b'=', b',', rest)?;
            let (name, behind) = rest.split_at_checked(name_ends)?;
            if behind.starts_with(b",") {
                // The name has no value.
                self.position += name_ends + 1;
                continue;
            }
            let behind = behind.get(1..)?;
            let value = behind.trim_ascii_start();
            let at = self.position + name_ends + 1 + (behind.len() - value.len());
            let (form, open, length) = value_of(value);
            self.position = at + open + length + open;
            return Some(Attribute {
                name: name.trim_ascii(),
                value: self.list.get(at + open..at + open + length)?,
                at: at + open,
                form,
            });
        }
    }
}

/// The form of the value that `text` begins with, the length of its opening quote, and its length without quotes.
fn value_of(text: &[u8]) -> (Form, usize, usize) {
    let ends_value = |behind: &[u8]| matches!(behind.trim_ascii_start().first(), None | Some(b','));
    if let Some(string) = text.strip_prefix(b"\"") {
        // A quote is a part of the value unless a comma or the end of the line follows, as in hls.js.
        let closing = memchr_iter(b'"', string).find(|at| string.get(at + 1..).is_some_and(ends_value));
        return match closing {
            Some(length) => (Form::Quoted, 1, length),
            None => (Form::Unclosed, 1, string.trim_ascii_end().len()),
        };
    }
    if let Some(string) = text.strip_prefix(b"'")
        && let Some(length) = memchr(b'\'', string)
        && string.get(length + 1..).is_some_and(ends_value)
    {
        return (Form::SingleQuoted, 1, length);
    }
    let value = text.get(..memchr(b',', text).unwrap_or(text.len())).unwrap_or_default();
    (Form::Unquoted, 0, value.trim_ascii_end().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_with_and_without_quotes() {
        use Form::{Quoted, SingleQuoted, Unclosed, Unquoted};
        type Row = (&'static str, &'static [(&'static str, &'static str, usize, Form)]);
        let rows: [Row; 15] = [
            ("", &[]),
            ("METHOD=NONE\r\n", &[("METHOD", "NONE", 7, Unquoted)]),
            (
                r#"A="1,B=",URI="2",IV=0x1"#,
                &[("A", "1,B=", 3, Quoted), ("URI", "2", 14, Quoted), ("IV", "0x1", 20, Unquoted)],
            ),
            (r#" A = "1" , URI ="2" "#, &[("A", "1", 6, Quoted), ("URI", "2", 17, Quoted)]),
            (
                "METHOD=AES-128,URI=key.bin,IV=0x1",
                &[
                    ("METHOD", "AES-128", 7, Unquoted),
                    ("URI", "key.bin", 19, Unquoted),
                    ("IV", "0x1", 30, Unquoted),
                ],
            ),
            ("URI=a.mp4 \r\n", &[("URI", "a.mp4", 4, Unquoted)]),
            ("URI='a,b',X=1", &[("URI", "a,b", 5, SingleQuoted), ("X", "1", 12, Unquoted)]),
            ("URI='a'b,X=1", &[("URI", "'a'b", 4, Unquoted), ("X", "1", 11, Unquoted)]),
            ("URI='a", &[("URI", "'a", 4, Unquoted)]),
            ("URI=\"a\r\n", &[("URI", "a", 5, Unclosed)]),
            (r#"URI="a,X=1"#, &[("URI", "a,X=1", 5, Unclosed)]),
            (r#"NAME="7" mix",URI="a""#, &[("NAME", r#"7" mix"#, 6, Quoted), ("URI", "a", 19, Quoted)]),
            (r#"A="1"2"#, &[("A", r#"1"2"#, 3, Unclosed)]),
            ("A,B=1,,C=", &[("B", "1", 4, Unquoted), ("C", "", 9, Unquoted)]),
            (r#"URI="""#, &[("URI", "", 5, Quoted)]),
        ];
        for (list, expected) in rows {
            let expected: Vec<_> = expected
                .iter()
                .map(|&(name, value, at, form)| Attribute {
                    name: name.as_bytes(),
                    value: value.as_bytes(),
                    at,
                    form,
                })
                .collect();
            assert_eq!(Attributes::new(list.as_bytes()).collect::<Vec<_>>(), expected, "{list}");
        }
    }
}
