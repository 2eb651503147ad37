//! The function's settings.

use aws_types::SdkConfig;
use hls_rewrite::AssetTree;
use usher_runtime::{
    Clock, ConfigError, InvalidSetting, Settings, SigningConfig, StoredSecrets, ViewerHost, ViewerProtocol,
    asset_tree,
};

use crate::{
    CookieSettings, Cors, Entitlements, OriginSecret,
    authenticators::{Authenticators, HttpClient, PlainHttp},
    cors::read_origins,
};

/// The settings, from the environment or from the local edge.
#[derive(Clone, Debug)]
pub struct Config {
    /// The key, its id, its hash and the expiry buckets.
    pub signing: SigningConfig,
    /// `RESOURCE_PATH`, and `SCOPE_DEPTH` for signed URLs.
    pub tree: AssetTree,
    /// `VIEWER_PROTOCOL`
    pub protocol: ViewerProtocol,
    /// `VIEWER_HOST`
    pub viewer_host: ViewerHost,
    /// `ORIGIN_SECRET` or `ORIGIN_SECRET_ARN`
    pub origin_secret: Option<OriginSecret>,
    /// `COOKIE_TTL_SECONDS`
    pub cookie_ttl: u64,
    /// `COOKIE_SAME_SITE`
    pub cookies: CookieSettings,
    /// `URL_TTL_SECONDS`
    pub url_ttl: u64,
    /// `ALLOWED_ORIGINS`: pages on other origins that may call with a credential.
    pub cors: Cors,
    /// `JWT_ISSUERS`, `PLONE`, `DJANGO` and `SIMPLEJWT`: who vouches for viewers.
    pub authenticators: Authenticators,
    /// `ENTITLEMENTS`: what each viewer may watch.
    pub entitlements: Entitlements,
    /// `VIEWER_SECRET_ARN` and `ORIGIN_SECRET_ARN`: what is in Secrets Manager.
    pub secrets: StoredSecrets,
}

impl Config {
    /// Reads the settings through `look_up`, on a laptop. `http` makes the client for calls to sites and issuers (see
    /// [`http_client`](crate::http_client)), where a setting needs one; `plain_http` says which issuers it may ask
    /// without TLS. [`open`](Self::open) is for AWS.
    ///
    /// # Errors
    /// [`ConfigError`] with everything that is wrong.
    pub fn read(
        look_up: &dyn Fn(&str) -> Option<String>,
        http: HttpClient<'_>,
        plain_http: PlainHttp,
    ) -> Result<Self, ConfigError> {
        let mut settings = Settings::new(look_up);
        let config = Self::from_settings(&mut settings, http, plain_http);
        settings.finish(|| config)
    }

    /// Says what is wrong with the settings of a deployment, as far as that shows without AWS: all issuers need TLS,
    /// and JSON names secrets. Otherwise, it returns who vouches for viewers: [`Authenticators::ask`] asks them.
    ///
    /// # Errors
    /// [`ConfigError`] with everything that is wrong.
    pub fn check(
        look_up: &dyn Fn(&str) -> Option<String>,
        http: HttpClient<'_>,
    ) -> Result<Authenticators, ConfigError> {
        let mut settings = Settings::in_aws(look_up);
        let config = Self::from_settings(&mut settings, http, PlainHttp::Refused);
        settings.finish(|| config.map(|config| config.authenticators))
    }

    /// As [`check`](Self::check), and reads the secrets in Secrets Manager by `sdk`. One that cannot be reached at the
    /// moment is no error: the first request tries again.
    ///
    /// # Errors
    /// [`ConfigError`] with everything that is wrong, in the settings and with the secrets.
    pub async fn open(
        look_up: &dyn Fn(&str) -> Option<String>,
        http: HttpClient<'_>,
        sdk: &SdkConfig,
        clock: Clock,
    ) -> Result<Self, ConfigError> {
        let mut settings = Settings::in_aws(look_up);
        let config = Self::from_settings(&mut settings, http, PlainHttp::Refused);
        let secrets = settings.open_secrets(sdk, clock).await;
        settings.finish(|| Ok(Self { secrets, ..config? }))
    }

    fn from_settings(
        settings: &mut Settings<'_>,
        http: HttpClient<'_>,
        plain_http: PlainHttp,
    ) -> Result<Self, InvalidSetting> {
        let signing = SigningConfig::read(settings);
        let tree = asset_tree(settings);
        let protocol = settings.parsed("VIEWER_PROTOCOL", ViewerProtocol::Https, "http or https");
        let viewer_host = ViewerHost::read(settings);
        let origin_secret = OriginSecret::read(settings);
        let cookie_ttl = settings.seconds("COOKIE_TTL_SECONDS", 3_600);
        let url_ttl = settings.seconds("URL_TTL_SECONDS", 21_600);
        let origins = read_origins(settings);
        let cookies = CookieSettings::read(settings, &origins, protocol);
        let authenticators = Authenticators::read(settings, http, plain_http);
        let tree = tree?;
        let entitlements = read_entitlements(settings, &tree);
        if let (Ok(entitlements), Ok(None)) = (&entitlements, &origin_secret)
            && entitlements.ask_for_location()
        {
            settings.problem(
                "ENTITLEMENTS asks for @country or @asn, which needs ORIGIN_SECRET: without it, anybody could send the \
                 headers that say where a viewer is",
            );
        }
        Ok(Self {
            signing: signing?,
            tree,
            protocol: protocol?,
            viewer_host: viewer_host?,
            origin_secret: origin_secret?,
            cookie_ttl: cookie_ttl?,
            cookies: cookies?,
            url_ttl: url_ttl?,
            cors: Cors::new(origins)?,
            authenticators: authenticators?,
            entitlements: entitlements?,
            secrets: StoredSecrets::default(),
        })
    }
}

impl Entitlements {
    /// Reads `ENTITLEMENTS`, `RESOURCE_PATH` and `SCOPE_DEPTH` through `look_up`, as the function does.
    ///
    /// # Errors
    /// [`ConfigError`] with everything that is wrong.
    pub fn read(look_up: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut settings = Settings::new(look_up);
        let tree = asset_tree(&mut settings);
        let entitlements = tree.and_then(|tree| read_entitlements(&mut settings, &tree));
        settings.finish(|| entitlements)
    }
}

/// Without the setting, every viewer may watch all of `tree`.
fn read_entitlements(settings: &mut Settings<'_>, tree: &AssetTree) -> Result<Entitlements, InvalidSetting> {
    let Some(rules) = settings.optional("ENTITLEMENTS") else {
        return Ok(Entitlements::everything(tree.clone()));
    };
    Entitlements::parse(&rules, tree.clone()).map_err(|problems| {
        problems.into_iter().for_each(|problem| settings.problem(problem));
        InvalidSetting
    })
}
