//! Key pairs of the tests' own.

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm},
};
use cloudfront_signing::{KeyPairId, PrivateKey};

/// A P-256 key in PKCS#8, and its public half as PEM.
pub(crate) fn p256() -> (String, String) {
    let pem = ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING);
    let public = PrivateKey::from_pem(&pem).unwrap().public_key().to_pem();
    (pem, public)
}

pub(crate) fn ecdsa(algorithm: &'static EcdsaSigningAlgorithm) -> String {
    let der = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).unwrap();
    pem::encode(&pem::Pem::new("PRIVATE KEY", der.as_ref()))
}

pub(crate) fn rsa(size: KeySize) -> String {
    let der: Pkcs8V1Der<'_> = KeyPair::generate(size).unwrap().as_der().unwrap();
    pem::encode(&pem::Pem::new("PRIVATE KEY", der.as_ref()))
}

pub(crate) fn id(id: &str) -> KeyPairId {
    KeyPairId::new(id).unwrap()
}
