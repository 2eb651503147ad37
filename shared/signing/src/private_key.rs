//! Private keys as they come in files: PKCS#1, PKCS#8 and SEC1, RSA and P-256.

use std::fmt;

use aws_lc_rs::{rand::SystemRandom, rsa::KeyPair as FastRsa, signature::RSA_PKCS1_SHA256};
use p256::{
    ecdsa::{DerSignature, Signature, SigningKey, signature::hazmat::PrehashSigner},
    pkcs8::DecodePrivateKey as _,
};
use pem::Pem;
use rsa::{
    Pkcs1v15Sign, RsaPrivateKey,
    pkcs1::DecodeRsaPrivateKey as _,
    pkcs8::PrivateKeyInfo,
    rand_core::OsRng,
    sha2::{Digest as _, Sha256},
    traits::PublicKeyParts as _,
};
use sha1::Sha1;
use zeroize::Zeroizing;

use crate::{Error, HashAlgorithm, PublicKey};

/// What kind of key it is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum KeyAlgorithm {
    /// ECDSA over P-256 (`prime256v1`).
    EcdsaP256,
    /// RSA; CloudFront takes 2048 bits.
    Rsa {
        /// The modulus.
        bits: usize,
    },
}

/// A private key. It is erased from memory when dropped, and never printed; the PEM text is the caller's.
pub struct PrivateKey(Inner);

enum Inner {
    P256(SigningKey),
    /// aws-lc-rs is four times faster, but signs neither SHA-1 nor with less than 2048 bits.
    Rsa {
        fast: Option<FastRsa>,
        slow: Box<RsaPrivateKey>,
    },
}

impl PrivateKey {
    /// Reads a PEM file: `RSA PRIVATE KEY` (PKCS#1), `PRIVATE KEY` (PKCS#8) or `EC PRIVATE KEY` (SEC1).
    ///
    /// # Errors
    /// [`Error::Key`] with a sentence that says what the file holds instead; never its content.
    pub fn from_pem(text: &str) -> Result<Self, Error> {
        let block = private_block(text)?;
        let is_encrypted = block.headers().iter().next().is_some();
        let tag = block.tag().to_owned();
        let der = Zeroizing::new(block.into_contents());
        match tag.as_str() {
            "RSA PRIVATE KEY" | "EC PRIVATE KEY" if is_encrypted => Err(ENCRYPTED),
            "RSA PRIVATE KEY" => Self::from_pkcs1(&der),
            "PRIVATE KEY" => Self::from_pkcs8(&der),
            "EC PRIVATE KEY" => match p256::SecretKey::from_sec1_der(&der) {
                Ok(key) => Ok(Self(Inner::P256(key.into()))),
                Err(_) => Err(wrong_curve(&der)),
            },
            "ENCRYPTED PRIVATE KEY" => Err(ENCRYPTED),
            "PUBLIC KEY" | "RSA PUBLIC KEY" => {
                Err(Error::Key("this is a public key: signing needs the private key"))
            }
            "CERTIFICATE" => Err(Error::Key("this is a certificate: signing needs the private key")),
            "OPENSSH PRIVATE KEY" => Err(Error::Key(
                "this is an OpenSSH key: convert it with `ssh-keygen -p -m PEM`, or make a new pair",
            )),
            _ => Err(Error::Key("this PEM file holds no private key")),
        }
    }

    /// Which kind of key it is.
    #[must_use]
    pub fn algorithm(&self) -> KeyAlgorithm {
        match &self.0 {
            Inner::P256(_) => KeyAlgorithm::EcdsaP256,
            Inner::Rsa { slow, .. } => KeyAlgorithm::Rsa { bits: slow.n().bits() },
        }
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        match &self.0 {
            Inner::P256(key) => PublicKey::from_p256(&p256::PublicKey::from(key.verifying_key())),
            Inner::Rsa { slow, .. } => PublicKey::from_rsa(&slow.to_public_key()),
        }
        .expect("the public half of a key that was parsed is well-formed")
    }

