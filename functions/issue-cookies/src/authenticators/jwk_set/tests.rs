use Algorithm::{ES256, ES384, ES512, EdDSA, HS256, PS256, RS256, RS512};
use aws_lc_rs::signature::{
    ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    KeyPair as _,
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
    let in_der = [&[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00][..], &[7; 32]];
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
