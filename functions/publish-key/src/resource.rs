//! The life of the resource: CloudFormation requests, the function answers.

use std::time::Duration;

use aws_sdk_kms::{
    error::{ProvideErrorMetadata, SdkError},
    operation::get_public_key::{GetPublicKeyError, GetPublicKeyOutput},
};
use serde_json::Value;
use tokio::time::sleep;
use tracing::{error, info, warn};
use usher_runtime::with_sources;

use crate::{
    answer::{Answer, Outcome},
    error::Error,
    public_key::public_key_pem,
    request::Request,
};

/// The custom resource: requests the key from KMS, answers CloudFormation.
#[derive(Clone, Debug)]
pub struct PublicKeyResource {
    kms: aws_sdk_kms::Client,
    http: reqwest::Client,
    pauses: Vec<Duration>,
}

impl PublicKeyResource {
    /// A resource that uses `kms` and answers through `http`. Both should have timeouts that leave time for an
    /// answer. While KMS does not return the key, the resource asks again after each of the `pauses`.
    #[must_use]
    pub fn new(kms: aws_sdk_kms::Client, http: reqwest::Client, pauses: Vec<Duration>) -> Self {
        Self { kms, http, pauses }
    }

    /// Does what the request says and answers it, also when that fails.
    ///
    /// # Errors
    /// If the answer cannot be delivered. Lambda then calls again, which is harmless.
    pub async fn handle(&self, request: &Value) -> Result<(), Error> {
        let request = Request::read(request);
        if request.response_url.is_empty() {
            return Err(Error::MissingResponseUrl);
        }
        let answer = self.answer(&request).await;
        match &answer.outcome {
            Outcome::Deleted => info!(resource = answer.logical_resource_id, "deleted"),
            Outcome::Failed { reason } => error!(resource = answer.logical_resource_id, reason),
            Outcome::Published { .. } => info!(resource = answer.logical_resource_id, "published"),
        }
        self.deliver(&answer, request.response_url).await
    }

    async fn answer(&self, request: &Request<'_>) -> Answer {
        let outcome = match request.request_type {
            "Create" | "Update" => Outcome::of(self.pem(request.key_arn).await),
            "Delete" => Outcome::Deleted,
            _ => Outcome::of(Err(Error::UnknownRequestType)),
        };
        let physical_resource_id = match outcome {
            // Another key is another resource.
            Outcome::Published { .. } => request.key_arn,
            Outcome::Deleted | Outcome::Failed { .. } => request.name(),
        };
        Answer {
            outcome,
            physical_resource_id: physical_resource_id.to_owned(),
            stack_id: request.stack_id.to_owned(),
            request_id: request.request_id.to_owned(),
            logical_resource_id: request.logical_resource_id.to_owned(),
        }
    }

    async fn pem(&self, key_arn: &str) -> Result<String, Error> {
        if key_arn.is_empty() {
            return Err(Error::MissingKeyArn);
        }
        let key = self.key(key_arn).await.map_err(|error| {
            let reason = match (error.code(), error.message()) {
                (Some(code), Some(message)) => format!("{code}: {message}"),
                _ => with_sources(&error),
            };
            Error::Kms { key_arn: key_arn.to_owned(), reason }
        })?;
        public_key_pem(&key)
    }

    async fn key(&self, key_arn: &str) -> Result<GetPublicKeyOutput, SdkError<GetPublicKeyError>> {
        let ask = || self.kms.get_public_key().key_id(key_arn).send();
        let mut asked = ask().await;
        for pause in &self.pauses {
            let Some(code) = asked.as_ref().err().and_then(may_pass) else { break };
            warn!(key_arn, code, "asking KMS again");
            sleep(*pause).await;
            asked = ask().await;
        }
        asked
    }

    async fn deliver(&self, answer: &Answer, url: &str) -> Result<(), Error> {
        let mut delivered = self.put(answer, url).await;
        for _ in 1..DELIVERIES {
            let Err(reason) = &delivered else { break };
            warn!(resource = answer.logical_resource_id, %reason, "trying again");
            sleep(PAUSE).await;
            delivered = self.put(answer, url).await;
        }
        delivered
    }

    async fn put(&self, answer: &Answer, url: &str) -> Result<(), Error> {
        let undelivered = |error: &(dyn std::error::Error + 'static)| Error::AnswerUndelivered {
            reason: with_sources(error),
        };
        let body = serde_json::to_vec(answer).map_err(|error| undelivered(&error))?;
        // No content-type: the URL was presigned for a PUT without one, and S3 rejects any other.
        let response = self.http.put(url).body(body).send().await;
        let status = response.map_err(|error| undelivered(&error.without_url()))?.status();
        if status.is_success() { Ok(()) } else { Err(Error::AnswerRefused { status: status.as_u16() }) }
    }
}

/// The code of an error that passes after a while: a deployment creates the key, and the permission to read it,
/// just before this request, and AWS does not apply either everywhere at once.
fn may_pass(error: &SdkError<GetPublicKeyError>) -> Option<&str> {
    error.code().filter(|code| ["AccessDeniedException", "NotFoundException"].contains(code))
}

/// How often an answer is sent, whatever the error: nothing else informs CloudFormation, and Lambda calls again
/// only after a minute.
const DELIVERIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests;
