//! A program and its Runtime API.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::{
    fs::{self, File},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::StatusCode,
    response::IntoResponse,
    routing::{get, post},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    sync::{Mutex, mpsc},
    time::timeout,
};

use super::{Authority, Phase, ledger::Ledger};

/// A program that runs until this is dropped.
pub(crate) struct Program {
    child: Child,
    folder: TempDir,
    /// With the certificate, which the program reads when it connects for the first time.
    _trusted: Arc<TempDir>,
    started: Instant,
    ledger: Ledger,
    events: mpsc::Sender<String>,
    calls: mpsc::Receiver<Call>,
}

/// What the program tells the Runtime API.
enum Call {
    /// It wants an event: INIT, or the last event, is over.
    Next,
    Response(Bytes),
}

struct Lambda {
    calls: mpsc::Sender<Call>,
    events: Mutex<mpsc::Receiver<String>>,
}

impl Program {
    /// Starts the program at `path` with nothing in its environment but Lambda's own settings, `settings`, and trust
    /// in the authority.
    pub(crate) async fn start(path: &str, authority: &Authority, settings: &[(&str, &str)]) -> Self {
        let (call, calls) = mpsc::channel(1);
        let (events, event) = mpsc::channel(1);
        let lambda = Arc::new(Lambda { calls: call, events: Mutex::new(event) });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .with_state(lambda);
        tokio::spawn(async { axum::serve(listener, router).await });

        let folder = tempfile::tempdir().unwrap();
        let log = File::create(folder.path().join(LOG)).unwrap();
        let child = Command::new(path)
            .env_clear()
            .envs(LAMBDA)
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .env("SSL_CERT_FILE", authority.file())
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stderr(log.try_clone().unwrap())
            .stdout(log)
            .spawn()
            .unwrap();
        Self {
            child,
            folder,
            _trusted: Arc::clone(&authority.folder),
            started: Instant::now(),
            ledger: authority.ledger.clone(),
            events,
            calls,
        }
    }

    /// Waits for the end of INIT: what the services saw of it, and how long it took.
    pub(crate) async fn init(&mut self) -> (Phase, Duration) {
        let Call::Next = self.call().await else { panic!("a response before the first event") };
        (self.ledger.take(), self.started.elapsed())
    }

    /// Hands it an event: what the services saw of that, and the answer.
    pub(crate) async fn invoke(&mut self, event: &Value) -> (Phase, Vec<u8>) {
        self.events.send(event.to_string()).await.unwrap();
        let Call::Response(answer) = self.call().await else { panic!("no response\n{}", self.log()) };
        let Call::Next = self.call().await else { panic!("two responses") };
        (self.ledger.take(), answer.to_vec())
    }

    /// The sentences of its warnings and errors so far, in alphabetical order. Why something failed is a matter of
    /// chance: how far the SDK gets with its tries, and what the system says of a closed connection.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let log = self.log();
        for secret in ["the secret access key", "the session token"] {
            assert!(!log.contains(secret), "{log}");
        }
        let mut sentences: Vec<String> =
            log.lines().filter_map(|line| line.split(" error=").next()).map(str::to_owned).collect();
        sentences.sort_unstable();
        sentences
    }

    /// Everything that it has logged: warnings and errors.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join(LOG)).unwrap()
    }

    async fn call(&mut self) -> Call {
        match timeout(PATIENCE, self.calls.recv()).await {
            Ok(Some(call)) => call,
            _ => panic!("the program does not call\n{}", self.log()),
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// The body of an answer, whether it was streamed or is JSON.
pub(crate) fn body(answer: &[u8]) -> String {
    let text = String::from_utf8(answer.to_vec()).unwrap();
    if let Some((_, body)) = text.split_once("\0\0\0\0\0\0\0\0") {
        return body.to_owned();
    }
    let answer: Value = serde_json::from_str(&text).unwrap();
    let body = answer["body"].as_str().unwrap_or_default();
    if answer["isBase64Encoded"] == true {
        return String::from_utf8(BASE64_STANDARD.decode(body).unwrap()).unwrap();
    }
    body.to_owned()
}

async fn next(State(lambda): State<Arc<Lambda>>) -> impl IntoResponse {
    lambda.calls.send(Call::Next).await.unwrap();
    let event = lambda.events.lock().await.recv().await.unwrap_or_default();
    let headers = [
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
        ("lambda-runtime-deadline-ms", "4000000000000"),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:123456789012:function:function"),
    ];
    (headers, event)
}

async fn response(State(lambda): State<Arc<Lambda>>, answer: Bytes) -> StatusCode {
    lambda.calls.send(Call::Response(answer)).await.unwrap();
    StatusCode::ACCEPTED
}

const LOG: &str = "log";
/// Longer than Lambda gives INIT.
const PATIENCE: Duration = Duration::from_secs(15);

const LAMBDA: [(&str, &str); 9] = [
    ("AWS_ACCESS_KEY_ID", "test"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
    ("AWS_LAMBDA_FUNCTION_NAME", "function"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_LOG_LEVEL", "WARN"),
    ("AWS_REGION", "us-east-1"),
    ("AWS_SECRET_ACCESS_KEY", "the secret access key"),
    ("AWS_SESSION_TOKEN", "the session token"),
    // The command line's log has colours, and so have the functions' that are built beside it.
    ("NO_COLOR", "1"),
];
