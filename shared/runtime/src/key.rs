//! Where the private key lives: in KMS, or in a file on a laptop.

use std::{io, path::PathBuf};

use async_trait::async_trait;
use cloudfront_signing::{HashAlgorithm, KeyAlgorithm, PrivateKey};

use crate::KmsKey;

/// A private key, wherever it is.
#[async_trait]
pub trait SigningKey: Send + Sync {
    /// Signs the bytes of a policy.
    ///
    /// # Errors
    /// [`SigningError::Unavailable`] where trying again later may help, and the rest where it cannot.
    async fn sign(&self, message: &[u8], hash: HashAlgorithm) -> Result<Vec<u8>, SigningError>;
}

/// Why nothing was signed. None of the texts holds key material.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningError {
    /// The key cannot be used.
    #[error("the signing key cannot be used: {0}")]
    Key(String),
    /// The key file cannot be read.
    #[error("the signing key file {} cannot be read", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What was to be signed was refused.
    #[error(transparent)]
    Policy(#[from] cloudfront_signing::Error),
    /// The key's keeper does not answer.
    #[error("the signing key is out of reach for the moment: {0}")]
    Unavailable(String),
}

/// Where to find the key.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum KeySource {
    /// A PEM file.
    File {
        /// Its path.
        path: PathBuf,
    },
    /// A KMS key that never leaves KMS.
    Kms {
        /// Its id or ARN.
        key_id: String,
    },
}

impl KeySource {
    /// Opens the key; a KMS key is not asked before the first signature.
    ///
    /// # Errors
    /// [`SigningError`] where a file cannot be read, or holds a key that CloudFront does not take.
    pub async fn open(&self) -> Result<Box<dyn SigningKey>, SigningError> {
        match self {
            Self::File { path } => {
                let pem = std::fs::read_to_string(path)
                    .map_err(|source| SigningError::File { path: path.clone(), source })?;
                let key = PrivateKey::from_pem(&pem)?;
                Ok(Box::new(LocalKey::new(key)?))
            }
            Self::Kms { key_id } => Ok(Box::new(KmsKey::connect(key_id.clone()).await)),
        }
    }
}

/// A private key in this process.
#[derive(Debug)]
pub struct LocalKey(PrivateKey);

impl LocalKey {
    /// Takes a key that CloudFront takes.
    ///
    /// # Errors
    /// [`SigningError::Key`] for RSA of another size than 2048 bits.
    pub fn new(key: PrivateKey) -> Result<Self, SigningError> {
        match key.algorithm() {
            KeyAlgorithm::Rsa { bits } if bits != 2_048 => {
                Err(SigningError::Key(format!("it is RSA with {bits} bits, and CloudFront takes 2048 only")))
            }
            _ => Ok(Self(key)),
        }
    }
}

#[async_trait]
impl SigningKey for LocalKey {
    async fn sign(&self, message: &[u8], hash: HashAlgorithm) -> Result<Vec<u8>, SigningError> {
        Ok(self.0.sign(message, hash)?)
    }
}
