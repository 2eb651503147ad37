//! The private key, wherever it is.

use std::{error::Error, io, path::PathBuf, sync::Arc};

use async_trait::async_trait;
use cloudfront_signing::{HashAlgorithm, KeyAlgorithm, KeyPairId, PrivateKey, PublicKey};

/// A private key, wherever it is: in a file, in Secrets Manager, or in KMS.
#[async_trait]
pub trait SigningKey: Send + Sync {
    /// Signs the bytes of a policy, with `hash` unless the key itself is for another one.
    ///
    /// # Errors
    /// [`SigningError::Unavailable`] where trying again later may help, and the rest where it cannot.
    async fn sign(&self, message: &[u8], hash: HashAlgorithm) -> Result<Signature, SigningError>;

    /// The public keys that verify what this key signs, with what it signed before it was last replaced.
    ///
    /// # Errors
    /// As [`sign`](Self::sign).
    async fn public_keys(&self) -> Result<Vec<(KeyPairId, PublicKey)>, SigningError>;
}

/// A signature with the hash, and the id of the key that made it. They come together: during a rotation, whoever asks
/// for the id a moment later may get the next one's.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Signature {
    /// Under which id CloudFront knows the public half.
    pub key_pair_id: KeyPairId,
    /// What was signed is the policy's hash by this algorithm.
    pub hash: HashAlgorithm,
    /// RSA PKCS#1 v1.5, or ECDSA in ASN.1 DER.
    pub bytes: Vec<u8>,
}

/// Why nothing was signed. What AWS says is a source: the log gets it by [`with_sources`](crate::with_sources()), and
/// the viewer does not. None of the texts holds key material.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningError {
    /// The key file cannot be read.
    #[error("the signing key file {} cannot be read", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: Arc<io::Error>,
    },
    /// The key cannot be used.
    #[error("the signing key cannot be used: {0}")]
    Key(UnusableKey),
    /// What was to be signed was refused, or what was to be a key is none.
    #[error(transparent)]
    Policy(#[from] cloudfront_signing::Error),
    /// AWS rejects each call for the key.
    #[error("the signing key cannot be used")]
    Rejected(#[source] Arc<dyn Error + Send + Sync>),
    /// The service with the key does not answer, or rejects this call alone.
    #[error("the signing key is out of reach for the moment")]
    Unavailable(#[source] Arc<dyn Error + Send + Sync>),
}

/// Why a key cannot sign for CloudFront.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum UnusableKey {
    /// The secret names another hash than those of CloudFront.
    #[error("the secret's hash_algorithm must be SHA1 or SHA256")]
    HashAlgorithm,
    /// The secret names the key pair by something else than an id.
    #[error("the secret's key_pair_id is not the id of a CloudFront public key")]
    KeyPairId,
    /// Neither the secret nor the settings name the key pair.
    #[error(
        "the secret is a bare PEM and KEY_PAIR_ID is missing: set it, or store JSON with key_pair_id and private_key"
    )]
    NoKeyPairId,
    /// The secret is neither PEM nor a key pair in JSON.
    #[error("the secret is not a JSON object with the texts key_pair_id and private_key")]
    NotAKeyPair,
    /// CloudFront accepts one size of RSA keys.
    #[error("it is RSA with {bits} bits, and CloudFront accepts only 2048")]
    RsaSize {
        /// The bits of its modulus.
        bits: usize,
    },
    /// KMS signs with SHA-256 only.
    #[error("KMS cannot sign with SHA1")]
    Sha1InKms,
}

/// A private key in this process.
#[derive(Debug)]
pub struct LocalKey {
    key_pair_id: KeyPairId,
    key: PrivateKey,
    /// The only hash that this key is for, if it is for one.
    hash: Option<HashAlgorithm>,
    /// Derived once: who verifies asks for it with each request.
    public_key: PublicKey,
}

impl LocalKey {
    /// Takes a key that CloudFront accepts.
    ///
    /// # Errors
    /// [`SigningError::Key`] for RSA of another size than 2048 bits.
    pub fn new(key_pair_id: KeyPairId, key: PrivateKey) -> Result<Self, SigningError> {
        check(key.algorithm())?;
        let public_key = key.public_key();
        Ok(Self { key_pair_id, key, hash: None, public_key })
    }

    /// Signs with this hash, whatever the settings say.
    #[must_use]
    pub fn hashing(mut self, hash: HashAlgorithm) -> Self {
        self.hash = Some(hash);
        self
    }

    /// Under which id CloudFront knows the public half.
    #[must_use]
    pub fn key_pair_id(&self) -> &KeyPairId {
        &self.key_pair_id
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }
}

#[async_trait]
impl SigningKey for LocalKey {
    async fn sign(&self, message: &[u8], hash: HashAlgorithm) -> Result<Signature, SigningError> {
        let hash = self.hash.unwrap_or(hash);
        Ok(Signature { key_pair_id: self.key_pair_id.clone(), hash, bytes: self.key.sign(message, hash)? })
    }

    async fn public_keys(&self) -> Result<Vec<(KeyPairId, PublicKey)>, SigningError> {
        Ok(vec![(self.key_pair_id.clone(), self.public_key.clone())])
    }
}

/// Whether CloudFront accepts keys of this kind; parsing has refused other curves than P-256 already.
pub(crate) fn check(algorithm: KeyAlgorithm) -> Result<(), SigningError> {
    match algorithm {
        KeyAlgorithm::Rsa { bits } if bits != 2_048 => Err(SigningError::Key(UnusableKey::RsaSize { bits })),
        _ => Ok(()),
    }
}
