//! The function's settings.

use hls_rewrite::{AssetTree, PathPattern};
use usher_runtime::{
    ConfigError, InvalidSetting, KeySource, Members, Settings, SigningConfig, ViewerHost, ViewerProtocol,
    all_valid, asset_tree,
};

use crate::SignedHost;

/// The settings in the environment (or of the local edge).
#[derive(Clone, Debug)]
pub struct Config {
    /// The key, its id, its hash and the expiry buckets.
    pub signing: SigningConfig,
    /// `RESOURCE_PATH` and `SCOPE_DEPTH`
    pub tree: AssetTree,
    /// `VIEWER_PROTOCOL`
    pub protocol: ViewerProtocol,
    /// `VIEWER_HOST`
    pub viewer_host: ViewerHost,
    /// `COMMON_ASSETS`: path patterns of the assets that every viewer may get.
    pub common_assets: Vec<PathPattern>,
    /// `TRUSTED_SIGNERS`: further keys that CloudFront trusts, for URLs that they have already signed.
    pub trusted_signers: Vec<KeySource>,
    /// `SIGNED_HOSTS`: other hosts whose URIs are signed too.
    pub signed_hosts: Vec<SignedHost>,
    /// `BUCKET`
    pub bucket: String,
    /// `MAX_PLAYLIST_BYTES`
    pub max_playlist_bytes: usize,
}

impl Config {
    /// Reads the settings through `look_up`.
    ///
    /// # Errors
    /// [`ConfigError`] with all problems.
    pub fn read(look_up: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut settings = Settings::new(look_up);
        let signing = SigningConfig::read(&mut settings);
        let tree = asset_tree(&mut settings);
        let protocol = settings.parsed("VIEWER_PROTOCOL", ViewerProtocol::Https, "http or https");
        let viewer_host = ViewerHost::read(&mut settings);
        let common_assets = match &tree {
            Ok(tree) => read_common_assets(&mut settings, tree),
            Err(invalid) => Err(*invalid),
        };
        let trusted_signers =
            settings.list("TRUSTED_SIGNERS", &Members::new("", &KeySource::SETTINGS), KeySource::read);
        let signed_hosts = SignedHost::read(&mut settings);
        let bucket = settings.required("BUCKET");
        let max_playlist_bytes =
            settings.parsed("MAX_PLAYLIST_BYTES", 16 * 1_024 * 1_024, "a number of bytes");
        settings.finish(|| {
            Ok(Self {
                signing: signing?,
                tree: tree?,
                protocol: protocol?,
                viewer_host: viewer_host?,
                common_assets: common_assets?,
                trusted_signers: trusted_signers?,
                signed_hosts: signed_hosts?,
                bucket: bucket?,
                max_playlist_bytes: max_playlist_bytes?,
            })
        })
    }
}

/// Reads `COMMON_ASSETS`, a JSON array of path patterns of whole assets, such as `["/video/ads/*"]`.
fn read_common_assets(
    settings: &mut Settings<'_>,
    tree: &AssetTree,
) -> Result<Vec<PathPattern>, InvalidSetting> {
    let Some(text) = settings.optional(COMMON_ASSETS) else { return Ok(Vec::new()) };
    let Ok(patterns) = serde_json::from_str::<Vec<String>>(&text) else {
        return Err(settings.invalid(format!(
            "{COMMON_ASSETS} must be a JSON array of path patterns, such as [\"/video/ads/*\"]"
        )));
    };
    all_valid(patterns.iter().enumerate().map(|(at, pattern)| {
        let pattern: Option<PathPattern> = pattern.parse().ok();
        let pattern = pattern.filter(|pattern| tree.covers(pattern) && tree.covers_whole_assets(pattern));
        pattern.ok_or_else(|| {
            settings.invalid(format!(
                "{COMMON_ASSETS}[{at}] must be a path pattern of whole assets below {}, such as /video/ads/*",
                tree.root()
            ))
        })
    }))
}

const COMMON_ASSETS: &str = "COMMON_ASSETS";

#[cfg(test)]
mod tests {
    use cloudfront_signing::KeyPairId;

    use super::*;

    fn read(changes: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let settings = [("BUCKET", "media"), ("KEY_PAIR_ID", "K1"), ("KMS_KEY_ID", "k")];
        let look_up = |name: &str| {
            let mut all = changes.iter().chain(&settings);
            all.find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        Config::read(&look_up)
    }

    #[test]
    fn what_is_not_set_has_the_value_of_the_template() {
        let config = read(&[]).expect("a configuration");
        assert_eq!(config.common_assets, []);
        assert_eq!(config.trusted_signers, []);
        assert_eq!(config.viewer_host, ViewerHost::Header);
        assert_eq!(config.signed_hosts, []);
        assert_eq!(config.max_playlist_bytes, 16_777_216);
    }

    #[test]
    fn what_is_set_is_read() {
        let config = read(&[
            ("COMMON_ASSETS", r#"["/video/ads/*", "/video/jingle.ts"]"#),
            (
                "TRUSTED_SIGNERS",
                r#"[{"key_pair_id": "KA", "kms_key_id": "a"}, {"key_pair_id": "KB", "private_key_secret_id": "b"}]"#,
            ),
            ("VIEWER_HOST", "video.example.com"),
            ("ALLOWED_ORIGINS", "https://app.example.com"),
        ])
        .expect("a configuration");
        assert_eq!(
            config.common_assets.iter().map(PathPattern::as_str).collect::<Vec<_>>(),
            ["/video/ads/*", "/video/jingle.ts"]
        );
        let id = |id| KeyPairId::new(id).expect("an id");
        assert_eq!(
            config.trusted_signers,
            [
                KeySource::Kms { key_id: "a".to_owned(), key_pair_id: id("KA") },
                KeySource::SecretsManager { secret_id: "b".to_owned(), key_pair_id: Some(id("KB")) },
            ]
        );
        assert_eq!(config.viewer_host, ViewerHost::Configured("video.example.com".to_owned()));
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let error = read(&[
            ("BUCKET", ""),
            (
                "COMMON_ASSETS",
                r#"["/video/ads/*", "/other/*", "/video/a/b/c/*", "video/*", "/video/ads/spot.ts"]"#,
            ),
            ("TRUSTED_SIGNERS", r#"[{"kms_key_id": "a"}]"#),
            ("VIEWER_HOST", "*.example.com"),
            ("SIGNED_HOSTS", r#"[{"origin": "https://a", "key_pair_id": "KA"}]"#),
        ]);
        assert_eq!(
            error.expect_err("nothing of it can be used").to_string(),
            "the configuration cannot be used: \
             VIEWER_HOST must be a host as browsers send it, such as video.example.com; \
             COMMON_ASSETS[1] must be a path pattern of whole assets below /video/*, such as /video/ads/*; \
             COMMON_ASSETS[2] must be a path pattern of whole assets below /video/*, such as /video/ads/*; \
             COMMON_ASSETS[3] must be a path pattern of whole assets below /video/*, such as /video/ads/*; \
             COMMON_ASSETS[4] must be a path pattern of whole assets below /video/*, such as /video/ads/*; \
             TRUSTED_SIGNERS[0]: key_pair_id is missing; \
             SIGNED_HOSTS[0]: kms_key_id is missing (or private_key_secret_id, or private_key_file on a laptop); \
             BUCKET is missing"
        );
    }
}
