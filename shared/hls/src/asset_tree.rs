//! The tree of assets: which part of it one grant covers.

use percent_encoding::percent_decode_str;

use crate::{FolderPattern, NotAFolderPattern, PathPattern};

/// Where private video is, and how many path segments below it share one grant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AssetTree {
    root: FolderPattern,
    depth: usize,
}

impl AssetTree {
    /// `path` is the wildcard that the cookies cover, such as `/video/*`. `depth` is the number of path
    /// segments below it that make an asset.
    ///
    /// # Errors
    /// [`NotAFolderPattern`] unless `path` is an absolute path with one `*` at its end.
    pub fn new(path: &str, depth: usize) -> Result<Self, NotAFolderPattern> {
        Ok(Self { root: path.parse()?, depth })
    }

    /// The pattern for the whole tree, such as `/video/*`.
    #[must_use]
    pub fn root(&self) -> &FolderPattern {
        &self.root
    }

    /// Whether the pattern is within the tree. A pattern with dot segments is not.
    #[must_use]
    pub fn covers(&self, pattern: &PathPattern) -> bool {
        self.root.covers(pattern.as_str()) && !pattern.as_str().split('/').any(is_dots)
    }

    /// Whether a pattern within the tree consists of whole assets. A playlist is signed for its whole
    /// asset, so a viewer who may watch a part of an asset can reach the rest of it.
    #[must_use]
    pub fn is_of_whole_assets(&self, pattern: &PathPattern) -> bool {
        self.below(pattern.as_str()).is_some_and(|below| below.matches('/').count() <= self.depth)
    }

    /// Whether a pattern within the tree covers at least one whole asset, not only a part of one.
    #[must_use]
    pub fn covers_whole_assets(&self, pattern: &PathPattern) -> bool {
        self.below(pattern.as_str()).is_some_and(|below| match below.matches('/').count() {
            folders if folders < self.depth => true,
            folders => folders == self.depth && below.rsplit('/').next() == Some("*"),
        })
    }

    /// The part of a path or pattern below the root.
    fn below<'p>(&self, path: &'p str) -> Option<&'p str> {
        path.strip_prefix(self.root.folder())
    }

    /// The asset that `path` belongs to, such as the folder `/video/m/` for `/video/m/v0/s001.ts`. A file above
    /// the depth is an asset alone, because the folder around it holds other assets. `None` for a path outside
    /// the prefix, and for one with dot segments, which a browser resolves before it sends the request.
    #[must_use]
    pub fn asset<'p>(&self, path: &'p str) -> Option<Asset<'p>> {
        let below = self.below(path)?;
        let root = path.len() - below.len();
        let (mut folders, mut end) = (0, root);
        let mut previous = b'/';
        // One pass over the bytes: this runs for every segment of a playlist.
        for (at, byte) in below.bytes().enumerate() {
            match byte {
                // Up to the depth it would become a wildcard in the pattern. Below, it is an ordinary
                // character.
                b'*' | b'?' if folders < self.depth => return None,
                b'.' | b'%'
                    if previous == b'/' && below.get(at..)?.split('/').next().is_some_and(is_dots) =>
                {
                    return None;
                }
                b'/' if folders < self.depth => {
                    folders += 1;
                    end = root + at + 1;
                }
                _ => {}
            }
            previous = byte;
        }
        if folders < self.depth {
            // A name without an extension may be a folder, and names of other assets may begin with it. AWS
            // does not document exactly what a `?` in a policy covers.
            return below.rsplit('/').next()?.contains('.').then_some(Asset::File(path));
        }
        path.get(..end).map(Asset::Folder)
    }

    /// The pattern that covers the asset of `path`, such as `/video/m/*` for `/video/m/v0/s001.ts`.
    #[must_use]
    pub fn of(&self, path: &str) -> Option<PathPattern> {
        self.asset(path).map(Asset::pattern)
    }
}

/// What one grant covers.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Asset<'p> {
    /// One file, with any query.
    File(&'p str),
    /// A folder, which ends with `/`, and everything below it.
    Folder(&'p str),
}

impl Asset<'_> {
    /// The pattern that covers the asset.
    #[must_use]
    pub fn pattern(self) -> PathPattern {
        match self {
            Self::File(path) => PathPattern::of(path, "?*"),
            Self::Folder(path) => PathPattern::of(path, "*"),
        }
    }

    /// Whether `pattern` is the one that covers the asset.
    #[must_use]
    pub fn has_pattern(self, pattern: &PathPattern) -> bool {
        let pattern = pattern.as_str();
        match self {
            Self::File(path) => pattern.strip_suffix("?*") == Some(path),
            Self::Folder(path) => pattern.strip_suffix('*') == Some(path),
        }
    }
}

