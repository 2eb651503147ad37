//! The settings of issuers that name themselves: an OpenID provider, Cognito, or your own site.

use std::{str::FromStr, sync::Arc};

use url::Url;
use usher_runtime::{InvalidSetting, Members, Secret, Settings};

use super::{
    HttpClient, algorithm,
    algorithm::{Algorithm, KeyKind},
    client,
    issuer::{Issuer, Keys},
    jwk_set::JwkSet,
    jwks::Jwks,
    jwt::{Audience, SubjectClaim, TokenRules},
    paths::PathClaims,
    provider::{PlainHttp, Provider},
    public_key,
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
    plain_http: PlainHttp,
) -> Result<Vec<Issuer>, InvalidSetting> {
    let is_set = SETTINGS.iter().any(|name| settings.optional(name).is_some());
    let first = is_set.then(|| read(settings, http, plain_http)).transpose();
    let more = settings.list("JWT_ISSUERS", &MEMBERS, |entry| read(entry, http, plain_http));
    Ok(first?.into_iter().chain(more?).collect())
}

fn read(
    settings: &mut Settings<'_>,
    http: HttpClient<'_>,
    plain_http: PlainHttp,
) -> Result<Issuer, InvalidSetting> {
    let issuer = settings.required("JWT_ISSUER");
    let issuer = issuer.and_then(|issuer| match name_problem(&issuer) {
        Some(problem) => Err(settings.invalid(format!("JWT_ISSUER {problem}"))),
        None => Ok(issuer),
    });
    let audience = names(settings, AUDIENCE);
    let authorized_parties = names(settings, PARTIES);
    if settings.optional(AUDIENCE).is_none() && settings.optional(PARTIES).is_none() {
        settings.problem(NOT_BOUND);
    }
    let token_use = settings.parsed("JWT_TOKEN_USE", TokenUse::Any, "access or id");
    let keys = read_keys(settings, issuer.as_deref().map_err(|&invalid| invalid), http, plain_http);
    let (audience, authorized_parties) = (audience?, authorized_parties?);
    let (audience, exact) = match token_use? {
        TokenUse::Any if audience.is_empty() => (Audience::Unnamed, Vec::new()),
        TokenUse::Any => (Audience::Aud(audience), Vec::new()),
        TokenUse::Access | TokenUse::Id if audience.is_empty() => {
            return Err(settings.invalid("JWT_TOKEN_USE is for Cognito, which needs JWT_AUDIENCE"));
        }
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
        authorized_parties,
        header_type: settings.optional("JWT_TYPE"),
        exact,
        subject: SubjectClaim::Sub,
        longest_life: None,
    };
    Ok(Issuer { authenticator: "jwt", rules, keys, path_claims, self_asserted: &[] })
}

/// A list of names, separated by commas; an absent one is empty.
fn names(settings: &mut Settings<'_>, name: &str) -> Result<Vec<String>, InvalidSetting> {
    let Some(list) = settings.optional(name) else { return Ok(Vec::new()) };
    let names: Vec<String> = list.split(',').map(|name| name.trim().to_owned()).collect();
    if names.iter().any(String::is_empty) {
        return Err(settings.invalid(format!("{name} has an empty entry")));
    }
    Ok(names)
}

/// Why no token has this `iss`, if none can have it.
fn name_problem(issuer: &str) -> Option<&'static str> {
    if issuer.contains(['{', '}', '<', '>']) {
        return Some(PLACEHOLDER);
    }
    let url = Url::parse(issuer).ok()?;
    let of_entra = url.host_str().is_some_and(|host| ENTRA_HOSTS.contains(&host));
    let tenant = url.path_segments().and_then(|mut segments| segments.next()).unwrap_or_default();
    let is_any = ["common", "consumers", "organizations"].iter().any(|any| tenant.eq_ignore_ascii_case(any));
    (of_entra && is_any).then_some(ANY_TENANT)
}

