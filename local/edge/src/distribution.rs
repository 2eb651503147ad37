//! A distribution: the cache behavior that a request matches, and what the behavior does with it.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html>

mod read;

use std::{collections::BTreeMap, sync::Arc};

use cloudfront_signing::wildcard_matches;
use http::{HeaderName, HeaderValue};

use super::{
    cache::CachePolicy, functions::ViewerFunction, response_headers::ResponseHeaders, selection::Parameters,
};

/// Cache behaviors in the order in which they are tried, and the default one.
#[derive(Debug)]
pub(super) struct Distribution {
    pub(super) behaviors: Vec<Behavior>,
    pub(super) default: Behavior,
    /// How many seconds an error is kept at least, by its status; ten seconds for the others.
    pub(super) error_ttls: BTreeMap<u16, u64>,
    /// Properties of the template that the edge does not model.
    pub(super) not_modelled: Vec<String>,
}

/// What happens to requests that match a path pattern.
#[derive(Clone, Debug)]
pub(super) struct Behavior {
    pub(super) path_pattern: Option<String>,
    pub(super) origin: Arc<Origin>,
    /// It has trusted key groups: requests must be signed.
    pub(super) restricted: bool,
    /// Its key groups contain the key with which the functions sign.
    pub(super) trusts_signing_key: bool,
    pub(super) allowed_methods: Vec<String>,
    pub(super) viewer_protocol: ViewerProtocolPolicy,
    pub(super) cache: Arc<CachePolicy>,
    /// CloudFront compresses responses that the origin has not compressed.
    pub(super) compress: bool,
    /// What the origin receives in addition to the values in the cache key.
    pub(super) origin_request: Option<Arc<Parameters>>,
    /// The function in its `FunctionAssociations`.
    pub(super) viewer_request_function: Option<Arc<ViewerFunction>>,
    pub(super) response_headers: Arc<ResponseHeaders>,
}

/// What happens to a request that came by HTTP.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ViewerProtocolPolicy {
    AllowAll,
    HttpsOnly,
    RedirectToHttps,
}

/// The origin of a cache behavior.
#[derive(Clone, Eq, PartialEq)]
pub(super) struct Origin {
    pub(super) target: Target,
    /// They replace the viewer's headers of the same names. They may be secrets.
    pub(super) custom_headers: Vec<(HeaderName, HeaderValue)>,
    /// CloudFront signs the requests, in the header `Authorization`.
    pub(super) access_control: bool,
}

/// The kind of server that answers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Target {
    Bucket,
    IssueCookies,
    ResignManifest,
    /// A web site, by its URL without a path.
    Website(String),
}

impl Distribution {
    /// The first cache behavior whose pattern matches the path; the query does not matter.
    pub(super) fn behavior(&self, path: &str) -> &Behavior {
        self.behaviors.iter().find(|behavior| behavior.matches(path)).unwrap_or(&self.default)
    }

    /// Whether any cache behavior leads to a web site.
    pub(super) fn has_website(&self) -> bool {
        let mut all = self.behaviors.iter().chain([&self.default]);
        all.any(|behavior| matches!(behavior.origin.target, Target::Website(_)))
    }
}

impl Behavior {
    /// The path pattern, as the console shows it.
    pub(super) fn name(&self) -> &str {
        self.path_pattern.as_deref().unwrap_or("Default (*)")
    }

    /// What the origin receives of a request: the values in the cache key, and those that the origin request policy
    /// names.
    pub(super) fn parameters(&self) -> Vec<&Parameters> {
        std::iter::once(&self.cache.parameters).chain(self.origin_request.as_deref()).collect()
    }

    fn matches(&self, path: &str) -> bool {
        let without_slash = |path: &str| path.strip_prefix('/').unwrap_or(path).to_owned();
        // The leading slash is optional in a pattern.
        self.path_pattern
            .as_ref()
            .is_some_and(|pattern| wildcard_matches(&without_slash(pattern), &without_slash(path)))
    }
}

impl Target {
    /// The folder that answers, or a word for a server that is not ours.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Bucket => "bucket",
            Self::IssueCookies => "issue-cookies",
            Self::ResignManifest => "resign-manifest",
            Self::Website(_) => "website",
        }
    }
}

impl std::fmt::Debug for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&HeaderName> = self.custom_headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Origin")
            .field("target", &self.target)
            .field("custom_headers", &names)
            .field("access_control", &self.access_control)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn behavior(path_pattern: Option<&str>) -> Behavior {
        Behavior {
            path_pattern: path_pattern.map(str::to_owned),
            origin: Arc::new(Origin {
                target: Target::Bucket,
                custom_headers: vec![(
                    HeaderName::from_static("x-origin-secret"),
                    HeaderValue::from_static("s3cret"),
                )],
                access_control: true,
            }),
            restricted: true,
            trusts_signing_key: true,
            allowed_methods: Vec::new(),
            viewer_protocol: ViewerProtocolPolicy::HttpsOnly,
            cache: Arc::default(),
            compress: false,
            origin_request: None,
            viewer_request_function: None,
            response_headers: Arc::default(),
        }
    }

    #[test]
    fn the_first_match_wins() {
        let distribution = Distribution {
            behaviors: ["auth/*", "/video/*.m3u8", "/video/*"].map(|pattern| behavior(Some(pattern))).into(),
            default: behavior(None),
            error_ttls: BTreeMap::new(),
            not_modelled: Vec::new(),
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

    #[test]
    fn the_secret_of_an_origin_is_not_shown() {
        assert_eq!(
            format!("{:?}", behavior(None).origin),
            r#"Origin { target: Bucket, custom_headers: ["x-origin-secret"], access_control: true }"#
        );
    }
}
