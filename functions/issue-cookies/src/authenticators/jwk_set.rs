//! The keys that an issuer publishes: a JWK set, read for one algorithm.
//!
//! [RFC 7517](https://www.rfc-editor.org/rfc/rfc7517) and [RFC 7518](https://www.rfc-editor.org/rfc/rfc7518).
//! A set may hold keys of any kind for any use. This module keeps those that verify with the configured algorithm, so
//! no header of a token can choose another one. It never keeps a secret (`oct`): whoever can read the set could sign
//! with it.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

use super::{algorithm::Algorithm, verifying_key::VerifyingKey};

/// The usable keys of a set, each made ready once.
#[derive(Clone, Debug)]
pub(crate) struct JwkSet(Vec<(Option<String>, Arc<VerifyingKey>)>);

/// Why a text is no usable set of keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum JwkSetError {
    /// Not an object with a list `keys`.
    #[error("it is no JWK set")]
    Malformed,
    /// No key verifies with the configured algorithm, or none is strong enough.
    #[error("it holds no key that is usable with the configured algorithm")]
    NoUsableKey,
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
        let jwks = document.keys.iter().filter_map(|jwk| serde_json::from_str::<Jwk>(jwk.get()).ok());
        let keys = jwks.filter_map(|jwk| Some((jwk.kid.clone(), Arc::new(jwk.verifying_key(algorithm)?))));
        let keys: Vec<_> = keys.collect();
        if keys.is_empty() { Err(JwkSetError::NoUsableKey) } else { Ok(Self(keys)) }
    }

    /// A set without keys: nothing is signed by any of them.
    pub(crate) fn empty() -> Self {
        Self(Vec::new())
    }

    /// The keys that may have signed a token with this `kid`. Where an issuer gives several keys one name, each of them
    /// is tried: all are the issuer's, and for this algorithm. Where there are several keys, a token needs a `kid`.
    pub(crate) fn keys(&self, kid: Option<&str>) -> Vec<Arc<VerifyingKey>> {
        match (kid, self.0.as_slice()) {
            (None, [(_, only)]) => vec![Arc::clone(only)],
            (None, _) => Vec::new(),
            (Some(_), all) => {
                let named = all.iter().filter(|(name, _)| name.as_deref() == kid);
                named.map(|(_, key)| Arc::clone(key)).collect()
            }
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
    fn verifying_key(&self, algorithm: Algorithm) -> Option<VerifyingKey> {
        let verifies = self.key_ops.as_ref().is_none_or(|all| all.iter().any(|one| one == "verify"));
        if self.r#use.as_ref().is_some_and(|one| one != "sig") || !verifies || self.d.is_some() {
            return None;
        }
        if self.alg.as_ref().is_some_and(|alg| alg != algorithm.name()) {
            return None;
        }
        match (algorithm, self.kty.as_str(), self.crv.as_deref()) {
            (Algorithm::RS256, "RSA", _) => self.rsa(),
            (Algorithm::ES256, "EC", Some("P-256")) => self.p256(),
            (Algorithm::EdDSA, "OKP", Some("Ed25519")) => self.ed25519(),
            _ => None,
        }
    }

    fn rsa(&self) -> Option<VerifyingKey> {
        let modulus = unsigned(decoded(self.n.as_ref())?);
        let exponent = unsigned(decoded(self.e.as_ref())?);
        let bits = modulus.len() * 8 - usize::try_from(modulus.first()?.leading_zeros()).ok()?;
        let is_odd = |number: &[u8]| number.last().is_some_and(|byte| byte % 2 == 1);
        // A signature takes as many multiplications as the exponent has bits; an exponent of 1 verifies anything.
        let small = exponent.len() <= 4 && exponent != [1];
        let strong = (2_048..=8_192).contains(&bits) && is_odd(&modulus) && is_odd(&exponent) && small;
        if strong { VerifyingKey::rs256(&modulus, &exponent) } else { None }
    }

    fn p256(&self) -> Option<VerifyingKey> {
        let (x, y) = (decoded(self.x.as_ref())?, decoded(self.y.as_ref())?);
        if x.len() != 32 || y.len() != 32 {
            return None;
        }
        let point = [&[UNCOMPRESSED], x.as_slice(), y.as_slice()].concat();
        VerifyingKey::from_public_key(Algorithm::ES256, &point)
    }

    fn ed25519(&self) -> Option<VerifyingKey> {
        let x = decoded(self.x.as_ref())?;
        // Bytes of another length could be a key in DER, which the parser reads too.
        if x.len() != 32 {
            return None;
        }
        VerifyingKey::from_public_key(Algorithm::EdDSA, &x)
    }
}

