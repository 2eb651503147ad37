//! Tokens of the identity provider that the function trusts.

use std::sync::LazyLock;

use aws_lc_rs::{
    encoding::{AsDer as _, PublicKeyX509Der},
    signature::{Ed25519KeyPair, KeyPair as _},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::function::{NOW, pem};

pub(crate) const AUDIENCE: &str = "usher";
pub(crate) const ISSUER: &str = "https://site.example";
pub(crate) const SECRET: &str = "a secret of at least thirty-two bytes";

static ED25519: LazyLock<Ed25519KeyPair> = LazyLock::new(|| Ed25519KeyPair::generate().unwrap());

/// A viewer who is signed in for a day.
pub(crate) fn claims() -> Value {
    until(NOW + 86_400)
}

pub(crate) fn until(exp: u64) -> Value {
    json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "anna", "iat": NOW, "exp": exp})
}

pub(crate) fn hs256(claims: &Value) -> String {
    hs256_by(SECRET, claims)
}

pub(crate) fn hs256_by(secret: &str, claims: &Value) -> String {
    let key = EncodingKey::from_secret(secret.as_bytes());
    encode(&Header::new(Algorithm::HS256), claims, &key).unwrap()
}

pub(crate) fn eddsa(claims: &Value) -> String {
    let key = EncodingKey::from_ed_der(ED25519.to_pkcs8v1().unwrap().as_ref());
    encode(&Header::new(Algorithm::EdDSA), claims, &key).unwrap()
}

/// A key as settings have it.
pub(crate) fn hex(key: &str) -> String {
    base16ct::lower::encode_string(key.as_bytes())
}

/// The value of `JWT_PUBLIC_KEY`.
pub(crate) fn public_key() -> String {
    let der: PublicKeyX509Der<'_> = ED25519.public_key().as_der().unwrap();
    pem("PUBLIC KEY", der.as_ref())
}
