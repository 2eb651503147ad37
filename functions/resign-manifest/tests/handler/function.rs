//! The function under test, with a fixed clock and a key that counts its signatures.

use std::{
    io,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
};
use aws_sdk_s3::Client;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use cloudfront_signing::{
    Admitted, CustomPolicy, Denial, Grant, HashAlgorithm, KeyPairId, PrivateKey, PublicKey, Request, Signer,
    UnixTime, UrlPattern, Verifier,
};
use hls_rewrite::policy_copy;
use http::StatusCode;
use resign_manifest::{Config, HostGrants, PlaylistSource, ResignManifest};
use serde_json::{Map, Value, json};
use usher_runtime::{Clock, Grants, KeySource, LocalKey, Signature, SigningError, SigningKey};

use crate::{bucket::BUCKET, log::Log};

pub(crate) const HOST: &str = "d111111abcdef8.cloudfront.net";
pub(crate) const NOW: u64 = 1_790_000_000;
/// When the viewer's policy in the event ends: at the beginning of a bucket.
pub(crate) const EXPIRES: u64 = 1_893_456_000;
/// Larger than any playlist of these tests.
pub(crate) const LIMIT: usize = 2_000;

/// Replaces every `ETag` of the correct form.
pub(crate) const ETAG: &str = "W/\"…\"";

static PEM: LazyLock<String> = LazyLock::new(|| {
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
    pem::encode(&pem::Pem::new("PRIVATE KEY", der.as_ref()))
});

fn private_key() -> PrivateKey {
    PrivateKey::from_pem(&PEM).unwrap()
}

pub(crate) fn id() -> KeyPairId {
    KeyPairId::new("K2JCJMDEHXQW5F").unwrap()
}

fn time(seconds: u64) -> UnixTime {
    UnixTime::new(seconds).unwrap()
}

/// A response without its body, and the body as the viewer receives it.
pub(crate) type Answer = (Value, String);

pub(crate) struct Function {
    handler: ResignManifest,
    now: Arc<AtomicU64>,
    signed: Arc<AtomicUsize>,
}

impl Function {
    pub(crate) fn new(client: Client) -> Self {
        Self::with(client, &[])
    }

    /// The function with other settings than those of the template.
    pub(crate) fn with(client: Client, changes: &[(&str, &str)]) -> Self {
        let key = LocalKey::new(id(), private_key()).unwrap();
        Self::with_key(client, changes, Box::new(key))
    }

    /// The function with a key whose service does not answer.
    pub(crate) fn without_key(client: Client) -> Self {
        Self::with_key(client, &[], Box::new(OutOfReach))
    }

    fn with_key(client: Client, changes: &[(&str, &str)], key: Box<dyn SigningKey>) -> Self {
        // Before anything logs: `tracing` may not notice a subscriber that comes while a place logs for the first time.
        Log::start();
        let signed = Arc::new(AtomicUsize::new(0));
        let config = config(changes);
        let counting = |key| Box::new(CountingKey { key, signed: Arc::clone(&signed) });
        let mut grants = HostGrants::new(Grants::new(config.signing.clone(), counting(key)));
        for host in &config.signed_hosts {
            let KeySource::Kms { key_pair_id, .. } = &host.signing.key else { panic!("{host:?}") };
            let key = LocalKey::new(key_pair_id.clone(), private_key()).unwrap();
            grants = grants.with(host, Grants::new(host.signing.clone(), counting(Box::new(key))));
        }
        for key in &config.trusted_signers {
            let KeySource::Kms { key_pair_id, .. } = key else { panic!("{key:?}") };
            grants = grants.trusting(Box::new(LocalKey::new(key_pair_id.clone(), private_key()).unwrap()));
        }
        let source = PlaylistSource::new(client, config.bucket.clone(), config.max_playlist_bytes)
            .within(Duration::from_secs(2));
        let now = Arc::new(AtomicU64::new(NOW));
        let hand = Arc::clone(&now);
        let clock: Clock = Arc::new(move || time(hand.load(Ordering::SeqCst)));
        Self { handler: ResignManifest::new(config, grants, source, clock), now, signed }
    }

    /// Sends bodies of at most `bytes` of JSON.
    pub(crate) fn sending_at_most(self, bytes: usize) -> Self {
        Self { handler: self.handler.sending_at_most(bytes), ..self }
    }

