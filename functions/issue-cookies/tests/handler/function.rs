//! The function under test, with a clock that stands and a key pair of the test's own.

use std::{
    fs, io,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
};
use cloudfront_signing::{
    Admitted, CustomPolicy, Denial, Grant, HashAlgorithm, KeyPairId, PrivateKey, PublicKey, Request, Signer,
    UnixTime, UrlPattern, Verifier,
};
use http::StatusCode;
use issue_cookies::{Config, HttpClient, IssueCookies, PlainHttp, http_client};
use reqwest::ClientBuilder;
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use usher_runtime::{Clock, ConfigError, Grants, Signature, SigningError, SigningKey};

use crate::{log::Log, provider::Provider, tokens, vault::Vault};

/// 100 seconds before the end of a 300 seconds bucket.
pub(crate) const NOW: u64 = 1_790_000_000;
pub(crate) const HOST: &str = "d111111abcdef8.cloudfront.net";
pub(crate) const POST_COOKIES: &str = include_str!("../../../../tests/events/post-auth-cookies.json");
pub(crate) const DELETE_COOKIES: &str = include_str!("../../../../tests/events/delete-auth-cookies.json");
pub(crate) const POST_URLS: &str = include_str!("../../../../tests/events/post-auth-urls.json");

static PEM: LazyLock<String> = LazyLock::new(|| {
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
    pem("PRIVATE KEY", der.as_ref())
});

pub(crate) fn pem(tag: &str, der: &[u8]) -> String {
    pem::encode(&pem::Pem::new(tag, der))
}

pub(crate) fn private_key() -> PrivateKey {
    PrivateKey::from_pem(&PEM).unwrap()
}

pub(crate) fn time(seconds: u64) -> UnixTime {
    UnixTime::new(seconds).unwrap()
}

pub(crate) struct Function {
    handler: IssueCookies,
    now: Arc<AtomicU64>,
}

impl Function {
    /// The function with the key in a file, as on a laptop.
    pub(crate) async fn new(changes: &[(&str, &str)]) -> Self {
        Self::with(changes, &|| http_client(ClientBuilder::new())).await
    }

    /// The function with a client that trusts `provider` alone.
    pub(crate) async fn trusting(provider: &Provider, changes: &[(&str, &str)]) -> Self {
        Self::with(changes, &|| http_client(provider.client())).await
    }

    /// The function in the local edge, which may ask issuers on the machine itself without TLS.
    pub(crate) async fn local(changes: &[(&str, &str)], http: HttpClient<'_>) -> Self {
        let (_folder, file) = key_file();
        let config = Config::read(&look_up(&file, changes), http, PlainHttp::OnLoopback).unwrap();
        let grants = Grants::open(config.signing.clone()).await.unwrap();
        Self::put_together(config, grants)
    }

    async fn with(changes: &[(&str, &str)], http: HttpClient<'_>) -> Self {
        let (_folder, file) = key_file();
        let config = try_config(&file, changes, http).unwrap();
        let grants = Grants::open(config.signing.clone()).await.unwrap();
        Self::put_together(config, grants)
    }

    /// The function as in AWS, which reads secrets from `vault`.
    pub(crate) async fn reading(vault: &Vault, changes: &[(&str, &str)]) -> Result<Self, ConfigError> {
        Self::reading_and_trusting(vault, changes, &|| http_client(ClientBuilder::new())).await
    }

    /// With another client for calls to issuers.
    pub(crate) async fn reading_and_trusting(
        vault: &Vault,
        changes: &[(&str, &str)],
        http: HttpClient<'_>,
    ) -> Result<Self, ConfigError> {
        let (_folder, file) = key_file();
        let (now, clock) = hand_and_clock();
        let config = Config::open(&look_up(&file, changes), http, &vault.sdk, Arc::clone(&clock)).await?;
        let grants = Grants::open(config.signing.clone()).await.unwrap();
        Ok(Self { handler: IssueCookies::new(config, grants, clock), now })
    }

    /// The function with a key whose keeper does not answer.
    pub(crate) fn without_key() -> Self {
        let config = config("unused", &[]);
        let grants = Grants::new(config.signing.clone(), Box::new(OutOfReach));
        Self::put_together(config, grants)
    }

    fn put_together(config: Config, grants: Grants) -> Self {
        let (now, clock) = hand_and_clock();
        Self { handler: IssueCookies::new(config, grants, clock), now }
    }

    pub(crate) fn set_time(&self, seconds: u64) {
        self.now.store(seconds, Ordering::SeqCst);
    }

    /// The response as it goes back to API Gateway, but for the body: JSON in it is parsed.
    pub(crate) async fn answer(&self, event: Value) -> Value {
        let request = serde_json::from_value(event).unwrap();
        let mut answer = serde_json::to_value(self.handler.handle(request).await).unwrap();
        if let Some(body) = answer["body"].as_str() {
            answer["body"] = serde_json::from_str(body).unwrap();
        }
        answer
    }
}

fn hand_and_clock() -> (Arc<AtomicU64>, Clock) {
    let now = Arc::new(AtomicU64::new(NOW));
    let hand = Arc::clone(&now);
    (now, Arc::new(move || time(hand.load(Ordering::SeqCst))))
}

/// The key of the test in a file, which is there as long as its folder.
fn key_file() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("private_key.pem");
    fs::write(&file, PEM.as_str()).unwrap();
    (folder, file.to_str().unwrap().to_owned())
}

struct OutOfReach;

