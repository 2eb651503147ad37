//! The custom resource that gives CloudFront the public half of a KMS key.
//!
//! `AWS::KMS::Key` has no attribute for its public key, and `AWS::CloudFront::PublicKey` requires it as PEM.
//! CloudFormation calls this function once per deployment. The function sends its answer by HTTP `PUT` to the
//! presigned URL in the request, also when something is wrong: without an answer, a deployment hangs until its
//! timeout.

mod answer;
mod error;
mod public_key;
mod request;
mod resource;

pub use answer::{Answer, Attributes, Outcome};
pub use error::Error;
pub use public_key::public_key_pem;
pub use resource::PublicKeyResource;
