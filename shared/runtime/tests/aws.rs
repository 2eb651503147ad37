//! Against moto, a stand-in for AWS that really signs: what KMS and Secrets Manager give is admitted by
//! the verifier. `tests/system/run aws` starts it; without it, each test says that it is skipped.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
};
use aws_sdk_kms::types::{KeySpec, KeyUsageType};
use aws_types::SdkConfig;
use cloudfront_signing::{
    CustomPolicy, ExactUrl, Grant, HashAlgorithm, KeyPairId, PrivateKey, PublicKey, Request, UnixTime,
    UrlPattern, Verifier,
};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use usher_runtime::{
    Asker, Clock, Grants, KeySource, KmsKey, Problem, SecretsManagerKey, Settings, SigningConfig,
    SigningError, SigningKey, sdk_defaults, sdk_environment,
};

/// The beginning of a period of 300 s.
const NOW: u64 = 1_790_000_100;
const SEGMENT: &str = "https://d111111abcdef8.cloudfront.net/video/m/s001.ts";

/// Where moto is; without it, the test named `claim` is skipped.
fn endpoint(claim: &str) -> Option<String> {
    let endpoint = std::env::var("USHER_AWS_ENDPOINT").ok();
    if endpoint.is_none() {
        eprintln!("skipped: {claim}: USHER_AWS_ENDPOINT is not set, `tests/system/run aws` sets it");
    }
    endpoint
}

/// Unhurried settings, to prepare what is tested: moto takes its time with its first answer.
fn sdk(endpoint: &str) -> SdkConfig {
    sdk_environment().endpoint_url(endpoint).build()
}

async fn kms_key(endpoint: &str, spec: KeySpec) -> String {
    let client = aws_sdk_kms::Client::new(&sdk(endpoint));
    let key = client.create_key().key_spec(spec).key_usage(KeyUsageType::SignVerify).send().await.unwrap();
    key.key_metadata.unwrap().key_id
}

fn id(id: &str) -> KeyPairId {
    KeyPairId::new(id).unwrap()
}

fn time(seconds: u64) -> UnixTime {
    UnixTime::new(seconds).unwrap()
}

fn config(key: KeySource) -> SigningConfig {
    SigningConfig { hash: HashAlgorithm::Sha256, key, expiry_bucket: 300 }
}

/// Grants of `key`; the configuration's own key is not opened.
fn asker() -> Asker {
    Asker::new("anna")
}

fn grants(key: impl SigningKey + 'static) -> Grants {
    Grants::new(config(KeySource::File { path: "unused".into(), key_pair_id: id("K0") }), Box::new(key))
}

fn policy(asset: &str) -> CustomPolicy {
    policy_until(NOW + 3_600, asset)
}

fn policy_until(expires: u64, asset: &str) -> CustomPolicy {
    let pattern = UrlPattern::new(format!("https://d111111abcdef8.cloudfront.net/video/{asset}/*")).unwrap();
    CustomPolicy::new(pattern, time(expires)).unwrap()
}

/// Whose signature a grant carries, if the verifier admits it.
fn admitted(grant: &Grant, trusted: &[(&str, &PublicKey)]) -> String {
    let url = grant.url(&ExactUrl::new(SEGMENT).unwrap()).unwrap();
    let verifier = Verifier::new(trusted.iter().map(|(name, key)| (id(name), (*key).clone())));
    verifier.verify(&Request::new(&url), time(NOW)).unwrap().key_pair_id.to_string()
}

#[tokio::test]
async fn what_kms_signs_is_admitted() {
    let Some(endpoint) = endpoint("what_kms_signs_is_admitted") else { return };
    for spec in [KeySpec::Rsa2048, KeySpec::EccNistP256] {
        let key_id = kms_key(&endpoint, spec).await;
        let client = aws_sdk_kms::Client::new(&sdk(&endpoint));
        let public = KmsKey::new(client, key_id.clone(), id("K1")).public_key().await.unwrap().clone();
        let grants = Grants::open(config(KeySource::Kms { key_id, key_pair_id: id("K1") })).await.unwrap();
        let grant = grants.grant(policy("m"), asker()).await.unwrap().into_grant();
        assert_eq!(admitted(&grant, &[("K1", &public)]), "K1");
    }
}

