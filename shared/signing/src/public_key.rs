//! Public keys, as CloudFront's key groups hold them.

use std::{fmt, sync::Arc};

use aws_lc_rs::signature::{
    ECDSA_P256_SHA1_ASN1, ECDSA_P256_SHA256_ASN1, ParsedPublicKey,
    RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
    VerificationAlgorithm,
};
use p256::pkcs8::{DecodePublicKey as _, EncodePublicKey as _};
use rsa::{
    RsaPublicKey,
    pkcs1::{DecodeRsaPublicKey as _, EncodeRsaPublicKey as _},
    pkcs8::{DecodePublicKey as _, EncodePublicKey as _, SubjectPublicKeyInfoRef},
    traits::PublicKeyParts as _,
};

use crate::{
    Error, HashAlgorithm, KeyAlgorithm,
    private_key::{DAMAGED, check_rsa_size, wrong_curve},
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
    /// Reads a PEM file: `PUBLIC KEY` (as CloudFront takes it) or `RSA PUBLIC KEY` (PKCS#1).
    ///
    /// # Errors
    /// [`Error::Key`] with a sentence that says what the file holds instead; never its content.
    pub fn from_pem(text: &str) -> Result<Self, Error> {
        let block = pem::parse(text).map_err(|_| {
            Error::Key("this is not a PEM file: it should start with -----BEGIN PUBLIC KEY-----")
        })?;
        let der = block.contents();
        match block.tag() {
            "PUBLIC KEY" => {
                match (RsaPublicKey::from_public_key_der(der), p256::PublicKey::from_public_key_der(der)) {
                    (Ok(key), _) => Self::from_rsa(&key),
                    (_, Ok(key)) => Self::from_p256(&key),
                    _ if names_rsa(der) => Err(UNREADABLE_RSA),
                    _ => Err(wrong_curve(der)),
                }
            }
            "RSA PUBLIC KEY" => {
                Self::from_rsa(&RsaPublicKey::from_pkcs1_der(der).map_err(|_| UNREADABLE_RSA)?)
            }
            tag if tag.ends_with("PRIVATE KEY") => {
                Err(Error::Key("this is a private key: verifying needs the public key"))
            }
            _ => Err(Error::Key("this PEM file holds no public key")),
        }
    }

    /// The key as PEM, in the form that CloudFront takes.
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

    pub(crate) fn from_rsa(key: &RsaPublicKey) -> Result<Self, Error> {
        check_rsa_size(key.n().bits())?;
        Self::parse(
            KeyAlgorithm::Rsa { bits: key.n().bits() },
            key.to_public_key_der().map_err(|_| DAMAGED)?.as_bytes(),
            key.to_pkcs1_der().map_err(|_| DAMAGED)?.as_bytes(),
            &RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
            &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        )
    }

    pub(crate) fn from_p256(key: &p256::PublicKey) -> Result<Self, Error> {
        Self::parse(
            KeyAlgorithm::EcdsaP256,
            key.to_public_key_der().map_err(|_| DAMAGED)?.as_bytes(),
            &key.to_sec1_bytes(),
            &ECDSA_P256_SHA1_ASN1,
            &ECDSA_P256_SHA256_ASN1,
        )
    }

    fn parse(
        algorithm: KeyAlgorithm,
        spki: &[u8],
        raw: &[u8],
        sha1: &'static dyn VerificationAlgorithm,
        sha256: &'static dyn VerificationAlgorithm,
    ) -> Result<Self, Error> {
        let parse = |with| ParsedPublicKey::new(with, raw).map(Arc::new).map_err(|_| DAMAGED);
        Ok(Self { algorithm, spki: spki.to_vec(), sha1: parse(sha1)?, sha256: parse(sha256)? })
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({:?})", self.algorithm)
    }
}

fn names_rsa(spki: &[u8]) -> bool {
    SubjectPublicKeyInfoRef::try_from(spki).is_ok_and(|info| info.algorithm.oid == rsa::pkcs1::ALGORITHM_OID)
}

/// The parser says only that it refused.
const UNREADABLE_RSA: Error = Error::Key("this RSA public key is damaged, or has more than 4096 bits");

#[cfg(test)]
mod tests {
    use rsa::BigUint;

    use super::*;

    fn rsa_of(bytes: usize) -> RsaPublicKey {
        let modulus = BigUint::from_bytes_be(&vec![0xff; bytes]);
        RsaPublicKey::new_with_max_size(modulus, 65_537_u32.into(), 8_192).expect("an odd modulus")
    }

    #[test]
    fn an_rsa_key_of_another_size_is_refused_as_one() {
        for (bytes, sentence) in [
            (64, "RSA keys of less than 1024 or more than 4096 bits are not supported"),
            (513, "this RSA public key is damaged, or has more than 4096 bits"),
        ] {
            let key = rsa_of(bytes);
            let spki = key.to_public_key_der().expect("a key");
            let pkcs1 = key.to_pkcs1_der().expect("a key");
            for (label, der) in [("PUBLIC KEY", spki.as_bytes()), ("RSA PUBLIC KEY", pkcs1.as_bytes())] {
                let refused = PublicKey::from_pem(&pem::encode(&pem::Pem::new(label, der)));
                assert_eq!(
                    refused.map(|key| key.algorithm()),
                    Err(Error::Key(sentence)),
                    "{label} of {bytes}"
                );
            }
        }
        assert!(PublicKey::from_rsa(&rsa_of(512)).is_ok());
    }
}
