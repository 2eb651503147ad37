//! The settings of a site whose access tokens come from djangorestframework-simplejwt.
//!
//! These tokens name neither issuer nor audience unless the site says so. A refresh token, which lasts for days,
//! differs from an access token by `token_type` only. A sliding token is both: `exp` says for how long it proves who the
//! viewer is, as in an access token, and `refresh_exp` for how long the site gives a new one for it.
//!
//! <https://django-rest-framework-simplejwt.readthedocs.io/en/stable/token_types.html>

use std::sync::Arc;

use usher_runtime::{InvalidSetting, Members, Secret, Settings};

use super::{
    algorithm,
    algorithm::{Algorithm, KeyKind},
    hmac_keys::Secrets,
    hmac_secret,
    issuer::{Issuer, Keys},
    jwt::{Audience, SubjectClaim, TokenRules},
    object,
    paths::PathClaims,
    public_key,
    verifying_key::VerifyingKey,
};

/// Reads `SIMPLEJWT_KEYS` (hexadecimal, several while the site rotates) or `SIMPLEJWT_PUBLIC_KEY` (PEM), with
/// `SIMPLEJWT_ALGORITHM` for what the key does not say; `SIMPLEJWT_AUDIENCE`, `SIMPLEJWT_ISSUER` for a site that sets
/// `ISSUER`, `SIMPLEJWT_USER_ID_CLAIM`, and `SIMPLEJWT_TOKEN_TYPE` for a site with sliding tokens; or the same as members
/// of `SIMPLEJWT`.
pub(super) fn read(settings: &mut Settings<'_>) -> Result<Option<Issuer>, InvalidSetting> {
    object(settings, "SIMPLEJWT", &MEMBERS, "keys or public_key", read_members)
}

fn read_members(settings: &mut Settings<'_>) -> Result<Option<Issuer>, InvalidSetting> {
    let Some((keys, algorithm)) = read_keys(settings)? else { return Ok(None) };
    let token_type = match settings.optional(TOKEN_TYPE).as_deref() {
        None | Some("access") => "access",
        Some("sliding") => "sliding",
        Some(_) => return Err(settings.invalid(format!("{TOKEN_TYPE} must be access or sliding"))),
    };
    let user_id = settings.optional(USER_ID_CLAIM).unwrap_or_else(|| "user_id".to_owned());
    let audience = settings.optional(AUDIENCE);
    let rules = TokenRules {
        algorithm,
        issuer: settings.optional(ISSUER),
        audience: audience.map_or(Audience::Unnamed, |name| Audience::Aud(vec![name])),
        authorized_parties: Vec::new(),
        header_type: None,
        exact: vec![("token_type", token_type)],
        subject: SubjectClaim::UserId(user_id),
        longest_life: None,
    };
    let (keys, path_claims) = (Keys::Configured(keys), PathClaims::Narrowing);
    Ok(Some(Issuer { authenticator: "simplejwt", rules, keys, path_claims, self_asserted: &[] }))
}

type ReadKeys = (Secret<Vec<Arc<VerifyingKey>>>, Algorithm);

fn read_keys(settings: &mut Settings<'_>) -> Result<Option<ReadKeys>, InvalidSetting> {
    let has_key = settings.optional(PUBLIC_KEY).is_some();
    match (settings.optional(KEYS).is_some(), has_key) {
        (false, false) => return Ok(None),
        (true, true) => {
            let problem = format!("{KEYS} and {PUBLIC_KEY} are both set: a site has one algorithm");
            return Err(settings.invalid(problem));
        }
        _ => {}
    }
    let named = algorithm(settings, ALGORITHM);
    let of_setting = named.unwrap_or_default();
    let (name, keys, of_keys) = if has_key {
        let key = public_key(settings, PUBLIC_KEY, of_setting)?.ok_or(InvalidSetting)?;
        let of_key = key.algorithm();
        (PUBLIC_KEY, Secret::fixed(PUBLIC_KEY, vec![Arc::new(key)]), of_key)
    } else {
        let (of_secret, lengths) = match of_setting.map(|named| (named, named.key_kind())) {
            Some((named, KeyKind::Secret { minimum, block })) => (named, minimum..=block),
            _ => (Algorithm::HS256, 32..=64),
        };
        let read = move |list: &str| Secrets::from_hex_of(list, &lengths);
        let build = move |secrets| VerifyingKey::from_secrets(of_secret, &secrets);
        (KEYS, hmac_secret(settings, KEYS, read, build)?.ok_or(InvalidSetting)?, of_secret)
    };
    if named?.is_some_and(|named| named != of_keys) {
        return Err(settings.invalid(format!("{ALGORITHM} is not the algorithm of {name}: leave it out")));
    }
    Ok(Some((keys, of_keys)))
}

const ALGORITHM: &str = "SIMPLEJWT_ALGORITHM";
const AUDIENCE: &str = "SIMPLEJWT_AUDIENCE";
const ISSUER: &str = "SIMPLEJWT_ISSUER";
const KEYS: &str = "SIMPLEJWT_KEYS";
const PUBLIC_KEY: &str = "SIMPLEJWT_PUBLIC_KEY";
const TOKEN_TYPE: &str = "SIMPLEJWT_TOKEN_TYPE";
const USER_ID_CLAIM: &str = "SIMPLEJWT_USER_ID_CLAIM";
const MEMBERS: Members<'_> =
    Members::new("SIMPLEJWT_", &[ALGORITHM, AUDIENCE, ISSUER, KEYS, PUBLIC_KEY, TOKEN_TYPE, USER_ID_CLAIM]);
