//! Signing in AWS KMS: the private key never leaves it.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html>

use std::time::Duration;

use async_trait::async_trait;
use aws_config::{BehaviorVersion, timeout::TimeoutConfig};
use aws_sdk_kms::{
    Client,
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
    primitives::Blob,
    types::{MessageType, SigningAlgorithmSpec},
};
use cloudfront_signing::HashAlgorithm;
use tokio::sync::OnceCell;

use crate::{SigningError, SigningKey};

/// A KMS key of `RSA_2048` or `ECC_NIST_P256`.
#[derive(Debug)]
pub struct KmsKey {
    client: Client,
    key_id: String,
    algorithm: OnceCell<SigningAlgorithmSpec>,
}

impl KmsKey {
    /// Takes the region and the credentials from where every AWS program takes them.
    pub async fn connect(key_id: String) -> Self {
        // The SDK waits for ever; both calls and a second try of each must fit into the function's 10 s.
        let timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(Duration::from_millis(900))
            .operation_timeout(Duration::from_millis(2_000))
            .build();
        let config = aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts).load().await;
        Self::new(Client::new(&config), key_id)
    }

    /// Signs through `client`.
    #[must_use]
    pub fn new(client: Client, key_id: String) -> Self {
        Self { client, key_id, algorithm: OnceCell::new() }
    }

    /// Which algorithm fits the key, from the key itself: asked once per instance.
    async fn ask_algorithm(&self) -> Result<SigningAlgorithmSpec, SigningError> {
        let key = self
            .client
            .get_public_key()
            .key_id(&self.key_id)
            .send()
            .await
            .map_err(|error| explain("GetPublicKey", &error))?;
        // publish-key has checked the key's spec: here only RSA and ECDSA must be told apart.
        [SigningAlgorithmSpec::RsassaPkcs1V15Sha256, SigningAlgorithmSpec::EcdsaSha256]
            .into_iter()
            .find(|algorithm| key.signing_algorithms().contains(algorithm))
            .ok_or_else(|| {
                SigningError::Key("CloudFront takes KMS keys of RSA_2048 and ECC_NIST_P256".to_owned())
            })
    }
}

#[async_trait]
impl SigningKey for KmsKey {
    async fn sign(&self, message: &[u8], hash: HashAlgorithm) -> Result<Vec<u8>, SigningError> {
        if hash != HashAlgorithm::Sha256 {
            return Err(SigningError::Key("KMS cannot sign with SHA1".to_owned()));
        }
        let signed = self
            .client
            .sign()
            .key_id(&self.key_id)
            .message(Blob::new(message))
            // RAW: KMS hashes. With DIGEST some stand-ins hash a second time.
            .message_type(MessageType::Raw)
            .signing_algorithm(self.algorithm.get_or_try_init(|| self.ask_algorithm()).await?.clone())
            .send()
            .await
            .map_err(|error| explain("Sign", &error))?;
        signed
            .signature
            .map(Blob::into_inner)
            .ok_or_else(|| SigningError::Unavailable("KMS answered without a signature".to_owned()))
    }
}

/// What KMS says about the key is final; everything else may pass.
fn explain<E, R>(call: &str, error: &SdkError<E, R>) -> SigningError
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
    R: std::fmt::Debug + 'static,
    SdkError<E, R>: std::error::Error,
{
    match error.as_service_error().and_then(ProvideErrorMetadata::code) {
        Some(code) if FINAL.contains(&code) => SigningError::Key(format!("KMS {call} answers {code}")),
        Some(code) => SigningError::Unavailable(format!("KMS {call} answers {code}")),
        None => SigningError::Unavailable(format!("KMS {call}: {}", DisplayErrorContext(error))),
    }
}

const FINAL: [&str; 6] = [
    "AccessDeniedException",
    "DisabledException",
    "InvalidArnException",
    "InvalidKeyUsageException",
    "KMSInvalidStateException",
    "NotFoundException",
];
