//! The keys that an issuer publishes: a JWK set, read for one algorithm.
//!
//! [RFC 7517](https://www.rfc-editor.org/rfc/rfc7517) and [RFC 7518](https://www.rfc-editor.org/rfc/rfc7518).
//! A set may hold keys of any kind for any use. This module keeps those that verify with the configured algorithm, so
//! no header of a token can choose another one, and gives a reason for each key that it leaves out. It never keeps a
//! secret (`oct`): whoever can read the set could sign with it.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, value::RawValue};

use super::{
    algorithm::{Algorithm, KeyKind},
    verifying_key::VerifyingKey,
};

/// The usable keys of a set, each made ready once, and the others.
#[derive(Clone, Debug, Default)]
pub(crate) struct JwkSet {
    keys: Vec<(Option<String>, Arc<VerifyingKey>)>,
    dropped: Vec<DroppedKey>,
}

/// A key of a set that cannot be used, and why: for the log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct DroppedKey {
    name: KeyName,
    reason: UnusableJwk,
}

/// How the log names a key.
#[derive(Clone, Debug, Eq, PartialEq)]
enum KeyName {
    Kid(String),
    /// Its place in the set, counted from 1.
    Place(usize),
}

/// Why a key of a set cannot be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
enum UnusableJwk {
    #[error("it is for another algorithm than {}", .0.name())]
    Algorithm(Algorithm),
    #[error("it has {bits} bits, and 2048 to 8192 are accepted")]
    Bits { bits: usize },
    #[error("its numbers are no public key")]
    Invalid,
    #[error("it is no JWK: kty is missing, or a member appears twice or has another type than it must have")]
    Malformed,
    #[error("its {0} is missing or not as it must be")]
    Member(&'static str),
    #[error("it contains the private half (d), with which anybody can sign who reads the set")]
    Private,
    #[error("it is a secret, with which anybody can sign who reads the set")]
    Secret,
    #[error("use or key_ops says that it does not verify signatures")]
    Use,
}

/// Why a text is no usable set of keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum JwkSetError {
    /// Not an object with a list `keys`.
    #[error("it is no JWK set")]
    Malformed,
    /// More bytes than API Gateway's JWT authorizers accept.
    #[error("it has more than {JWK_SET_LIMIT} bytes")]
    TooLarge,
    /// More keys than any issuer has.
    #[error("it holds more than {KEY_LIMIT} keys")]
    TooManyKeys,
}

impl JwkSet {
    /// Reads the keys for `algorithm`. It leaves out what it does not understand, and keeps the others: an issuer may add
    /// a kind of key that is younger than this program.
    ///
    /// # Errors
    /// [`JwkSetError`]
    pub(crate) fn parse(json: &[u8], algorithm: Algorithm) -> Result<Self, JwkSetError> {
        if json.len() > JWK_SET_LIMIT {
            return Err(JwkSetError::TooLarge);
        }
        let document: Document<'_> = serde_json::from_slice(json).map_err(|_| JwkSetError::Malformed)?;
        if document.keys.len() > KEY_LIMIT {
            return Err(JwkSetError::TooManyKeys);
        }
        let mut set = Self::default();
        for (jwk, place) in document.keys.iter().zip(1..) {
            match read(jwk.get(), algorithm) {
                Ok((kid, key)) => set.keys.push((kid, Arc::new(key))),
                Err((kid, reason)) => {
                    let name = kid.map_or(KeyName::Place(place), KeyName::Kid);
                    set.dropped.push(DroppedKey { name, reason });
                }
            }
        }
        Ok(set)
    }

    /// Whether no key of the set can be used: nothing is signed by any of them.
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// How many keys can be used.
    pub(crate) fn count(&self) -> usize {
        self.keys.len()
    }

    /// The keys that cannot be used.
    pub(crate) fn dropped(&self) -> &[DroppedKey] {
        &self.dropped
    }

    /// The keys that may have signed a token with this `kid`. Where an issuer gives several keys one name, each of them
    /// is tried: all are the issuer's, and for this algorithm. Where there are several keys, a token needs a `kid`.
    pub(crate) fn keys(&self, kid: Option<&str>) -> Vec<Arc<VerifyingKey>> {
        match (kid, self.keys.as_slice()) {
            (None, [(_, only)]) => vec![Arc::clone(only)],
            (None, _) => Vec::new(),
            (Some(_), all) => {
                let named = all.iter().filter(|(name, _)| name.as_deref() == kid);
                named.map(|(_, key)| Arc::clone(key)).collect()
            }
        }
    }
}

/// The key of a JWK for `algorithm`, with its `kid`. Where it cannot be used, the `kid` is there as far as it can be
/// read.
fn read(
    jwk: &str,
    algorithm: Algorithm,
) -> Result<(Option<String>, VerifyingKey), (Option<String>, UnusableJwk)> {
    match serde_json::from_str::<Jwk>(jwk) {
        Ok(jwk) => match jwk.verifying_key(algorithm) {
            Ok(key) => Ok((jwk.kid, key)),
            Err(reason) => Err((jwk.kid, reason)),
        },
        Err(_) => {
            let kid = serde_json::from_str::<Value>(jwk).ok();
            let kid = kid.and_then(|jwk| Some(jwk.get("kid")?.as_str()?.to_owned()));
            Err((kid, UnusableJwk::Malformed))
        }
    }
}

