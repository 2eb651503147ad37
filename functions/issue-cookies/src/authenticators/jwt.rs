//! The rules for JSON Web Tokens, strict where libraries are lenient.
//!
//! [RFC 8725](https://www.rfc-editor.org/rfc/rfc8725): the configuration names the algorithm, never the token.
//! A token needs `exp` and its subject, and `iss` and `aud` wherever its issuer sets them. Each claim has one type.
//! `nbf` and `iat` are checked. A token of another type is refused, and so is one with a header that means something
//! else than these rules: `crit` (extensions), `zip` and `enc` (other forms), or `jwk` (a key that nobody vouches for).

use cloudfront_signing::UnixTime;
use serde_json::{Map, Number, Value};

use super::{
    algorithm::Algorithm,
    claims::{LEEWAY, is_subject},
    token::{Header, Token, TokenError},
    verifying_key::VerifyingKey,
};

/// What a token of one issuer must be like.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct TokenRules {
    /// The only algorithm that this issuer signs with.
    pub(crate) algorithm: Algorithm,
    /// `iss`; where there is none, tokens must have none.
    pub(crate) issuer: Option<String>,
    /// Whom the token is for.
    pub(crate) audience: Audience,
    /// `azp` must be one of these, if there are any: the clients or pages that a token may be made for.
    pub(crate) authorized_parties: Vec<String>,
    /// The header's `typ`, where the issuer sets another one than usual.
    pub(crate) header_type: Option<String>,
    /// Claims that must have exactly this value, such as `token_use` or `token_type`.
    pub(crate) exact: Vec<(&'static str, &'static str)>,
    /// Which claim names the viewer.
    pub(crate) subject: SubjectClaim,
    /// How many seconds from now a token may last at most, where the issuer has such a limit.
    pub(crate) longest_life: Option<u64>,
}

/// Whom a token is for, and where its issuer says so.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Audience {
    /// Nowhere: `aud` is absent or an empty list. One that names somebody names somebody else (RFC 7519, 4.1.3).
    Unnamed,
    /// `aud` names one of these.
    Aud(Vec<String>),
    /// `client_id` is one of these: Cognito's access tokens have no `aud`.
    ClientId(Vec<String>),
}

/// Which claim names the viewer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum SubjectClaim {
    /// `sub`, which is a text (RFC 7519, 4.1.2).
    Sub,
    /// One of simplejwt's: a text or an integer.
    UserId(String),
}

/// A token whose header fits the rules.
pub(crate) struct CheckedToken<'t>(&'t Token<'t>);

impl CheckedToken<'_> {
    /// `kid`
    pub(crate) fn key_id(&self) -> Option<&str> {
        self.0.header.kid.as_deref()
    }
}

/// What an accepted token says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct VerifiedToken {
    /// The viewer.
    pub(crate) subject: String,
    /// `exp`
    pub(crate) expires: UnixTime,
    /// All of its claims.
    pub(crate) claims: Map<String, Value>,
}

impl TokenRules {
    /// Whether a token, by its own words, comes from this issuer. Where issuers do not name themselves,
    /// `token_type` tells them apart: simplejwt sets it, and Plone does not.
    pub(crate) fn describe(&self, token: &Token<'_>) -> bool {
        let has_type = token.text(TOKEN_TYPE).is_some();
        let requires_type = self.exact.iter().any(|(name, _)| *name == TOKEN_TYPE);
        let type_fits = if requires_type { has_type } else { self.issuer.is_some() || !has_type };
        type_fits && self.is_issuer(token)
    }

    /// Whether a token names this issuer.
    pub(crate) fn is_issuer(&self, token: &Token<'_>) -> bool {
        match (&self.issuer, token.text("iss")) {
            (Some(own), Some(claim)) => is_same_issuer(own, claim),
            (own, claim) => own.is_none() && claim.is_none(),
        }
    }

