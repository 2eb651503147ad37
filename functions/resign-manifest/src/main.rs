//! The Lambda function behind the function URL, with `InvokeMode: BUFFERED`.

use std::time::Duration;

use aws_lambda_events::event::lambda_function_urls::LambdaFunctionUrlRequest;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use resign_manifest::{Config, HostGrants, PlaylistSource, ResignManifest};
use usher_runtime::{init_logging, sdk_environment, system_clock};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    init_logging();
    let config = Config::read(&|name| std::env::var(name).ok())?;
    let grants = HostGrants::open(&config).await?;
    // By default the SDK waits forever. This timeout leaves time for a second try after a connection that
    // hangs.
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(3)).build();
    let client = aws_sdk_s3::Client::new(&sdk_environment().timeout_config(timeouts).build());
    let source = PlaylistSource::new(client, config.bucket.clone(), config.max_playlist_bytes);
    let function = ResignManifest::new(config, grants, source, system_clock());
    function.warm().await;
    run(service_fn(async |event: LambdaEvent<LambdaFunctionUrlRequest>| {
        Ok::<_, Error>(function.handle(event.payload).await)
    }))
    .await
}
