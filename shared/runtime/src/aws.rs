//! What the calls to AWS have in common: how long they take at most, how they are tried again, and what
//! may be told of their errors.

use std::{error::Error, fmt, time::Duration};

use aws_config::{BehaviorVersion, ConfigLoader, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};

use crate::SigningError;

/// The SDK's settings with the patience that a function has: it is ended after 10 s, and should answer
/// 503 itself before. Region and credentials come from where every AWS program takes them.
pub fn sdk_defaults() -> ConfigLoader {
    // The SDK waits for ever. Both calls to KMS must fit, each with a second try after one that hangs.
    let timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_millis(900))
        .operation_timeout(Duration::from_millis(2_000))
        .build();
    // Throttling is tried again, too, with exponential backoff and full jitter. The SDK's own first
    // backoff of up to 1 s would leave no time for a second try.
    let retries =
        RetryConfig::standard().with_max_attempts(5).with_initial_backoff(Duration::from_millis(100));
    aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts).retry_config(retries)
}

/// What the service says about the key itself, one of the codes in `last_words`, is final; everything
/// else may pass.
///
/// Of an answer that cannot be read nothing is repeated. The SDK's `DisplayErrorContext` prints it whole,
/// and with it a signature or a private key.
pub(crate) fn explain<E, R>(call: &str, error: &SdkError<E, R>, last_words: &[&str]) -> SigningError
where
    E: Error + ProvideErrorMetadata + 'static,
    R: fmt::Debug,
{
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    match (code, error) {
        (Some(code), _) if last_words.contains(&code) => SigningError::Key(format!("{call} answers {code}")),
        (Some(code), _) => SigningError::Unavailable(format!("{call} answers {code}")),
        (None, SdkError::TimeoutError(_)) => SigningError::Unavailable(format!("{call} does not answer")),
        (None, SdkError::DispatchFailure(failure)) => {
            let causes = failure.as_connector_error().map(|error| causes(error)).unwrap_or_default();
            SigningError::Unavailable(format!("{call} cannot be asked{causes}"))
        }
        _ => SigningError::Unavailable(format!("{call} gives an answer that cannot be read")),
    }
}

/// An error and its sources, each behind a colon.
fn causes(error: &(dyn Error + 'static)) -> String {
    std::iter::successors(Some(error), |error| (*error).source()).map(|error| format!(": {error}")).collect()
}
