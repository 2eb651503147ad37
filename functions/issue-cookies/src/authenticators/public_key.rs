//! Public keys of issuers, from PEM.

use cloudfront_signing::{KeyAlgorithm, PublicKey};
use jsonwebtoken::{Algorithm, DecodingKey};

/// A key with the algorithm that it is for: Ed25519, RSA with 2048 bits or more, or P-256.
pub(super) fn parse(pem: &str) -> Result<(DecodingKey, Algorithm), &'static str> {
    let bytes = pem.as_bytes();
    if let Ok(key) = DecodingKey::from_ed_pem(bytes) {
        return Ok((key, Algorithm::EdDSA));
    }
    // The library looks at neither the size nor the curve.
    let (key, algorithm) = match PublicKey::from_pem(pem).map(|key| key.algorithm()) {
        Ok(KeyAlgorithm::Rsa { bits }) if bits >= 2_048 => {
            (DecodingKey::from_rsa_pem(bytes), Algorithm::RS256)
        }
        Ok(KeyAlgorithm::EcdsaP256) => (DecodingKey::from_ec_pem(bytes), Algorithm::ES256),
        _ => return Err(EXPECTED),
    };
    key.map(|key| (key, algorithm)).map_err(|_| EXPECTED)
}

const EXPECTED: &str = "an Ed25519, RSA (2048 bits or more) or P-256 public key in PEM";
