//! The authenticator for JSON Web Tokens, whoever issues them: an issuer is rules and keys.
//!
//! [`jwt_settings`](super::jwt_settings), [`plone_offline`](super::plone_offline) and
//! [`simplejwt`](super::simplejwt) read the settings of one kind of issuer each.

use std::sync::Arc;

use cloudfront_signing::UnixTime;
use usher_runtime::{Secret, Warming};

use super::{
    AuthenticationError,
    jwk_set::JwkSet,
    jwks::Jwks,
    jwt::{Audience, TokenRules, VerifiedToken},
    paths::PathClaims,
    token::{Token, TokenError},
    verifying_key::VerifyingKey,
};
use crate::Subject;

/// Who signs tokens of one kind.
pub(super) struct Issuer {
    /// The name of the authenticator in the audit log and in entitlements.
    pub(super) authenticator: &'static str,
    /// What its tokens must be like.
    pub(super) rules: TokenRules,
    /// What verifies them.
    pub(super) keys: Keys,
    /// What `path` and `paths` mean in them.
    pub(super) path_claims: PathClaims,
    /// Claims that viewers change themselves: no entitlement may depend on them.
    pub(super) self_asserted: &'static [&'static str],
}

/// Where the keys of an issuer are.
pub(super) enum Keys {
    /// In the configuration: one key, or several while a site rotates.
    Configured(Secret<Vec<Arc<VerifyingKey>>>),
    /// In the configuration, as a JWK set.
    Inline(JwkSet),
    /// At the issuer.
    Published(Jwks),
}

impl Issuer {
    /// Verifies a token at the time `now`.
    ///
    /// # Errors
    /// [`AuthenticationError`]
    pub(super) async fn authenticate(
        &self,
        token: &Token<'_>,
        now: UnixTime,
    ) -> Result<Subject, AuthenticationError> {
        let token = self.rules.check_header(token)?;
        let keys = self.keys.of(token.key_id(), now).await?;
        let verified = self.rules.verify(&token, keys.iter().map(Arc::as_ref), now)?;
        let VerifiedToken { subject, expires, mut claims } = verified;
        let paths = self.path_claims.read(&claims)?;
        claims.retain(|name, _| !self.self_asserted.contains(&name.as_str()));
        Ok(Subject { id: subject, expires, claims, paths, authenticator: self.authenticator })
    }

    /// Whose tokens these are, and for whom, in a few words.
    pub(super) fn words(&self) -> String {
        let TokenRules { issuer, audience, .. } = &self.rules;
        let of = match issuer {
            Some(issuer) => format!("of {issuer}"),
            None => format!("without iss ({})", self.authenticator),
        };
        match audience {
            Audience::Unnamed => format!("tokens {of}"),
            Audience::Aud(names) => format!("tokens {of} for {}", names.join(" or ")),
            Audience::ClientId(names) => format!("tokens {of} for the client {}", names.join(" or ")),
        }
    }

    /// Whether a Plone site issues these tokens, which then are in a cookie, too.
    pub(super) fn is_plone(&self) -> bool {
        self.authenticator == PLONE
    }

    /// Fetches the keys during INIT, if they are at the issuer.
    pub(super) fn warming(&self, now: UnixTime) -> Option<Warming<'_>> {
        self.published().map(|(issuer, jwks)| jwks.warming(issuer, now))
    }

    /// The issuer's name and keys, if the keys are at the issuer.
    pub(super) fn published(&self) -> Option<(&str, &Jwks)> {
        let Keys::Published(jwks) = &self.keys else { return None };
        Some((self.rules.issuer.as_deref().unwrap_or_default(), jwks))
    }
}

impl Keys {
    /// The keys that may have signed a token with this `kid`.
    async fn of(
        &self,
        key_id: Option<&str>,
        now: UnixTime,
    ) -> Result<Vec<Arc<VerifyingKey>>, AuthenticationError> {
        let keys = match self {
            Self::Configured(keys) => keys.value()?.to_vec(),
            Self::Inline(set) => set.keys(key_id),
            Self::Published(jwks) => jwks.keys(key_id, now).await?,
        };
        if keys.is_empty() { Err(TokenError::UnknownKey.into()) } else { Ok(keys) }
    }
}

/// The name of the authenticator of Plone's tokens.
pub(super) const PLONE: &str = "plone-token";