    pub(crate) fn set_time(&self, seconds: u64) {
        self.now.store(seconds, Ordering::SeqCst);
    }

    /// How often the private key was used.
    pub(crate) fn signed(&self) -> usize {
        self.signed.load(Ordering::SeqCst)
    }

    /// The whole answer, with a valid `ETag` replaced by `ETAG`.
    pub(crate) async fn answer(&self, event: Value) -> Answer {
        let (mut parts, body) = self.bytes(event).await;
        if let Some(etag) = parts.pointer_mut("/headers/etag") {
            assert!(is_weak_etag(etag.as_str().unwrap()), "{etag}");
            *etag = json!(ETAG);
        }
        (parts, String::from_utf8(body).unwrap())
    }

    /// The answer as it is sent.
    pub(crate) async fn bytes(&self, event: Value) -> (Value, Vec<u8>) {
        let request = serde_json::from_value(event).unwrap();
        let mut response = serde_json::to_value(self.handler.handle(request).await).unwrap();
        let members = response.as_object_mut().unwrap();
        let body = members.remove("body").unwrap().as_str().unwrap().to_owned();
        let is_base64 = members.remove("isBase64Encoded").unwrap() == true;
        (response, if is_base64 { STANDARD.decode(body).unwrap() } else { body.into() })
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

    async fn public_keys(&self) -> Result<Vec<(KeyPairId, PublicKey)>, SigningError> {
        self.key.public_keys().await
    }
}

struct OutOfReach;

#[async_trait]
impl SigningKey for OutOfReach {
    async fn sign(&self, _: &[u8], _: HashAlgorithm) -> Result<Signature, SigningError> {
        Err(SigningError::Unavailable(Arc::new(io::Error::other("throttled"))))
    }