#[async_trait]
impl SigningKey for OutOfReach {
    async fn sign(&self, _: &[u8], _: HashAlgorithm) -> Result<Signature, SigningError> {
        let detail = "KMS Sign: arn:aws:kms:eu-central-1:123456789012:key/k is throttled";
        Err(SigningError::Unavailable(Arc::new(io::Error::other(detail))))
    }

    async fn public_keys(&self) -> Result<Vec<(KeyPairId, PublicKey)>, SigningError> {
        Err(SigningError::Unavailable(Arc::new(io::Error::other("throttled"))))
    }
}

/// The settings of the template, but for the key; an empty change takes a setting away.
pub(crate) fn config(private_key_file: &str, changes: &[(&str, &str)]) -> Config {
    try_config(private_key_file, changes, &|| http_client(ClientBuilder::new())).unwrap()
}

pub(crate) fn try_config(
    private_key_file: &str,
    changes: &[(&str, &str)],
    http: HttpClient<'_>,
) -> Result<Config, ConfigError> {
    Config::read(&look_up(private_key_file, changes), http, PlainHttp::Refused)
}

fn look_up(private_key_file: &str, changes: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
    // Before anything logs: `tracing` may not notice a subscriber that comes while a place logs for the first time.
    Log::start();
    let settings = [
        ("ALLOWED_ORIGINS", "https://app.example.com"),
        ("COOKIE_TTL_SECONDS", "3600"),
        ("EXPIRY_BUCKET_SECONDS", "300"),
        ("HASH_ALGORITHM", "SHA256"),
        ("JWT_AUDIENCE", tokens::AUDIENCE),
        ("JWT_ISSUER", tokens::ISSUER),
        ("JWT_SECRET", tokens::SECRET),
        ("KEY_PAIR_ID", "K2JCJMDEHXQW5F"),
        ("PRIVATE_KEY_FILE", private_key_file),
        ("RESOURCE_PATH", "/video/*"),
        ("SCOPE_DEPTH", "1"),
        ("URL_TTL_SECONDS", "21600"),
        ("VIEWER_PROTOCOL", "https"),
    ];
    move |name: &str| {
        let mut all = changes.iter().chain(&settings);
        all.find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }
}

/// What the function says of settings before it starts.
pub(crate) fn settings_problem(changes: &[(&str, &str)]) -> String {
    let error = try_config("unused", changes, &|| http_client(ClientBuilder::new())).unwrap_err();
    error.to_string().strip_prefix("the configuration cannot be used: ").unwrap().to_owned()
}

/// One of the repository's events with a token in the place of the one that is none.
pub(crate) fn event(text: &str, token: &str) -> Value {
    let mut event: Value = serde_json::from_str(text).unwrap();
    event["headers"]["authorization"] = json!(format!("Bearer {token}"));
    event
}

/// One of the repository's events with a token that is accepted.
pub(crate) fn signed_in(text: &str) -> Value {
    event(text, &tokens::hs256(&tokens::claims()))
}

pub(crate) fn set_header(event: &mut Value, name: &str, value: &str) {
    event["headers"][name] = json!(value);
}

pub(crate) fn remove_header(event: &mut Value, name: &str) {
    event["headers"].as_object_mut().unwrap().remove(name);
}

/// A response without CORS: the events come from the distribution's own page.
pub(crate) fn response(status: u16, headers: Value, body: Option<Value>, cookies: Value) -> Value {
    let mut all = json!({"cache-control": "no-store", "vary": "Origin"});
    let more: Map<String, Value> = serde_json::from_value(headers).unwrap();
    all.as_object_mut().unwrap().extend(more);
    let mut response = json!({
        "statusCode": status,
        "headers": all,
        "multiValueHeaders": {},
        "isBase64Encoded": false,
    });
    response["cookies"] = cookies;
    if let Some(body) = body {
        response["body"] = body;
    }
    response
}

pub(crate) fn problem(status: u16, problem_type: &str, detail: &str, headers: Value) -> Value {
    let mut all = json!({"content-type": "application/problem+json"});
    let more: Map<String, Value> = serde_json::from_value(headers).unwrap();
    all.as_object_mut().unwrap().extend(more);
    let title = StatusCode::from_u16(status).unwrap().canonical_reason();
    let problem_type = format!("urn:problem-type:usher:{problem_type}");
    let body = json!({"type": problem_type, "title": title, "status": status, "detail": detail});
    response(status, all, Some(body), json!([]))
}

/// What the function should have signed, signed here.
pub(crate) fn grant(resource: &str, expires: u64, hash: HashAlgorithm) -> Grant {
    let policy = CustomPolicy::new(UrlPattern::new(resource).unwrap(), time(expires)).unwrap();
    let id = KeyPairId::new("K2JCJMDEHXQW5F").unwrap();
    Signer::new(id, private_key(), hash).sign(policy).unwrap()
}

/// Asks the verifier as a viewer with these cookies would ask CloudFront.
pub(crate) fn ask(url: &str, cookies: &str, now: u64) -> Result<Admitted, Box<Denial>> {
    let id = KeyPairId::new("K2JCJMDEHXQW5F").unwrap();
    let verifier = Verifier::new([(id, private_key().public_key())]);
    verifier.verify(&Request::new(url).cookie_header(cookies), time(now))
}

/// `Set-Cookie` values as the `Cookie` header that a browser makes of them.
pub(crate) fn cookie_header(answer: &Value) -> String {
    let pairs = answer["cookies"].as_array().unwrap().iter();
    let pairs = pairs.map(|cookie| cookie.as_str().unwrap().split(';').next().unwrap());
    pairs.collect::<Vec<_>>().join("; ")
}
