//! The life of the resource: a request of CloudFormation, an answer to it.

use aws_lambda_events::cloudformation::CloudFormationCustomResourceRequest;
use aws_sdk_kms::error::ProvideErrorMetadata;
use serde_json::Value;
use tracing::{error, info};

use crate::{
    answer::{Answer, Outcome},
    error::Error,
    public_key::public_key_pem,
};

/// What CloudFormation sends; `ResourceProperties` must hold the `KeyArn`.
pub type Request = CloudFormationCustomResourceRequest;

/// The custom resource: asks KMS, answers CloudFormation.
#[derive(Clone, Debug)]
pub struct PublicKeyResource {
    kms: aws_sdk_kms::Client,
    http: reqwest::Client,
}

impl PublicKeyResource {
    /// A resource that asks KMS through `kms` and answers through `http`.
    #[must_use]
    pub fn new(kms: aws_sdk_kms::Client, http: reqwest::Client) -> Self {
        Self { kms, http }
    }

    /// Does what the request asks for and answers it, failures included.
    ///
    /// # Errors
    /// If the answer cannot be delivered. Lambda then calls again, which does no harm.
    pub async fn handle(&self, request: Request) -> Result<(), Error> {
        let (answer, url) = self.answer(request).await?;
        match &answer.outcome {
            Outcome::Deleted => info!(resource = answer.logical_resource_id, "deleted"),
            Outcome::Failed { reason } => error!(resource = answer.logical_resource_id, reason),
            Outcome::Published { .. } => info!(resource = answer.logical_resource_id, "published"),
        }
        self.deliver(&answer, &url).await
    }

    async fn answer(&self, request: Request) -> Result<(Answer, String), Error> {
        match request {
            Request::Create(it) => {
                // A resource that was never made needs a name, too: CloudFormation deletes it by it.
                let otherwise = &it.logical_resource_id;
                let (physical_resource_id, outcome) = self.publish(&it.resource_properties, otherwise).await;
                let answer = Answer {
                    outcome,
                    physical_resource_id,
                    stack_id: it.stack_id,
                    request_id: it.request_id,
                    logical_resource_id: it.logical_resource_id,
                };
                Ok((answer, it.response_url))
            }
            Request::Update(it) => {
                let (physical_resource_id, outcome) =
                    self.publish(&it.resource_properties, &it.physical_resource_id).await;
                let answer = Answer {
                    outcome,
                    physical_resource_id,
                    stack_id: it.stack_id,
                    request_id: it.request_id,
                    logical_resource_id: it.logical_resource_id,
                };
                Ok((answer, it.response_url))
            }
            Request::Delete(it) => {
                let answer = Answer {
                    outcome: Outcome::Deleted,
                    physical_resource_id: it.physical_resource_id,
                    stack_id: it.stack_id,
                    request_id: it.request_id,
                    logical_resource_id: it.logical_resource_id,
                };
                Ok((answer, it.response_url))
            }
            _ => Err(Error::UnknownRequestType),
        }
    }

    // The name of the resource is the key's ARN: another key is another resource.
    async fn publish(&self, properties: &Value, otherwise: &str) -> (String, Outcome) {
        let key_arn = properties.get("KeyArn").and_then(Value::as_str);
        match key_arn.filter(|key_arn| !key_arn.is_empty()) {
            Some(key_arn) => (key_arn.to_owned(), Outcome::of(self.pem(key_arn).await)),
            None => (otherwise.to_owned(), Outcome::of(Err(Error::MissingKeyArn))),
        }
    }

    async fn pem(&self, key_arn: &str) -> Result<String, Error> {
        let key = self.kms.get_public_key().key_id(key_arn).send().await.map_err(|error| {
            let reason = match (error.code(), error.message()) {
                (Some(code), Some(message)) => format!("{code}: {message}"),
                _ => with_sources(&error),
            };
            Error::Kms { key_arn: key_arn.to_owned(), reason }
        })?;
        public_key_pem(&key)
    }

    async fn deliver(&self, answer: &Answer, url: &str) -> Result<(), Error> {
        let undelivered =
            |error: &dyn std::error::Error| Error::AnswerUndelivered { reason: with_sources(error) };
        let body = serde_json::to_vec(answer).map_err(|error| undelivered(&error))?;
        // No content-type: the URL was presigned for a PUT without one, and S3 refuses any other.
        let response = self.http.put(url).body(body).send().await;
        let status = response.map_err(|error| undelivered(&error.without_url()))?.status();
        if status.is_success() { Ok(()) } else { Err(Error::AnswerRefused { status: status.as_u16() }) }
    }
}

// "dispatch failure" says nothing to a person; what stands behind it does.
fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests;
