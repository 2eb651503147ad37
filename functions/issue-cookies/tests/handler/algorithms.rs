//! Each algorithm verifies its own signatures, by each source of keys, and no other with the same key.

use aws_lc_rs::{
    encoding::{AsDer as _, PublicKeyX509Der},
    hmac,
    rand::SystemRandom,
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING,
        EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
        RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512,
        RsaSignatureEncoding,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rsa::{RsaPublicKey, pkcs1::DecodeRsaPublicKey as _, traits::PublicKeyParts as _};
use serde_json::{Value, json};

use crate::{
    function::{Function, POST_COOKIES, event, pem},
    tokens::claims,
};

const SECRET: &str = "a secret that is long enough for each hash: sixty-four bytes or so";

/// A private key, or a secret.
enum Signer {
    Ec(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair),
    Secret,
}

impl Signer {
    fn new(algorithm: &str) -> Self {
        let ec = |algorithm: &'static EcdsaSigningAlgorithm| EcdsaKeyPair::generate(algorithm).unwrap();
        match algorithm {
            "ES256" => Self::Ec(ec(&ECDSA_P256_SHA256_FIXED_SIGNING)),
            "ES384" => Self::Ec(ec(&ECDSA_P384_SHA384_FIXED_SIGNING)),
            "ES512" => Self::Ec(ec(&ECDSA_P521_SHA512_FIXED_SIGNING)),
            "EdDSA" => Self::Ed25519(Ed25519KeyPair::generate().unwrap()),
            "HS256" | "HS384" | "HS512" => Self::Secret,
            _ => Self::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()),
        }
    }

    /// The algorithms that are open to the same key. A pair on a curve has one.
    fn algorithms(&self) -> &'static [&'static str] {
        match self {
            Self::Ec(_) | Self::Ed25519(_) => &[],
            Self::Rsa(_) => &["PS256", "PS384", "PS512", "RS256", "RS384", "RS512"],
            Self::Secret => &["HS256", "HS384", "HS512"],
        }
    }

    /// Signs as `algorithm` does. A pair on a curve has one, whatever the name.
    fn sign(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Ec(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Self::Rsa(pair) => {
                let encoding: &RsaSignatureEncoding = match algorithm {
                    "PS256" => &RSA_PSS_SHA256,
                    "PS384" => &RSA_PSS_SHA384,
                    "PS512" => &RSA_PSS_SHA512,
                    "RS384" => &RSA_PKCS1_SHA384,
                    "RS512" => &RSA_PKCS1_SHA512,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(encoding, &random, message, &mut signature).unwrap();
                signature
            }
            Self::Secret => {
                let hash = match algorithm {
                    "HS384" => hmac::HMAC_SHA384,
                    "HS512" => hmac::HMAC_SHA512,
                    _ => hmac::HMAC_SHA256,
                };
                hmac::sign(&hmac::Key::new(hash, SECRET.as_bytes()), message).as_ref().to_vec()
            }
        }
    }

    /// A token that is called `name`, and is signed as `algorithm` does.
    fn token(&self, name: &str, algorithm: &str) -> String {
        let parts = [json!({"alg": name}), claims()].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let message = parts.join(".");
        let signature = URL_SAFE_NO_PAD.encode(self.sign(algorithm, message.as_bytes()));
        format!("{message}.{signature}")
    }

    fn jwk(&self) -> Value {
        let number = |bytes: &[u8]| json!(URL_SAFE_NO_PAD.encode(bytes));
        match self {
            Self::Ec(pair) => {
                let point = &pair.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                let curve = match x.len() {
                    32 => "P-256",
                    48 => "P-384",
                    _ => "P-521",
                };
                json!({"kty": "EC", "crv": curve, "x": number(x), "y": number(y)})
            }
            Self::Ed25519(pair) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": number(pair.public_key().as_ref())})
            }
            Self::Rsa(pair) => {
                let key = RsaPublicKey::from_pkcs1_der(pair.public_key().as_ref()).unwrap();
                let (n, e) = (key.n().to_bytes_be(), key.e().to_bytes_be());
                json!({"kty": "RSA", "n": number(&n), "e": number(&e)})
            }
            Self::Secret => json!({"kty": "oct", "k": number(SECRET.as_bytes())}),
        }
    }

    fn pem(&self) -> String {
        let der: PublicKeyX509Der<'_> = match self {
            Self::Ec(pair) => pair.public_key().as_der(),
            Self::Ed25519(pair) => pair.public_key().as_der(),
            Self::Rsa(pair) => pair.public_key().as_der(),
            Self::Secret => panic!("a secret has no public half"),
        }
        .unwrap();
        pem("PUBLIC KEY", der.as_ref())
    }

    /// Each way to configure it: the setting, and its value.
    fn sources(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Secret => vec![("JWT_SECRET", SECRET.to_owned())],
            _ => vec![
                ("JWT_PUBLIC_KEY", self.pem()),
                ("JWT_PUBLIC_KEY", self.pem().replace('\n', "\\n")),
                ("JWT_PUBLIC_KEY", format!("\"{}\"", self.pem().replace('\n', "\\r\\n"))),
                ("JWT_JWKS", json!({"keys": [self.jwk()]}).to_string()),
            ],
        }
    }
}

