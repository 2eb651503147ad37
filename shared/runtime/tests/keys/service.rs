//! A stand-in for a service of AWS: it gives the answers that it was told to give, one after the other.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use aws_sdk_kms::config::{Credentials, Region, SharedCredentialsProvider};
use aws_types::SdkConfig;
use axum::{Router, http::StatusCode, response::IntoResponse as _};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use usher_runtime::sdk_defaults;

#[derive(Default)]
struct Script {
    asked: usize,
    answers: VecDeque<(u16, String)>,
}

pub(crate) struct Service {
    pub(crate) sdk: SdkConfig,
    script: Arc<Mutex<Script>>,
}

impl Service {
    pub(crate) async fn start() -> Self {
        let script = Arc::new(Mutex::new(Script::default()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sdk = sdk(&listener);
        let stage = Arc::clone(&script);
        let service = Router::new().fallback(move || {
            let answer = answer(&mut stage.lock().unwrap());
            async move { answer }
        });
        tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Self { sdk, script }
    }

    /// From now on gives these answers, and the last of them again and again.
    pub(crate) fn will_answer(&self, answers: impl IntoIterator<Item = (u16, String)>) {
        self.script.lock().unwrap().answers = answers.into_iter().collect();
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.script.lock().unwrap().asked
    }
}

/// What the SDK needs to talk to `listener`, with the functions' own timeouts and retries.
pub(crate) fn sdk(listener: &TcpListener) -> SdkConfig {
    let credentials = Credentials::new("test", "test", None, None, "test");
    sdk_defaults()
        .endpoint_url(format!("http://{}", listener.local_addr().unwrap()))
        .region(Region::new("eu-central-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

/// An answer with status 200.
pub(crate) fn ok(body: &Value) -> (u16, String) {
    (200, body.to_string())
}

/// AWS's answer to what it refuses.
pub(crate) fn error(code: &str) -> (u16, String) {
    (400, json!({"__type": code, "message": "no"}).to_string())
}

fn answer(script: &mut Script) -> axum::response::Response {
    script.asked += 1;
    let next =
        if script.answers.len() > 1 { script.answers.pop_front() } else { script.answers.front().cloned() };
    let (status, body) = next.unwrap();
    (StatusCode::from_u16(status).unwrap(), [("content-type", "application/x-amz-json-1.1")], body)
        .into_response()
}
