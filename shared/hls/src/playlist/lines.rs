//! The lines of a playlist ([RFC 8216bis], section 4.1).
//!
//! Lines end with LF, or CR and LF. In a file without any LF, lines end with CR: the standard does not allow it,
//! but players read it. In a file with LF, a CR inside a line does not end it, since players do not agree.
//!
//! [RFC 8216bis]: https://datatracker.ietf.org/doc/html/draft-pantos-hls-rfc8216bis#section-4.1

use memchr::memchr;

/// An iterator over the lines, each with its start. The line end is a part of the line; the byte order mark is
/// not.
pub(crate) struct Lines<'p> {
    playlist: &'p [u8],
    position: usize,
    terminator: u8,
}

/// What a line ends with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum LineEnd {
    Cr,
    CrLf,
    Lf,
}

impl<'p> Lines<'p> {
    pub(crate) fn new(playlist: &'p [u8]) -> Self {
        let position = if playlist.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let terminator = if memchr(b'\n', playlist).is_some() { b'\n' } else { b'\r' };
        Self { playlist, position, terminator }
    }

    /// Whether a line has a line end. The last line of a file may have none.
    pub(crate) fn is_ended(&self, line: &[u8]) -> bool {
        line.ends_with(&[self.terminator])
    }

    /// How the line ends: a line inserted after it gets the same end.
    pub(crate) fn end_of(&self, line: &[u8]) -> LineEnd {
        match self.terminator {
            b'\r' => LineEnd::Cr,
            _ if line.ends_with(b"\r\n") => LineEnd::CrLf,
            _ => LineEnd::Lf,
        }
    }
}

/// The line without its line end.
pub(super) fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

impl LineEnd {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Cr => "\r",
            Self::CrLf => "\r\n",
            Self::Lf => "\n",
        }
    }
}

impl<'p> Iterator for Lines<'p> {
    type Item = (usize, &'p [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.playlist.get(self.position..).filter(|rest| !rest.is_empty())?;
        let end = memchr(self.terminator, rest).map_or(rest.len(), |at| at + 1);
        let start = self.position;
        self.position += end;
        Some((start, rest.get(..end)?))
    }
}

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_line_feed_has_lines_that_end_with_a_carriage_return() {
        type Row = (&'static [u8], &'static [(usize, &'static [u8])]);
        let rows: [Row; 6] = [
            (b"", &[]),
            (b"a\nb", &[(0, b"a\n"), (2, b"b")]),
            (b"a\r\n\r\nb\r\n", &[(0, b"a\r\n"), (3, b"\r\n"), (5, b"b\r\n")]),
            (b"a\rb\r", &[(0, b"a\r"), (2, b"b\r")]),
            (b"a\rb\nc", &[(0, b"a\rb\n"), (4, b"c")]),
            (b"\xEF\xBB\xBFa\n", &[(3, b"a\n")]),
        ];
        for (playlist, lines) in rows {
            assert_eq!(Lines::new(playlist).collect::<Vec<_>>(), lines, "{}", playlist.escape_ascii());
        }
    }
}