async fn status(function: &Function, token: &str) -> Value {
    function.answer(event(POST_COOKIES, token)).await["statusCode"].clone()
}

#[tokio::test]
async fn an_algorithm_verifies_its_own_signatures_and_no_others() {
    for algorithm in ALGORITHMS {
        let signer = Signer::new(algorithm);
        for (setting, value) in signer.sources() {
            let settings = [("JWT_SECRET", ""), ("JWT_ALGORITHM", algorithm)];
            let settings = [&[(setting, value.as_str())], &settings[..]].concat();
            let function = Function::new(&settings).await;
            // The name of another one, and the signature of another one in its name.
            let renamed = ALGORITHMS.iter().map(|other| (*other, signer.token(other, algorithm)));
            let disguised = signer.algorithms().iter().map(|other| (*other, signer.token(algorithm, other)));
            for (other, token) in renamed.chain(disguised) {
                let expected = if other == algorithm { 200 } else { 401 };
                assert_eq!(status(&function, &token).await, expected, "{setting} {algorithm} {other}");
            }
        }
    }
}

#[tokio::test]
async fn without_the_setting_the_key_says_its_algorithm() {
    let rows = [
        ("RS256", "RS256", 200),
        ("RS256", "PS256", 401),
        ("RS256", "RS512", 401),
        ("ES256", "ES256", 200),
        ("ES384", "ES384", 200),
        ("ES512", "ES512", 200),
        ("EdDSA", "EdDSA", 200),
    ];
    for (key, algorithm, expected) in rows {
        let signer = Signer::new(key);
        let function = Function::new(&[("JWT_SECRET", ""), ("JWT_PUBLIC_KEY", &signer.pem())]).await;
        assert_eq!(status(&function, &signer.token(algorithm, algorithm)).await, expected, "{algorithm}");
    }
    let function = Function::new(&[("JWT_SECRET", SECRET)]).await;
    assert_eq!(status(&function, &Signer::Secret.token("HS256", "HS256")).await, 200);
    assert_eq!(status(&function, &Signer::Secret.token("HS512", "HS512")).await, 401);
}

#[tokio::test]
async fn ed25519_is_another_name_of_eddsa_in_settings_keys_and_tokens() {
    let signer = Signer::new("EdDSA");
    for setting in ["EdDSA", "Ed25519"] {
        for alg in [json!(null), json!("EdDSA"), json!("Ed25519")] {
            let mut jwk = signer.jwk();
            jwk["alg"] = alg;
            let set = json!({"keys": [jwk]}).to_string();
            let settings = [("JWT_SECRET", ""), ("JWT_ALGORITHM", setting), ("JWT_JWKS", &set)];
            let function = Function::new(&settings).await;
            for (name, expected) in [("EdDSA", 200), ("Ed25519", 200), ("Ed448", 401), ("ed25519", 401)] {
                let token = signer.token(name, "EdDSA");
                assert_eq!(status(&function, &token).await, expected, "{setting} {set} {name}");
            }
        }
    }
}

const ALGORITHMS: [&str; 13] = [
    "ES256", "ES384", "ES512", "EdDSA", "HS256", "HS384", "HS512", "PS256", "PS384", "PS512", "RS256",
    "RS384", "RS512",
];
