//! The function's settings.

use usher_runtime::{ConfigError, Scope, Settings, SigningConfig, ViewerProtocol};

/// What the environment (or the local edge) says.
#[derive(Clone, Debug)]
pub struct Config {
    /// The key, its id, its hash and the expiry buckets.
    pub signing: SigningConfig,
    /// `RESOURCE_PATH` and `SCOPE_DEPTH`
    pub scope: Scope,
    /// `VIEWER_PROTOCOL`
    pub protocol: ViewerProtocol,
    /// `URL_TTL_SECONDS`: how long the parameters in a playlist live, at least.
    pub url_ttl: u64,
    /// `BUCKET`
    pub bucket: String,
    /// `MAX_PLAYLIST_BYTES`
    pub max_playlist_bytes: usize,
}

impl Config {
    /// Reads the settings through `look_up`.
    ///
    /// # Errors
    /// [`ConfigError`] with everything that is wrong.
    pub fn read(look_up: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut settings = Settings::new(look_up);
        let signing = SigningConfig::read(&mut settings);
        let scope = Scope::read(&mut settings);
        let protocol = settings.parsed("VIEWER_PROTOCOL", ViewerProtocol::Https, "http or https");
        let url_ttl = settings.seconds("URL_TTL_SECONDS", 21_600);
        let bucket = settings.required("BUCKET");
        let max_playlist_bytes =
            settings.parsed("MAX_PLAYLIST_BYTES", 16 * 1_024 * 1_024, "a number of bytes");
        settings.finish(|| {
            Some(Self {
                signing: signing?,
                scope: scope?,
                protocol: protocol?,
                url_ttl: url_ttl?,
                bucket: bucket?,
                max_playlist_bytes: max_playlist_bytes?,
            })
        })
    }
}
