//! JSON Web Tokens of an issuer that names itself: an OpenID provider, Cognito, or a site of your own.

use std::{str::FromStr, sync::Arc};

use async_trait::async_trait;
use cloudfront_signing::UnixTime;
use jsonwebtoken::Algorithm;
use usher_runtime::{Secret, Settings, Warming};

use super::{
    AuthenticationError, Authenticator, Credential, HttpClient, client,
    jwks::{Jwks, JwksError},
    jwt::{Audience, TokenError, TokenRules},
    verifying_key::VerifyingKey,
};
use crate::Subject;

/// One issuer, one algorithm, and where its keys are.
pub(super) struct Issuer {
    rules: TokenRules,
    keys: Keys,
}

enum Keys {
    /// One in the configuration, or one of two while a secret is rotated.
    Own(Secret<Vec<Arc<VerifyingKey>>>),
    /// A JWK set, most often one that the issuer serves.
    Set(Jwks),
}

/// Who signs with the keys.
enum Whose {
    /// An issuer that publishes them.
    Issuer,
    /// The site itself, which gave them to this function.
    Site,
}

/// Cognito's `token_use`.
enum TokenUse {
    Access,
    Any,
    Id,
}

impl Issuer {
    /// Reads `JWT_ISSUER` with its other settings, and `JWT_ISSUERS`: a JSON array of objects with the same
    /// settings, in lower case and without `JWT_`.
    pub(super) fn read_all(settings: &mut Settings<'_>, http: HttpClient<'_>) -> Option<Vec<Self>> {
        let is_there =
            SETTINGS.iter().any(|name| settings.optional(name).is_some()) || settings.has_secret(SECRET);
        let first = if is_there { Some(Self::read(settings, http)?) } else { None };
        let more = settings.list("JWT_ISSUERS", "JWT_", &SETTINGS, &[], |entry| Self::read(entry, http))?;
        Some(first.into_iter().chain(more).collect())
    }

    fn read(settings: &mut Settings<'_>, http: HttpClient<'_>) -> Option<Self> {
        let issuer = settings.required("JWT_ISSUER");
        let audience = settings.required("JWT_AUDIENCE");
        let token_use = settings.parsed("JWT_TOKEN_USE", TokenUse::Any, "access or id");
        let keys = Keys::read(settings, issuer.as_deref(), http);
        let audience: Vec<String> = audience?.split(',').map(|name| name.trim().to_owned()).collect();
        if audience.iter().any(String::is_empty) {
            settings.problem("JWT_AUDIENCE has an empty entry");
        }
        let (audience, exact) = match token_use? {
            TokenUse::Any => (Audience::Aud(audience), Vec::new()),
            TokenUse::Access => (Audience::ClientId(audience), vec![("token_use", "access")]),
            TokenUse::Id => (Audience::Aud(audience), vec![("token_use", "id")]),
        };
        let (keys, algorithm) = keys?;
        let rules = TokenRules {
            algorithm,
            issuer: Some(issuer?),
            audience,
            header_type: settings.optional("JWT_TYPE"),
            exact,
            subject: "sub",
            longest_life: None,
        };
        Some(Self { rules, keys })
    }
}

#[async_trait]
impl Authenticator for Issuer {
    fn takes(&self, credential: &Credential<'_>) -> bool {
        matches!(credential, Credential::Token { unverified, .. } if unverified.issuer == self.rules.issuer)
    }

    async fn authenticate(
        &self,
        credential: &Credential<'_>,
        now: UnixTime,
    ) -> Result<Subject, AuthenticationError> {
        let Credential::Token { token, .. } = credential else { return Err(AuthenticationError::Unknown) };
        let token = self.rules.check_header(token)?;
        let keys = self.keys.of(token.key_id(), now).await?;
        let verified = self.rules.verify(&token, keys.iter().map(Arc::as_ref), now)?;
        match self.keys.whose() {
            Whose::Issuer => Ok(verified.of(NAME)),
            Whose::Site => Ok(verified.of_the_site(NAME)?),
        }
    }

    fn warming(&self, now: UnixTime) -> Option<Warming<'_>> {
        let Keys::Set(set) = &self.keys else { return None };
        set.warming(self.rules.issuer.as_deref().unwrap_or_default(), now)
    }
}