    /// Signs `message`: RSA PKCS#1 v1.5, or ECDSA in ASN.1 DER. The same input gives the same bytes
    /// (ECDSA by RFC 6979), so that every instance of a function hands out the same URLs.
    ///
    /// # Errors
    /// [`Error::Crypto`].
    pub fn sign(&self, message: &[u8], hash: HashAlgorithm) -> Result<Vec<u8>, Error> {
        match (&self.0, hash) {
            (Inner::Rsa { fast: Some(key), .. }, HashAlgorithm::Sha256) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
                    .map_err(|_| Error::Crypto)?;
                Ok(signature)
            }
            (Inner::Rsa { slow, .. }, hash) => {
                let padding = match hash {
                    HashAlgorithm::Sha1 => Pkcs1v15Sign::new::<Sha1>(),
                    HashAlgorithm::Sha256 => Pkcs1v15Sign::new::<Sha256>(),
                };
                // The random numbers blind the operation (RUSTSEC-2023-0071); they do not change its result.
                slow.sign_with_rng(&mut OsRng, padding, &digest(message, hash)).map_err(|_| Error::Crypto)
            }
            (Inner::P256(key), hash) => {
                let signature: Signature =
                    key.sign_prehash(&digest(message, hash)).map_err(|_| Error::Crypto)?;
                Ok(DerSignature::from(signature).as_bytes().to_vec())
            }
        }
    }

    fn from_pkcs1(der: &[u8]) -> Result<Self, Error> {
        let slow = RsaPrivateKey::from_pkcs1_der(der).map_err(|_| DAMAGED)?;
        check_rsa_size(slow.n().bits())?;
        Ok(Self(Inner::Rsa { fast: FastRsa::from_der(der).ok(), slow: Box::new(slow) }))
    }

    fn from_pkcs8(der: &[u8]) -> Result<Self, Error> {
        let info = PrivateKeyInfo::try_from(der).map_err(|_| DAMAGED)?;
        match info.algorithm.oid {
            rsa::pkcs1::ALGORITHM_OID => Self::from_pkcs1(info.private_key),
            oid if oid.as_bytes() == EC_PUBLIC_KEY => match p256::SecretKey::from_pkcs8_der(der) {
                Ok(key) => Ok(Self(Inner::P256(key.into()))),
                Err(_) => Err(wrong_curve(der)),
            },
            _ => Err(Error::Key("this key is neither RSA nor ECDSA: CloudFront takes RSA-2048 and P-256")),
        }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({:?}, redacted)", self.algorithm())
    }
}

/// The block with the key: `openssl ecparam -genkey` writes the curve's parameters in one before it.
fn private_block(text: &str) -> Result<Pem, Error> {
    // An environment variable often holds line ends as the two characters `\n`.
    let text = Zeroizing::new(text.replace("\\n", "\n"));
    let blocks = pem::parse_many(text.as_bytes()).map_err(|_| NOT_PEM)?;
    blocks.into_iter().find(|block| block.tag() != "EC PARAMETERS").ok_or(NOT_PEM)
}

fn digest(message: &[u8], hash: HashAlgorithm) -> Vec<u8> {
    match hash {
        HashAlgorithm::Sha1 => Sha1::digest(message).to_vec(),
        HashAlgorithm::Sha256 => Sha256::digest(message).to_vec(),
    }
}

/// Both halves of a key are within the same limits: what signs can be verified.
pub(crate) fn check_rsa_size(bits: usize) -> Result<(), Error> {
    if (1_024..=4_096).contains(&bits) { Ok(()) } else { Err(RSA_SIZE) }
}

/// Says which curve it is where that is one people have.
pub(crate) fn wrong_curve(der: &[u8]) -> Error {
    let names = |oid: &[u8]| der.windows(oid.len()).any(|window| window == oid);
    if names(SECP384R1) {
        Error::Key("this is a P-384 key: CloudFront takes ECDSA keys on P-256 (prime256v1) only")
    } else if names(PRIME256V1) {
        DAMAGED
    } else {
        Error::Key("this key is not on P-256 (prime256v1), the only curve that CloudFront takes")
    }
}

const NOT_PEM: Error = Error::Key("this is not a PEM file: it should start with -----BEGIN …-----");
const ENCRYPTED: Error =
    Error::Key("this private key is encrypted: decrypt it with `openssl pkey -in FILE -out DECRYPTED`");
pub(crate) const DAMAGED: Error = Error::Key("this key file is damaged: its content cannot be read");
const RSA_SIZE: Error = Error::Key("RSA keys of less than 1024 or more than 4096 bits are not supported");
pub(crate) const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const PRIME256V1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const SECP384R1: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