/// Reads one of `JWT_SECRET`, `JWT_PUBLIC_KEY`, `JWT_JWKS` and `JWT_JWKS_URL`. Without any of
/// them, the issuer's own discovery document says where its keys are. `JWT_ALGORITHM` names the algorithm where the
/// key does not.
fn read_keys(
    settings: &mut Settings<'_>,
    issuer: Result<&str, InvalidSetting>,
    http: HttpClient<'_>,
    plain_http: PlainHttp,
) -> Result<(Keys, Algorithm), InvalidSetting> {
    let algorithm = algorithm(settings, "JWT_ALGORITHM");
    let mut sources = SOURCES.into_iter().filter(|name| settings.optional(name).is_some());
    let source = sources.next();
    if let (Some(one), Some(other)) = (source, sources.next()) {
        let problem = format!("{one} and {other} are both set: an issuer's keys have one source");
        return Err(settings.invalid(problem));
    }
    // The keys are read even if their algorithm is invalid, so that all problems are noted.
    let named = algorithm.unwrap_or_default();
    let (name, keys, of_keys) = match source {
        Some(SECRET) => {
            let is_secrets = |named: &Algorithm| matches!(named.key_kind(), KeyKind::Secret { .. });
            let of_secret = named.filter(is_secrets).unwrap_or(Algorithm::HS256);
            let parse = move |secret: &str| secret_key(secret, of_secret).map(Arc::new);
            let keys = settings.viewer_secret(SECRET, parse, |keys| keys)?;
            (SECRET, keys.ok_or(InvalidSetting)?, of_secret)
        }
        Some(PUBLIC_KEY) => {
            let key = public_key(settings, PUBLIC_KEY, named)?.ok_or(InvalidSetting)?;
            let of_key = key.algorithm();
            (PUBLIC_KEY, Secret::fixed(PUBLIC_KEY, vec![Arc::new(key)]), of_key)
        }
        other => {
            let source = other.and_then(|name| Some((name, settings.optional(name)?)));
            return read_set(settings, source, issuer?, algorithm?, http, plain_http);
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
    plain_http: PlainHttp,
) -> Result<(Keys, Algorithm), InvalidSetting> {
    // The default of OpenID providers.
    let algorithm = algorithm.unwrap_or(Algorithm::RS256);
    if let KeyKind::Secret { .. } = algorithm.key_kind() {
        let algorithm = algorithm.name();
        let problem = format!("JWT_ALGORITHM is {algorithm}, which needs JWT_SECRET: a JWK set is public");
        return Err(settings.invalid(problem));
    }
    if let Some((JWKS, text)) = &source {
        let set = JwkSet::parse(text.as_bytes(), algorithm);
        let set = set.map_err(|error| settings.invalid(format!("{JWKS}: {error}")))?;
        for key in set.dropped() {
            key.log(JWKS);
        }
        if set.is_empty() {
            return Err(settings.invalid(format!("{JWKS}: {NO_KEY}")));
        }
        return Ok((Keys::Inline(set), algorithm));
    }
    let client = client(settings, http)?;
    let (provider, problem) = match source {
        Some((_, url)) => (Provider::at(&url, plain_http, algorithm, client), BAD_URL),
        None => (Provider::discovered(issuer, plain_http, algorithm, client), BAD_ISSUER),
    };
    let provider = provider.ok_or_else(|| settings.invalid(problem))?;
    Ok((Keys::Published(Jwks::new(provider)), algorithm))
}

fn secret_key(secret: &str, algorithm: Algorithm) -> Result<VerifyingKey, String> {
    if secret.contains("-----BEGIN") {
        // With a public key for a secret, anybody could sign.
        return Err(format!("{SECRET} is a key in PEM and not a secret: put a public key into {PUBLIC_KEY}"));
    }
    let KeyKind::Secret { minimum, .. } = algorithm.key_kind() else {
        return Err(format!("{SECRET} is for HS256, HS384 and HS512"));
    };
    let secret = Some(secret.as_bytes()).filter(|secret| secret.len() >= minimum);
    let key = secret.and_then(|secret| VerifyingKey::from_secret(algorithm, secret));
    key.ok_or_else(|| format!("{SECRET} must have {minimum} bytes or more for {}", algorithm.name()))
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

const AUDIENCE: &str = "JWT_AUDIENCE";
const PARTIES: &str = "JWT_AUTHORIZED_PARTIES";
const JWKS: &str = "JWT_JWKS";
const SECRET: &str = "JWT_SECRET";
const PUBLIC_KEY: &str = "JWT_PUBLIC_KEY";
const SOURCES: [&str; 4] = [SECRET, PUBLIC_KEY, JWKS, "JWT_JWKS_URL"];

/// An issuer in `JWT_ISSUERS`.
const MEMBERS: Members<'_> =
    Members { lists: &[AUDIENCE, PARTIES], documents: &[JWKS], ..Members::new("JWT_", &SETTINGS) };

/// All of an issuer's settings.
const SETTINGS: [&str; 10] = [
    "JWT_ALGORITHM",
    AUDIENCE,
    PARTIES,
    "JWT_ISSUER",
    JWKS,
    "JWT_JWKS_URL",
    PUBLIC_KEY,
    SECRET,
    "JWT_TOKEN_USE",
    "JWT_TYPE",
];

/// Where Entra ID issues tokens: in the public cloud, and in those of the United States and of China.
/// <https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud>
const ENTRA_HOSTS: [&str; 5] = [
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
    "login.chinacloudapi.cn",
    "sts.windows.net",
];

const ANY_TENANT: &str = "stands for any tenant, but a token names its own: write the tenant's id, as in \
     https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000/v2.0, and list several tenants in JWT_ISSUERS";
const BAD_ISSUER: &str = "JWT_ISSUER must be an https URL (on a laptop also http://localhost) without query, \
     fragment and user name where its keys are found by discovery; or set JWT_SECRET, JWT_PUBLIC_KEY, JWT_JWKS or JWT_JWKS_URL";
const NO_KEY: &str = "it holds no key that is usable with the configured algorithm";
const NOT_BOUND: &str = "JWT_AUDIENCE is missing (or JWT_AUTHORIZED_PARTIES, for an issuer whose tokens name their client \
     or page in azp, and no audience)";
const PLACEHOLDER: &str = "contains a placeholder, as {tenantid} is one: write what your tokens have there";
const BAD_URL: &str = "JWT_JWKS_URL must be an https URL without fragment and user name";