impl Keys {
    /// Reads one of `JWT_SECRET` (or `JWT_SECRET_ARN`), `JWT_PUBLIC_KEY`, `JWT_JWKS` and `JWT_JWKS_URL`;
    /// without any, the issuer's own discovery document says where its keys are. `JWT_ALGORITHM` is the one
    /// that counts.
    fn read(
        settings: &mut Settings<'_>,
        issuer: Option<&str>,
        http: HttpClient<'_>,
    ) -> Option<(Self, Algorithm)> {
        let names = "RS256, ES256, EdDSA or HS256";
        let AlgorithmSetting(algorithm) = settings.parsed("JWT_ALGORITHM", AlgorithmSetting(None), names)?;
        let is_set = |name: &&str| match *name {
            SECRET => settings.has_secret(SECRET),
            name => settings.optional(name).is_some(),
        };
        let mut sources = SOURCES.into_iter().filter(is_set);
        let source = sources.next();
        if let (Some(one), Some(other)) = (source, sources.next()) {
            let problem = format!("{one} and {other} are both set: the keys of an issuer have one source");
            settings.problem(problem);
            return None;
        }
        let (name, keys, of_keys) = match source {
            Some(SECRET) => {
                let keys =
                    settings.secret(SECRET, |secret| secret_key(secret).map(Arc::new), |keys| keys)??;
                (SECRET, keys, Algorithm::HS256)
            }
            Some(PUBLIC_KEY) => {
                let key = VerifyingKey::from_pem(&settings.optional(PUBLIC_KEY)?);
                let key = key.map_err(|expected| settings.problem(format!("{PUBLIC_KEY} is not {expected}")));
                let key = key.ok()?;
                let algorithm = key.algorithm();
                (PUBLIC_KEY, Secret::fixed(PUBLIC_KEY, vec![Arc::new(key)]), algorithm)
            }
            other => {
                let source = other.and_then(|name| Some((name, settings.optional(name)?)));
                return Self::read_set(settings, source, issuer?, algorithm, http);
            }
        };
        if algorithm.is_some_and(|algorithm| algorithm != of_keys) {
            settings.problem(format!("JWT_ALGORITHM is not the one of {name}: leave it out"));
            return None;
        }
        Some((Self::Own(keys), of_keys))
    }

    fn read_set(
        settings: &mut Settings<'_>,
        source: Option<(&str, String)>,
        issuer: &str,
        algorithm: Option<Algorithm>,
        http: HttpClient<'_>,
    ) -> Option<(Self, Algorithm)> {
        // What OpenID providers sign with unless they are told otherwise.
        let algorithm = algorithm.unwrap_or(Algorithm::RS256);
        if algorithm == Algorithm::HS256 {
            settings.problem("JWT_ALGORITHM is HS256, whose key is in JWT_SECRET: a JWK set is public");
            return None;
        }
        let set = match source {
            Some(("JWT_JWKS", text)) => Jwks::inline(&text, algorithm),
            source => {
                let client = client(settings, http)?;
                match source {
                    Some((_, url)) => Jwks::at(&url, algorithm, client),
                    None => Jwks::discovered(issuer, algorithm, client),
                }
            }
        };
        let set = set.map_err(|problem| settings.problem(problem)).ok()?;
        Some((Self::Set(set), algorithm))
    }

    fn whose(&self) -> Whose {
        match self {
            Self::Set(set) if !set.is_inline() => Whose::Issuer,
            Self::Own(_) | Self::Set(_) => Whose::Site,
        }
    }

    async fn of(
        &self,
        key_id: Option<&str>,
        now: UnixTime,
    ) -> Result<Vec<Arc<VerifyingKey>>, AuthenticationError> {
        match self {
            Self::Own(keys) => Ok(keys.value()?.to_vec()),
            Self::Set(set) => set.keys(key_id, now).await.map_err(|error| match error {
                JwksError::UnknownKey => TokenError::Signature.into(),
                JwksError::Unavailable(why) => AuthenticationError::Unavailable(why),
            }),
        }
    }
}

/// RFC 7518, 3.2: a key of the hash's size or larger.
fn secret_key(secret: &str) -> Result<VerifyingKey, String> {
    if secret.contains("-----BEGIN") {
        // With a public key for a secret, anybody could sign.
        return Err(format!(
            "{SECRET} is not a secret, but a key in PEM: a public one belongs into {PUBLIC_KEY}"
        ));
    }
    let secret = Some(secret.as_bytes()).filter(|secret| secret.len() >= 32);
    let too_short = || format!("{SECRET} is not as long as the 32 bytes that HS256 needs");
    secret.map(VerifyingKey::hs256).ok_or_else(too_short)
}

impl FromStr for TokenUse {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        match name {
            "access" => Ok(Self::Access),
            "id" => Ok(Self::Id),
            _ => Err(()),
        }
    }
}

/// The algorithm that an issuer signs with, spelled as in RFC 7518, where it is said.
struct AlgorithmSetting(Option<Algorithm>);

impl FromStr for AlgorithmSetting {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        let algorithm = match name {
            "ES256" => Algorithm::ES256,
            "EdDSA" => Algorithm::EdDSA,
            "HS256" => Algorithm::HS256,
            "RS256" => Algorithm::RS256,
            _ => return Err(()),
        };
        Ok(Self(Some(algorithm)))
    }
}

const NAME: &str = "jwt";
const SECRET: &str = "JWT_SECRET";
const PUBLIC_KEY: &str = "JWT_PUBLIC_KEY";
const SOURCES: [&str; 4] = [SECRET, PUBLIC_KEY, "JWT_JWKS", "JWT_JWKS_URL"];

/// All of an issuer's settings.
const SETTINGS: [&str; 9] = [
    "JWT_ALGORITHM",
    "JWT_AUDIENCE",
    "JWT_ISSUER",
    "JWT_JWKS",
    "JWT_JWKS_URL",
    PUBLIC_KEY,
    SECRET,
    "JWT_TOKEN_USE",
    "JWT_TYPE",
];
