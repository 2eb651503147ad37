//! Keys that CloudFront does not take are refused before the first request.

use std::fs;

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair},
};
use rsa::{RsaPrivateKey, pkcs1::EncodeRsaPrivateKey as _, rand_core::OsRng};
use usher_runtime::Grants;

use crate::function::{config, pem, private_key};

/// What [`Grants::open`] says about a file with this content.
async fn refusal(content: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.pem");
    fs::write(&file, content).unwrap();
    let config = config(file.to_str().unwrap(), &[]);
    Grants::open(config.signing).await.err().unwrap().to_string()
}

#[tokio::test]
async fn rsa_with_1024_bits_is_refused() {
    let key = RsaPrivateKey::new(&mut OsRng, 1_024).unwrap();
    let der = key.to_pkcs1_der().unwrap();
    assert_eq!(
        refusal(&pem("RSA PRIVATE KEY", der.as_bytes())).await,
        "the signing key cannot be used: it is RSA with 1024 bits, and CloudFront accepts only 2048"
    );
}

#[tokio::test]
async fn a_public_key_is_refused() {
    assert_eq!(
        refusal(&private_key().public_key().to_pem()).await,
        "this is a public key: signing needs the private key"
    );
}

#[tokio::test]
async fn p384_is_refused() {
    let algorithm = &ECDSA_P384_SHA384_ASN1_SIGNING;
    let der = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).unwrap();
    assert_eq!(
        refusal(&pem("PRIVATE KEY", der.as_ref())).await,
        "this is a P-384 key: CloudFront accepts ECDSA keys on P-256 (prime256v1) only"
    );
}

#[tokio::test]
async fn an_encrypted_key_and_a_text_are_refused() {
    assert_eq!(
        refusal(&pem("ENCRYPTED PRIVATE KEY", b"cipher text")).await,
        "this private key is encrypted: decrypt it with `openssl pkey -in FILE -out DECRYPTED`"
    );
    assert_eq!(refusal("a text").await, "this is not a PEM file: it should start with -----BEGIN …-----");
}

#[tokio::test]
async fn a_file_that_is_missing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("missing.pem");
    let config = config(file.to_str().unwrap(), &[]);
    assert_eq!(
        Grants::open(config.signing).await.err().unwrap().to_string(),
        format!("the signing key file {} cannot be read", file.display())
    );
}
