//! Signing in AWS KMS: the private key never leaves it.
//!
//! RSA signatures are the same bytes from every instance; those of ECDSA are not, KMS makes them with a
//! random number.
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html>

use async_trait::async_trait;
use aws_sdk_kms::{
    Client,
    primitives::Blob,
    types::{MessageType, SigningAlgorithmSpec},
};
use cloudfront_signing::{HashAlgorithm, KeyAlgorithm, KeyPairId, PublicKey};
use tokio::sync::OnceCell;

use crate::{
    Signature, SigningError, SigningKey, UnusableKey,
    aws::{CallError, explain},
    key::check,
};

/// A KMS key of `RSA_2048` or `ECC_NIST_P256`.
#[derive(Debug)]
pub struct KmsKey {
    client: Client,
    key_id: String,
    key_pair_id: KeyPairId,
    public_key: OnceCell<PublicKey>,
}

impl KmsKey {
    /// Signs through `client`, which [`sdk_defaults`](crate::sdk_defaults) fits.
    #[must_use]
    pub fn new(client: Client, key_id: String, key_pair_id: KeyPairId) -> Self {
        Self { client, key_id, key_pair_id, public_key: OnceCell::new() }
    }

    /// The public half: asked once per instance.
    ///
    /// # Errors
    /// As [`SigningKey::sign`].
    pub async fn public_key(&self) -> Result<&PublicKey, SigningError> {
        self.public_key.get_or_try_init(|| self.ask_public_key()).await
    }

    async fn ask_public_key(&self) -> Result<PublicKey, SigningError> {
        let request = self.client.get_public_key().key_id(&self.key_id);
        let answer = request.send().await.map_err(|error| explain("KMS GetPublicKey", error, &LAST_WORDS))?;
        let der = answer.public_key.map(Blob::into_inner).ok_or(CallError::Incomplete("a public key"))?;
        let key = PublicKey::from_pem(&pem::encode(&pem::Pem::new("PUBLIC KEY", der)))?;
        check(key.algorithm())?;
        Ok(key)
    }
}

#[async_trait]
impl SigningKey for KmsKey {
    async fn sign(&self, message: &[u8], hash: HashAlgorithm) -> Result<Signature, SigningError> {
        if hash != HashAlgorithm::Sha256 {
            return Err(SigningError::Key(UnusableKey::Sha1InKms));
        }
        let algorithm = match self.public_key().await?.algorithm() {
            KeyAlgorithm::EcdsaP256 => SigningAlgorithmSpec::EcdsaSha256,
            _ => SigningAlgorithmSpec::RsassaPkcs1V15Sha256,
        };
        let signed = self
            .client
            .sign()
            .key_id(&self.key_id)
            .message(Blob::new(message))
            // RAW: KMS hashes. With DIGEST some stand-ins hash a second time.
            .message_type(MessageType::Raw)
            .signing_algorithm(algorithm)
            .send()
            .await
            .map_err(|error| explain("KMS Sign", error, &LAST_WORDS))?;
        let bytes = signed.signature.map(Blob::into_inner).ok_or(CallError::Incomplete("a signature"))?;
        Ok(Signature { key_pair_id: self.key_pair_id.clone(), hash, bytes })
    }

    async fn public_keys(&self) -> Result<Vec<(KeyPairId, PublicKey)>, SigningError> {
        Ok(vec![(self.key_pair_id.clone(), self.public_key().await?.clone())])
    }
}

const LAST_WORDS: [&str; 6] = [
    "AccessDeniedException",
    "DisabledException",
    "InvalidArnException",
    "InvalidKeyUsageException",
    "KMSInvalidStateException",
    "NotFoundException",
];
