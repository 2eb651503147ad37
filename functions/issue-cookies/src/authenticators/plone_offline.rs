//! Viewers of a Plone site whose keys are known here: nobody is asked, so log-outs and deletions are not
//! seen before a credential ends.

use async_trait::async_trait;
use cloudfront_signing::UnixTime;
use jsonwebtoken::Algorithm;
use serde_json::{Map, json};
use usher_runtime::{Secret, Settings};

use super::{
    AuthenticationError, Authenticator, Credential, TicketError,
    hmac_keys::Secrets,
    hmac_secret,
    jwt::{Audience, TokenRules, Unverified},
    plone_ticket::{SealedTicket, Ticket, TicketDigest, TicketKeys},
    verifying_key::VerifyingKey,
};
use crate::Subject;

/// One site: its keys for tokens, for tickets, or for both.
pub(super) struct PloneOffline {
    tokens: Option<Tokens>,
    tickets: Option<Tickets>,
}

/// What plone.restapi gives at `@login`: neither issuer nor audience, so that the key alone tells whose
/// they are. A root user's is signed with another one.
struct Tokens {
    keys: Secret<Vec<VerifyingKey>>,
    rules: TokenRules,
}

/// What plone.session sets as cookie.
struct Tickets {
    keys: Secret<TicketKeys>,
    timeout: u64,
}

impl PloneOffline {
    /// Reads `PLONE_JWT_KEYS` with `PLONE_TOKEN_TIMEOUT_SECONDS`, and `PLONE_TICKET_KEYS` with
    /// `PLONE_TICKET_DIGEST` and `PLONE_TICKET_TIMEOUT_SECONDS`. Of the keys there are several while the
    /// site's keyring rotates.
    pub(super) fn read(settings: &mut Settings<'_>) -> Option<Option<Self>> {
        let tokens = Tokens::read(settings);
        let tickets = Tickets::read(settings);
        let (tokens, tickets) = (tokens?, tickets?);
        let is_configured = tokens.is_some() || tickets.is_some();
        Some(is_configured.then_some(Self { tokens, tickets }))
    }
}

impl Tokens {
    fn read(settings: &mut Settings<'_>) -> Option<Option<Self>> {
        if !settings.has_secret(TOKEN_KEYS) {
            return Some(None);
        }
        let keys =
            hmac_secret(settings, TOKEN_KEYS, Secrets::from_hex, |secrets| VerifyingKey::all_hs256(&secrets));
        // A site may be told to give tokens without an end, or for a year: those are refused.
        let timeout = settings.seconds("PLONE_TOKEN_TIMEOUT_SECONDS", 43_200);
        let rules = token_rules(Some(timeout?));
        Some(Some(Self { keys: keys??, rules }))
    }

    fn verify(&self, token: &str, now: UnixTime) -> Result<Subject, AuthenticationError> {
        let token = self.rules.check_header(token)?;
        let keys = self.keys.value()?;
        let mut subject = self.rules.verify(&token, keys.iter(), now)?.of("plone-token");
        // Users change their own: nothing may depend on it.
        subject.claims.remove("fullname");
        Ok(subject)
    }
}

impl Tickets {
    fn read(settings: &mut Settings<'_>) -> Option<Option<Self>> {
        if !settings.has_secret(TICKET_KEYS) {
            return Some(None);
        }
        let digest = settings.parsed("PLONE_TICKET_DIGEST", TicketDigest::HmacSha256, "HMAC-SHA256 or MD5");
        let timeout = settings.seconds("PLONE_TICKET_TIMEOUT_SECONDS", 7_200);
        let keys = hmac_secret(settings, TICKET_KEYS, Secrets::from_texts, move |secrets| {
            TicketKeys::new(secrets, digest.unwrap_or_default())
        });
        digest?;
        Some(Some(Self { keys: keys??, timeout: timeout? }))
    }

    fn verify(&self, cookie_value: &str, now: UnixTime) -> Result<Subject, AuthenticationError> {
        let sealed = SealedTicket::parse(cookie_value)?;
        let end = sealed.end(self.timeout, now.seconds());
        let Ticket { user_id, tokens, user_data, .. } = sealed.verify(&*self.keys.value()?)?;
        let expires = UnixTime::new(end?).map_err(|_| TicketError::Form)?;
        let claims = [("tokens", json!(tokens)), ("user_data", json!(user_data))];
        let claims = Map::from_iter(claims.map(|(name, value)| (name.to_owned(), value)));
        Ok(Subject { id: user_id, expires, claims, paths: None, authenticator: "plone-ticket" })
    }
}

#[async_trait]
impl Authenticator for PloneOffline {
    fn takes(&self, credential: &Credential<'_>) -> bool {
        match credential {
            Credential::Token { unverified, .. } => self.tokens.is_some() && unverified.is_like_plones(),
            Credential::Ticket(_) => self.tickets.is_some(),
            _ => false,
        }
    }

    async fn authenticate(
        &self,
        credential: &Credential<'_>,
        now: UnixTime,
    ) -> Result<Subject, AuthenticationError> {
        match (credential, &self.tokens, &self.tickets) {
            (Credential::Token { token, .. }, Some(tokens), _) => tokens.verify(token, now),
            (Credential::Ticket(cookie_value), _, Some(tickets)) => tickets.verify(cookie_value, now),
            _ => Err(AuthenticationError::Unknown),
        }
    }
}

impl Unverified {
    /// Plone's tokens name no issuer, as simplejwt's do not; those have a type.
    pub(super) fn is_like_plones(&self) -> bool {
        self.issuer.is_none() && self.token_type.is_none()
    }
}

/// What plone.restapi's tokens are like; they last for so many seconds at most.
pub(super) fn token_rules(longest_life: Option<u64>) -> TokenRules {
    TokenRules {
        algorithm: Algorithm::HS256,
        issuer: None,
        audience: Audience::Unnamed,
        header_type: None,
        exact: Vec::new(),
        subject: "sub",
        longest_life,
    }
}

const TICKET_KEYS: &str = "PLONE_TICKET_KEYS";
const TOKEN_KEYS: &str = "PLONE_JWT_KEYS";
