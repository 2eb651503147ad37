//! JSON Web Tokens, strictly where libraries are lenient.
//!
//! [RFC 8725](https://www.rfc-editor.org/rfc/rfc8725): the algorithm comes from the configuration, never
//! from the token; `exp` and the subject are required, `iss` and `aud` wherever the issuer sets them, and
//! each claim has its type; `nbf` and `iat` are checked; tokens of another type are refused, and so are
//! those with `crit` or with a key of their own. The library takes tokens apart. It does not judge
//! claims, since it takes what is missing for good and reads the machine's clock; nor signatures, since it
//! parses the key for each.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cloudfront_signing::UnixTime;
use jsonwebtoken::{Algorithm, Header, dangerous::insecure_decode_claims, decode_header};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{claims::UniqueClaims, verifying_key::VerifyingKey};

/// What a token of one issuer must be like.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct TokenRules {
    /// The one algorithm that counts.
    pub(crate) algorithm: Algorithm,
    /// `iss`; without one, tokens must have none.
    pub(crate) issuer: Option<String>,
    /// For whom the token is.
    pub(crate) audience: Audience,
    /// The header's `typ`, where the issuer sets one of its own.
    pub(crate) header_type: Option<String>,
    /// Claims that must have this very value, such as `token_use` or `token_type`.
    pub(crate) exact: Vec<(&'static str, &'static str)>,
    /// Which claim names the viewer.
    pub(crate) subject: &'static str,
    /// How many seconds from now a token may last at most, where its issuer is known to give no more.
    pub(crate) longest_life: Option<u64>,
}

/// For whom a token is, as its issuer says it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Audience {
    /// The issuer's tokens name none.
    Unnamed,
    /// `aud` names one of these.
    Aud(Vec<String>),
    /// `client_id` is one of these: Cognito's access tokens have no `aud`.
    ClientId(Vec<String>),
}

/// A token whose header was looked at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct CheckedToken<'t> {
    token: &'t str,
    key_id: Option<String>,
}

impl CheckedToken<'_> {
    /// `kid`
    pub(crate) fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }
}

/// What a token that was accepted says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct VerifiedToken {
    /// The viewer.
    pub(crate) subject: String,
    /// `exp`
    pub(crate) expires: UnixTime,
    /// All of its claims.
    pub(crate) claims: Map<String, Value>,
}

