//! Writes the playlist: its own bytes, and the planned changes between them.

use std::{borrow::Cow, convert::Infallible};

use super::{Definitions, ReferenceKind, Scan, definitions::VERSION, scan::Content};

impl<T: Copy> Scan<T> {
    /// Passes the playlist of this scan, with `definitions` at its top, to `put`, in pieces. `parameters` returns
    /// what references of a kind to a target receive, if anything.
    ///
    /// # Errors
    /// The first error of `put`.
    pub fn write<'p, E>(
        &self,
        playlist: &[u8],
        definitions: &Definitions,
        mut parameters: impl FnMut(T, ReferenceKind) -> Option<&'p str>,
        mut put: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut copied = 0;
        for change in &self.changes {
            let inserted = match &change.content {
                Content::Definitions(end) => definitions.text(self.info.has_version, end.as_str()).into(),
                Content::Nothing => Cow::Borrowed(""),
                Content::Parameters { target, kind, .. } => match parameters(*target, *kind) {
                    Some(parameters) => Cow::Borrowed(parameters),
                    None => continue,
                },
                Content::Version if definitions.is_empty() => continue,
                Content::Version => Cow::Borrowed(VERSION),
            };
            put(playlist.get(copied..change.start).unwrap_or_default())?;
            copied = change.start;
            if let Some(replacement) = &change.replacement {
                put(&replacement.text)?;
                copied = replacement.end;
            }
            if let Content::Parameters { separator: Some(separator), .. } = change.content {
                put(&[separator])?;
            }
            put(inserted.as_bytes())?;
        }
        put(playlist.get(copied..).unwrap_or_default())
    }

    /// As [`write`](Self::write), appended to `out`.
    pub fn append<'p>(
        &self,
        playlist: &[u8],
        definitions: &Definitions,
        parameters: impl FnMut(T, ReferenceKind) -> Option<&'p str>,
        out: &mut Vec<u8>,
    ) {
        let put = |bytes: &[u8]| {
            out.extend_from_slice(bytes);
            Ok::<_, Infallible>(())
        };
        let Ok(()) = self.write(playlist, definitions, parameters, put);
    }
}
