//! A file that `usher init` would write, beside the one that is there.

use std::{fs, io, path::PathBuf};

use similar::{ChangeTag, TextDiff};

/// A file, not yet written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Draft {
    path: PathBuf,
    text: String,
    before: Option<String>,
    is_in_use: bool,
}

impl Draft {
    /// `before` is the text of the file that is there.
    pub(crate) fn new(path: impl Into<PathBuf>, text: String, before: Option<String>) -> Self {
        Self { path: path.into(), text, before, is_in_use: true }
    }

    /// As [`new`](Self::new), and reads the file that is there.
    ///
    /// # Errors
    /// Something is there that cannot be read.
    pub(crate) fn beside(path: impl Into<PathBuf>, text: String) -> io::Result<Self> {
        let path = path.into();
        let before = read(&path)?;
        Ok(Self::new(path, text, before))
    }

    /// Says that nobody uses the file that is there, such as an example.
    pub(crate) fn of_unused(self) -> Self {
        Self { is_in_use: false, ..self }
    }

    /// Whether a file that somebody uses would lose a line. One that only gains lines loses nothing.
    pub(crate) fn replaces(&self) -> bool {
        self.is_in_use && self.changes().iter().any(|(tag, _)| *tag == ChangeTag::Delete)
    }

    /// The lines by which both differ, with `-` or `+` before each; empty, if nothing is there or it stays the same.
    pub(crate) fn difference(&self) -> String {
        let signed = |(tag, line): (ChangeTag, String)| match tag {
            ChangeTag::Delete => format!("  - {line}\n"),
            _ => format!("  + {line}\n"),
        };
        self.changes().into_iter().map(signed).collect()
    }

    /// Writes the file, unless it is there already.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn write(&self) -> io::Result<Written> {
        if self.before.as_deref() == Some(&*self.text) {
            return Ok(Written::Unchanged);
        }
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&self.path, &self.text)?;
        Ok(Written::New)
    }

    /// Where the file is.
    pub(crate) fn path(&self) -> std::path::Display<'_> {
        self.path.display()
    }

    fn changes(&self) -> Vec<(ChangeTag, String)> {
        let Some(before) = &self.before else { return Vec::new() };
        let diff = TextDiff::from_lines(before.as_str(), self.text.as_str());
        let changes = diff.iter_all_changes().filter(|change| change.tag() != ChangeTag::Equal);
        changes.map(|change| (change.tag(), change.value().trim_end().to_owned())).collect()
    }
}

/// What became of a draft.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Written {
    New,
    Unchanged,
}

/// The text of a file, if there is one.
///
/// # Errors
/// It is there, and cannot be read.
pub(crate) fn read(path: &std::path::Path) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_file_that_loses_a_line_is_replaced_and_its_difference_told() {
        let rows = [
            (None, false, ""),
            (Some("a\nb\n"), false, ""),
            (Some("a\n"), false, "  + b\n"),
            (Some("a\nc\n"), true, "  - c\n  + b\n"),
            (Some("a\nb\nc\n"), true, "  - c\n"),
        ];
        for (before, replaces, difference) in rows {
            let draft = Draft::new("f", "a\nb\n".to_owned(), before.map(str::to_owned));
            assert_eq!((draft.replaces(), draft.difference().as_str()), (replaces, difference), "{before:?}");
            assert!(!draft.of_unused().replaces(), "{before:?}");
        }
    }

    #[test]
    fn a_file_is_written_once_with_its_folder() {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("deploy/usher.yaml");
        let draft = || Draft::beside(&path, "a\n".to_owned()).expect("nothing in the way");
        assert_eq!(draft().write().expect("written"), Written::New);
        assert_eq!(draft().write().expect("written"), Written::Unchanged);
        assert_eq!(fs::read_to_string(&path).expect("the file"), "a\n");
        assert!(Draft::beside(folder.path(), String::new()).is_err(), "a folder is in the way");
    }
}