/// Why a token was not accepted.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The header names another algorithm than the configured one.
    #[error("the token is signed with another algorithm than the configured one")]
    Algorithm,
    /// It is for somebody else.
    #[error("the token is not for this audience")]
    Audience,
    /// A claim is missing, or of another type or value than it must be.
    #[error("the token's {0} is missing or not as it must be")]
    Claim(&'static str),
    /// `crit`, or a header that brings a key along.
    #[error("the token's header {0} is not supported")]
    Header(&'static str),
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// It is no token, or a name stands in it twice.
    #[error("the token is malformed")]
    Malformed,
    /// `nbf` or `iat` lies in the future.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// Not signed by the issuer.
    #[error("the token's signature is not the issuer's")]
    Signature,
    /// It lasts longer than its issuer's tokens do.
    #[error("the token lasts longer than its issuer's tokens do")]
    TooLong,
    /// Larger than any token should be.
    #[error("the token is too large")]
    TooLarge,
    /// A token of another kind, such as one for logging out.
    #[error("the token is of another type")]
    Type,
}

impl TokenRules {
    /// Looks at the header, before any key is looked for.
    ///
    /// # Errors
    /// [`TokenError`]: size, form, algorithm, type, and headers that are not supported.
    pub(crate) fn check_header<'t>(&self, token: &'t str) -> Result<CheckedToken<'t>, TokenError> {
        if token.len() > TOKEN_LIMIT {
            return Err(TokenError::TooLarge);
        }
        let header = decode_header(token).map_err(|_| TokenError::Malformed)?;
        if header.alg != self.algorithm {
            return Err(TokenError::Algorithm);
        }
        let unsupported = [
            ("crit", header.crit.is_some()),
            ("jku", header.jku.is_some()),
            ("jwk", header.jwk.is_some()),
            ("x5u", header.x5u.is_some()),
            ("zip", header.zip.is_some()),
            ("enc", header.enc.is_some()),
        ];
        if let Some((name, _)) = unsupported.into_iter().find(|(_, is_there)| *is_there) {
            return Err(TokenError::Header(name));
        }
        if !self.takes_type(&header) {
            return Err(TokenError::Type);
        }
        Ok(CheckedToken { token, key_id: header.kid })
    }

    /// Verifies a token with the first of `keys` that fits.
    ///
    /// # Errors
    /// [`TokenError`]
    pub(crate) fn verify<'k>(
        &self,
        CheckedToken { token, .. }: &CheckedToken<'_>,
        keys: impl IntoIterator<Item = &'k VerifyingKey>,
        now: UnixTime,
    ) -> Result<VerifiedToken, TokenError> {
        let (message, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| TokenError::Malformed)?;
        if !keys.into_iter().any(|key| key.verify(message.as_bytes(), &signature)) {
            return Err(TokenError::Signature);
        }
        let claims = insecure_decode_claims::<UniqueClaims>(token).map_err(|_| TokenError::Malformed)?;
        self.check_claims(claims.0, now)
    }

    /// Checks all but the signature, where somebody else verifies that.
    ///
    /// # Errors
    /// [`TokenError`]
    pub(crate) fn check_claims(
        &self,
        claims: Map<String, Value>,
        now: UnixTime,
    ) -> Result<VerifiedToken, TokenError> {
        let text = |name: &'static str| claims.get(name).and_then(Value::as_str);
        match (&self.issuer, claims.get("iss")) {
            (Some(issuer), Some(Value::String(claim))) if claim == issuer => {}
            (None, None) => {}
            _ => return Err(TokenError::Claim("iss")),
        }
        if !self.audience.is_named_by(&claims) {
            return Err(TokenError::Audience);
        }
        if let Some((name, _)) = self.exact.iter().find(|(name, value)| text(name) != Some(*value)) {
            return Err(TokenError::Claim(name));
        }
        // Tokens for other uses that some issuers sign with the same key for the same audience: one that
        // logs a viewer out, and one that lasts for weeks.
        let is_refresh = text("token_type").is_some_and(|one| one.eq_ignore_ascii_case("refresh"));
        if claims.contains_key("events") || is_refresh {
            return Err(TokenError::Type);
        }
        let subject = text(self.subject).filter(|subject| is_subject(subject));
        let subject = subject.ok_or(TokenError::Claim(self.subject))?.to_owned();
        let expires = time(&claims, "exp")?.ok_or(TokenError::Claim("exp"))?;
        if now >= expires {
            return Err(TokenError::Expired);
        }
        for name in ["nbf", "iat"] {
            if time(&claims, name)?.is_some_and(|begins| begins > now.plus(LEEWAY)) {
                return Err(TokenError::NotYetValid);
            }
        }
        if self.longest_life.is_some_and(|seconds| expires > now.plus(seconds).plus(LEEWAY)) {
            return Err(TokenError::TooLong);
        }
        Ok(VerifiedToken { subject, expires, claims })
    }

    /// Without a type of its own, a token may say that it is a token, or an access token (RFC 9068).
    fn takes_type(&self, header: &Header) -> bool {
        let Some(typ) = header.typ.as_deref() else { return self.header_type.is_none() };
        // A media type; `application/` is left out where nothing else has a slash (RFC 7515, 4.1.9).
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

/// Whether a text can name a viewer: in a log line, and in the path of a request to the site.
pub(crate) fn is_subject(text: &str) -> bool {
    (1..=SUBJECT_LIMIT).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// What a token says of itself, read without verifying anything: enough to know whom to ask.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
pub(crate) struct Unverified {
    /// `iss`
    #[serde(rename = "iss")]
    pub(crate) issuer: Option<String>,
    /// `token_type`, which simplejwt sets.
    pub(crate) token_type: Option<String>,
}

impl Unverified {
    /// Nothing, where it is no token: then nobody will take it.
    pub(crate) fn read(token: &str) -> Self {
        if token.len() > TOKEN_LIMIT {
            return Self::default();
        }
        insecure_decode_claims(token).unwrap_or_default()
    }
}

/// A time in whole seconds: an issuer that writes a text or a fraction is not one that we know.
pub(super) fn time(claims: &Map<String, Value>, name: &'static str) -> Result<Option<UnixTime>, TokenError> {
    let Some(claim) = claims.get(name) else { return Ok(None) };
    let seconds = claim.as_u64().ok_or(TokenError::Claim(name))?;
    UnixTime::new(seconds).map(Some).map_err(|_| TokenError::Claim(name))
}

/// Clocks differ: so many seconds may a token be younger than now.
pub(super) const LEEWAY: u64 = 60;
const TOKEN_LIMIT: usize = 8 * 1_024;
const SUBJECT_LIMIT: usize = 255;
const APPLICATION: &str = "application/";
const USUAL_TYPES: [&str; 2] = ["JWT", "at+jwt"];

#[cfg(test)]
mod tests;
