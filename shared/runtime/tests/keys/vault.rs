//! A stand-in for Secrets Manager that knows secrets by name, each with its versions.

use std::{
    collections::BTreeMap,
    future,
    sync::{Arc, Mutex},
};

use aws_sdk_secretsmanager::config::{Credentials, Region, SharedCredentialsProvider};
use aws_types::SdkConfig;
use axum::{Router, http::StatusCode, response::IntoResponse as _};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use usher_runtime::sdk_defaults;

pub(crate) const CURRENT: &str = "AWSCURRENT";
pub(crate) const PREVIOUS: &str = "AWSPREVIOUS";

/// What is answered about one version of a secret.
#[derive(Clone)]
pub(crate) enum Reply {
    Binary,
    Error(&'static str),
    Silence,
    Text(String),
}

#[derive(Default)]
struct State {
    asked: usize,
    outage: Option<Reply>,
    versions: BTreeMap<(String, &'static str), Reply>,
}

pub(crate) struct Vault {
    pub(crate) sdk: SdkConfig,
    state: Arc<Mutex<State>>,
}

impl Vault {
    pub(crate) async fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let credentials = Credentials::new("test", "test", None, None, "test");
        // With the functions' own timeouts and retries.
        let sdk = sdk_defaults()
            .endpoint_url(format!("http://{}", listener.local_addr().unwrap()))
            .region(Region::new("eu-central-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        let shelf = Arc::clone(&state);
        let service = Router::new().fallback(move |asked: String| {
            let reply = shelf.lock().unwrap().reply(&serde_json::from_str(&asked).unwrap());
            answer(reply)
        });
        tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Self { sdk, state }
    }

    /// Gives a secret a new text; the one of before is its previous version then.
    pub(crate) fn put(&self, id: &str, text: &str) {
        let versions = &mut self.state.lock().unwrap().versions;
        let before = versions.insert((id.to_owned(), CURRENT), Reply::Text(text.to_owned()));
        if let Some(before) = before {
            versions.insert((id.to_owned(), PREVIOUS), before);
        }
    }

    /// Answers so about one version.
    pub(crate) fn reply(&self, id: &str, stage: &'static str, reply: Reply) {
        self.state.lock().unwrap().versions.insert((id.to_owned(), stage), reply);
    }

    /// Answers so about everything, until there is none.
    pub(crate) fn outage(&self, reply: Option<Reply>) {
        self.state.lock().unwrap().outage = reply;
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.state.lock().unwrap().asked
    }
}

impl State {
    fn reply(&mut self, asked: &Value) -> Reply {
        self.asked += 1;
        let (id, stage) = (asked["SecretId"].as_str().unwrap(), asked["VersionStage"].as_str().unwrap());
        let version = self.versions.iter().find(|((name, label), _)| (name.as_str(), *label) == (id, stage));
        let reply = self.outage.clone().or_else(|| version.map(|(_, reply)| reply.clone()));
        reply.unwrap_or(Reply::Error("ResourceNotFoundException"))
    }
}

async fn answer(reply: Reply) -> axum::response::Response {
    let (status, body) = match reply {
        Reply::Binary => (StatusCode::OK, json!({"SecretBinary": "AAAA"})),
        Reply::Error(code) => (StatusCode::BAD_REQUEST, json!({"__type": code, "message": "no"})),
        Reply::Silence => future::pending().await,
        Reply::Text(text) => (StatusCode::OK, json!({"SecretString": text})),
    };
    (status, [("content-type", "application/x-amz-json-1.1")], body.to_string()).into_response()
}
