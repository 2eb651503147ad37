//! The function under test, with a clock that stands and a key that counts.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
};
use aws_sdk_s3::Client;
use axum::body::to_bytes;
use cloudfront_signing::{
    Admitted, Denial, Grant, HashAlgorithm, KeyPairId, Policy, PrivateKey, Request, Signer, UnixTime,
    UrlPattern, Verifier,
};
use resign_manifest::{Config, PlaylistSource, ResignManifest};
use serde_json::{Map, Value, json};
use usher_runtime::{Grants, LocalKey, Signature, SigningError, SigningKey};

use crate::bucket::BUCKET;

pub(crate) const HOST: &str = "d111111abcdef8.cloudfront.net";
pub(crate) const NOW: u64 = 1_790_000_000;
/// The end of the bucket that six hours from now fall into.
pub(crate) const EXPIRES: u64 = 1_790_021_700;
/// More than any playlist of these tests has.
pub(crate) const LIMIT: usize = 2_000;

static PEM: LazyLock<String> = LazyLock::new(|| {
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
    pem::encode(&pem::Pem::new("PRIVATE KEY", der.as_ref()))
});

fn private_key() -> PrivateKey {
    PrivateKey::from_pem(&PEM).unwrap()
}

fn id() -> KeyPairId {
    KeyPairId::new("K2JCJMDEHXQW5F").unwrap()
}

fn time(seconds: u64) -> UnixTime {
    UnixTime::new(seconds).unwrap()
}

/// A response: what goes before the stream, and all that the stream holds.
pub(crate) type Answer = (Value, String);

pub(crate) struct Function {
    handler: ResignManifest,
    signed: Arc<AtomicUsize>,
}

impl Function {
    pub(crate) fn new(client: Client) -> Self {
        let key = LocalKey::new(id(), private_key()).unwrap();
        Self::with_key(client, Box::new(key))
    }

    /// The function with a key whose keeper does not answer.
    pub(crate) fn without_key(client: Client) -> Self {
        Self::with_key(client, Box::new(OutOfReach))
    }

    fn with_key(client: Client, key: Box<dyn SigningKey>) -> Self {
        let signed = Arc::new(AtomicUsize::new(0));
        let key = CountingKey { key, signed: Arc::clone(&signed) };
        let config = config();
        let grants = Grants::new(config.signing.clone(), Box::new(key));
        let source = PlaylistSource::new(client, config.bucket.clone(), config.max_playlist_bytes)
            .within(Duration::from_secs(2));
        Self { handler: ResignManifest::new(config, grants, source, Arc::new(|| time(NOW))), signed }
    }

    /// How often the private key was used.
    pub(crate) fn signed(&self) -> usize {
        self.signed.load(Ordering::SeqCst)
    }

    pub(crate) async fn answer(&self, event: Value) -> Answer {
        let request = serde_json::from_value(event).unwrap();
        let response = self.handler.handle(request).await;
        let body = axum::body::Body::new(response.stream);
        let body = to_bytes(body, usize::MAX).await.unwrap();
        (serde_json::to_value(response.metadata_prelude).unwrap(), String::from_utf8(body.to_vec()).unwrap())
    }
}

struct CountingKey {
    key: Box<dyn SigningKey>,
    signed: Arc<AtomicUsize>,
}

#[async_trait]
impl SigningKey for CountingKey {
    async fn sign(&self, message: &[u8], hash: HashAlgorithm) -> Result<Signature, SigningError> {
        self.signed.fetch_add(1, Ordering::SeqCst);
        self.key.sign(message, hash).await
    }
}

struct OutOfReach;

#[async_trait]
impl SigningKey for OutOfReach {
    async fn sign(&self, _: &[u8], _: HashAlgorithm) -> Result<Signature, SigningError> {
        Err(SigningError::Unavailable("throttled".to_owned()))
    }
}

/// The settings of the template.
fn config() -> Config {
    let look_up = |name: &str| {
        let value = match name {
            "BUCKET" => BUCKET,
            "EXPIRY_BUCKET_SECONDS" => "300",
            "HASH_ALGORITHM" => "SHA256",
            "KEY_PAIR_ID" => "K2JCJMDEHXQW5F",
            "KMS_KEY_ID" => "the key is put in by hand",
            "MAX_PLAYLIST_BYTES" => return Some(LIMIT.to_string()),
            "RESOURCE_PATH" => "/video/*",
            "SCOPE_DEPTH" => "1",
            "URL_TTL_SECONDS" => "21600",
            "VIEWER_PROTOCOL" => "https",
            _ => return None,
        };
        Some(value.to_owned())
    };
    Config::read(&look_up).unwrap()
}

/// The repository's event, asking for `path` with `query`; its viewer came with cookies.
pub(crate) fn get(path: &str, query: &str) -> Value {
    let text = include_str!("../../../../tests/events/get-master-playlist.json");
    let mut event: Value = serde_json::from_str(text).unwrap();
    event["rawPath"] = json!(path);
    event["rawQueryString"] = json!(query);
    event["requestContext"]["http"]["path"] = json!(path);
    event
}

pub(crate) fn with_method(mut event: Value, method: &str) -> Value {
    event["requestContext"]["http"]["method"] = json!(method);
    event
}

/// The event of a viewer who came with this credential, if any.
pub(crate) fn with_credential(mut event: Value, credential: Option<&str>) -> Value {
    let headers = event["headers"].as_object_mut().unwrap();
    match credential {
        Some(credential) => headers.insert("x-viewer-credential".to_owned(), json!(credential)),
        None => headers.remove("x-viewer-credential"),
    };
    event
}

fn prelude(status: u16, headers: &Value) -> Value {
    json!({"statusCode": status, "headers": headers, "cookies": []})
}

/// The whole answer with a playlist.
pub(crate) fn playlist(body: &str) -> Answer {
    let headers = json!({
        "cache-control": "private, no-store",
        "content-length": body.len().to_string(),
        "content-type": "application/vnd.apple.mpegurl",
    });
    (prelude(200, &headers), body.to_owned())
}

/// The whole answer with a problem.
pub(crate) fn problem(status: u16, title: &str, detail: &str, headers: Value) -> Answer {
    let body = json!({"type": "about:blank", "title": title, "status": status, "detail": detail});
    let body = body.to_string();
    let mut all = json!({
        "cache-control": "no-store",
        "content-length": body.len().to_string(),
        "content-type": "application/problem+json",
    });
    let more: Map<String, Value> = serde_json::from_value(headers).unwrap();
    all.as_object_mut().unwrap().extend(more);
    (prelude(status, &all), body)
}

/// What HEAD gets where GET gets `answer`.
pub(crate) fn head((prelude, _): Answer) -> Answer {
    (prelude, String::new())
}

/// What the function should have signed, signed here.
pub(crate) fn grant(resource: &str) -> Grant {
    let pattern = UrlPattern::new(format!("https://{HOST}{resource}")).unwrap();
    let policy = Policy::new(pattern, time(EXPIRES)).unwrap();
    Signer::new(id(), private_key(), HashAlgorithm::Sha256).sign(policy).unwrap()
}

/// Asks the verifier as a viewer without cookies would ask CloudFront.
pub(crate) fn ask(url: &str, now: u64) -> Result<Admitted, Box<Denial>> {
    let verifier = Verifier::new([(id(), private_key().public_key())]);
    verifier.verify(&Request::new(url), time(now))
}
