//! The settings of a site whose access tokens come from djangorestframework-simplejwt.
//!
//! These tokens name neither issuer nor audience unless the site says so. A refresh token, which lasts for days,
//! differs from an access token by `token_type` only.

use std::sync::Arc;

use usher_runtime::{InvalidSetting, Secret, Settings};

use super::{
    algorithm::Algorithm,
    hmac_keys::Secrets,
    hmac_secret,
    issuer::{Issuer, Keys},
    jwt::{Audience, TokenRules},
    paths::PathClaims,
    verifying_key::VerifyingKey,
};

/// Reads `SIMPLEJWT_KEYS` (HS256, hexadecimal, several while the site rotates) or `SIMPLEJWT_PUBLIC_KEY` (PEM),
/// `SIMPLEJWT_AUDIENCE`, and `SIMPLEJWT_ISSUER` for a site that sets `ISSUER`.
pub(super) fn read(settings: &mut Settings<'_>) -> Result<Option<Issuer>, InvalidSetting> {
    let Some((keys, algorithm)) = read_keys(settings)? else { return Ok(None) };
    let audience = settings.optional("SIMPLEJWT_AUDIENCE");
    let rules = TokenRules {
        algorithm,
        issuer: settings.optional("SIMPLEJWT_ISSUER"),
        audience: audience.map_or(Audience::Unnamed, |name| Audience::Aud(vec![name])),
        header_type: None,
        exact: vec![("token_type", "access")],
        subject: "user_id",
        longest_life: None,
    };
    let (keys, path_claims) = (Keys::Configured(keys), PathClaims::Narrowing);
    Ok(Some(Issuer { authenticator: "simplejwt", rules, keys, path_claims, self_asserted: &[] }))
}

type ReadKeys = (Secret<Vec<Arc<VerifyingKey>>>, Algorithm);

fn read_keys(settings: &mut Settings<'_>) -> Result<Option<ReadKeys>, InvalidSetting> {
    let public_key = settings.optional(PUBLIC_KEY);
    if public_key.is_some() && settings.has_secret(KEYS) {
        let problem = format!("{KEYS} and {PUBLIC_KEY} are both set: a site has one algorithm");
        return Err(settings.invalid(problem));
    }
    let Some(pem) = public_key else {
        let keys =
            hmac_secret(settings, KEYS, Secrets::from_hex, |secrets| VerifyingKey::all_hs256(&secrets))?;
        return Ok(keys.map(|keys| (keys, Algorithm::HS256)));
    };
    let key =
        VerifyingKey::from_pem(&pem).map_err(|error| settings.invalid(format!("{PUBLIC_KEY} is {error}")))?;
    let algorithm = key.algorithm();
    Ok(Some((Secret::fixed(PUBLIC_KEY, vec![Arc::new(key)]), algorithm)))
}

const KEYS: &str = "SIMPLEJWT_KEYS";
const PUBLIC_KEY: &str = "SIMPLEJWT_PUBLIC_KEY";
