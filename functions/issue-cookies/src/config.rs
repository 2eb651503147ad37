//! The function's settings.

use usher_runtime::{ConfigError, Cors, Scope, Settings, SigningConfig, ViewerProtocol};

use crate::JwtAuthenticator;

/// What the environment (or the local edge) says.
#[derive(Clone, Debug)]
pub struct Config {
    /// The key, its id, its hash and the expiry buckets.
    pub signing: SigningConfig,
    /// `RESOURCE_PATH`, and `SCOPE_DEPTH` for signed URLs.
    pub scope: Scope,
    /// `VIEWER_PROTOCOL`
    pub protocol: ViewerProtocol,
    /// `COOKIE_TTL_SECONDS`
    pub cookie_ttl: u64,
    /// `URL_TTL_SECONDS`
    pub url_ttl: u64,
    /// `ALLOWED_ORIGINS`: pages on other origins that may call with a credential.
    pub cors: Cors,
    /// `JWT_ISSUER`, `JWT_AUDIENCE`, and `JWT_PUBLIC_KEY` (EdDSA) or `JWT_SECRET` (HS256).
    pub authenticator: JwtAuthenticator,
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
        let cookie_ttl = settings.seconds("COOKIE_TTL_SECONDS", 3_600);
        let url_ttl = settings.seconds("URL_TTL_SECONDS", 21_600);
        let cors = Cors::read(&settings, "POST, DELETE", "Authorization, Content-Type");
        let authenticator = JwtAuthenticator::read(&mut settings);
        settings.finish(|| {
            Some(Self {
                signing: signing?,
                scope: scope?,
                protocol: protocol?,
                cookie_ttl: cookie_ttl?,
                url_ttl: url_ttl?,
                cors,
                authenticator: authenticator?,
            })
        })
    }
}
