//! S3's errors, and what helps.

use std::fmt;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use usher_runtime::with_sources;

/// Why S3 did not do what it was asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Failure {
    code: Option<String>,
    sentence: String,
}

impl Failure {
    pub(super) fn of<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Self {
        let service = error.as_service_error();
        let Some(code) = service.and_then(ProvideErrorMetadata::code) else {
            return Self { code: None, sentence: without_code(error) };
        };
        let help = match code {
            "AccessDenied" => ": whoever uploads needs s3:PutObject on the bucket",
            "AuthorizationHeaderMalformed" | "PermanentRedirect" | "IllegalLocationConstraintException" => {
                ": the bucket lies in another region, so set AWS_REGION to the stack's"
            }
            "ExpiredToken" | "InvalidAccessKeyId" | "InvalidToken" | "SignatureDoesNotMatch" => {
                ": sign in to AWS again"
            }
            "NoSuchBucket" => ": the stack's output BucketName has the name",
            "RequestTimeTooSkewed" => ": the clock of this machine is wrong",
            _ => "",
        };
        Self { code: Some(code.to_owned()), sentence: format!("S3 answers {code}{help}") }
    }

    /// Whether S3 knows who asks, and refuses.
    pub(super) fn is_denied(&self) -> bool {
        self.code.as_deref() == Some("AccessDenied")
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

fn without_code<E, R>(error: &SdkError<E, R>) -> String {
    match error {
        SdkError::TimeoutError(_) => "S3 does not answer".to_owned(),
        SdkError::DispatchFailure(failure) => {
            let causes = failure.as_connector_error().map(|error| format!(": {}", with_sources(error)));
            format!("S3 cannot be asked{}", causes.unwrap_or_default())
        }
        _ => "S3 gives an answer that cannot be read".to_owned(),
    }
}
