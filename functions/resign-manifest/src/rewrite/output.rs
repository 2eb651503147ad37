//! The rewriting itself: bytes of the playlist, and between them what was planned.

use std::borrow::Cow;

use super::{
    Definitions, Kind, Scan,
    definitions::VERSION,
    scan::{Change, Content},
};

/// A rewriting that can pause, so that its output need never be whole in memory.
#[derive(Debug)]
pub struct Rewriter<T> {
    changes: std::vec::IntoIter<Change<T>>,
    /// How much of the playlist is in the output.
    copied: usize,
    definitions: Definitions,
    has_version: bool,
}

impl<T: Copy> Rewriter<T> {
    /// Begins to write the playlist of this scan, with `definitions` at its top.
    #[must_use]
    pub fn new(scan: Scan<T>, definitions: Definitions) -> Self {
        let has_version = scan.info.has_version;
        Self { changes: scan.changes.into_iter(), copied: 0, definitions, has_version }
    }

    /// Appends what comes next to `out`, until it has at least `enough` bytes. Whether there is more.
    /// `parameters` answers what a target's references of a kind receive, if anything; it and `playlist` must be
    /// the same in all calls.
    pub fn advance<'p>(
        &mut self,
        playlist: &[u8],
        out: &mut Vec<u8>,
        enough: usize,
        mut parameters: impl FnMut(T, Kind) -> Option<&'p str>,
    ) -> bool {
        while out.len() < enough {
            let Some(change) = self.changes.next() else {
                let rest = playlist.get(self.copied..).unwrap_or_default();
                out.extend_from_slice(rest);
                self.copied += rest.len();
                return false;
            };
            self.write(&change, playlist, out, &mut parameters);
        }
        true
    }

    fn write<'p>(
        &mut self,
        change: &Change<T>,
        playlist: &[u8],
        out: &mut Vec<u8>,
        parameters: &mut impl FnMut(T, Kind) -> Option<&'p str>,
    ) {
        let inserted = match &change.content {
            Content::Definitions(end) => self.definitions.text(self.has_version, end.as_str()).into(),
            Content::Nothing => Cow::Borrowed(""),
            Content::Parameters { target, kind, .. } => match parameters(*target, *kind) {
                Some(parameters) => Cow::Borrowed(parameters),
                None => return,
            },
            Content::Version if self.definitions.is_empty() => return,
            Content::Version => Cow::Borrowed(VERSION),
        };
        out.extend_from_slice(playlist.get(self.copied..change.start).unwrap_or_default());
        self.copied = change.start;
        if let Some(replacement) = &change.replacement {
            out.extend_from_slice(&replacement.text);
            self.copied = replacement.end;
        }
        if let Content::Parameters { separator: Some(separator), .. } = change.content {
            out.push(separator);
        }
        out.extend_from_slice(inserted.as_bytes());
    }
}