/// Whether a segment is `.` or `..`, percent-encoded or not.
fn is_dots(segment: &str) -> bool {
    // This runs for every segment of a playlist: most begin with another character.
    if !segment.starts_with(['.', '%']) {
        return false;
    }
    let decoded: Vec<u8> = percent_decode_str(segment).take(3).collect();
    matches!(decoded.as_slice(), b"." | b"..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_belongs_to_its_asset() {
        let rows = [
            (1, "/video/m/master.m3u8", Some("/video/m/*")),
            (1, "/video/m/v0/s001.ts", Some("/video/m/*")),
            (2, "/video/m/v0/s001.ts", Some("/video/m/v0/*")),
            (2, "/video/m/master.m3u8", Some("/video/m/master.m3u8?*")),
            (0, "/video/m/master.m3u8", Some("/video/*")),
            (1, "/video/master.m3u8", Some("/video/master.m3u8?*")),
            (1, "/video/m", None),
            (1, "/video/", None),
            (2, "/video/m.n/", None),
            (1, "/other/m/master.m3u8", None),
            (1, "/video", None),
            (1, "/video/m/../n/s.ts", None),
            (1, "/video/m/%2e%2E/n/s.ts", None),
            (1, "/video/m/./s.ts", None),
            (1, "/video/.../s.ts", Some("/video/.../*")),
            (1, "/video/*/s.ts", None),
            (1, "/video/s*.ts", None),
            (1, "/video/m/s*1.ts", Some("/video/m/*")),
            (2, "/video/m/v*/s.ts", None),
            (0, "/video/m/s*1.ts", Some("/video/*")),
        ];
        for (depth, path, pattern) in rows {
            let tree = AssetTree::new("/video/*", depth).expect("a tree");
            let found = tree.of(path);
            assert_eq!(found.as_ref().map(PathPattern::as_str), pattern, "{depth} {path}");
            let has_pattern = tree.asset(path).zip(found).map(|(asset, pattern)| asset.has_pattern(&pattern));
            assert_eq!(has_pattern, pattern.map(|_| true), "{depth} {path}");
        }
    }

    #[test]
    fn what_lies_deeper_than_an_asset_is_a_part_of_one() {
        let rows = [
            (1, "/video/*", true, true),
            (1, "/video/m/*", true, true),
            (1, "/video/m/v0/*", true, false),
            (2, "/video/m/v0/*", true, true),
            (0, "/video/*", true, true),
            (0, "/video/m/*", true, false),
            (1, "/video/../other/*", false, false),
            (1, "/video/%2e%2E/*", false, true),
            (1, "/videos/*", false, false),
            (1, "/*", false, false),
        ];
        for (depth, pattern, covered, whole) in rows {
            let tree = AssetTree::new("/video/*", depth).expect("a tree");
            let parsed = pattern.parse().expect("a pattern");
            let seen = (tree.covers(&parsed), tree.is_of_whole_assets(&parsed));
            assert_eq!(seen, (covered, whole), "{depth} {pattern}");
        }
    }

    #[test]
    fn a_pattern_for_a_part_of_an_asset_covers_no_whole_one() {
        let rows = [
            (1, "/video/*", true),
            (1, "/video/ads/*", true),
            (1, "/video/ad*", true),
            (1, "/video/jingle.ts", true),
            (1, "/video/ads/spot.ts", false),
            (1, "/video/ads/s*", false),
            (1, "/video/ads/v0/*", false),
            (2, "/video/ads/spot.ts", true),
            (2, "/video/ads/v0/*", true),
            (0, "/video/*", true),
            (0, "/video/jingle.ts", false),
            (1, "/other/*", false),
        ];
        for (depth, pattern, covers) in rows {
            let tree = AssetTree::new("/video/*", depth).expect("a tree");
            let parsed = pattern.parse().expect("a pattern");
            assert_eq!(tree.covers_whole_assets(&parsed), covers, "{depth} {pattern}");
        }
    }
}
