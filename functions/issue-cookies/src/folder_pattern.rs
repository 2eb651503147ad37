//! Path patterns over whole folders.

use std::fmt;

use hls_rewrite::AssetTree;

/// A pattern such as `/video/tenant-a/*`: everything below one folder.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct FolderPattern {
    /// Begins and ends with a slash.
    folder: String,
}

impl FolderPattern {
    /// The folder with these names, from the root on.
    pub(crate) fn of<'s>(segments: impl IntoIterator<Item = &'s str>) -> Self {
        let mut folder = "/".to_owned();
        for segment in segments {
            folder.push_str(segment);
            folder.push('/');
        }
        Self { folder }
    }

    /// Everything in `tree`.
    pub(crate) fn everything(tree: &AssetTree) -> Self {
        Self { folder: tree.everything().trim_end_matches('*').to_owned() }
    }

    /// The folder, such as `/video/tenant-a/`.
    pub(crate) fn folder(&self) -> &str {
        &self.folder
    }

    /// Whether it covers `path`.
    pub(crate) fn covers(&self, path: &str) -> bool {
        path.starts_with(&self.folder)
    }

    /// Whether it covers everything that `other` covers.
    pub(crate) fn contains(&self, other: &Self) -> bool {
        self.covers(&other.folder)
    }
}

impl fmt::Display for FolderPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}*", self.folder)
    }
}