#[tokio::test]
async fn kms_keys_that_cloudfront_does_not_take_are_refused() {
    let Some(endpoint) = endpoint("kms_keys_that_cloudfront_does_not_take_are_refused") else { return };
    let rows = [
        (
            KeySpec::Rsa4096,
            "the signing key cannot be used: it is RSA with 4096 bits, and CloudFront accepts only 2048",
        ),
        (
            KeySpec::EccNistP384,
            "this is a P-384 key: CloudFront accepts ECDSA keys on P-256 (prime256v1) only",
        ),
    ];
    for (spec, sentence) in rows {
        let key_id = kms_key(&endpoint, spec).await;
        let grants = Grants::open(config(KeySource::Kms { key_id, key_pair_id: id("K1") })).await.unwrap();
        assert_eq!(grants.grant(policy("m"), asker()).await.unwrap_err().to_string(), sentence);
    }
}

/// A private key as PEM, and its public half.
fn rsa() -> (String, PublicKey) {
    let der: Pkcs8V1Der<'_> = KeyPair::generate(KeySize::Rsa2048).unwrap().as_der().unwrap();
    let pem = pem::encode(&pem::Pem::new("PRIVATE KEY", der.as_ref()));
    let public = PrivateKey::from_pem(&pem).unwrap().public_key();
    (pem, public)
}

async fn create_secret(client: &aws_sdk_secretsmanager::Client, name: &str, secret: impl Into<String>) {
    client.create_secret().name(name).secret_string(secret).send().await.unwrap();
}

#[tokio::test]
async fn what_a_key_of_secrets_manager_signs_is_admitted() {
    let Some(endpoint) = endpoint("what_a_key_of_secrets_manager_signs_is_admitted") else { return };
    let client = aws_sdk_secretsmanager::Client::new(&sdk(&endpoint));
    let (pem, public) = rsa();
    let pair = json!({"key_pair_id": "K2", "private_key": pem}).to_string();
    for (name, secret, key_pair_id) in [("bare", pem, Some(id("K1"))), ("pair", pair, None)] {
        create_secret(&client, name, secret).await;
        let key = KeySource::SecretsManager { secret_id: name.to_owned(), key_pair_id: key_pair_id.clone() };
        let grants = Grants::open(config(key)).await.unwrap();
        let expected = key_pair_id.map_or("K2".to_owned(), |id| id.to_string());
        let grant = grants.grant(policy("m"), asker()).await.unwrap().into_grant();
        assert_eq!(admitted(&grant, &[("K1", &public), ("K2", &public)]), expected);
    }
}

#[tokio::test]
async fn a_rotated_secret_is_picked_up() {
    let Some(endpoint) = endpoint("a_rotated_secret_is_picked_up") else { return };
    let client = aws_sdk_secretsmanager::Client::new(&sdk(&endpoint));
    let ((old, old_public), (new, new_public)) = (rsa(), rsa());
    let trusted = [("KOLD", &old_public), ("KNEW", &new_public)];
    let pair = |id: &str, pem: &str| json!({"key_pair_id": id, "private_key": pem}).to_string();
    create_secret(&client, "rotated", pair("KOLD", &old)).await;

    let now = Arc::new(AtomicU64::new(NOW));
    let hand = Arc::clone(&now);
    let clock: Clock = Arc::new(move || time(hand.load(Ordering::SeqCst)));
    let key = SecretsManagerKey::open(client.clone(), "rotated".to_owned(), None, clock).await.unwrap();
    let grants = grants(key);
    let first = grants.grant(policy("m"), asker()).await.unwrap().into_grant();
    assert_eq!(admitted(&first, &trusted), "KOLD");

    client.put_secret_value().secret_id("rotated").secret_string(pair("KNEW", &new)).send().await.unwrap();
    now.fetch_add(300, Ordering::SeqCst);
    let next = grants.grant(policy_until(NOW + 3_900, "m"), asker()).await.unwrap().into_grant();
    assert_eq!(admitted(&next, &trusted), "KNEW");
    assert_eq!(grants.grant(policy("m"), asker()).await.unwrap().into_grant(), first);
}

