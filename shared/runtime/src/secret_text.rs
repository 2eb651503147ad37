//! The text of a secret in AWS Secrets Manager.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html>

use aws_sdk_secretsmanager::{
    Client,
    error::SdkError,
    operation::get_secret_value::{GetSecretValueError, GetSecretValueOutput},
};
use zeroize::Zeroizing;

use crate::aws::{CallError, explain};

/// The staging label of the version that counts.
pub(crate) const CURRENT: &str = "AWSCURRENT";
/// The staging label of the version that counted before it.
pub(crate) const PREVIOUS: &str = "AWSPREVIOUS";

/// The text of the version with the label `stage`.
///
/// # Errors
/// [`CallError`], none of which repeats the text.
pub(crate) async fn secret_text(
    client: &Client,
    secret_id: &str,
    stage: &str,
) -> Result<Zeroizing<String>, CallError> {
    text(ask(client, secret_id, stage).await)
}

/// As [`secret_text`], and nothing where no version has the label.
///
/// # Errors
/// As [`secret_text`].
pub(crate) async fn secret_text_if_there(
    client: &Client,
    secret_id: &str,
    stage: &str,
) -> Result<Option<Zeroizing<String>>, CallError> {
    match ask(client, secret_id, stage).await {
        Err(SdkError::ServiceError(error)) if error.err().is_resource_not_found_exception() => Ok(None),
        answer => text(answer).map(Some),
    }
}

type Answer = Result<GetSecretValueOutput, SdkError<GetSecretValueError>>;

async fn ask(client: &Client, secret_id: &str, stage: &str) -> Answer {
    client.get_secret_value().secret_id(secret_id).version_stage(stage).send().await
}

fn text(answer: Answer) -> Result<Zeroizing<String>, CallError> {
    let answer = answer.map_err(|error| explain(CALL, error, &LAST_WORDS))?;
    answer.secret_string.map(Zeroizing::new).ok_or(CallError::Binary)
}

/// The call, as the log names it.
pub(crate) const CALL: &str = "Secrets Manager GetSecretValue";

const LAST_WORDS: [&str; 5] = [
    "AccessDeniedException",
    "DecryptionFailure",
    "InvalidParameterException",
    "InvalidRequestException",
    "ResourceNotFoundException",
];
