//! The demo identity provider: it signs in every viewer. In production, your site takes its place.

use std::fmt;

use aws_lc_rs::{
    encoding::{AsDer as _, PublicKeyX509Der},
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair as _},
};
use cloudfront_signing::UnixTime;
use http::{HeaderMap, header};
use issue_cookies::{PathClaims, Subject};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::EdgeError;

/// Issues JSON Web Tokens, signed with EdDSA by a key that only this process has.
pub(super) struct IdentityProvider {
    key: EncodingKey,
    verifying_key: DecodingKey,
    public_key_pem: String,
}

/// The body of `POST /demo/sign-in`: who the viewer is, and what `Entitlements` can ask about.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignIn {
    viewer: String,
    groups: Option<Vec<String>>,
    tenant: Option<String>,
    /// As a site names them that narrows what its viewer may watch.
    paths: Option<Vec<String>>,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    iat: u64,
    exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paths: Option<&'a [String]>,
}

impl IdentityProvider {
    pub(super) fn new() -> Result<Self, EdgeError> {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| EdgeError::Random)?;
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).map_err(|_| EdgeError::Random)?;
        let public: PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(|_| EdgeError::Random)?;
        let public_key_pem = pem::encode(&pem::Pem::new("PUBLIC KEY", public.as_ref()));
        Ok(Self {
            key: EncodingKey::from_ed_der(pkcs8.as_ref()),
            verifying_key: DecodingKey::from_ed_der(pair.public_key().as_ref()),
            public_key_pem,
        })
    }

    /// The value of `JWT_ISSUERS` with this issuer added to `others`. If `others` cannot be parsed, the
    /// function reports what is wrong with it.
    pub(super) fn among(&self, others: Option<&str>) -> String {
        let others = others.filter(|text| !text.is_empty()).unwrap_or("[]");
        let Ok(mut issuers) = serde_json::from_str::<Vec<Value>>(others) else { return others.to_owned() };
        issuers.push(json!({ "issuer": ISSUER, "audience": AUDIENCE, "public_key": self.public_key_pem }));
        Value::from(issuers).to_string()
    }

    /// A token for a viewer, or a sentence that says why there is none.
    pub(super) fn sign_in(&self, viewer: &SignIn, now: UnixTime) -> Result<String, &'static str> {
        let name = viewer.viewer.trim();
        if name.is_empty() || name.len() > 64 || name.chars().any(char::is_control) {
            return Err("a viewer's name has 1 to 64 characters");
        }
        let claims = Claims {
            iss: ISSUER,
            aud: AUDIENCE,
            sub: name,
            iat: now.seconds(),
            exp: now.plus(SESSION_SECONDS).seconds(),
            groups: viewer.groups.as_deref(),
            tenant: viewer.tenant.as_deref(),
            paths: viewer.paths.as_deref(),
        };
        encode(&Header::new(Algorithm::EdDSA), &claims, &self.key).map_err(|_| "no token could be signed")
    }

    /// The viewer whose token these headers contain, as `issue-cookies` sees the viewer. Expired or not: nothing is issued
    /// for it.
    pub(super) fn viewer(&self, headers: &HeaderMap) -> Option<Subject> {
        let token = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.set_audience(&[AUDIENCE]);
        rules.validate_exp = false;
        let claims: Map<String, Value> = decode(token, &self.verifying_key, &rules).ok()?.claims;
        Some(Subject {
            id: claims.get("sub")?.as_str()?.to_owned(),
            expires: UnixTime::new(claims.get("exp")?.as_u64()?).ok()?,
            paths: PathClaims::Narrowing.read(&claims).ok()?,
            claims,
            authenticator: "jwt",
        })
    }
}

impl fmt::Debug for IdentityProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityProvider").finish_non_exhaustive()
    }
}

const ISSUER: &str = "urn:usher:demo";
const AUDIENCE: &str = "usher";
const SESSION_SECONDS: u64 = 8 * 60 * 60;