    async fn public_keys(&self) -> Result<Vec<(KeyPairId, PublicKey)>, SigningError> {
        Err(SigningError::Unavailable(Arc::new(io::Error::other("throttled"))))
    }
}

/// The settings of the template, with the changes.
fn config(changes: &[(&str, &str)]) -> Config {
    let look_up = |name: &str| {
        if let Some((_, value)) = changes.iter().find(|(changed, _)| *changed == name) {
            return Some((*value).to_owned());
        }
        let value = match name {
            "BUCKET" => BUCKET,
            "EXPIRY_BUCKET_SECONDS" => "300",
            "HASH_ALGORITHM" => "SHA256",
            "KEY_PAIR_ID" => "K2JCJMDEHXQW5F",
            "KMS_KEY_ID" => "the key is put in by hand",
            "MAX_PLAYLIST_BYTES" => return Some(LIMIT.to_string()),
            "RESOURCE_PATH" => "/video/*",
            "SCOPE_DEPTH" => "1",
            "VIEWER_PROTOCOL" => "https",
            _ => return None,
        };
        Some(value.to_owned())
    };
    Config::read(&look_up).unwrap()
}

/// The repository's event, for `path` with `query`. Its viewer has cookies for `/video/*` and does not accept
/// compression.
pub(crate) fn get(path: &str, query: &str) -> Value {
    let text = include_str!("../../../../tests/events/get-master-playlist.json");
    let mut event: Value = serde_json::from_str(text).unwrap();
    event["rawPath"] = json!(path);
    event["rawQueryString"] = json!(query);
    event["requestContext"]["http"]["path"] = json!(path);
    event["headers"].as_object_mut().unwrap().remove("accept-encoding");
    with_policy(event, Some(&format!("https://{HOST}/video/*")), Some(EXPIRES))
}

pub(crate) fn with_header(mut event: Value, name: &str, value: &str) -> Value {
    event["headers"][name] = json!(value);
    event
}

pub(crate) fn with_method(mut event: Value, method: &str) -> Value {
    event["requestContext"]["http"]["method"] = json!(method);
    event
}

/// The event of a viewer with this credential, if any.
pub(crate) fn with_credential(mut event: Value, credential: Option<&str>) -> Value {
    let headers = event["headers"].as_object_mut().unwrap();
    match credential {
        Some(credential) => headers.insert("x-viewer-credential".to_owned(), json!(credential)),
        None => headers.remove("x-viewer-credential"),
    };
    event
}

/// The event of a viewer whose policy has this resource and expiry; `None` if the distribution does not send
/// it.
pub(crate) fn with_policy(mut event: Value, resource: Option<&str>, expires: Option<u64>) -> Value {
    let headers = event["headers"].as_object_mut().unwrap();
    let expires = expires.map(|expires| expires.to_string());
    for (name, value) in [("x-viewer-resource", resource), ("x-viewer-expires", expires.as_deref())] {
        match value {
            Some(value) => headers.insert(name.to_owned(), json!(value)),
            None => headers.remove(name),
        };
    }
    event
}

/// The parameters of a reference to a playlist or a document: those of the grant, and the copy.
pub(crate) fn nested(grant: &Grant) -> String {
    format!("{}&{}", grant.query(), policy_copy(grant))
}

fn is_weak_etag(etag: &str) -> bool {
    let digits = etag.strip_prefix("W/\"").and_then(|rest| rest.strip_suffix('"')).unwrap_or_default();
    digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

pub(crate) fn parts(status: u16, headers: &Value) -> Value {
    json!({"statusCode": status, "headers": headers, "cookies": []})
}

/// The headers of every playlist.
pub(crate) fn playlist_headers(cache_control: &str) -> Value {
    json!({
        "cache-control": cache_control,
        "content-type": "application/vnd.apple.mpegurl",
        "etag": ETAG,
        "vary": "Accept-Encoding",
    })
}

/// The whole answer with a playlist.
pub(crate) fn served(body: &str) -> Answer {
    (parts(200, &playlist_headers(kept(body))), body.to_owned())
}

/// How long CloudFront may keep one of these tests' playlists.
pub(crate) fn kept(playlist: &str) -> &'static str {
    if playlist.contains("#EXT-X-ENDLIST") {
        // As long as an expiry bucket.
        "max-age=0, s-maxage=300"
    } else if playlist.contains("#EXT-X-TARGETDURATION:4\n") {
        "max-age=0, s-maxage=2"
    } else {
        "max-age=0, s-maxage=1"
    }
}

/// The whole answer with a problem.
pub(crate) fn problem(status: u16, problem_type: &str, detail: &str, headers: Value) -> Answer {
    let title = StatusCode::from_u16(status).unwrap().canonical_reason();
    let problem_type = format!("urn:problem-type:usher:{problem_type}");
    let body = json!({"type": problem_type, "title": title, "status": status, "detail": detail});
    let body = body.to_string();
    let mut all = json!({
        "cache-control": "no-store",
        "content-type": "application/problem+json",
        "vary": "Accept-Encoding",
    });
    let more: Map<String, Value> = serde_json::from_value(headers).unwrap();
    all.as_object_mut().unwrap().extend(more);
    (parts(status, &all), body)
}

/// The answer to HEAD if `answer` is the answer to GET.
pub(crate) fn head((parts, _): Answer) -> Answer {
    (parts, String::new())
}

/// The expected grant, signed by the test.
pub(crate) fn grant(resource: &str) -> Grant {
    grant_of(id(), &format!("https://{HOST}{resource}"), HashAlgorithm::Sha256)
}

/// The same with another expiry.
pub(crate) fn grant_until(resource: &str, expires: u64) -> Grant {
    let pattern = UrlPattern::new(format!("https://{HOST}{resource}")).unwrap();
    let policy = CustomPolicy::new(pattern, time(expires)).unwrap();
    Signer::new(id(), private_key(), HashAlgorithm::Sha256).sign(policy).unwrap()
}

/// The expected grant for another host, which has the same key under another id.
pub(crate) fn grant_of(id: KeyPairId, resource: &str, hash: HashAlgorithm) -> Grant {
    let policy = CustomPolicy::new(UrlPattern::new(resource).unwrap(), time(EXPIRES)).unwrap();
    Signer::new(id, private_key(), hash).sign(policy).unwrap()
}

/// Asks the verifier for this URL, as CloudFront verifies the request of a viewer without cookies.
pub(crate) fn ask(url: &str, now: u64) -> Result<Admitted, Box<Denial>> {
    let verifier = Verifier::new([(id(), private_key().public_key())]);
    verifier.verify(&Request::new(url), time(now))
}
