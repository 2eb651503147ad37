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
mod tests {
    use Algorithm::{ES256, ES384, ES512, EdDSA, HS256, PS256, RS256, RS512};
    use aws_lc_rs::signature::{
        ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair,
        EcdsaSigningAlgorithm, KeyPair as _,
    };
    use serde_json::json;

    use super::*;

    /// The keys that are usable, by their `kid`, and the others.
    fn read(algorithm: Algorithm, document: &Value) -> (Vec<Option<String>>, Vec<DroppedKey>) {
        let set = JwkSet::parse(document.to_string().as_bytes(), algorithm).unwrap();
        (set.keys.into_iter().map(|(kid, _)| kid).collect(), set.dropped)
    }

    fn dropped(name: KeyName, reason: UnusableJwk) -> DroppedKey {
        DroppedKey { name, reason }
    }

    fn kid(kid: &str) -> KeyName {
        KeyName::Kid(kid.to_owned())
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

    fn ec(curve: &str, algorithm: &'static EcdsaSigningAlgorithm) -> Value {
        let pair = EcdsaKeyPair::generate(algorithm).unwrap();
        let point = &pair.public_key().as_ref()[1..];
        let (x, y) = point.split_at(point.len() / 2);
        json!({"kty": "EC", "kid": "1", "crv": curve, "x": number(x), "y": number(y)})
    }

    fn p384() -> Value {
        ec("P-384", &ECDSA_P384_SHA384_FIXED_SIGNING)
    }

    fn p521() -> Value {
        ec("P-521", &ECDSA_P521_SHA512_FIXED_SIGNING)
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
            (EdDSA, with(ed25519(), "alg", json!("Ed25519"))),
            (RS512, rsa("1")),
            (RS512, with(rsa("1"), "alg", json!("RS512"))),
            (PS256, with(rsa("1"), "alg", json!("PS256"))),
            (ES384, p384()),
            (ES512, p521()),
        ];
        for (algorithm, jwk) in rows {
            let expected = (vec![Some("1".to_owned())], Vec::new());
            assert_eq!(read(algorithm, &json!({"keys": [jwk]})), expected, "{algorithm:?} {jwk}");
        }
    }

    #[test]
    fn other_keys_are_left_out_each_with_its_reason_and_the_rest_counts() {
        use UnusableJwk::{Bits, Invalid, Malformed, Member, Private, Secret, Use};
        let oct = json!({"kty": "oct", "kid": "1", "k": "c2VjcmV0"});
        let off_the_curve = number(&[7; 32]);
        let in_der =
            [&[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00][..], &[7; 32]];
        let another = UnusableJwk::Algorithm;
        let rows = [
            (RS256, oct.clone(), Secret),
            (RS256, with(oct, "alg", json!("RS256")), Secret),
            (RS256, with(rsa("1"), "kty", json!("oct")), Secret),
            (RS256, p256(), another(RS256)),
            (RS256, ed25519(), another(RS256)),
            (RS256, with(rsa("1"), "use", json!("enc")), Use),
            (RS256, with(rsa("1"), "use", json!(7)), Malformed),
            (RS256, with(rsa("1"), "alg", json!("PS256")), another(RS256)),
            (RS256, with(rsa("1"), "alg", json!("HS256")), another(RS256)),
            (PS256, with(rsa("1"), "alg", json!("RS256")), another(PS256)),
            (RS256, with(rsa("1"), "key_ops", json!(["encrypt"])), Use),
            (RS256, with(rsa("1"), "key_ops", json!("verify")), Malformed),
            (RS256, with(rsa("1"), "d", json!("AQAB")), Private),
            (RS256, without(rsa("1"), "kty"), Malformed),
            (RS256, without(rsa("1"), "n"), Member("n")),
            (RS256, without(rsa("1"), "e"), Member("e")),
            (RS256, with(rsa("1"), "n", json!("")), Member("n")),
            (RS256, with(rsa("1"), "n", json!("not base64url")), Member("n")),
            (RS256, with(rsa("1"), "n", number(&[0xC1; 128])), Bits { bits: 1_024 }),
            (RS256, with(rsa("1"), "n", number(&[&[0x41][..], &[0xC1; 255]].concat())), Bits { bits: 2_047 }),
            (RS256, with(rsa("1"), "n", number(&[0xC0; 256])), Member("n")),
            (RS256, with(rsa("1"), "n", number(&[0xC1; 1_025])), Bits { bits: 8_200 }),
            (RS256, with(rsa("1"), "e", json!("")), Member("e")),
            (RS256, with(rsa("1"), "e", json!("AQ")), Member("e")),
            (RS256, with(rsa("1"), "e", json!("Ag")), Member("e")),
            (RS256, with(rsa("1"), "e", json!("AQAB=")), Member("e")),
            (RS256, with(rsa("1"), "e", number(&[0xC1; 5])), Member("e")),
            (ES256, rsa("1"), another(ES256)),
            (ES256, p384(), another(ES256)),
            (ES384, p256(), another(ES384)),
            (ES384, with(p521(), "crv", json!("P-384")), Member("x")),
            (ES512, p384(), another(ES512)),
            (ES256, with(p256(), "crv", json!("secp256k1")), another(ES256)),
            (ES256, with(p256(), "alg", json!("ECDH-ES")), another(ES256)),
            (ES256, with(p256(), "y", off_the_curve), Invalid),
            (ES256, with(p256(), "x", json!("MKBC")), Member("x")),
            (ES256, without(p256(), "y"), Member("y")),
            (EdDSA, p256(), another(EdDSA)),
            (EdDSA, with(ed25519(), "crv", json!("X25519")), another(EdDSA)),
            (EdDSA, with(ed25519(), "crv", json!("Ed448")), another(EdDSA)),
            (EdDSA, with(ed25519(), "alg", json!("Ed448")), another(EdDSA)),
            (EdDSA, with(ed25519(), "x", number(&in_der.concat())), Member("x")),
            (HS256, rsa("1"), another(HS256)),
        ];
        for (algorithm, jwk, reason) in rows {
            let expected = vec![dropped(kid("1"), reason)];
            let alone = read(algorithm, &json!({"keys": [jwk]}));
            assert_eq!(alone, (Vec::new(), expected.clone()), "{algorithm:?} {jwk}");
            if algorithm == RS256 {
                let beside = read(RS256, &json!({"keys": [jwk, rsa("2")]}));
                assert_eq!(beside, (vec![Some("2".to_owned())], expected), "{jwk}");
            }
        }
    }

