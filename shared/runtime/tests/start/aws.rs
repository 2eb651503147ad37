//! KMS and Secrets Manager.

use aws_lc_rs::{
    encoding::{AsDer as _, PublicKeyX509Der},
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use axum::http::StatusCode;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::service::{Authority, Mood, Service};

/// KMS with a key on P-256, whose signature is always `signature`.
pub(crate) async fn kms(authority: &Authority, mood: Mood, signature: &'static [u8]) -> Service {
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
    let der: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
    let der = BASE64_STANDARD.encode(der.as_ref());
    Service::start(authority, "KMS", mood, move |asked| match asked.what.as_str() {
        "GetPublicKey" => ok(&json!({"PublicKey": der})),
        "Sign" => ok(&json!({"Signature": BASE64_STANDARD.encode(signature)})),
        _ => (StatusCode::BAD_REQUEST, String::new()),
    })
    .await
}

/// Secrets Manager with one version of each of these secrets.
pub(crate) async fn secrets_manager(
    authority: &Authority,
    mood: Mood,
    secrets: Vec<(&'static str, String)>,
) -> Service {
    Service::start(authority, "Secrets Manager", mood, move |asked| {
        let question: Value = serde_json::from_str(&asked.body).unwrap();
        let text = secrets.iter().find(|(name, _)| question["SecretId"] == *name).map(|(_, text)| text);
        match text.filter(|_| question["VersionStage"] == "AWSCURRENT") {
            Some(text) => ok(&json!({"SecretString": text})),
            None => {
                let error = json!({"__type": "ResourceNotFoundException", "message": "no"});
                (StatusCode::BAD_REQUEST, error.to_string())
            }
        }
    })
    .await
}

fn ok(answer: &Value) -> (StatusCode, String) {
    (StatusCode::OK, answer.to_string())
}
