//! What the calls to AWS have in common: where their settings come from, how long they take at most, how
//! they are tried again, and what may be told of their errors.

use std::{error::Error, fmt, sync::Arc, time::Duration};

use aws_sdk_kms::{
    config::{
        BehaviorVersion, Credentials, Region, SharedCredentialsProvider, retry::RetryConfig,
        timeout::TimeoutConfig,
    },
    error::{ProvideErrorMetadata, SdkError},
};
use aws_types::{
    sdk_config::{Builder, SdkConfig},
    service_config::{LoadServiceConfig, ServiceConfigKey},
};

use crate::SigningError;

/// Why a call to AWS gave nothing. There is nothing of an answer's content in it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// The secret is bytes.
    #[error("the secret is binary: store it as text")]
    Binary,
    /// The service says that the key or the secret itself cannot be used.
    #[error("{call} answers {code}")]
    Final { call: &'static str, code: String },
    /// KMS answers without what was asked for.
    #[error("KMS answered without {0}")]
    Incomplete(&'static str),
    /// The service says no for another reason, such as throttling.
    #[error("{call} answers {code}")]
    Passing { call: &'static str, code: String },
    /// No answer in time.
    #[error("{call} does not answer")]
    Silent { call: &'static str },
    /// No connection, or one that broke off.
    #[error("{call} cannot be asked")]
    Unreachable { call: &'static str, source: Option<Box<dyn Error + Send + Sync>> },
    /// An answer that is none of this call.
    #[error("{call} gives an answer that cannot be read")]
    Unreadable { call: &'static str },
}

impl CallError {
    /// Whether asking again does not help.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self, Self::Binary | Self::Final { .. })
    }
}

impl From<CallError> for SigningError {
    fn from(error: CallError) -> Self {
        if error.is_final() { Self::Rejected(Arc::new(error)) } else { Self::Unavailable(Arc::new(error)) }
    }
}

/// The SDK's settings from the environment, where [Lambda] puts region and credentials.
///
/// The crate `aws-config` asks there, too, and then in places that a function does not have: profile files,
/// roles to assume, the metadata services of machines and containers. They were half a megabyte of its program.
///
/// [Lambda]: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
pub fn sdk_environment() -> Builder {
    from_environment(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
}

/// [`sdk_environment`] with the patience of a signature: the function is ended after 10 s, and should answer
/// 503 itself before.
pub fn sdk_defaults() -> Builder {
    // The SDK waits for ever. Both calls to KMS must fit, each with a second try after one that hangs.
    let timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_millis(900))
        .operation_timeout(PATIENCE)
        .build();
    // Throttling is tried again, too, with exponential backoff and full jitter. The SDK's own first
    // backoff of up to 1 s would leave no time for a second try.
    let retries =
        RetryConfig::standard().with_max_attempts(5).with_initial_backoff(Duration::from_millis(100));
    sdk_environment().timeout_config(timeouts).retry_config(retries)
}

/// How long a call to AWS may take, with all of its tries.
pub(crate) const PATIENCE: Duration = Duration::from_millis(2_000);

type LookUp = fn(&str) -> Option<String>;

fn from_environment(look_up: LookUp) -> Builder {
    let mut sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(look_up("AWS_REGION").map(Region::new))
        .service_config(ServiceSettings(look_up));
    let is_on = |name| look_up(name).map(|value| value.eq_ignore_ascii_case("true"));
    sdk.set_use_fips(is_on("AWS_USE_FIPS_ENDPOINT"));
    sdk.set_use_dual_stack(is_on("AWS_USE_DUALSTACK_ENDPOINT"));
    sdk.set_credentials_provider(credentials(look_up).map(SharedCredentialsProvider::new));
    sdk
}

/// Those of the function's role. They outlive its instance: Lambda replaces both together.
fn credentials(look_up: LookUp) -> Option<Credentials> {
    let (id, key) = (look_up("AWS_ACCESS_KEY_ID")?, look_up("AWS_SECRET_ACCESS_KEY")?);
    Some(Credentials::new(id, key, look_up("AWS_SESSION_TOKEN"), None, "environment"))
}

/// What a service has for itself goes first: `AWS_ENDPOINT_URL_SECRETS_MANAGER`, then `AWS_ENDPOINT_URL`.
#[derive(Debug)]
struct ServiceSettings(LookUp);

impl LoadServiceConfig for ServiceSettings {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let Self(look_up) = self;
        let service = key.service_id().to_ascii_uppercase().replace(' ', "_");
        look_up(&format!("{}_{service}", key.env())).or_else(|| look_up(key.env()))
    }
}

/// What the service says about the key or the secret itself, one of the codes in `last_words`, is final; everything
/// else may pass.
///
/// Of an answer that cannot be read nothing is repeated. The SDK's `DisplayErrorContext` prints it whole,
/// and with it a signature or a private key.
pub(crate) fn explain<E, R>(call: &'static str, error: SdkError<E, R>, last_words: &[&str]) -> CallError
where
    E: Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: fmt::Debug,
{
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code).map(str::to_owned);
    match (code, error) {
        (Some(code), _) if last_words.contains(&code.as_str()) => CallError::Final { call, code },
        (Some(code), _) => CallError::Passing { call, code },
        (None, SdkError::TimeoutError(_)) => CallError::Silent { call },
        (None, error @ SdkError::DispatchFailure(_)) => {
            CallError::Unreachable { call, source: error.into_source().ok() }
        }
        _ => CallError::Unreadable { call },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lambda(name: &str) -> Option<String> {
        let value = match name {
            "AWS_REGION" => "eu-central-1",
            "AWS_ACCESS_KEY_ID" => "ASIAEXAMPLE",
            "AWS_SECRET_ACCESS_KEY" => "the secret key",
            "AWS_SESSION_TOKEN" => "the session token",
            "AWS_USE_FIPS_ENDPOINT" => "True",
            "AWS_ENDPOINT_URL" => "http://127.0.0.1:4566",
            "AWS_ENDPOINT_URL_S3" => "http://127.0.0.1:4572",
            "AWS_ENDPOINT_URL_SECRETS_MANAGER" => "http://127.0.0.1:4584",
            _ => return None,
        };
        Some(value.to_owned())
    }

    #[test]
    fn region_and_credentials_are_those_of_the_environment() {
        let sdk = from_environment(lambda).build();
        assert_eq!(sdk.region().map(AsRef::as_ref), Some("eu-central-1"));
        assert_eq!((sdk.use_fips(), sdk.use_dual_stack()), (Some(true), None));
        let credentials = credentials(lambda).map(|it| {
            let token = it.session_token().map(str::to_owned);
            (it.access_key_id().to_owned(), it.secret_access_key().to_owned(), token)
        });
        let expected = ["ASIAEXAMPLE", "the secret key", "the session token"].map(str::to_owned);
        let [id, key, token] = expected;
        assert_eq!(credentials, Some((id, key, Some(token))));
    }

    #[test]
    fn without_settings_there_are_no_credentials_and_no_region() {
        let sdk = from_environment(|_| None).build();
        assert_eq!(sdk.region(), None);
        assert!(sdk.credentials_provider().is_none());
    }

    #[test]
    fn the_endpoint_of_a_service_goes_before_the_one_of_all() {
        let endpoint = |service| {
            let key = ServiceConfigKey::builder().service_id(service).env("AWS_ENDPOINT_URL");
            let key = key.profile("endpoint_url").build().ok()?;
            ServiceSettings(lambda).load_config(key)
        };
        let table = [
            ("S3", "http://127.0.0.1:4572"),
            ("Secrets Manager", "http://127.0.0.1:4584"),
            ("KMS", "http://127.0.0.1:4566"),
        ];
        for (service, expected) in table {
            assert_eq!(endpoint(service).as_deref(), Some(expected), "{service}");
        }
    }

    #[test]
    fn debug_does_not_tell_the_credentials() {
        let text = format!("{:?}", from_environment(lambda).build());
        assert!(!text.contains("the secret key") && !text.contains("the session token"), "{text}");
    }
}