#[tokio::test]
async fn both_versions_of_a_secret_of_viewers_count() {
    let Some(endpoint) = endpoint("both_versions_of_a_secret_of_viewers_count") else { return };
    let client = aws_sdk_secretsmanager::Client::new(&sdk(&endpoint));
    create_secret(&client, "viewers", "first").await;
    let now = Arc::new(AtomicU64::new(NOW));
    let hand = Arc::clone(&now);
    let clock: Clock = Arc::new(move || time(hand.load(Ordering::SeqCst)));
    let look_up = |name: &str| (name == "KEYS_ARN").then(|| "viewers".to_owned());
    let mut settings = Settings::new(&look_up);
    let keys = settings.secret("KEYS", |text| Ok(text.to_owned()), |all| all).unwrap().unwrap();
    let stored = settings.open_secrets(&sdk(&endpoint), clock).await;
    // There is no version before the first.
    assert_eq!(*keys.value().unwrap(), ["first"]);
    for (next, expected) in [("second", ["second", "first"]), ("third", ["third", "second"])] {
        client.put_secret_value().secret_id("viewers").secret_string(next).send().await.unwrap();
        now.fetch_add(300, Ordering::SeqCst);
        stored.refresh().await;
        assert_eq!(*keys.value().unwrap(), expected);
    }
}

/// Passes everything on to moto until it is dropped, with all its connections.
async fn relay(endpoint: &str) -> (String, JoinSet<()>) {
    let moto = endpoint.strip_prefix("http://").unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            let (mut near, _) = listener.accept().await.unwrap();
            let mut far = TcpStream::connect(&moto).await.unwrap();
            connections.spawn(async move { tokio::io::copy_bidirectional(&mut near, &mut far).await });
        }
    });
    (address, tasks)
}

#[tokio::test]
async fn while_kms_is_out_of_reach_a_new_grant_is_503_and_a_cached_one_serves() {
    let claim = "while_kms_is_out_of_reach_a_new_grant_is_503_and_a_cached_one_serves";
    let Some(endpoint) = endpoint(claim) else { return };
    let key_id = kms_key(&endpoint, KeySpec::Rsa2048).await;
    let (address, mut relay) = relay(&endpoint).await;
    // In the client's own settings: among the shared ones, the endpoint of the environment goes before it.
    let config = aws_sdk_kms::config::Builder::from(&sdk_defaults().build()).endpoint_url(address);
    let client = aws_sdk_kms::Client::from_conf(config.build());
    let key = KmsKey::new(client, key_id, id("K1"));
    let public = key.public_key().await.unwrap().clone();
    let grants = grants(key);
    let before = grants.grant(policy("m"), asker()).await.unwrap().into_grant();

    relay.shutdown().await;
    let refused =
        tokio::time::timeout(Duration::from_secs(3), grants.grant(policy("n"), asker())).await.unwrap();
    let refused = refused.unwrap_err();
    assert!(matches!(*refused, SigningError::Unavailable(_)), "{refused}");
    let problem = Problem::from(&*refused);
    assert_eq!(problem.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(problem.headers, [(header::RETRY_AFTER, HeaderValue::from_static("5"))]);
    assert_eq!(problem.detail, "the signing key is out of reach for the moment: try again soon");

    let cached = grants.grant(policy("m"), asker()).await.unwrap().into_grant();
    assert_eq!(cached, before);
    assert_eq!(admitted(&cached, &[("K1", &public)]), "K1");
}
