//! Walks over the quoted strings of an attribute list ([RFC 8216bis], section 4.2).
//!
//! A quoted string has no escapes, so quotes pair up from the left, and commas and names inside
//! them mean nothing. Unquoted values cannot hold a URI and are passed over.
//!
//! [RFC 8216bis]: https://datatracker.ietf.org/doc/html/draft-pantos-hls-rfc8216bis#section-4.2

use memchr::memchr;

/// An iterator over the attributes whose value is a quoted string.
pub(super) struct Attributes<'a> {
    list: &'a [u8],
    position: usize,
}

/// An attribute whose value is a quoted string.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Attribute<'a> {
    pub(super) name: &'a [u8],
    pub(super) value: &'a [u8],
    /// Where in the list the value begins.
    pub(super) at: usize,
}

impl<'a> Attributes<'a> {
    pub(super) fn new(list: &'a [u8]) -> Self {
        Self { list, position: 0 }
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.list.get(self.position..)?;
        let open = memchr(b'"', rest)?;
        let (before, quoted) = rest.split_at_checked(open + 1)?;
        let value = quoted.get(..memchr(b'"', quoted)?)?;
        let at = self.position + before.len();
        self.position = at + value.len() + 1;
        Some(Attribute { name: name_before(before), value, at })
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
        type Row = (&'static str, &'static [(&'static str, &'static str, usize)]);
        let rows: [Row; 8] = [
            ("", &[]),
            ("METHOD=NONE\r\n", &[]),
            (r#"A="1,B=",URI="2",IV=0x1"#, &[("A", "1,B=", 3), ("URI", "2", 14)]),
            (r#"SERVER-URI="1""#, &[("SERVER-URI", "1", 12)]),
            (r#" A = "1" , URI ="2""#, &[("A", "1", 6), ("URI", "2", 17)]),
            (r#"A="1",URI="2"#, &[("A", "1", 3)]),
            (r#"A=1"2",B="""#, &[("", "2", 4), ("B", "", 10)]),
            (r#""1""#, &[("", "1", 1)]),
        ];
        for (list, expected) in rows {
            let expected: Vec<_> = expected
                .iter()
                .map(|&(name, value, at)| Attribute { name: name.as_bytes(), value: value.as_bytes(), at })
                .collect();
            assert_eq!(Attributes::new(list.as_bytes()).collect::<Vec<_>>(), expected, "{list}");
        }
    }
}
