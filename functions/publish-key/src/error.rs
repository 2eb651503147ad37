use thiserror::Error;

/// What can go wrong; each message is the `Reason` that CloudFormation shows to a person.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// CloudFormation's answer URL returned a status other than success.
    #[error("CloudFormation refused the answer with status {status}")]
    AnswerRefused {
        /// The HTTP status.
        status: u16,
    },

    /// CloudFormation's answer URL could not be reached.
    #[error("the answer could not be delivered to CloudFormation: {reason}")]
    AnswerUndelivered {
        /// The HTTP client's error, without the URL: it is presigned, so anyone who has it can answer.
        reason: String,
    },

    /// KMS did not return the public key.
    #[error("KMS did not hand out the public key of {key_arn}: {reason}")]
    Kms {
        /// The key that the function requested.
        key_arn: String,
        /// The error of KMS, or of the connection to it.
        reason: String,
    },

    /// KMS answered without a public key.
    #[error("KMS answered without a public key")]
    MissingKey,

    /// The resource has no `KeyArn` property.
    #[error("the property KeyArn is missing: it is the ARN of the KMS key to publish")]
    MissingKeyArn,

    /// The request has no URL for an answer.
    #[error("the request has no ResponseURL: it is not one of CloudFormation")]
    MissingResponseUrl,

    /// CloudFormation requested something other than to create, update or delete.
    #[error("the request type is none of Create, Update and Delete")]
    UnknownRequestType,

    /// CloudFront does not accept such a key.
    #[error("key spec {key_spec}: CloudFront accepts only RSA_2048 and ECC_NIST_P256")]
    UnsupportedKeySpec {
        /// The key's spec, as KMS names it.
        key_spec: String,
    },

    /// The key encrypts or agrees on keys; it does not sign.
    #[error("key usage {key_usage}: a key that signs for CloudFront has SIGN_VERIFY")]
    UnsupportedKeyUsage {
        /// The key's usage, as KMS names it.
        key_usage: String,
    },
}
