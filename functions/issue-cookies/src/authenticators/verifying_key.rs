//! Keys that verify tokens, each parsed once and for one algorithm.

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    encoding::{AsDer as _, PublicKeyX509Der},
    hmac,
    signature::{
        ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    },
};
use cloudfront_signing::{KeyAlgorithm, PublicKey};

use super::{algorithm::Algorithm, hmac_keys::Secrets};

/// A text that [`VerifyingKey::from_pem`] does not read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not an Ed25519, RSA (2048 bits or more) or P-256 public key in PEM")]
pub(crate) struct UnusablePublicKey;

/// A key with its algorithm: no token can choose another one.
#[derive(Clone)]
pub(crate) struct VerifyingKey {
    algorithm: Algorithm,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Public(ParsedPublicKey),
    /// In a box: it holds two states of the hash, which take a kilobyte.
    Secret(Box<hmac::Key>),
}

impl VerifyingKey {
    /// A secret for HS256.
    pub(crate) fn hs256(secret: &[u8]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        Self { algorithm: Algorithm::HS256, kind: Kind::Secret(Box::new(key)) }
    }

    /// Each of `secrets` for HS256.
    pub(crate) fn all_hs256(secrets: &Secrets) -> Vec<Arc<Self>> {
        secrets.iter().map(|secret| Arc::new(Self::hs256(secret))).collect()
    }

    /// An RSA key of 2048 to 8192 bits from its modulus and exponent, without leading zeros.
    pub(crate) fn rs256(modulus: &[u8], exponent: &[u8]) -> Option<Self> {
        let components = RsaPublicKeyComponents { n: modulus, e: exponent };
        let der: PublicKeyX509Der<'_> = components.as_der().ok()?;
        Self::from_public_key(Algorithm::RS256, der.as_ref())
    }

    /// A public key: an uncompressed point on P-256, the 32 bytes of an Ed25519 key, or any key as a
    /// `SubjectPublicKeyInfo` in DER.
    pub(crate) fn from_public_key(algorithm: Algorithm, bytes: &[u8]) -> Option<Self> {
        let parsed = match algorithm {
            Algorithm::RS256 => ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, bytes),
            Algorithm::ES256 => ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, bytes),
            Algorithm::EdDSA => ParsedPublicKey::new(&ED25519, bytes),
            Algorithm::HS256 => return None,
        };
        Some(Self { algorithm, kind: Kind::Public(parsed.ok()?) })
    }

    /// A public key in PEM, which says its algorithm: Ed25519, RSA with 2048 bits or more, or P-256.
    ///
    /// # Errors
    /// [`UnusablePublicKey`]
    pub(crate) fn from_pem(text: &str) -> Result<Self, UnusablePublicKey> {
        // With several blocks, nobody knows which one counts.
        let blocks = pem::parse_many(text).unwrap_or_default();
        let [block] = blocks.as_slice() else { return Err(UnusablePublicKey) };
        let algorithm = match PublicKey::from_pem(text).map(|key| key.algorithm()) {
            Ok(KeyAlgorithm::Rsa { bits }) if bits >= 2_048 => Algorithm::RS256,
            Ok(KeyAlgorithm::EcdsaP256) => Algorithm::ES256,
            // Never RSA: aws-lc-rs reads smaller keys, and those for PSS.
            _ => Algorithm::EdDSA,
        };
        let block = Some(block).filter(|block| block.tag() == "PUBLIC KEY");
        block.and_then(|block| Self::from_public_key(algorithm, block.contents())).ok_or(UnusablePublicKey)
    }

    /// The algorithm that the key is for.
    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether `signature` over `message` was made with this secret, or the private half of this key.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.kind {
            Kind::Public(key) => key.verify_sig(message, signature).is_ok(),
            Kind::Secret(key) => hmac::verify(key, message, signature).is_ok(),
        }
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}
