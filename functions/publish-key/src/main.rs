//! Runs [`publish_key`] as a Lambda function.

use std::time::Duration;

use aws_sdk_kms::config::timeout::TimeoutConfig;
use lambda_runtime::{LambdaEvent, run, service_fn};
use publish_key::PublicKeyResource;
use serde_json::Value;
use usher_runtime::{init_logging, sdk_environment};

// The function has 90 s: 45 s of pauses while KMS does not return the key, 10 s for the last request to KMS,
// which includes a second try after one that hangs, and 16 s for the answer, which is sent up to three times.
// The rest is for the start, and for errors that KMS returns at once.
const KMS_PAUSES: [u64; 6] = [1, 2, 4, 8, 15, 15];
const KMS_TIMEOUT: Duration = Duration::from_secs(10);
const KMS_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(4);
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(5);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    init_logging();

    let timeout = TimeoutConfig::builder()
        .operation_timeout(KMS_TIMEOUT)
        .operation_attempt_timeout(KMS_ATTEMPT_TIMEOUT)
        .build();
    let sdk = sdk_environment().timeout_config(timeout).build();
    let http = reqwest::Client::builder().timeout(DELIVERY_TIMEOUT).build()?;
    let pauses = KMS_PAUSES.map(Duration::from_secs).to_vec();
    let resource = PublicKeyResource::new(aws_sdk_kms::Client::new(&sdk), http, pauses);

    run(service_fn(async |event: LambdaEvent<Value>| {
        resource.handle(&event.payload).await.map_err(lambda_runtime::Error::from)
    }))
    .await
}
