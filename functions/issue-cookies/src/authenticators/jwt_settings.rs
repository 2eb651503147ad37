//! The settings of issuers that name themselves: an OpenID provider, Cognito, or your own site.

use std::{str::FromStr, sync::Arc};

use usher_runtime::{InvalidSetting, Secret, Settings};

use super::{
    HttpClient,
    algorithm::{Algorithm, UnknownAlgorithm},
    client,
    issuer::{Issuer, Keys},
    jwk_set::JwkSet,
    jwks::Jwks,
    jwt::{Audience, TokenRules},
    paths::PathClaims,
    provider::Provider,
    verifying_key::VerifyingKey,
};

/// Cognito's `token_use`.
enum TokenUse {
    Access,
    Any,
    Id,
}

/// Reads `JWT_ISSUER` with its other settings, and `JWT_ISSUERS`: a JSON array of objects with the same
/// settings, in lower case and without `JWT_`.
pub(super) fn read_all(
    settings: &mut Settings<'_>,
    http: HttpClient<'_>,
) -> Result<Vec<Issuer>, InvalidSetting> {
    let is_set = SETTINGS.iter().any(|name| settings.optional(name).is_some()) || settings.has_secret(SECRET);
    let first = is_set.then(|| read(settings, http)).transpose();
    let more = settings.list("JWT_ISSUERS", "JWT_", &SETTINGS, &[], |entry| read(entry, http));
    Ok(first?.into_iter().chain(more?).collect())
}

fn read(settings: &mut Settings<'_>, http: HttpClient<'_>) -> Result<Issuer, InvalidSetting> {
    let issuer = settings.required("JWT_ISSUER");
    let audience = settings.required("JWT_AUDIENCE");
    let token_use = settings.parsed("JWT_TOKEN_USE", TokenUse::Any, "access or id");
    let keys = read_keys(settings, issuer.as_deref().map_err(|&invalid| invalid), http);
    let audience: Vec<String> = audience?.split(',').map(|name| name.trim().to_owned()).collect();
    if audience.iter().any(String::is_empty) {
        return Err(settings.invalid("JWT_AUDIENCE has an empty entry"));
    }
    let (audience, exact) = match token_use? {
        TokenUse::Any => (Audience::Aud(audience), Vec::new()),
        TokenUse::Access => (Audience::ClientId(audience), vec![("token_use", "access")]),
        TokenUse::Id => (Audience::Aud(audience), vec![("token_use", "id")]),
    };
    let (keys, algorithm) = keys?;
    // The site itself has configured keys, so it is the site that signs.
    let path_claims = match keys {
        Keys::Configured(_) | Keys::Inline(_) => PathClaims::Narrowing,
        Keys::Published(_) => PathClaims::Foreign,
    };
    let rules = TokenRules {
        algorithm,
        issuer: Some(issuer?),
        audience,
        header_type: settings.optional("JWT_TYPE"),
        exact,
        subject: "sub",
        longest_life: None,
    };
    Ok(Issuer { authenticator: "jwt", rules, keys, path_claims, self_asserted: &[] })
}

/// Reads one of `JWT_SECRET` (or `JWT_SECRET_ARN`), `JWT_PUBLIC_KEY`, `JWT_JWKS` and `JWT_JWKS_URL`. Without any of
/// them, the issuer's own discovery document says where its keys are. `JWT_ALGORITHM` names the algorithm where the
/// key does not.
fn read_keys(
    settings: &mut Settings<'_>,
    issuer: Result<&str, InvalidSetting>,
    http: HttpClient<'_>,
) -> Result<(Keys, Algorithm), InvalidSetting> {
    let names = "RS256, ES256, EdDSA or HS256";
    let algorithm = settings.parsed("JWT_ALGORITHM", AlgorithmSetting(None), names);
    let algorithm = algorithm.map(|AlgorithmSetting(algorithm)| algorithm);
    let is_set = |name: &&str| match *name {
        SECRET => settings.has_secret(SECRET),
        name => settings.optional(name).is_some(),
    };
    let mut sources = SOURCES.into_iter().filter(is_set);
    let source = sources.next();
    if let (Some(one), Some(other)) = (source, sources.next()) {
        let problem = format!("{one} and {other} are both set: an issuer's keys have one source");
        return Err(settings.invalid(problem));
    }
    let (name, keys, of_keys) = match source {
        Some(SECRET) => {
            let keys = settings.secret(SECRET, |secret| secret_key(secret).map(Arc::new), |keys| keys)?;
            (SECRET, keys.ok_or(InvalidSetting)?, Algorithm::HS256)
        }
        Some(PUBLIC_KEY) => {
            let pem = settings.optional(PUBLIC_KEY).unwrap_or_default();
            let key = VerifyingKey::from_pem(&pem)
                .map_err(|error| settings.invalid(format!("{PUBLIC_KEY} is {error}")))?;
            let algorithm = key.algorithm();
            (PUBLIC_KEY, Secret::fixed(PUBLIC_KEY, vec![Arc::new(key)]), algorithm)
        }
        other => {
            let source = other.and_then(|name| Some((name, settings.optional(name)?)));
            return read_set(settings, source, issuer?, algorithm?, http);
        }
    };
    if algorithm?.is_some_and(|algorithm| algorithm != of_keys) {
        return Err(settings.invalid(format!("JWT_ALGORITHM is not the algorithm of {name}: leave it out")));
    }
    Ok((Keys::Configured(keys), of_keys))
}

