//! Public keys, as CloudFront's key groups hold them.

use std::{fmt, sync::Arc};

#[cfg(feature = "ecdsa")]
use aws_lc_rs::signature::{ECDSA_P256_SHA1_ASN1, ECDSA_P256_SHA256_ASN1};
use aws_lc_rs::signature::{
    ParsedPublicKey, RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, VerificationAlgorithm,
};
#[cfg(feature = "ecdsa")]
use p256::pkcs8::{DecodePublicKey as _, EncodePublicKey as _};
use pkcs8::{
    SubjectPublicKeyInfoRef,
    der::{Encode as _, asn1::BitStringRef},
};

#[cfg(feature = "ecdsa")]
use crate::private_key::unreadable_ec;
use crate::{
    Error, HashAlgorithm, KeyAlgorithm, KeyProblem,
    private_key::EC_PUBLIC_KEY,
    rsa_key::{SMALLEST_PUBLIC, bits, check_size},
};

/// A public key, parsed once for both hashes.
#[derive(Clone)]
pub struct PublicKey {
    algorithm: KeyAlgorithm,
    spki: Vec<u8>,
    sha1: Arc<ParsedPublicKey>,
    sha256: Arc<ParsedPublicKey>,
}

impl PublicKey {
    /// Reads a PEM file: `PUBLIC KEY`, the form that CloudFront accepts, or `RSA PUBLIC KEY` (PKCS#1).
    ///
    /// # Errors
    /// [`Error::Key`] with the problem; never with a part of the file.
    pub fn from_pem(text: &str) -> Result<Self, Error> {
        let block = pem::parse(text).map_err(|_| KeyProblem::NotPem)?;
        let key = match block.tag() {
            "PUBLIC KEY" => Self::from_info(block.contents()),
            "RSA PUBLIC KEY" => Self::from_rsa(block.contents()),
            tag if tag.ends_with("PRIVATE KEY") => Err(KeyProblem::PrivateKey),
            _ => Err(KeyProblem::NoPublicKey),
        };
        Ok(key?)
    }

    /// The key as PEM, in the form that CloudFront accepts.
    #[must_use]
    pub fn to_pem(&self) -> String {
        pem::encode_config(
            &pem::Pem::new("PUBLIC KEY", self.spki.as_slice()),
            pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF),
        )
    }

    /// Which kind of key it is.
    #[must_use]
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// Whether `signature` over `message` was made with the private half of this key.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8], hash: HashAlgorithm) -> bool {
        let key = match hash {
            HashAlgorithm::Sha1 => &self.sha1,
            HashAlgorithm::Sha256 => &self.sha256,
        };
        key.verify_sig(message, signature).is_ok()
    }

    /// Reads a key in PKCS#1.
    pub(crate) fn from_rsa(pkcs1: &[u8]) -> Result<Self, KeyProblem> {
        let key = pkcs1::RsaPublicKey::try_from(pkcs1).map_err(|_| KeyProblem::Damaged)?;
        let bits = bits(key.modulus);
        check_size(bits, SMALLEST_PUBLIC)?;
        Self::parse(
            KeyAlgorithm::Rsa { bits },
            &rsa_info(pkcs1).map_err(|_| KeyProblem::Damaged)?,
            pkcs1,
            &RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
            &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        )
    }

    #[cfg(feature = "ecdsa")]
    pub(crate) fn from_p256(key: &p256::PublicKey) -> Result<Self, KeyProblem> {
        Self::parse(
            KeyAlgorithm::EcdsaP256,
            key.to_public_key_der().map_err(|_| KeyProblem::Damaged)?.as_bytes(),
            &key.to_sec1_bytes(),
            &ECDSA_P256_SHA1_ASN1,
            &ECDSA_P256_SHA256_ASN1,
        )
    }

    fn from_info(spki: &[u8]) -> Result<Self, KeyProblem> {
        let info = SubjectPublicKeyInfoRef::try_from(spki).map_err(|_| KeyProblem::Damaged)?;
        match info.algorithm.oid {
            pkcs1::ALGORITHM_OID => {
                Self::from_rsa(info.subject_public_key.as_bytes().ok_or(KeyProblem::Damaged)?)
            }
            #[cfg(feature = "ecdsa")]
            EC_PUBLIC_KEY => match p256::PublicKey::from_public_key_der(spki) {
                Ok(key) => Self::from_p256(&key),
                Err(_) => Err(unreadable_ec(info.algorithm.parameters_oid().ok())),
            },
            #[cfg(not(feature = "ecdsa"))]
            EC_PUBLIC_KEY => Err(KeyProblem::EcdsaDisabled),
            _ => Err(KeyProblem::UnsupportedAlgorithm),
        }
    }

    fn parse(
        algorithm: KeyAlgorithm,
        spki: &[u8],
        raw: &[u8],
        sha1: &'static dyn VerificationAlgorithm,
        sha256: &'static dyn VerificationAlgorithm,
    ) -> Result<Self, KeyProblem> {
        let parse = |with| ParsedPublicKey::new(with, raw).map(Arc::new).map_err(|_| KeyProblem::Damaged);
        Ok(Self { algorithm, spki: spki.to_vec(), sha1: parse(sha1)?, sha256: parse(sha256)? })
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({:?})", self.algorithm)
    }
}

/// An RSA key in PKCS#1 as a `SubjectPublicKeyInfo`.
fn rsa_info(pkcs1: &[u8]) -> pkcs8::der::Result<Vec<u8>> {
    let subject_public_key = BitStringRef::from_bytes(pkcs1)?;
    SubjectPublicKeyInfoRef { algorithm: pkcs1::ALGORITHM_ID, subject_public_key }.to_der()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rsa_of(bytes: usize) -> Vec<u8> {
        let modulus = vec![0xff; bytes];
        let integer = |bytes| pkcs1::UintRef::new(bytes).expect("an integer");
        pkcs1::RsaPublicKey { modulus: integer(&modulus), public_exponent: integer(&[1, 0, 1]) }
            .to_der()
            .expect("a key")
    }

    #[test]
    fn an_rsa_key_of_another_size_is_refused_as_one() {
        for bytes in [64, 513] {
            let pkcs1 = rsa_of(bytes);
            let spki = rsa_info(&pkcs1).expect("a key");
            for (label, der) in [("PUBLIC KEY", &spki), ("RSA PUBLIC KEY", &pkcs1)] {
                let refused = PublicKey::from_pem(&pem::encode(&pem::Pem::new(label, der.as_slice())));
                assert_eq!(
                    refused.map(|key| key.algorithm()),
                    Err(Error::Key(KeyProblem::RsaSize { bits: bytes * 8, smallest: 1_024 })),
                    "{label} of {bytes}"
                );
            }
        }
        assert!(PublicKey::from_rsa(&rsa_of(512)).is_ok());
    }

    #[test]
    fn what_is_cut_off_or_followed_by_more_is_refused() {
        let key = rsa_of(256);
        let algorithm = |der: &[u8]| PublicKey::from_rsa(der).map(|key| key.algorithm());
        assert_eq!(algorithm(&key), Ok(KeyAlgorithm::Rsa { bits: 2_048 }));
        let longer = [key.as_slice(), &[0]].concat();
        for bad in [&key[..key.len() - 1], &longer, &[0x30], &[0x30, 0x80], &[]] {
            assert_eq!(algorithm(bad), Err(KeyProblem::Damaged), "{bad:?}");
        }
    }
}
