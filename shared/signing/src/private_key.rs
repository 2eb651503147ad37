//! Private keys in the forms that files have: PKCS#1, PKCS#8 and SEC1, RSA and P-256.

use std::fmt;

#[cfg(feature = "ecdsa")]
use p256::{
    ecdsa::{DerSignature, Signature, SigningKey, signature::hazmat::PrehashSigner as _},
    pkcs8::DecodePrivateKey as _,
};
use pem::Pem;
use pkcs8::{ObjectIdentifier, PrivateKeyInfo};
use zeroize::Zeroizing;

use crate::{Error, HashAlgorithm, KeyProblem, PublicKey, rsa_key::RsaKey};

/// What kind of key it is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum KeyAlgorithm {
    /// ECDSA over P-256 (`prime256v1`).
    EcdsaP256,
    /// RSA; CloudFront accepts 2048 bits.
    Rsa {
        /// The modulus.
        bits: usize,
    },
}

/// A private key. It is erased from memory when dropped, and never printed; the PEM text is the caller's.
pub struct PrivateKey(Inner);

enum Inner {
    #[cfg(feature = "ecdsa")]
    P256(SigningKey),
    Rsa(RsaKey),
}

impl PrivateKey {
    /// Reads a PEM file: `RSA PRIVATE KEY` (PKCS#1), `PRIVATE KEY` (PKCS#8) or `EC PRIVATE KEY` (SEC1).
    ///
    /// # Errors
    /// [`Error::Key`] with the problem; never with a part of the file.
    pub fn from_pem(text: &str) -> Result<Self, Error> {
        let block = private_block(text)?;
        let is_encrypted = block.headers().iter().next().is_some();
        let tag = block.tag().to_owned();
        let der = Zeroizing::new(block.into_contents());
        let inner = match tag.as_str() {
            "RSA PRIVATE KEY" | "EC PRIVATE KEY" if is_encrypted => Err(KeyProblem::Encrypted),
            "RSA PRIVATE KEY" => RsaKey::from_pkcs1(&der).map(Inner::Rsa),
            "PRIVATE KEY" => from_pkcs8(&der),
            "EC PRIVATE KEY" => from_sec1(&der),
            "ENCRYPTED PRIVATE KEY" => Err(KeyProblem::Encrypted),
            "PUBLIC KEY" | "RSA PUBLIC KEY" => Err(KeyProblem::PublicKey),
            "CERTIFICATE" => Err(KeyProblem::Certificate),
            "OPENSSH PRIVATE KEY" => Err(KeyProblem::OpenSsh),
            _ => Err(KeyProblem::NoPrivateKey),
        };
        Ok(Self(inner?))
    }

    /// Which kind of key it is.
    #[must_use]
    pub fn algorithm(&self) -> KeyAlgorithm {
        match &self.0 {
            #[cfg(feature = "ecdsa")]
            Inner::P256(_) => KeyAlgorithm::EcdsaP256,
            Inner::Rsa(key) => KeyAlgorithm::Rsa { bits: key.bits },
        }
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        match &self.0 {
            #[cfg(feature = "ecdsa")]
            Inner::P256(key) => PublicKey::from_p256(&p256::PublicKey::from(key.verifying_key())),
            Inner::Rsa(key) => PublicKey::from_rsa(&key.public),
        }
        .expect("the public half of a key that was parsed is well-formed")
    }

    /// Signs `message`: RSA PKCS#1 v1.5, or ECDSA in ASN.1 DER. The same input gives the same bytes
    /// (ECDSA by RFC 6979), so that every instance of a service creates the same URLs.
    ///
    /// # Errors
    /// [`Error::Crypto`]; [`Error::Sha1Disabled`] for RSA with SHA-1 without the feature `sha1`.
    pub fn sign(&self, message: &[u8], hash: HashAlgorithm) -> Result<Vec<u8>, Error> {
        match &self.0 {
            #[cfg(feature = "ecdsa")]
            Inner::P256(key) => {
                let signature: Signature =
                    key.sign_prehash(digest(message, hash).as_ref()).map_err(|_| Error::Crypto)?;
                Ok(DerSignature::from(signature).as_bytes().to_vec())
            }
            Inner::Rsa(key) => key.sign(message, hash),
        }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({:?}, redacted)", self.algorithm())
    }
}