fn read_set(
    settings: &mut Settings<'_>,
    source: Option<(&str, String)>,
    issuer: &str,
    algorithm: Option<Algorithm>,
    http: HttpClient<'_>,
) -> Result<(Keys, Algorithm), InvalidSetting> {
    // The default of OpenID providers.
    let algorithm = algorithm.unwrap_or(Algorithm::RS256);
    if algorithm == Algorithm::HS256 {
        let problem = "JWT_ALGORITHM is HS256, which needs JWT_SECRET: a JWK set is public";
        return Err(settings.invalid(problem));
    }
    if let Some((JWKS, text)) = &source {
        let set = JwkSet::parse(text.as_bytes(), algorithm);
        let set = set.map_err(|error| settings.invalid(format!("{JWKS}: {error}")))?;
        return Ok((Keys::Inline(set), algorithm));
    }
    let client = client(settings, http)?;
    let (provider, problem) = match source {
        Some((_, url)) => (Provider::at(&url, algorithm, client), BAD_URL),
        None => (Provider::discovered(issuer, algorithm, client), BAD_ISSUER),
    };
    let provider = provider.ok_or_else(|| settings.invalid(problem))?;
    Ok((Keys::Published(Jwks::new(provider)), algorithm))
}

/// RFC 7518, 3.2: a key is as long as the hash, or longer.
fn secret_key(secret: &str) -> Result<VerifyingKey, String> {
    if secret.contains("-----BEGIN") {
        // With a public key for a secret, anybody could sign.
        return Err(format!("{SECRET} is a key in PEM and not a secret: put a public key into {PUBLIC_KEY}"));
    }
    let secret = Some(secret.as_bytes()).filter(|secret| secret.len() >= 32);
    let too_short = || format!("{SECRET} must have 32 bytes or more for HS256");
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

/// The algorithm that an issuer signs with, where the setting names one.
struct AlgorithmSetting(Option<Algorithm>);

impl FromStr for AlgorithmSetting {
    type Err = UnknownAlgorithm;

    fn from_str(name: &str) -> Result<Self, UnknownAlgorithm> {
        name.parse().map(|algorithm| Self(Some(algorithm)))
    }
}

const JWKS: &str = "JWT_JWKS";
const SECRET: &str = "JWT_SECRET";
const PUBLIC_KEY: &str = "JWT_PUBLIC_KEY";
const SOURCES: [&str; 4] = [SECRET, PUBLIC_KEY, JWKS, "JWT_JWKS_URL"];

/// All of an issuer's settings.
const SETTINGS: [&str; 9] = [
    "JWT_ALGORITHM",
    "JWT_AUDIENCE",
    "JWT_ISSUER",
    JWKS,
    "JWT_JWKS_URL",
    PUBLIC_KEY,
    SECRET,
    "JWT_TOKEN_USE",
    "JWT_TYPE",
];

const BAD_ISSUER: &str = "JWT_ISSUER must be an https URL without query, fragment and user name where its keys \
     are found by discovery; or set JWT_SECRET, JWT_PUBLIC_KEY, JWT_JWKS or JWT_JWKS_URL";
const BAD_URL: &str = "JWT_JWKS_URL must be an https URL without fragment and user name";
