//! The function's settings.

use std::str::FromStr;

use usher_runtime::{ConfigError, Cors, Scope, Settings, SigningConfig, ViewerHost, ViewerProtocol};

use crate::SignedHost;

/// What the environment (or the local edge) says.
#[derive(Clone, Debug)]
pub struct Config {
    /// The key, its id, its hash and the expiry buckets.
    pub signing: SigningConfig,
    /// `RESOURCE_PATH` and `SCOPE_DEPTH`
    pub scope: Scope,
    /// `VIEWER_PROTOCOL`
    pub protocol: ViewerProtocol,
    /// `VIEWER_HOST`
    pub viewer_host: ViewerHost,
    /// `URL_TTL_SECONDS`: how long the parameters in a playlist live, at least.
    pub url_ttl: u64,
    /// `PAUSE_MARGIN_SECONDS`: how much longer than the programme itself they live where it is longer.
    pub pause_margin: u64,
    /// `PARAMETER_LIFE`
    pub parameter_life: ParameterLife,
    /// `SIGNED_HOSTS`: other hosts whose URIs are signed too.
    pub signed_hosts: Vec<SignedHost>,
    /// `ALLOWED_ORIGINS`: pages on other origins that may read playlists.
    pub cors: Cors,
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
        let viewer_host = ViewerHost::read(&mut settings);
        let url_ttl = settings.seconds("URL_TTL_SECONDS", 21_600);
        let pause_margin = settings.seconds("PAUSE_MARGIN_SECONDS", 3_600);
        let parameter_life =
            settings.parsed("PARAMETER_LIFE", ParameterLife::Programme, "programme or credential");
        let signed_hosts = SignedHost::read(&mut settings);
        let cors = Cors::read(&mut settings, "GET, HEAD", "Range");
        let bucket = settings.required("BUCKET");
        let max_playlist_bytes =
            settings.parsed("MAX_PLAYLIST_BYTES", 16 * 1_024 * 1_024, "a number of bytes");
        settings.finish(|| {
            Some(Self {
                signing: signing?,
                scope: scope?,
                protocol: protocol?,
                viewer_host: viewer_host?,
                url_ttl: url_ttl?,
                pause_margin: pause_margin?,
                parameter_life: parameter_life?,
                signed_hosts: signed_hosts?,
                cors,
                bucket: bucket?,
                max_playlist_bytes: max_playlist_bytes?,
            })
        })
    }
}

/// How long the parameters in a playlist may live.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ParameterLife {
    /// No longer than what the viewer came with: after that, nothing of the playlist plays on.
    Credential,
    /// To the end of the programme: whoever was admitted may finish it.
    Programme,
}

impl FromStr for ParameterLife {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "credential" => Ok(Self::Credential),
            "programme" => Ok(Self::Programme),
            _ => Err("it must be programme or credential"),
        }
    }
}

#[cfg(test)]
mod tests {
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
        assert_eq!(config.url_ttl, 21_600);
        assert_eq!(config.pause_margin, 3_600);
        assert_eq!(config.parameter_life, ParameterLife::Programme);
        assert_eq!(config.viewer_host, ViewerHost::Header);
        assert_eq!(config.signed_hosts, []);
        assert_eq!(config.max_playlist_bytes, 16_777_216);
        assert!(!config.cors.is_configured());
    }

    #[test]
    fn what_is_set_is_read() {
        let config = read(&[
            ("PAUSE_MARGIN_SECONDS", "60"),
            ("PARAMETER_LIFE", "credential"),
            ("VIEWER_HOST", "video.example.com"),
            ("ALLOWED_ORIGINS", "https://app.example.com"),
        ])
        .expect("a configuration");
        assert_eq!(config.pause_margin, 60);
        assert_eq!(config.parameter_life, ParameterLife::Credential);
        assert_eq!(config.viewer_host, ViewerHost::Configured("video.example.com".to_owned()));
        assert!(config.cors.is_configured());
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let error = read(&[
            ("BUCKET", ""),
            ("PAUSE_MARGIN_SECONDS", "0"),
            ("PARAMETER_LIFE", "forever"),
            ("VIEWER_HOST", "*.example.com"),
            ("SIGNED_HOSTS", r#"[{"origin": "https://a", "key_pair_id": "KA"}]"#),
        ]);
        assert_eq!(
            error.expect_err("nothing of it can be used").to_string(),
            "the configuration cannot be used: \
             VIEWER_HOST must be a host as browsers send it, such as video.example.com; \
             PAUSE_MARGIN_SECONDS must be a number of seconds, from 1 to 31536000; \
             PARAMETER_LIFE must be programme or credential; \
             SIGNED_HOSTS[0]: KMS_KEY_ID is missing (or PRIVATE_KEY_SECRET_ID, or PRIVATE_KEY_FILE on a laptop); \
             BUCKET is missing"
        );
    }
}