fn decoded(base64url: Option<&String>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(base64url?).ok()
}

/// Without the leading zeros that some issuers write.
fn unsigned(number: Vec<u8>) -> Vec<u8> {
    number.into_iter().skip_while(|byte| *byte == 0).collect()
}

/// The limit of API Gateway's JWT authorizers.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html>
pub(crate) const JWK_SET_LIMIT: usize = 150_000;
const KEY_LIMIT: usize = 100;
/// The first byte of an elliptic curve's point with both coordinates (SEC 1, 2.3.3).
const UNCOMPRESSED: u8 = 4;

#[cfg(test)]
mod tests {
    use Algorithm::{ES256, EdDSA, RS256};
    use serde_json::{Value, json};

    use super::*;

    /// The number of keys that are usable, by their `kid`.
    fn usable(algorithm: Algorithm, document: &Value) -> Result<Vec<Option<String>>, JwkSetError> {
        let set = JwkSet::parse(document.to_string().as_bytes(), algorithm)?;
        Ok(set.0.into_iter().map(|(kid, _)| kid).collect())
    }

    fn number(bytes: &[u8]) -> Value {
        json!(URL_SAFE_NO_PAD.encode(bytes))
    }

    fn rsa(kid: &str) -> Value {
        json!({"kty": "RSA", "kid": kid, "n": number(&[0xC1; 256]), "e": "AQAB"})
    }

    /// RFC 7517, A.1.
    fn p256() -> Value {
        let (x, y) =
            ("MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM");
        json!({"kty": "EC", "kid": "1", "crv": "P-256", "x": x, "y": y})
    }