    /// Checks the header, before anybody looks for a key.
    ///
    /// # Errors
    /// [`TokenError`]: the algorithm, the type, and headers that are not supported.
    pub(crate) fn check_header<'t>(&self, token: &'t Token<'t>) -> Result<CheckedToken<'t>, TokenError> {
        let header = &token.header;
        if !self.algorithm.is_named(&header.alg) {
            return Err(TokenError::Algorithm);
        }
        let unsupported =
            [("crit", &header.crit), ("jwk", &header.jwk), ("zip", &header.zip), ("enc", &header.enc)];
        if let Some((name, _)) = unsupported.into_iter().find(|(_, member)| member.is_some()) {
            return Err(TokenError::Header(name));
        }
        if !self.takes_type(header) {
            return Err(TokenError::Type);
        }
        Ok(CheckedToken(token))
    }

    /// Verifies a token with any of `keys`.
    ///
    /// # Errors
    /// [`TokenError`]
    pub(crate) fn verify<'k>(
        &self,
        CheckedToken(token): &CheckedToken<'_>,
        keys: impl IntoIterator<Item = &'k VerifyingKey>,
        now: UnixTime,
    ) -> Result<VerifiedToken, TokenError> {
        let Token { message, signature, claims, .. } = token;
        if !keys.into_iter().any(|key| key.verify(message.as_bytes(), signature)) {
            return Err(TokenError::Signature);
        }
        let (subject, expires) = self.check_claims(token, now)?;
        let mut claims = claims.clone();
        // Google spells its name in two ways. A rule with `if` knows the configured one.
        if let (Some(own), Some(issuer)) = (&self.issuer, claims.get_mut("iss")) {
            *issuer = own.as_str().into();
        }
        // An integer that is larger than any type here has lost its last digits.
        if let SubjectClaim::UserId(name) = &self.subject
            && let Some(claim @ Value::Number(_)) = claims.get_mut(name)
            && claim.is_f64()
        {
            *claim = subject.as_str().into();
        }
        Ok(VerifiedToken { subject, expires, claims })
    }

    /// Checks the claims alone: the viewer, and when the token ends.
    ///
    /// # Errors
    /// [`TokenError`]
    pub(crate) fn check_claims(
        &self,
        token: &Token<'_>,
        now: UnixTime,
    ) -> Result<(String, UnixTime), TokenError> {
        let claims = &token.claims;
        match (&self.issuer, claims.get("iss")) {
            (Some(issuer), Some(Value::String(claim))) if is_same_issuer(issuer, claim) => {}
            (None, None) => {}
            _ => return Err(TokenError::Claim("iss")),
        }
        if !self.audience.is_named_by(claims) {
            let claim = self.audience.claim();
            return Err(TokenError::Audience(claim, claims.get(claim).cloned()));
        }
        let is_party = |party: &str| self.authorized_parties.iter().any(|own| own == party);
        if !self.authorized_parties.is_empty() && !token.text("azp").is_some_and(is_party) {
            return Err(TokenError::AuthorizedParty);
        }
        if let Some((name, _)) = self.exact.iter().find(|(name, value)| token.text(name) != Some(*value)) {
            return Err(TokenError::Claim(name));
        }
        // Some issuers sign tokens for other uses with the same key for the same audience: one that signs a viewer
        // out, and one that lasts for weeks.
        let is_refresh = token.text(TOKEN_TYPE).is_some_and(|one| one.eq_ignore_ascii_case("refresh"));
        if claims.contains_key("events") || is_refresh {
            return Err(TokenError::Type);
        }
        let subject = self.subject.of(token)?;
        let expires = expiry(claims)?.ok_or(TokenError::Claim("exp"))?;
        if now >= expires {
            return Err(TokenError::Expired);
        }
        check_beginning(claims, now)?;
        if self.longest_life.is_some_and(|seconds| expires > now.plus(seconds).plus(LEEWAY)) {
            return Err(TokenError::TooLong);
        }
        Ok((subject, expires))
    }

    /// Where the issuer sets no other type, a token may say that it is a token, or an access token (RFC 9068).
    fn takes_type(&self, header: &Header) -> bool {
        let Some(typ) = header.typ.as_deref() else { return self.header_type.is_none() };
        // A media type; issuers may omit `application/` where there is no other slash (RFC 7515, 4.1.9).
        let typ = match typ.split_at_checked(APPLICATION.len()) {
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case(APPLICATION) => rest,
            _ => typ,
        };
        match &self.header_type {
            Some(own) => typ.eq_ignore_ascii_case(own),
            None => USUAL_TYPES.iter().any(|usual| typ.eq_ignore_ascii_case(usual)),
        }
    }
}

