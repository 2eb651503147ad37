//! The log of a function when KMS throttles it.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use aws_sdk_kms::config::{BehaviorVersion, Config, Credentials, Region, retry::RetryConfig};
use axum::{Router, http::StatusCode};
use cloudfront_signing::KeyPairId;
use tokio::net::TcpListener;
use usher_runtime::{KmsKey, Problem, SigningError};

/// The error of a key whose service returns only this code.
pub(crate) async fn refused_with(code: &'static str) -> SigningError {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let answer = format!(r#"{{"__type":"{code}"}}"#);
    let service = Router::new().fallback(async move || (StatusCode::BAD_REQUEST, answer));
    tokio::spawn(async move { axum::serve(listener, service).await });
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(url)
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .build();
    let client = aws_sdk_kms::Client::from_conf(config);
    let key = KmsKey::new(client, "key".to_owned(), KeyPairId::new("K1").expect("an id"));
    key.public_key().await.expect_err("it is throttled")
}

/// The JSON log line of a function that turns the error into an answer.
pub(crate) fn log_of(error: &SigningError) -> String {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
    tracing::subscriber::with_default(subscriber, || Problem::from(error));
    let written = log.0.lock().expect("nobody panicked");
    String::from_utf8_lossy(&written).into_owned()
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody panicked").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