impl DroppedKey {
    /// Names the key in the log. `set` says which set it is in.
    pub(crate) fn log(&self, set: &str) {
        let Self { name, reason } = self;
        let (kid, place) = match name {
            KeyName::Kid(kid) => (Some(kid.chars().take(KID_SHOWN).collect::<String>()), None),
            KeyName::Place(place) => (None, Some(place)),
        };
        let kid = kid.as_deref();
        // Issuers publish keys for other purposes, too. The rest is somebody's mistake.
        if matches!(reason, UnusableJwk::Algorithm(_) | UnusableJwk::Use) {
            tracing::info!(kid, place, %reason, set, "a key of a JWK set is not used");
        } else {
            tracing::warn!(kid, place, %reason, set, "a key of a JWK set cannot be used");
        }
    }
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    keys: Vec<&'a RawValue>,
}

/// Other members are ignored. These must have their types, and appear once.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    r#use: Option<String>,
    key_ops: Option<Vec<String>>,
    n: Option<String>,
    e: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    /// The private half. Whoever can read it can sign.
    d: Option<IgnoredAny>,
}

impl Jwk {
    fn verifying_key(&self, algorithm: Algorithm) -> Result<VerifyingKey, UnusableJwk> {
        let verifies = self.key_ops.as_ref().is_none_or(|all| all.iter().any(|one| one == "verify"));
        if self.kty == "oct" {
            return Err(UnusableJwk::Secret);
        }
        if self.d.is_some() {
            return Err(UnusableJwk::Private);
        }
        if self.r#use.as_ref().is_some_and(|one| one != "sig") || !verifies {
            return Err(UnusableJwk::Use);
        }
        if self.alg.as_ref().is_some_and(|alg| !algorithm.is_named(alg)) {
            return Err(UnusableJwk::Algorithm(algorithm));
        }
        match (algorithm.key_kind(), self.kty.as_str(), self.crv.as_deref()) {
            (KeyKind::Rsa, "RSA", _) => self.rsa(algorithm),
            (KeyKind::P256, "EC", Some("P-256")) => self.point(algorithm, 32),
            (KeyKind::P384, "EC", Some("P-384")) => self.point(algorithm, 48),
            (KeyKind::P521, "EC", Some("P-521")) => self.point(algorithm, 66),
            (KeyKind::Ed25519, "OKP", Some("Ed25519")) => {
                // Bytes of another length could be a key in DER, which the parser reads too.
                let x = coordinate("x", self.x.as_ref(), 32)?;
                VerifyingKey::from_public_key(algorithm, &x).ok_or(UnusableJwk::Invalid)
            }
            _ => Err(UnusableJwk::Algorithm(algorithm)),
        }
    }

    fn rsa(&self, algorithm: Algorithm) -> Result<VerifyingKey, UnusableJwk> {
        let modulus = unsigned(decoded("n", self.n.as_ref())?);
        let exponent = unsigned(decoded("e", self.e.as_ref())?);
        let first = modulus.first().ok_or(UnusableJwk::Member("n"))?;
        let zeros = usize::try_from(first.leading_zeros()).map_err(|_| UnusableJwk::Invalid)?;
        let bits = modulus.len() * 8 - zeros;
        if !(2_048..=8_192).contains(&bits) {
            return Err(UnusableJwk::Bits { bits });
        }
        let is_odd = |number: &[u8]| number.last().is_some_and(|byte| byte % 2 == 1);
        if !is_odd(&modulus) {
            return Err(UnusableJwk::Member("n"));
        }
        // A signature takes as many multiplications as the exponent has bits; an exponent of 1 verifies anything.
        if !is_odd(&exponent) || exponent.len() > 4 || exponent == [1] {
            return Err(UnusableJwk::Member("e"));
        }
        VerifyingKey::from_rsa(algorithm, &modulus, &exponent).ok_or(UnusableJwk::Invalid)
    }

    /// A point on a curve whose coordinates have `length` bytes (RFC 7518, 6.2.1.2).
    fn point(&self, algorithm: Algorithm, length: usize) -> Result<VerifyingKey, UnusableJwk> {
        let x = coordinate("x", self.x.as_ref(), length)?;
        let y = coordinate("y", self.y.as_ref(), length)?;
        let point = [&[UNCOMPRESSED], x.as_slice(), y.as_slice()].concat();
        VerifyingKey::from_public_key(algorithm, &point).ok_or(UnusableJwk::Invalid)
    }
}

fn coordinate(name: &'static str, base64url: Option<&String>, length: usize) -> Result<Vec<u8>, UnusableJwk> {
    let bytes = decoded(name, base64url)?;
    if bytes.len() == length { Ok(bytes) } else { Err(UnusableJwk::Member(name)) }
}

fn decoded(name: &'static str, base64url: Option<&String>) -> Result<Vec<u8>, UnusableJwk> {
    let base64url = base64url.ok_or(UnusableJwk::Member(name))?;
    URL_SAFE_NO_PAD.decode(base64url).map_err(|_| UnusableJwk::Member(name))
}

/// Without the leading zeros that some issuers write.
fn unsigned(number: Vec<u8>) -> Vec<u8> {
    number.into_iter().skip_while(|byte| *byte == 0).collect()
}

/// The limit of API Gateway's JWT authorizers.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html>
pub(crate) const JWK_SET_LIMIT: usize = 150_000;
const KEY_LIMIT: usize = 100;
/// How many characters of a `kid` the log shows: real ones have less than a hundred.
const KID_SHOWN: usize = 200;
/// The first byte of an elliptic curve's point with both coordinates (SEC 1, 2.3.3).
const UNCOMPRESSED: u8 = 4;

#[cfg(test)]
mod tests;
