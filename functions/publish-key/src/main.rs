//! Runs [`publish_key`] as a Lambda function.

use std::time::Duration;

use aws_config::{BehaviorVersion, timeout::TimeoutConfig};
use lambda_runtime::{LambdaEvent, run, service_fn, tracing::init_default_subscriber};
use publish_key::{PublicKeyResource, Request};

// Both together stay below the function's own timeout, so that there is time left to say what failed.
const KMS_TIMEOUT: Duration = Duration::from_secs(10);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    init_default_subscriber();

    let timeout = TimeoutConfig::builder().operation_timeout(KMS_TIMEOUT).build();
    let aws = aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeout).load().await;
    let http = reqwest::Client::builder().timeout(ANSWER_TIMEOUT).build()?;
    let resource = PublicKeyResource::new(aws_sdk_kms::Client::new(&aws), http);

    run(service_fn(async |event: LambdaEvent<Request>| {
        resource.handle(event.payload).await.map_err(lambda_runtime::Error::from)
    }))
    .await
}
