//! The form of a JSON Web Token: a header, claims and a signature. This module verifies nothing.
//!
//! [RFC 7515, section 7.1](https://www.rfc-editor.org/rfc/rfc7515#section-7.1)

use std::collections::HashMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Map, Value, value::RawValue};

use super::claims::{UniqueClaims, shown};

/// A token in its parts. Anybody can write one.
pub(crate) struct Token<'t> {
    pub(super) header: Header,
    pub(super) claims: Map<String, Value>,
    /// The claims as the token writes them.
    json: Vec<u8>,
    /// What the signature covers.
    pub(super) message: &'t str,
    pub(super) signature: Vec<u8>,
}

/// The members of a header that count here. A member that appears twice makes the header malformed. Usher ignores the
/// others, such as `jku` and `x5u`: the configuration says where keys are, and nobody is asked at an address of a token.
#[derive(Deserialize)]
pub(super) struct Header {
    pub(super) alg: String,
    pub(super) typ: Option<String>,
    pub(super) kid: Option<String>,
    pub(super) crit: Option<IgnoredAny>,
    pub(super) jwk: Option<IgnoredAny>,
    pub(super) zip: Option<IgnoredAny>,
    pub(super) enc: Option<IgnoredAny>,
}

/// Why a token was not accepted.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The header names another algorithm than the configured one.
    #[error("the token is signed with another algorithm than the configured one")]
    Algorithm,
    /// The token is for somebody else: the claim that says for whom, and its value.
    #[error("{}", audience(.0, .1.as_ref()))]
    Audience(&'static str, Option<Value>),
    /// The token was made for another client or page than the configured ones.
    #[error("the token's azp is missing or none of the authorized parties")]
    AuthorizedParty,
    /// A claim is missing, or has another type or value than it must have.
    #[error("the token's {0} is missing or not as it must be")]
    Claim(&'static str),
    /// A header that changes what the other parts mean, or that contains a key.
    #[error("the token's header {0} is not supported")]
    Header(&'static str),
    /// No authenticator is configured for the issuer that the token names.
    #[error("the token's iss{} none of the configured issuers", claimed(.0))]
    Issuer(Option<String>),
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// Not three parts of a signed token, or a name appears twice in one of them.
    #[error("the token is malformed")]
    Malformed,
    /// `nbf` or `iat` lies in the future.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// None of the issuer's keys gives this signature.
    #[error("the token's signature is not the issuer's")]
    Signature,
    /// The token lasts longer than its issuer's tokens do.
    #[error("the token lasts longer than its issuer's tokens do")]
    TooLong,
    /// Larger than any token should be.
    #[error("the token is too large")]
    TooLarge,
    /// A token of another kind, such as one for signing out.
    #[error("the token is of another type")]
    Type,
    /// The issuer has no key of this `kid`.
    #[error("the issuer has no key of the token's kid")]
    UnknownKey,
    /// The claim that names the viewer is missing, or has a value that names nobody.
    #[error("the token's {0} is missing, or neither a text nor an integer that can name a viewer")]
    UserId(String),
}

fn audience(claim: &str, value: Option<&Value>) -> String {
    match value {
        Some(value) => format!("the token's {claim}, {}, is none of the configured audiences", shown(value)),
        None => format!("the token's {claim} is missing"),
    }
}

/// An issuer that nobody has verified, for the log: with quotes, and without line breaks.
fn claimed(issuer: &Option<String>) -> String {
    match issuer {
        Some(issuer) => format!(", {issuer:?}, is"),
        None => " is missing, or".to_owned(),
    }
}

impl<'t> Token<'t> {
    /// Takes a token apart.
    ///
    /// # Errors
    /// [`TokenError::TooLarge`], [`TokenError::Malformed`]
    pub(crate) fn parse(text: &'t str) -> Result<Self, TokenError> {
        if text.len() > TOKEN_LIMIT {
            return Err(TokenError::TooLarge);
        }
        let (message, signature) = text.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, claims) = message.split_once('.').ok_or(TokenError::Malformed)?;
        let (header, json) = (decoded(header)?, decoded(claims)?);
        let header = serde_json::from_slice(&header).map_err(|_| TokenError::Malformed)?;
        let UniqueClaims(claims) = serde_json::from_slice(&json).map_err(|_| TokenError::Malformed)?;
        Ok(Self { header, claims, json, message, signature: decoded(signature)? })
    }

    /// A claim, if it is a text. Nobody has verified it.
    pub(super) fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim).and_then(Value::as_str)
    }

    /// The digits of a claim, if it is an integer. Nobody has verified it. An integer of JSON may have more digits than
    /// any number here, so these are the digits that the token has.
    pub(super) fn integer(&self, claim: &str) -> Option<String> {
        let claims: HashMap<String, &RawValue> = serde_json::from_slice(&self.json).ok()?;
        let written = claims.get(claim)?.get();
        let digits = written.strip_prefix('-').unwrap_or(written);
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| written.to_owned())
    }
}

fn decoded(base64url: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD.decode(base64url).map_err(|_| TokenError::Malformed)
}

/// How many bytes a token has at most. (A browser, CloudFront and API Gateway allow headers of 10,240 bytes together.)
const TOKEN_LIMIT: usize = 8 * 1_024;
