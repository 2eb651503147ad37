//! The rules for JSON Web Tokens, strict where libraries are lenient.
//!
//! [RFC 8725](https://www.rfc-editor.org/rfc/rfc8725): the configuration names the algorithm, never the token.
//! A token needs `exp` and its subject, and `iss` and `aud` wherever its issuer sets them. Each claim has one type.
//! `nbf` and `iat` are checked. A token of another type is refused, and so is one with `crit` or with a key inside.

use cloudfront_signing::UnixTime;
use serde_json::{Map, Value};

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
    /// The header's `typ`, where the issuer sets another one than usual.
    pub(crate) header_type: Option<String>,
    /// Claims that must have exactly this value, such as `token_use` or `token_type`.
    pub(crate) exact: Vec<(&'static str, &'static str)>,
    /// Which claim names the viewer.
    pub(crate) subject: &'static str,
    /// How many seconds from now a token may last at most, where the issuer has such a limit.
    pub(crate) longest_life: Option<u64>,
}

/// Whom a token is for, and where its issuer says so.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Audience {
    /// Nowhere.
    Unnamed,
    /// `aud` names one of these.
    Aud(Vec<String>),
    /// `client_id` is one of these: Cognito's access tokens have no `aud`.
    ClientId(Vec<String>),
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
        type_fits && token.text("iss") == self.issuer.as_deref()
    }

    /// Checks the header, before anybody looks for a key.
    ///
    /// # Errors
    /// [`TokenError`]: the algorithm, the type, and headers that are not supported.
    pub(crate) fn check_header<'t>(&self, token: &'t Token<'t>) -> Result<CheckedToken<'t>, TokenError> {
        let header = &token.header;
        if header.alg != self.algorithm.name() {
            return Err(TokenError::Algorithm);
        }
        let unsupported = [
            ("crit", &header.crit),
            ("jku", &header.jku),
            ("jwk", &header.jwk),
            ("x5u", &header.x5u),
            ("zip", &header.zip),
            ("enc", &header.enc),
        ];
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
        let (subject, expires) = self.check_claims(claims, now)?;
        Ok(VerifiedToken { subject: subject.to_owned(), expires, claims: claims.clone() })
    }

    /// Checks the claims alone: the viewer, and when the token ends.
    ///
    /// # Errors
    /// [`TokenError`]
    pub(crate) fn check_claims<'c>(
        &self,
        claims: &'c Map<String, Value>,
        now: UnixTime,
    ) -> Result<(&'c str, UnixTime), TokenError> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        match (&self.issuer, claims.get("iss")) {
            (Some(issuer), Some(Value::String(claim))) if claim == issuer => {}
            (None, None) => {}
            _ => return Err(TokenError::Claim("iss")),
        }
        if !self.audience.is_named_by(claims) {
            return Err(TokenError::Audience);
        }
        if let Some((name, _)) = self.exact.iter().find(|(name, value)| text(name) != Some(*value)) {
            return Err(TokenError::Claim(name));
        }
        // Some issuers sign tokens for other uses with the same key for the same audience: one that signs a viewer
        // out, and one that lasts for weeks.
        let is_refresh = text(TOKEN_TYPE).is_some_and(|one| one.eq_ignore_ascii_case("refresh"));
        if claims.contains_key("events") || is_refresh {
            return Err(TokenError::Type);
        }
        let subject = text(self.subject).filter(|subject| is_subject(subject));
        let subject = subject.ok_or(TokenError::Claim(self.subject))?;
        let expires = time(claims, "exp")?.ok_or(TokenError::Claim("exp"))?;
        if now >= expires {
            return Err(TokenError::Expired);
        }
        for name in ["nbf", "iat"] {
            if time(claims, name)?.is_some_and(|begins| begins > now.plus(LEEWAY)) {
                return Err(TokenError::NotYetValid);
            }
        }
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

impl Audience {
    fn is_named_by(&self, claims: &Map<String, Value>) -> bool {
        let is_ours = |ours: &[String], name: &Value| ours.iter().any(|own| name == own.as_str());
        match (self, claims.get("aud"), claims.get("client_id")) {
            (Self::Unnamed, None, _) => true,
            (Self::Aud(ours), Some(Value::Array(names)), _) => {
                names.iter().all(Value::is_string) && names.iter().any(|name| is_ours(ours, name))
            }
            (Self::Aud(ours), Some(name), _) => is_ours(ours, name),
            (Self::ClientId(ours), _, Some(name)) => is_ours(ours, name),
            _ => false,
        }
    }
}

/// A time in whole seconds: no known issuer writes a text or a fraction.
pub(super) fn time(claims: &Map<String, Value>, name: &'static str) -> Result<Option<UnixTime>, TokenError> {
    let Some(claim) = claims.get(name) else { return Ok(None) };
    let seconds = claim.as_u64().ok_or(TokenError::Claim(name))?;
    UnixTime::new(seconds).map(Some).map_err(|_| TokenError::Claim(name))
}

const TOKEN_TYPE: &str = "token_type";
const APPLICATION: &str = "application/";
const USUAL_TYPES: [&str; 2] = ["JWT", "at+jwt"];

#[cfg(test)]
mod tests;
