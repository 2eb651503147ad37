//! A distribution: which behaviour a request falls under.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html>

use cloudfront_signing::wildcard_matches;

/// Behaviours in the order in which they are tried, and the one for everything else.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Distribution {
    pub(super) behaviors: Vec<Behavior>,
    pub(super) default: Behavior,
}

/// What happens to requests of a path pattern.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Behavior {
    pub(super) path_pattern: Option<String>,
    pub(super) origin: Origin,
    /// It has a trusted key group: requests must be signed.
    pub(super) restricted: bool,
    pub(super) allowed_methods: Vec<String>,
    pub(super) viewer_request_function: bool,
}

/// Where a behaviour's requests go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Origin {
    Bucket,
    IssueCookies,
    ResignManifest,
}

impl Distribution {
    /// The first behaviour whose pattern matches the path; the query plays no part.
    pub(super) fn behavior(&self, path: &str) -> &Behavior {
        self.behaviors.iter().find(|behavior| behavior.matches(path)).unwrap_or(&self.default)
    }
}

impl Behavior {
    /// The path pattern, as the console shows it.
    pub(super) fn name(&self) -> &str {
        self.path_pattern.as_deref().unwrap_or("Default (*)")
    }

    fn matches(&self, path: &str) -> bool {
        let without_slash = |path: &str| path.strip_prefix('/').unwrap_or(path).to_owned();
        // The leading slash is optional in a pattern.
        self.path_pattern
            .as_ref()
            .is_some_and(|pattern| wildcard_matches(&without_slash(pattern), &without_slash(path)))
    }
}

impl Origin {
    /// The folder that answers.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bucket => "bucket",
            Self::IssueCookies => "issue-cookies",
            Self::ResignManifest => "resign-manifest",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn behavior(path_pattern: Option<&str>, origin: Origin) -> Behavior {
        Behavior {
            path_pattern: path_pattern.map(str::to_owned),
            origin,
            restricted: true,
            allowed_methods: Vec::new(),
            viewer_request_function: false,
        }
    }

    #[test]
    fn the_first_match_wins() {
        let distribution = Distribution {
            behaviors: vec![
                behavior(Some("auth/*"), Origin::IssueCookies),
                behavior(Some("/video/*.m3u8"), Origin::ResignManifest),
                behavior(Some("/video/*"), Origin::Bucket),
            ],
            default: behavior(None, Origin::Bucket),
        };
        let rows = [
            ("/auth/cookies", "auth/*"),
            ("/video/m/v0/p.m3u8", "/video/*.m3u8"),
            ("/video/m/p.M3U8", "/video/*"),
            ("/video/m/s.ts", "/video/*"),
            ("/video", "Default (*)"),
            ("/", "Default (*)"),
        ];
        for (path, name) in rows {
            assert_eq!(distribution.behavior(path).name(), name, "{path}");
        }
    }
}