/// The block with the key: `openssl ecparam -genkey` writes the curve's parameters in one before it.
fn private_block(text: &str) -> Result<Pem, KeyProblem> {
    // An environment variable often holds line ends as the two characters `\n`.
    let text = Zeroizing::new(text.replace("\\n", "\n"));
    let blocks = pem::parse_many(text.as_bytes()).map_err(|_| KeyProblem::NotPem)?;
    blocks.into_iter().find(|block| block.tag() != "EC PARAMETERS").ok_or(KeyProblem::NotPem)
}

fn from_pkcs8(der: &[u8]) -> Result<Inner, KeyProblem> {
    let info = PrivateKeyInfo::try_from(der).map_err(|_| KeyProblem::Damaged)?;
    match info.algorithm.oid {
        pkcs1::ALGORITHM_OID => RsaKey::from_pkcs1(info.private_key).map(Inner::Rsa),
        #[cfg(feature = "ecdsa")]
        EC_PUBLIC_KEY => match p256::SecretKey::from_pkcs8_der(der) {
            Ok(key) => Ok(Inner::P256(key.into())),
            Err(_) => Err(unreadable_ec(info.algorithm.parameters_oid().ok())),
        },
        #[cfg(not(feature = "ecdsa"))]
        EC_PUBLIC_KEY => Err(KeyProblem::EcdsaDisabled),
        _ => Err(KeyProblem::UnsupportedAlgorithm),
    }
}

#[cfg(feature = "ecdsa")]
fn from_sec1(der: &[u8]) -> Result<Inner, KeyProblem> {
    match p256::SecretKey::from_sec1_der(der) {
        Ok(key) => Ok(Inner::P256(key.into())),
        Err(_) => {
            let names = |oid: &ObjectIdentifier| {
                der.windows(oid.as_bytes().len()).any(|window| window == oid.as_bytes())
            };
            Err(unreadable_ec([SECP384R1, PRIME256V1].into_iter().find(names)))
        }
    }
}

#[cfg(not(feature = "ecdsa"))]
fn from_sec1(_der: &[u8]) -> Result<Inner, KeyProblem> {
    Err(KeyProblem::EcdsaDisabled)
}

#[cfg(feature = "ecdsa")]
fn digest(message: &[u8], hash: HashAlgorithm) -> aws_lc_rs::digest::Digest {
    use aws_lc_rs::digest;
    let algorithm = match hash {
        HashAlgorithm::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        HashAlgorithm::Sha256 => &digest::SHA256,
    };
    digest::digest(algorithm, message)
}

/// What is wrong with an ECDSA key that names this curve and cannot be read as a key on P-256.
#[cfg(feature = "ecdsa")]
pub(crate) fn unreadable_ec(curve: Option<ObjectIdentifier>) -> KeyProblem {
    match curve {
        Some(PRIME256V1) => KeyProblem::Damaged,
        Some(SECP384R1) => KeyProblem::WrongCurve { curve: crate::Curve::P384 },
        _ => KeyProblem::WrongCurve { curve: crate::Curve::Other },
    }
}

/// `id-ecPublicKey`
pub(crate) const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
#[cfg(feature = "ecdsa")]
const PRIME256V1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
#[cfg(feature = "ecdsa")]
const SECP384R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_p256_key_is_read_only_where_the_feature_is_on() {
        const KEY: &str = "-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIK1Ygz64xZFb86G0MNESNORdk8cVEN+cX3Qt2UTUY7XqoAoGCCqGSM49
AwEHoUQDQgAElOWt29Qd9x+X7PKJGHvJvXmbNrgZBh1QJdG+1TUDcDCDqD1pNI49
aMjc/Pae1QFVwZadRDojLwBNWTh5kkvXOA==
-----END EC PRIVATE KEY-----
";
        let expected = if cfg!(feature = "ecdsa") {
            Ok(KeyAlgorithm::EcdsaP256)
        } else {
            Err(Error::Key(KeyProblem::EcdsaDisabled))
        };
        assert_eq!(PrivateKey::from_pem(KEY).map(|key| key.algorithm()), expected);
    }
}
