//! Keys that verify tokens, each parsed once and for one algorithm.

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    encoding::{AsDer as _, PublicKeyX509Der},
    hmac,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ED25519, ParsedPublicKey,
        RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
        RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaPublicKeyComponents,
        VerificationAlgorithm,
    },
};
use cloudfront_signing::{KeyAlgorithm, PublicKey};

use super::{algorithm::Algorithm, hmac_keys::Secrets};

/// A text that [`VerifyingKey::from_pem`] does not read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not an Ed25519, RSA (2048 bits or more), P-256, P-384 or P-521 public key in PEM")]
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
    /// A secret for one of the algorithms with a secret. The caller checks its length.
    pub(crate) fn from_secret(algorithm: Algorithm, secret: &[u8]) -> Option<Self> {
        let hash = match algorithm {
            Algorithm::HS256 => hmac::HMAC_SHA256,
            Algorithm::HS384 => hmac::HMAC_SHA384,
            Algorithm::HS512 => hmac::HMAC_SHA512,
            _ => return None,
        };
        Some(Self { algorithm, kind: Kind::Secret(Box::new(hmac::Key::new(hash, secret))) })
    }

    /// Each of `secrets`, as [`from_secret`](Self::from_secret).
    pub(crate) fn from_secrets(algorithm: Algorithm, secrets: &Secrets) -> Vec<Arc<Self>> {
        let keys = secrets.iter().filter_map(|secret| Self::from_secret(algorithm, secret));
        keys.map(Arc::new).collect()
    }

    /// An RSA key of 2048 to 8192 bits from its modulus and exponent, without leading zeros.
    pub(crate) fn from_rsa(algorithm: Algorithm, modulus: &[u8], exponent: &[u8]) -> Option<Self> {
        let components = RsaPublicKeyComponents { n: modulus, e: exponent };
        let der: PublicKeyX509Der<'_> = components.as_der().ok()?;
        Self::from_public_key(algorithm, der.as_ref())
    }

    /// A public key: an uncompressed point on the algorithm's curve, the 32 bytes of an Ed25519 key, or any key as a
    /// `SubjectPublicKeyInfo` in DER.
    pub(crate) fn from_public_key(algorithm: Algorithm, bytes: &[u8]) -> Option<Self> {
        let parsed = ParsedPublicKey::new(verification(algorithm)?, bytes).ok()?;
        Some(Self { algorithm, kind: Kind::Public(parsed) })
    }

    /// A public key in PEM: Ed25519, RSA with 2048 bits or more, P-256, P-384 or P-521. The key says its algorithm; to
    /// an RSA key, six algorithms are open, and `rsa` is the one that counts.
    ///
    /// # Errors
    /// [`UnusablePublicKey`]
    pub(crate) fn from_pem(text: &str, rsa: Algorithm) -> Result<Self, UnusablePublicKey> {
        // With several blocks, nobody knows which one counts.
        let blocks = pem::parse_many(text).unwrap_or_default();
        let [block] = blocks.as_slice() else { return Err(UnusablePublicKey) };
        let algorithms: &[Algorithm] = match PublicKey::from_pem(text).map(|key| key.algorithm()) {
            Ok(KeyAlgorithm::Rsa { bits }) if bits >= 2_048 => &[rsa],
            Ok(KeyAlgorithm::EcdsaP256) => &[Algorithm::ES256],
            // Never RSA: aws-lc-rs reads smaller keys, and those for PSS.
            _ => &[Algorithm::EdDSA, Algorithm::ES384, Algorithm::ES512],
        };
        let block = Some(block).filter(|block| block.tag() == "PUBLIC KEY").ok_or(UnusablePublicKey)?;
        let mut keys =
            algorithms.iter().filter_map(|algorithm| Self::from_public_key(*algorithm, block.contents()));
        keys.next().ok_or(UnusablePublicKey)
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

/// How signatures of an algorithm with a key pair are verified.
fn verification(algorithm: Algorithm) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match algorithm {
        Algorithm::ES256 => &ECDSA_P256_SHA256_FIXED,
        Algorithm::ES384 => &ECDSA_P384_SHA384_FIXED,
        Algorithm::ES512 => &ECDSA_P521_SHA512_FIXED,
        Algorithm::EdDSA => &ED25519,
        Algorithm::PS256 => &RSA_PSS_2048_8192_SHA256,
        Algorithm::PS384 => &RSA_PSS_2048_8192_SHA384,
        Algorithm::PS512 => &RSA_PSS_2048_8192_SHA512,
        Algorithm::RS256 => &RSA_PKCS1_2048_8192_SHA256,
        Algorithm::RS384 => &RSA_PKCS1_2048_8192_SHA384,
        Algorithm::RS512 => &RSA_PKCS1_2048_8192_SHA512,
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => return None,
    })
}
