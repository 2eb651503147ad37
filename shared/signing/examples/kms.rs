//! Signs with a key that never leaves its keeper: KMS, an HSM, another process.
//!
//! The keeper signs the bytes of the policy and returns the signature. With the AWS SDK:
//!
//! ```text
//! let output = kms.sign()
//!     .key_id(key_arn)
//!     .message(Blob::new(message))
//!     .message_type(MessageType::Raw)
//!     .signing_algorithm(SigningAlgorithmSpec::RsassaPkcs1V15Sha256)
//!     .send().await?;
//! let signature = output.signature.ok_or("no signature")?.into_inner();
//! ```
//!
//! Here `aws-lc-rs` takes the place of KMS, so that the example runs without an account.

use std::error::Error;

use aws_lc_rs::{
    encoding::{AsDer as _, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use cloudfront_signing::{
    CustomPolicy, ExactUrl, Grant, HashAlgorithm, KeyPairId, Policy, PublicKey, Request, UnixTime,
    UrlPattern, Verifier,
};

/// Signs a policy with whatever `sign` asks.
fn grant(
    policy: CustomPolicy,
    key_pair_id: KeyPairId,
    sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, Box<dyn Error>>,
) -> Result<Grant, Box<dyn Error>> {
    let policy = Policy::from(policy);
    let signature = sign(policy.to_json().as_bytes())?;
    Ok(Grant::new(policy, key_pair_id, HashAlgorithm::Sha256, &signature))
}

fn main() -> Result<(), Box<dyn Error>> {
    let kms = KeyPair::generate(KeySize::Rsa2048)?;
    let sign = |message: &[u8]| {
        let mut signature = vec![0; kms.public_modulus_len()];
        kms.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)?;
        Ok(signature)
    };

    let key_pair_id = KeyPairId::new("K2JCJMDEHXQW5F")?;
    let resource = UrlPattern::new("https://d111111abcdef8.cloudfront.net/video/*")?;
    let policy = CustomPolicy::new(resource, UnixTime::new(1_790_000_000)?)?;
    let grant = grant(policy, key_pair_id.clone(), sign)?;
    let url = grant.url(&ExactUrl::new("https://d111111abcdef8.cloudfront.net/video/m/s001.ts")?)?;
    println!("{url}");

    // The public half, as KMS's GetPublicKey returns it, decides whether the signature is right.
    let der: PublicKeyX509Der<'_> = kms.public_key().as_der()?;
    let public = PublicKey::from_pem(&pem::encode(&pem::Pem::new("PUBLIC KEY", der.as_ref())))?;
    let verifier = Verifier::new([(key_pair_id, public)]);
    let admitted = verifier.verify(&Request::new(&url), UnixTime::new(1_789_999_999)?)?;
    println!("admitted until {}", admitted.policy.date_less_than);
    Ok(())
}
