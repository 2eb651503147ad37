//! The form of a JSON Web Token: a header, claims and a signature. This module verifies nothing.
//!
//! [RFC 7515, section 7.1](https://www.rfc-editor.org/rfc/rfc7515#section-7.1)

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::{Map, Value};

use super::claims::UniqueClaims;

/// A token in its parts. Anybody can write one.
pub(crate) struct Token<'t> {
    pub(super) header: Header,
    pub(super) claims: Map<String, Value>,
    /// What the signature covers.
    pub(super) message: &'t str,
    pub(super) signature: Vec<u8>,
}

/// The members of a header that count here. A member that appears twice makes the header malformed.
#[derive(Deserialize)]
pub(super) struct Header {
    pub(super) alg: String,
    pub(super) typ: Option<String>,
    pub(super) kid: Option<String>,
    pub(super) crit: Option<IgnoredAny>,
    pub(super) jku: Option<IgnoredAny>,
    pub(super) jwk: Option<IgnoredAny>,
    pub(super) x5u: Option<IgnoredAny>,
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
    /// The token is for somebody else.
    #[error("the token is not for this audience")]
    Audience,
    /// A claim is missing, or has another type or value than it must have.
    #[error("the token's {0} is missing or not as it must be")]
    Claim(&'static str),
    /// `crit`, or a header that names or contains a key.
    #[error("the token's header {0} is not supported")]
    Header(&'static str),
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
        let header: Header = json(header)?;
        if !SIGNATURE_ALGORITHMS.contains(&header.alg.as_str()) {
            return Err(TokenError::Malformed);
        }
        let UniqueClaims(claims) = json(claims)?;
        Ok(Self { header, claims, message, signature: decoded(signature)? })
    }

    /// A claim, if it is a text. Nobody has verified it.
    pub(super) fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim).and_then(Value::as_str)
    }
}

fn json<T: DeserializeOwned>(base64url: &str) -> Result<T, TokenError> {
    serde_json::from_slice(&decoded(base64url)?).map_err(|_| TokenError::Malformed)
}

fn decoded(base64url: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD.decode(base64url).map_err(|_| TokenError::Malformed)
}

const TOKEN_LIMIT: usize = 8 * 1_024;
/// What RFC 7518, 8037 and 9864 register for signatures, in their spelling. `none` signs nothing.
const SIGNATURE_ALGORITHMS: [&str; 14] = [
    "ES256", "ES384", "ES512", "EdDSA", "Ed25519", "HS256", "HS384", "HS512", "PS256", "PS384", "PS512",
    "RS256", "RS384", "RS512",
];