impl SubjectClaim {
    /// The viewer whom a token names.
    fn of(&self, token: &Token<'_>) -> Result<String, TokenError> {
        let (subject, error) = match self {
            Self::Sub => (token.text("sub").map(str::to_owned), TokenError::Claim("sub")),
            Self::UserId(name) => {
                let text = token.text(name).map(str::to_owned);
                (text.or_else(|| token.integer(name)), TokenError::UserId(name.clone()))
            }
        };
        subject.filter(|subject| is_subject(subject)).ok_or(error)
    }
}

impl Audience {
    /// The claim that says for whom a token is.
    fn claim(&self) -> &'static str {
        match self {
            Self::Unnamed | Self::Aud(_) => "aud",
            Self::ClientId(_) => "client_id",
        }
    }

    fn is_named_by(&self, claims: &Map<String, Value>) -> bool {
        let is_ours = |ours: &[String], name: &Value| ours.iter().any(|own| name == own.as_str());
        match (self, claims.get("aud"), claims.get("client_id")) {
            (Self::Unnamed, None, _) => true,
            (Self::Unnamed, Some(Value::Array(names)), _) => names.is_empty(),
            (Self::Aud(ours), Some(Value::Array(names)), _) => {
                names.iter().all(Value::is_string) && names.iter().any(|name| is_ours(ours, name))
            }
            (Self::Aud(ours), Some(name), _) => is_ours(ours, name),
            (Self::ClientId(ours), _, Some(name)) => is_ours(ours, name),
            _ => false,
        }
    }
}

/// Google's ID tokens name Google with or without the scheme.
/// <https://developers.google.com/identity/openid-connect/openid-connect#an-id-tokens-payload>
fn is_same_issuer(own: &str, claim: &str) -> bool {
    own == claim || (own == "https://accounts.google.com" && claim == "accounts.google.com")
}

/// When a credential with these claims ends. A fraction of a second does not count.
pub(super) fn expiry(claims: &Map<String, Value>) -> Result<Option<UnixTime>, TokenError> {
    time(claims, "exp", f64::floor)
}

/// Refuses a credential that begins later than a minute from now.
pub(super) fn check_beginning(claims: &Map<String, Value>, now: UnixTime) -> Result<(), TokenError> {
    for name in ["nbf", "iat"] {
        if time(claims, name, f64::ceil)?.is_some_and(|begins| begins > now.plus(LEEWAY)) {
            return Err(TokenError::NotYetValid);
        }
    }
    Ok(())
}

/// A time: a number of seconds, which may have a fraction (RFC 7519, 2), and never a text.
fn time(
    claims: &Map<String, Value>,
    name: &'static str,
    round: fn(f64) -> f64,
) -> Result<Option<UnixTime>, TokenError> {
    let Some(claim) = claims.get(name) else { return Ok(None) };
    let seconds = claim.as_number().and_then(|number| whole_seconds(number, round));
    let time = seconds.and_then(|seconds| UnixTime::new(seconds).ok());
    time.map(Some).ok_or(TokenError::Claim(name))
}

fn whole_seconds(number: &Number, round: fn(f64) -> f64) -> Option<u64> {
    if let Some(seconds) = number.as_u64() {
        return Some(seconds);
    }
    let seconds = number.as_f64().filter(|seconds| (0.0..=LARGEST).contains(seconds))?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range is that of both types"
    )]
    Some(round(seconds) as u64)
}

/// Up to here, an `f64` has every whole number.
const LARGEST: f64 = 9_007_199_254_740_992.0;
const TOKEN_TYPE: &str = "token_type";
const APPLICATION: &str = "application/";
const USUAL_TYPES: [&str; 2] = ["JWT", "at+jwt"];

#[cfg(test)]
mod tests;
