use std::time::Duration;

use aws_lc_rs::{
    encoding::{AsDer as _, PublicKeyX509Der},
    rsa::KeySize,
    signature::{ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use aws_sdk_kms::Client;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use cloudfront_signing::{HashAlgorithm, PrivateKey};
use serde_json::json;
use tokio::{net::TcpListener, time::timeout};
use usher_runtime::{KmsKey, Signature, SigningError, SigningKey as _, with_sources};

use crate::{
    key_pair::{ecdsa, id, p256, rsa},
    service::{self, Service, error, ok},
};

fn key(service: &Service) -> KmsKey {
    KmsKey::new(Client::new(&service.sdk), "arn:aws:kms:k".to_owned(), id("K1"))
}

fn public_key(der: &[u8]) -> (u16, String) {
    ok(&json!({"PublicKey": BASE64_STANDARD.encode(der)}))
}

fn p256_der() -> Vec<u8> {
    pem::parse(p256().1).unwrap().into_contents()
}

/// What is said about a KMS key with this public half.
async fn refusal(der: &[u8]) -> String {
    let service = Service::start().await;
    service.will_answer([public_key(der)]);
    key(&service).sign(b"policy", HashAlgorithm::Sha256).await.unwrap_err().to_string()
}

#[tokio::test]
async fn throttling_is_tried_again() {
    let service = Service::start().await;
    let throttled = || error("ThrottlingException");
    let signature = ok(&json!({"Signature": BASE64_STANDARD.encode(b"signature")}));
    service.will_answer([public_key(&p256_der()), throttled(), throttled(), signature]);
    assert_eq!(
        key(&service).sign(b"policy", HashAlgorithm::Sha256).await.unwrap(),
        Signature { key_pair_id: id("K1"), hash: HashAlgorithm::Sha256, bytes: b"signature".to_vec() }
    );
    assert_eq!(service.asked(), 4);
}

#[tokio::test]
async fn throttling_without_end_is_told() {
    let service = Service::start().await;
    service.will_answer([public_key(&p256_der()), error("ThrottlingException")]);
    let key = key(&service);
    let refused = timeout(MINUTE, key.sign(b"policy", HashAlgorithm::Sha256)).await.unwrap().unwrap_err();
    assert!(matches!(refused, SigningError::Unavailable(_)), "{refused}");
}

/// It takes connections, and never answers.
#[tokio::test]
async fn kms_that_hangs_is_given_up_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let sdk = service::sdk(&listener);
    let key = KmsKey::new(Client::new(&sdk), "k".to_owned(), id("K1"));
    let refused = timeout(MINUTE, key.sign(b"policy", HashAlgorithm::Sha256)).await.unwrap().unwrap_err();
    assert_eq!(
        with_sources(&refused),
        "the signing key is out of reach for the moment: KMS GetPublicKey does not answer"
    );
}

#[tokio::test]
async fn why_there_is_no_connection_is_the_last_source() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let sdk = service::sdk(&listener);
    drop(listener);
    let key = KmsKey::new(Client::new(&sdk), "k".to_owned(), id("K1"));
    let refused = key.sign(b"policy", HashAlgorithm::Sha256).await.unwrap_err();
    assert_eq!(refused.to_string(), "the signing key is out of reach for the moment");
    let text = with_sources(&refused);
    let call = "the signing key is out of reach for the moment: KMS GetPublicKey cannot be asked: ";
    assert!(text.starts_with(call), "{text}");
    assert!(text.ends_with(": Connection refused (os error 111)"), "{text}");
}

#[tokio::test]
async fn what_kms_says_about_the_key_is_final() {
    let service = Service::start().await;
    service.will_answer([public_key(&p256_der()), error("DisabledException")]);
    let refused = key(&service).sign(b"policy", HashAlgorithm::Sha256).await.unwrap_err();
    assert_eq!(with_sources(&refused), "the signing key cannot be used: KMS Sign answers DisabledException");
    assert_eq!(service.asked(), 2);
}

#[tokio::test]
async fn rsa_with_3072_bits_is_refused() {
    let key = PrivateKey::from_pem(&rsa(KeySize::Rsa3072)).unwrap();
    let der = pem::parse(key.public_key().to_pem()).unwrap();
    assert_eq!(
        refusal(der.contents()).await,
        "the signing key cannot be used: it is RSA with 3072 bits, and CloudFront accepts only 2048"
    );
}

#[tokio::test]
async fn p384_is_refused() {
    let algorithm = &ECDSA_P384_SHA384_ASN1_SIGNING;
    let pkcs8 = pem::parse(ecdsa(algorithm)).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.contents()).unwrap();
    let der: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    assert_eq!(
        refusal(der.as_ref()).await,
        "this is a P-384 key: CloudFront accepts ECDSA keys on P-256 (prime256v1) only"
    );
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_not_repeated() {
    let service = Service::start().await;
    service.will_answer([(200, r#"{"PublicKey": {"text": "repeated"}}"#.to_owned())]);
    let refused = key(&service).sign(b"policy", HashAlgorithm::Sha256).await.unwrap_err();
    assert_eq!(
        with_sources(&refused),
        "the signing key is out of reach for the moment: KMS GetPublicKey gives an answer that cannot be read"
    );
}

/// Without a limit of its own, the call would never end.
const MINUTE: Duration = Duration::from_secs(60);
