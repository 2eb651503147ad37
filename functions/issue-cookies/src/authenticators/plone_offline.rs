//! Viewers of a Plone site whose keys the function knows. It does not ask the site, so it does not see that a user
//! signs out or is deleted before the credential ends.

use cloudfront_signing::UnixTime;
use serde_json::{Map, json};
use usher_runtime::{InvalidSetting, Secret, Settings};

use super::{
    AuthenticationError,
    algorithm::Algorithm,
    hmac_keys::{HmacKeys, Secrets},
    hmac_secret,
    issuer::{Issuer, Keys, PLONE},
    jwt::{Audience, SubjectClaim, TokenRules},
    paths::PathClaims,
    plone_ticket::{SealedTicket, Ticket, TicketError},
    verifying_key::VerifyingKey,
};
use crate::Subject;

/// Reads `PLONE_JWT_KEYS` (several while the site's keyring rotates) and `PLONE_TOKEN_TIMEOUT_SECONDS`: the keys of the
/// tokens that plone.restapi gives at `@login`. The token of a root user is signed with another key.
pub(super) fn read_issuer(settings: &mut Settings<'_>) -> Result<Option<Issuer>, InvalidSetting> {
    if settings.optional(TOKEN_KEYS).is_none() {
        return Ok(None);
    }
    let build = |secrets| VerifyingKey::from_secrets(Algorithm::HS256, &secrets);
    let keys = hmac_secret(settings, TOKEN_KEYS, Secrets::from_hex, build);
    // An administrator may have Plone give tokens without an end, or for a year: those are refused.
    let timeout = settings.seconds(TOKEN_TIMEOUT, 43_200);
    let rules = token_rules(Some(timeout?));
    Ok(keys?.map(|keys| Issuer {
        authenticator: PLONE,
        rules,
        keys: Keys::Configured(keys),
        path_claims: PathClaims::Foreign,
        self_asserted: &["fullname"],
    }))
}

/// What plone.restapi's tokens are like: they name neither issuer nor audience. They last for `longest_life` seconds
/// at most.
pub(super) fn token_rules(longest_life: Option<u64>) -> TokenRules {
    TokenRules {
        algorithm: Algorithm::HS256,
        issuer: None,
        audience: Audience::Unnamed,
        authorized_parties: Vec::new(),
        header_type: None,
        exact: Vec::new(),
        subject: SubjectClaim::Sub,
        longest_life,
    }
}

/// Opens the tickets that plone.session sets as cookie.
pub(super) struct PloneTickets {
    keys: Secret<HmacKeys>,
    timeout: u64,
}

impl PloneTickets {
    /// Reads `PLONE_TICKET_KEYS` (several while the site's keyring rotates) and `PLONE_TICKET_TIMEOUT_SECONDS`.
    pub(super) fn read(settings: &mut Settings<'_>) -> Result<Option<Self>, InvalidSetting> {
        if settings.optional(TICKET_KEYS).is_none() {
            return Ok(None);
        }
        let timeout = settings.seconds(TICKET_TIMEOUT, TICKET_TIMEOUT_DEFAULT);
        let keys = hmac_secret(settings, TICKET_KEYS, Secrets::from_texts, |secrets| HmacKeys::new(&secrets));
        let timeout = timeout?;
        Ok(keys?.map(|keys| Self { keys, timeout }))
    }

    /// Verifies the cookie's value at the time `now`.
    ///
    /// # Errors
    /// [`AuthenticationError`]
    pub(super) fn authenticate(
        &self,
        cookie_value: &str,
        now: UnixTime,
    ) -> Result<Subject, AuthenticationError> {
        let sealed = SealedTicket::parse(cookie_value)?;
        let end = sealed.end(self.timeout, now.seconds());
        // Only the site's own tickets are told that they have expired.
        let Ticket { user_id, tokens, user_data, .. } = sealed.verify(&*self.keys.value()?)?;
        let expires = UnixTime::new(end?).map_err(|_| TicketError::Form)?;
        let claims = [("tokens", json!(tokens)), ("user_data", json!(user_data))];
        let claims = Map::from_iter(claims.map(|(name, value)| (name.to_owned(), value)));
        Ok(Subject { id: user_id, expires, claims, paths: None, authenticator: "plone-ticket" })
    }
}

/// How long a ticket lasts, whoever verifies it.
pub(super) const TICKET_TIMEOUT: &str = "PLONE_TICKET_TIMEOUT_SECONDS";
/// plone.session's own default.
pub(super) const TICKET_TIMEOUT_DEFAULT: u64 = 7_200;
pub(super) const TOKEN_TIMEOUT: &str = "PLONE_TOKEN_TIMEOUT_SECONDS";
pub(super) const TICKET_KEYS: &str = "PLONE_TICKET_KEYS";
pub(super) const TOKEN_KEYS: &str = "PLONE_JWT_KEYS";
