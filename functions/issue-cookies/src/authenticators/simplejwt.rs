//! Access tokens of djangorestframework-simplejwt.
//!
//! They name neither issuer nor audience unless the site says so, so the key alone tells whose they are;
//! and a refresh token, which lives for days, differs by `token_type` only.

use async_trait::async_trait;
use cloudfront_signing::UnixTime;
use jsonwebtoken::Algorithm;
use usher_runtime::{Secret, Settings};

use super::{
    AuthenticationError, Authenticator, Credential,
    hmac_keys::Secrets,
    hmac_secret,
    jwt::{Audience, TokenRules},
    verifying_key::VerifyingKey,
};
use crate::Subject;

/// The site's keys, and what its tokens must be like.
pub(super) struct SimpleJwt {
    rules: TokenRules,
    keys: Secret<Vec<VerifyingKey>>,
}

impl SimpleJwt {
    /// Reads `SIMPLEJWT_KEYS` (HS256, hexadecimal, several while the site rotates) or
    /// `SIMPLEJWT_PUBLIC_KEY` (PEM), and `SIMPLEJWT_AUDIENCE`. A site that sets `ISSUER` as well is named
    /// in `SIMPLEJWT_ISSUER`.
    pub(super) fn read(settings: &mut Settings<'_>) -> Option<Option<Self>> {
        let (keys, algorithm) = match (settings.has_secret(KEYS), settings.optional(PUBLIC_KEY)) {
            (false, None) => return Some(None),
            (true, None) => (
                hmac_secret(settings, KEYS, Secrets::from_hex, |secrets| VerifyingKey::all_hs256(&secrets))??,
                Algorithm::HS256,
            ),
            (false, Some(pem)) => {
                let key = VerifyingKey::from_pem(&pem);
                let key = key.map_err(|expected| settings.problem(format!("{PUBLIC_KEY} is not {expected}")));
                let key = key.ok()?;
                let algorithm = key.algorithm();
                (Secret::fixed(PUBLIC_KEY, vec![key]), algorithm)
            }
            (true, Some(_)) => {
                settings.problem(format!("{KEYS} and {PUBLIC_KEY} are both set: a site has one algorithm"));
                return None;
            }
        };
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
        Some(Some(Self { rules, keys }))
    }
}

#[async_trait]
impl Authenticator for SimpleJwt {
    fn takes(&self, credential: &Credential<'_>) -> bool {
        matches!(credential, Credential::Token { unverified, .. }
            if unverified.token_type.is_some() && unverified.issuer == self.rules.issuer)
    }

    async fn authenticate(
        &self,
        credential: &Credential<'_>,
        now: UnixTime,
    ) -> Result<Subject, AuthenticationError> {
        let Credential::Token { token, .. } = credential else { return Err(AuthenticationError::Unknown) };
        let token = self.rules.check_header(token)?;
        let keys = self.keys.value()?;
        Ok(self.rules.verify(&token, keys.iter(), now)?.of_the_site("simplejwt")?)
    }
}

const KEYS: &str = "SIMPLEJWT_KEYS";
const PUBLIC_KEY: &str = "SIMPLEJWT_PUBLIC_KEY";
