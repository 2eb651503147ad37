//! Path patterns: what a grant or a setting covers on one host.

use std::{fmt, str::FromStr};

use cloudfront_signing::UrlPattern;

/// A path pattern as policies have it after the host, such as `/video/ads/*` or `/video/jingle.ts?*`. It begins with a
/// slash; `*` is a wildcard, and the first `?` begins the query, as in [`UrlPattern`].
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PathPattern(String);

/// The text is not an absolute path, or no policy can contain it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it must be an absolute path pattern, such as /video/ads/*")]
pub struct NotAPathPattern;

impl PathPattern {
    /// The pattern as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The pattern for a path that begins with a slash. Only with a host does it show whether a policy can contain it.
    pub(crate) fn of(path: &str, wildcards: &str) -> Self {
        Self(format!("{path}{wildcards}"))
    }
}

impl FromStr for PathPattern {
    type Err = NotAPathPattern;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_pattern = text.starts_with('/') && UrlPattern::new(format!("https://host{text}")).is_ok();
        is_pattern.then(|| Self(text.to_owned())).ok_or(NotAPathPattern)
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A path pattern for everything below one folder, such as `/video/tenant-a/*`. Its only wildcard is at its end.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct FolderPattern(PathPattern);

/// The text is not a pattern for everything below a folder.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it must be an absolute path that ends with /*, such as /video/*")]
pub struct NotAFolderPattern;

impl FolderPattern {
    /// The folder, which begins and ends with a slash, such as `/video/tenant-a/`.
    #[must_use]
    pub fn folder(&self) -> &str {
        let pattern = self.0.as_str();
        pattern.strip_suffix('*').unwrap_or(pattern)
    }

    /// The pattern.
    #[must_use]
    pub fn pattern(&self) -> &PathPattern {
        &self.0
    }

    /// Whether it covers `path`.
    #[must_use]
    pub fn covers(&self, path: &str) -> bool {
        path.starts_with(self.folder())
    }

    /// Whether it covers everything that `other` covers.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        self.covers(other.folder())
    }
}

impl FromStr for FolderPattern {
    type Err = NotAFolderPattern;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let pattern: PathPattern = text.parse().map_err(|NotAPathPattern| NotAFolderPattern)?;
        let folder = text.strip_suffix('*').filter(|folder| folder.ends_with('/'));
        let is_folder = folder.is_some_and(|folder| !folder.contains(['*', '?']));
        is_folder.then_some(Self(pattern)).ok_or(NotAFolderPattern)
    }
}

impl fmt::Display for FolderPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_an_absolute_path_that_a_policy_can_contain() {
        for text in ["/", "/*", "/video/ads/*", "/video/v*/*.ts", "/video/jingle.ts?*"] {
            assert_eq!(text.parse::<PathPattern>().map(|pattern| pattern.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "*", "video/*", "/my video/*", "/video/\u{e4}/*", "/video/v?/*.ts"] {
            assert_eq!(text.parse::<PathPattern>(), Err(NotAPathPattern), "{text}");
        }
    }

    #[test]
    fn a_folder_is_a_path_with_a_star_at_its_end() {
        for (text, folder) in [("/*", "/"), ("/video/tenant-a/*", "/video/tenant-a/")] {
            let pattern: FolderPattern = text.parse().expect("a folder");
            assert_eq!((pattern.folder(), pattern.to_string()), (folder, text.to_owned()));
        }
        for text in ["/my video/*", "/video/", "video/*", "/vi*deo/*", "/vi?deo/*", "*", "", "/video*"] {
            assert_eq!(text.parse::<FolderPattern>(), Err(NotAFolderPattern), "{text}");
        }
    }

    #[test]
    fn a_folder_contains_itself_and_the_folders_below_it() {
        let folder = |text: &str| text.parse::<FolderPattern>().expect("a folder");
        for (one, other, contains) in [
            ("/a/*", "/a/*", true),
            ("/a/*", "/a/b/*", true),
            ("/a/b/*", "/a/*", false),
            ("/a/*", "/ab/*", false),
        ] {
            assert_eq!(folder(one).contains(&folder(other)), contains, "{one} {other}");
        }
    }
}