    /// RFC 8037, A.2.
    fn ed25519() -> Value {
        json!({"kty": "OKP", "kid": "1", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
    }

    fn with(mut jwk: Value, name: &str, value: Value) -> Value {
        jwk[name] = value;
        jwk
    }

    fn without(mut jwk: Value, name: &str) -> Value {
        jwk.as_object_mut().unwrap().remove(name);
        jwk
    }

    #[test]
    fn keys_for_the_algorithm_are_usable() {
        let rows = [
            (RS256, rsa("1")),
            (RS256, with(rsa("1"), "use", json!("sig"))),
            (RS256, with(rsa("1"), "alg", json!("RS256"))),
            (RS256, with(rsa("1"), "key_ops", json!(["verify"]))),
            (RS256, with(rsa("1"), "x5c", json!(["a certificate"]))),
            (RS256, with(rsa("1"), "e", json!("Aw"))),
            (RS256, with(rsa("1"), "n", number(&[0xC1; 1_024]))),
            (RS256, with(rsa("1"), "n", number(&[&[0][..], &[0xC1; 256]].concat()))),
            (ES256, p256()),
            (ES256, with(p256(), "alg", json!("ES256"))),
            (EdDSA, ed25519()),
            (EdDSA, with(ed25519(), "alg", json!("EdDSA"))),
        ];
        for (algorithm, jwk) in rows {
            let expected = Ok(vec![Some("1".to_owned())]);
            assert_eq!(usable(algorithm, &json!({"keys": [jwk]})), expected, "{algorithm:?} {jwk}");
        }
    }

    #[test]
    fn other_keys_are_left_out_and_the_rest_counts() {
        let oct = json!({"kty": "oct", "kid": "1", "k": "c2VjcmV0"});
        let off_the_curve = number(&[7; 32]);
        let in_der =
            [&[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00][..], &[7; 32]];
        let rows = [
            (RS256, oct.clone()),
            (RS256, with(oct, "alg", json!("RS256"))),
            (RS256, with(rsa("1"), "kty", json!("oct"))),
            (RS256, p256()),
            (RS256, ed25519()),
            (RS256, with(rsa("1"), "use", json!("enc"))),
            (RS256, with(rsa("1"), "use", json!(7))),
            (RS256, with(rsa("1"), "alg", json!("PS256"))),
            (RS256, with(rsa("1"), "alg", json!("HS256"))),
            (RS256, with(rsa("1"), "key_ops", json!(["encrypt"]))),
            (RS256, with(rsa("1"), "key_ops", json!("verify"))),
            (RS256, with(rsa("1"), "kid", json!(1))),
            (RS256, with(rsa("1"), "d", json!("AQAB"))),
            (RS256, without(rsa("1"), "n")),
            (RS256, without(rsa("1"), "e")),
            (RS256, with(rsa("1"), "n", json!(""))),
            (RS256, with(rsa("1"), "n", json!("not base64url"))),
            (RS256, with(rsa("1"), "n", number(&[0xC1; 128]))),
            (RS256, with(rsa("1"), "n", number(&[&[0x41][..], &[0xC1; 255]].concat()))),
            (RS256, with(rsa("1"), "n", number(&[0xC0; 256]))),
            (RS256, with(rsa("1"), "n", number(&[0xC1; 1_025]))),
            (RS256, with(rsa("1"), "e", json!(""))),
            (RS256, with(rsa("1"), "e", json!("AQ"))),
            (RS256, with(rsa("1"), "e", json!("Ag"))),
            (RS256, with(rsa("1"), "e", number(&[0xC1; 5]))),
            (ES256, rsa("1")),
            (ES256, with(p256(), "crv", json!("P-384"))),
            (ES256, with(p256(), "crv", json!("secp256k1"))),
            (ES256, with(p256(), "alg", json!("ECDH-ES"))),
            (ES256, with(p256(), "y", off_the_curve)),
            (ES256, with(p256(), "x", json!("MKBC"))),
            (ES256, without(p256(), "y")),
            (EdDSA, p256()),
            (EdDSA, with(ed25519(), "crv", json!("X25519"))),
            (EdDSA, with(ed25519(), "crv", json!("Ed448"))),
            (EdDSA, with(ed25519(), "x", number(&in_der.concat()))),
            (Algorithm::HS256, rsa("1")),
            (RS256, json!("a text")),
            (RS256, json!(null)),
        ];
        for (algorithm, jwk) in rows {
            let alone = json!({"keys": [jwk]});
            assert_eq!(usable(algorithm, &alone), Err(JwkSetError::NoUsableKey), "{algorithm:?} {jwk}");
            let beside = json!({"keys": [jwk, rsa("2")]});
            let rest = vec![Some("2".to_owned())];
            assert!(algorithm != RS256 || usable(RS256, &beside) == Ok(rest), "{jwk}");
        }
    }

    #[test]
    fn a_member_that_stands_there_twice_makes_a_key_unusable() {
        let twice = rsa("1").to_string().replacen('{', r#"{"kty":"RSA","#, 1);
        let document = format!(r#"{{"keys":[{twice}]}}"#);
        let set = JwkSet::parse(document.as_bytes(), RS256);
        assert_eq!(set.map(|set| set.0.len()), Err(JwkSetError::NoUsableKey));
    }

    #[test]
    fn what_is_no_set_or_too_much_of_one_is_refused() {
        use JwkSetError::{Malformed, NoUsableKey, TooLarge, TooManyKeys};
        let padded = format!(r#"{{"keys":[]}}{}"#, " ".repeat(JWK_SET_LIMIT));
        let rows = [
            ("", Malformed),
            ("<html></html>", Malformed),
            ("[]", Malformed),
            ("{}", Malformed),
            (r#"{"keys":{}}"#, Malformed),
            (r#"{"keys":[],"keys":[]}"#, Malformed),
            (r#"{"keys":[]} and more"#, Malformed),
            (&rsa("1").to_string(), Malformed),
            (r#"{"keys":[]}"#, NoUsableKey),
            (&json!({"keys": vec![rsa("1"); 101]}).to_string(), TooManyKeys),
            (&padded, TooLarge),
        ];
        for (text, error) in rows {
            let start: String = text.chars().take(40).collect();
            let set = JwkSet::parse(text.as_bytes(), RS256);
            assert_eq!(set.map(|set| set.0.len()), Err(error), "{start}");
        }
    }

    #[test]
    fn a_token_is_verified_with_the_keys_that_it_names() {
        let unnamed = || without(rsa("1"), "kid");
        let rows = [
            // The set, the token's kid, how many keys.
            (json!([rsa("1")]), Some("1"), 1),
            (json!([rsa("1")]), Some("2"), 0),
            (json!([rsa("1")]), Some(""), 0),
            (json!([rsa("1")]), None, 1),
            (json!([unnamed()]), None, 1),
            (json!([unnamed()]), Some("1"), 0),
            (json!([unnamed(), p256()]), None, 1),
            (json!([unnamed(), unnamed()]), None, 0),
            (json!([rsa("1"), rsa("2")]), Some("2"), 1),
            (json!([rsa("1"), rsa("2")]), None, 0),
            (json!([rsa("1"), rsa("1"), rsa("2")]), Some("1"), 2),
        ];
        for (keys, kid, count) in rows {
            let document = json!({"keys": keys});
            let set = JwkSet::parse(document.to_string().as_bytes(), RS256).unwrap();
            assert_eq!(set.keys(kid).len(), count, "{document} {kid:?}");
        }
        assert_eq!(JwkSet::empty().keys(None).len(), 0);
    }
}
