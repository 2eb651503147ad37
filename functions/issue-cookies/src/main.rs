//! The Lambda function behind the API Gateway HTTP API.

use aws_lambda_events::event::apigw::ApiGatewayV2httpRequest;
use issue_cookies::{Config, IssueCookies, http_client};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use usher_runtime::{Grants, init_logging, sdk_defaults, system_clock};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    init_logging();
    let http = || http_client(reqwest::Client::builder());
    let look_up = |name: &str| std::env::var(name).ok();
    let config = Config::open(&look_up, &http, &sdk_defaults().build(), system_clock()).await?;
    let grants = Grants::open(config.signing.clone()).await?;
    let function = IssueCookies::new(config, grants, system_clock());
    function.warm().await;
    run(service_fn(async |event: LambdaEvent<ApiGatewayV2httpRequest>| {
        Ok::<_, Error>(function.handle(event.payload).await)
    }))
    .await
}