    #[test]
    fn a_key_without_a_name_is_named_by_its_place() {
        let keys =
            [rsa("1"), without(p256(), "kid"), json!("a text"), json!(null), with(rsa("1"), "kid", json!(1))];
        let expected = vec![
            dropped(KeyName::Place(2), UnusableJwk::Algorithm(RS256)),
            dropped(KeyName::Place(3), UnusableJwk::Malformed),
            dropped(KeyName::Place(4), UnusableJwk::Malformed),
            dropped(KeyName::Place(5), UnusableJwk::Malformed),
        ];
        assert_eq!(read(RS256, &json!({"keys": keys})), (vec![Some("1".to_owned())], expected));
    }

    #[test]
    fn a_reason_says_what_to_look_at() {
        use UnusableJwk::{Algorithm, Bits, Invalid, Malformed, Member, Private, Secret, Use};
        let rows = [
            (Algorithm(RS256), "it is for another algorithm than RS256"),
            (Bits { bits: 1_024 }, "it has 1024 bits, and 2048 to 8192 are accepted"),
            (Invalid, "its numbers are no public key"),
            (
                Malformed,
                "it is no JWK: kty is missing, or a member appears twice or has another type than it must have",
            ),
            (Member("n"), "its n is missing or not as it must be"),
            (Private, "it contains the private half (d), with which anybody can sign who reads the set"),
            (Secret, "it is a secret, with which anybody can sign who reads the set"),
            (Use, "use or key_ops says that it does not verify signatures"),
        ];
        for (reason, sentence) in rows {
            assert_eq!(reason.to_string(), sentence);
        }
    }

    #[test]
    fn a_member_that_stands_there_twice_makes_a_key_unusable() {
        let twice = rsa("1").to_string().replacen('{', r#"{"kty":"RSA","#, 1);
        let document = format!(r#"{{"keys":[{twice}]}}"#);
        let set = JwkSet::parse(document.as_bytes(), RS256).unwrap();
        assert!(set.is_empty());
        assert_eq!(set.dropped(), [dropped(kid("1"), UnusableJwk::Malformed)]);
    }

    #[test]
    fn what_is_no_set_or_too_much_of_one_is_refused() {
        use JwkSetError::{Malformed, TooLarge, TooManyKeys};
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
            (&json!({"keys": vec![rsa("1"); 101]}).to_string(), TooManyKeys),
            (&padded, TooLarge),
        ];
        for (text, error) in rows {
            let start: String = text.chars().take(40).collect();
            let set = JwkSet::parse(text.as_bytes(), RS256);
            assert_eq!(set.map(|set| set.keys.len()), Err(error), "{start}");
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
    }
}
