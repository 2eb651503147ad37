//! Scopes: the part of the tree that one grant covers.

use percent_encoding::percent_decode_str;

use crate::Settings;

/// Where private video lives, and how many path segments below that share one grant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Scope {
    prefix: String,
    depth: usize,
}

impl Scope {
    /// `path` is the wildcard that the cookies are for, such as `/video/*`; `depth` the number of path
    /// segments below it that make an asset.
    ///
    /// # Errors
    /// A sentence where `path` is not an absolute path with one `*` at its end.
    pub fn new(path: &str, depth: usize) -> Result<Self, &'static str> {
        match path.strip_suffix('*') {
            Some(prefix)
                if prefix.starts_with('/')
                    && prefix.ends_with('/')
                    && !prefix.contains(['*', '?']) =>
            {
                Ok(Self {
                    prefix: prefix.to_owned(),
                    depth,
                })
            }
            _ => Err("it must be an absolute path that ends with /*, such as /video/*"),
        }
    }

    /// Reads `RESOURCE_PATH` (default `/video/*`) and `SCOPE_DEPTH` (default 1).
    pub fn read(settings: &mut Settings<'_>) -> Option<Self> {
        let path = settings
            .optional("RESOURCE_PATH")
            .unwrap_or_else(|| "/video/*".to_owned());
        let depth = settings.parsed("SCOPE_DEPTH", 1)?;
        Self::new(&path, depth)
            .map_err(|problem| settings.problem(format!("RESOURCE_PATH: {problem}")))
            .ok()
    }

    /// The pattern over the whole prefix, such as `/video/*`.
    #[must_use]
    pub fn everything(&self) -> String {
        format!("{}*", self.prefix)
    }

    /// The pattern that covers the asset of `path`, such as `/video/m/*` for `/video/m/v0/s001.ts`; a file
    /// above the depth is covered by its own folder. `None` for a path outside the prefix, and for one
    /// with dot segments, which a browser would walk before it asks.
    #[must_use]
    pub fn of(&self, path: &str) -> Option<String> {
        let below = path.strip_prefix(self.prefix.as_str())?;
        let dots = |segment: &str| {
            let mut decoded = percent_decode_str(segment);
            decoded.clone().all(|byte| byte == b'.') && matches!(decoded.by_ref().count(), 1 | 2)
        };
        if below.split('/').any(dots) || below.contains(['*', '?']) {
            return None;
        }
        let folders: Vec<&str> = below.split('/').collect();
        let asset = folders.iter().take(self.depth.min(folders.len() - 1));
        Some(
            asset.fold(self.prefix.clone(), |pattern, folder| {
                format!("{pattern}{folder}/")
            }) + "*",
        )
    }
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
            (2, "/video/m/master.m3u8", Some("/video/m/*")),
            (0, "/video/m/master.m3u8", Some("/video/*")),
            (1, "/video/master.m3u8", Some("/video/*")),
            (1, "/other/m/master.m3u8", None),
            (1, "/video", None),
            (1, "/video/m/../n/s.ts", None),
            (1, "/video/m/%2e%2E/n/s.ts", None),
            (1, "/video/m/./s.ts", None),
            (1, "/video/.../s.ts", Some("/video/.../*")),
            (1, "/video/*/s.ts", None),
        ];
        for (depth, path, pattern) in rows {
            let scope = Scope::new("/video/*", depth).expect("a scope");
            assert_eq!(scope.of(path).as_deref(), pattern, "{depth} {path}");
        }
    }

    #[test]
    fn a_scope_is_a_prefix_with_a_star() {
        for path in ["/video/", "video/*", "/vi*deo/*", "*", "", "/video*"] {
            assert!(Scope::new(path, 1).is_err(), "{path}");
        }
    }
}
