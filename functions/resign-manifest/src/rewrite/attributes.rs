//! Walks over the quoted strings of an attribute list ([RFC 8216bis], section 4.2).
//!
//! A quoted string has no escapes, so quotes pair up from the left, and commas and names inside
//! them mean nothing. Unquoted values cannot hold a URI and are passed over.
//!
//! [RFC 8216bis]: https://datatracker.ietf.org/doc/html/draft-pantos-hls-rfc8216bis#section-4.2

use memchr::memchr;

/// An iterator over the attributes whose value is a quoted string.
pub(super) struct Attributes<'a> {
    rest: &'a [u8],
}

/// An attribute and the bytes before its value, from the last closing quote to the opening one.
pub(super) struct Attribute<'a> {
    pub(super) before: &'a [u8],
    pub(super) name: &'a [u8],
    pub(super) value: &'a [u8],
}

impl<'a> Attributes<'a> {
    pub(super) fn new(list: &'a [u8]) -> Self {
        Self { rest: list }
    }

    /// What stands behind the closing quote of the last value.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let open = memchr(b'"', self.rest)?;
        let (before, quoted) = self.rest.split_at_checked(open + 1)?;
        let close = memchr(b'"', quoted)?;
        let (value, closing) = quoted.split_at_checked(close)?;
        self.rest = closing.get(1..)?;
        Some(Attribute { before, name: name_before(before), value })
    }
}

/// The name in `,NAME="`, or nothing if the quote does not begin a value.
fn name_before(before: &[u8]) -> &[u8] {
    before
        .strip_suffix(b"\"")
        .and_then(|list| list.trim_ascii_end().strip_suffix(b"="))
        .and_then(|list| list.rsplit(|&byte| byte == b',').next())
        .unwrap_or_default()
        .trim_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_pair_up_from_the_left() {
        type Row = (&'static str, &'static [(&'static str, &'static str)], &'static str);
        let rows: [Row; 8] = [
            ("", &[], ""),
            ("METHOD=NONE\r\n", &[], "METHOD=NONE\r\n"),
            (r#"A="1,B=",URI="2",IV=0x1"#, &[("A", "1,B="), ("URI", "2")], ",IV=0x1"),
            (r#"SERVER-URI="1""#, &[("SERVER-URI", "1")], ""),
            (r#" A = "1" , URI ="2""#, &[("A", "1"), ("URI", "2")], ""),
            (r#"A="1",URI="2"#, &[("A", "1")], r#",URI="2"#),
            (r#"A=1"2",B="""#, &[("", "2"), ("B", "")], ""),
            (r#""1""#, &[("", "1")], ""),
        ];
        for (list, expected, rest) in rows {
            let mut attributes = Attributes::new(list.as_bytes());
            let found: Vec<_> = attributes
                .by_ref()
                .map(|a| (str::from_utf8(a.name).ok(), str::from_utf8(a.value).ok()))
                .collect();
            let expected: Vec<_> = expected.iter().map(|&(name, value)| (Some(name), Some(value))).collect();
            assert_eq!(found, expected, "{list}");
            assert_eq!(attributes.rest(), rest.as_bytes(), "{list}");
        }
    }
}
