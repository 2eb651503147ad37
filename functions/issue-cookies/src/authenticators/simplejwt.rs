//! The settings of a site whose access tokens come from djangorestframework-simplejwt.
//!
//! These tokens name neither issuer nor audience unless the site says so. A refresh token, which lasts for days,
//! differs from an access token by `token_type` only. A sliding token is both: `exp` says for how long it proves who the
//! viewer is, as in an access token, and `refresh_exp` for how long the site gives a new one for it.
//!
//! <https://django-rest-framework-simplejwt.readthedocs.io/en/stable/token_types.html>

use std::sync::Arc;

use usher_runtime::{InvalidSetting, Secret, Settings};

use super::{
    algorithm::Algorithm,
    hmac_keys::Secrets,
    hmac_secret,
    issuer::{Issuer, Keys},
    jwt::{Audience, SubjectClaim, TokenRules},
    paths::PathClaims,
    public_key,
    verifying_key::VerifyingKey,
};

/// Reads `SIMPLEJWT_KEYS` (HS256, hexadecimal, several while the site rotates) or `SIMPLEJWT_PUBLIC_KEY` (PEM),
/// `SIMPLEJWT_AUDIENCE`, `SIMPLEJWT_ISSUER` for a site that sets `ISSUER`, `SIMPLEJWT_USER_ID_CLAIM`, and
/// `SIMPLEJWT_TOKEN_TYPE` for a site with sliding tokens.
pub(super) fn read(settings: &mut Settings<'_>) -> Result<Option<Issuer>, InvalidSetting> {
    let Some((keys, algorithm)) = read_keys(settings)? else { return Ok(None) };
    let token_type = match settings.optional("SIMPLEJWT_TOKEN_TYPE").as_deref() {
        None | Some("access") => "access",
        Some("sliding") => "sliding",
        Some(_) => return Err(settings.invalid("SIMPLEJWT_TOKEN_TYPE must be access or sliding")),
    };
    let user_id = settings.optional("SIMPLEJWT_USER_ID_CLAIM").unwrap_or_else(|| "user_id".to_owned());
    let audience = settings.optional("SIMPLEJWT_AUDIENCE");
    let rules = TokenRules {
        algorithm,
        issuer: settings.optional("SIMPLEJWT_ISSUER"),
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
    if settings.optional(PUBLIC_KEY).is_some() && settings.has_secret(KEYS) {
        let problem = format!("{KEYS} and {PUBLIC_KEY} are both set: a site has one algorithm");
        return Err(settings.invalid(problem));
    }
    if let Some(key) = public_key(settings, PUBLIC_KEY, None)? {
        let algorithm = key.algorithm();
        return Ok(Some((Secret::fixed(PUBLIC_KEY, vec![Arc::new(key)]), algorithm)));
    }
    let keys = hmac_secret(settings, KEYS, Secrets::from_hex, |secrets| VerifyingKey::all_hs256(&secrets))?;
    Ok(keys.map(|keys| (keys, Algorithm::HS256)))
}

const KEYS: &str = "SIMPLEJWT_KEYS";
const PUBLIC_KEY: &str = "SIMPLEJWT_PUBLIC_KEY";
