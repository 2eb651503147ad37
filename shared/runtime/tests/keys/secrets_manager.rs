use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use aws_lc_rs::{rsa::KeySize, signature::ECDSA_P384_SHA384_ASN1_SIGNING};
use aws_sdk_secretsmanager::Client;
use cloudfront_signing::{HashAlgorithm, KeyPairId, PrivateKey, PublicKey, UnixTime};
use serde_json::json;
use usher_runtime::{Clock, SecretsManagerKey, SigningError, SigningKey as _, with_sources};

use crate::{
    key_pair::{ecdsa, id, p256, rsa},
    service::{Service, error, ok},
};

/// The beginning of a period of 300 s.
const NOW: u64 = 1_790_000_100;

/// Secrets Manager, and a clock that moves when it is told to.
struct Stage {
    service: Service,
    hand: Arc<AtomicU64>,
}

impl Stage {
    async fn with(secret: &str) -> Self {
        let stage = Self { service: Service::start().await, hand: Arc::new(AtomicU64::new(NOW)) };
        stage.put(secret);
        stage
    }

    fn put(&self, secret: &str) {
        self.service.will_answer([value(secret)]);
    }

    async fn open(&self, key_pair_id: Option<KeyPairId>) -> Result<SecretsManagerKey, SigningError> {
        let hand = Arc::clone(&self.hand);
        let clock: Clock = Arc::new(move || UnixTime::new(hand.load(Ordering::SeqCst)).unwrap());
        SecretsManagerKey::open(Client::new(&self.service.sdk), "signer".to_owned(), key_pair_id, clock).await
    }

    fn wait(&self, seconds: u64) {
        self.hand.fetch_add(seconds, Ordering::SeqCst);
    }
}

fn value(secret: &str) -> (u16, String) {
    ok(&json!({"SecretString": secret}))
}

fn pair(id: &str, pem: &str) -> String {
    json!({"key_pair_id": id, "private_key": pem, "comment": "made in 2026"}).to_string()
}

/// Whose key signs, checked with the public key.
async fn signer(key: &SecretsManagerKey, public: &str) -> String {
    let signature = key.sign(b"policy", HashAlgorithm::Sha256).await.unwrap();
    let public = PublicKey::from_pem(public).unwrap();
    assert!(public.verify(b"policy", &signature.bytes, HashAlgorithm::Sha256));
    signature.key_pair_id.to_string()
}

#[tokio::test]
async fn a_bare_pem_signs_under_the_setting() {
    let (pem, public) = p256();
    let stage = Stage::with(&pem).await;
    let key = stage.open(Some(id("K1"))).await.unwrap();
    assert_eq!(signer(&key, &public).await, "K1");
}

#[tokio::test]
async fn the_id_in_the_secret_goes_before_the_setting() {
    let (pem, public) = p256();
    let stage = Stage::with(&pair("K2", &pem)).await;
    let key = stage.open(Some(id("K1"))).await.unwrap();
    assert_eq!(signer(&key, &public).await, "K2");
}

#[tokio::test]
async fn the_hash_in_the_secret_goes_before_the_setting() {
    use HashAlgorithm::{Sha1, Sha256};
    let pem = rsa(KeySize::Rsa2048);
    let public = PrivateKey::from_pem(&pem).unwrap().public_key();
    for (hash, setting, expected) in [("SHA1", Sha256, Sha1), ("SHA256", Sha1, Sha256)] {
        let secret = json!({"key_pair_id": "K1", "private_key": pem, "hash_algorithm": hash});
        let key = Stage::with(&secret.to_string()).await.open(None).await.unwrap();
        let signature = key.sign(b"policy", setting).await.unwrap();
        assert_eq!(signature.hash, expected, "{hash}");
        assert!(public.verify(b"policy", &signature.bytes, expected), "{hash}");
    }
    for hash in ["MD5", ""] {
        let secret = json!({"key_pair_id": "K1", "private_key": pem, "hash_algorithm": hash});
        let refused = Stage::with(&secret.to_string()).await.open(None).await.unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the signing key cannot be used: the secret's hash_algorithm must be SHA1 or SHA256"
        );
    }
}

#[tokio::test]
async fn a_rotated_secret_signs_from_the_next_period_on() {
    let (old, old_public) = p256();
    let (new, new_public) = p256();
    let stage = Stage::with(&pair("K1", &old)).await;
    let key = stage.open(None).await.unwrap();
    stage.put(&pair("K2", &new));
    stage.wait(299);
    assert_eq!(signer(&key, &old_public).await, "K1");
    assert_eq!(stage.service.asked(), 1);
    stage.wait(1);
    assert_eq!(signer(&key, &new_public).await, "K2");
    assert_eq!(signer(&key, &new_public).await, "K2");
    assert_eq!(stage.service.asked(), 2);
}

#[tokio::test]
async fn a_bare_pem_that_was_replaced_signs_under_the_same_id() {
    let (wrong, wrong_public) = p256();
    let (right, right_public) = p256();
    let stage = Stage::with(&wrong).await;
    let key = stage.open(Some(id("K1"))).await.unwrap();
    assert_eq!(signer(&key, &wrong_public).await, "K1");
    stage.put(&right);
    stage.wait(300);
    assert_eq!(signer(&key, &right_public).await, "K1");
}

#[tokio::test]
async fn the_old_key_signs_while_the_new_one_cannot_be_used() {
    let (old, old_public) = p256();
    let (new, new_public) = p256();
    let stage = Stage::with(&pair("K1", &old)).await;
    let key = stage.open(Some(id("K1"))).await.unwrap();
    let answers = [
        error("AccessDeniedException"),
        error("UnrecognizedClientException"),
        ok(&json!({"SecretBinary": "AAAA"})),
        value("soon"),
        value(&new_public),
        value(&pair("K-2", &new)),
        value(&json!({"key_pair_id": "K2"}).to_string()),
    ];
    for (unusable, answer) in (1..).zip(answers) {
        stage.service.will_answer([answer]);
        stage.wait(300);
        assert_eq!(signer(&key, &old_public).await, "K1");
        assert_eq!(signer(&key, &old_public).await, "K1");
        assert_eq!(stage.service.asked(), 1 + unusable);
    }
    stage.put(&pair("K2", &new));
    stage.wait(300);
    assert_eq!(signer(&key, &new_public).await, "K2");
}

#[tokio::test]
async fn a_secret_out_of_reach_at_the_start_is_asked_for_again() {
    let (pem, public) = p256();
    let stage = Stage::with(&pem).await;
    stage.service.will_answer([error("UnrecognizedClientException")]);
    let key = stage.open(Some(id("K1"))).await.unwrap();
    let refused = key.sign(b"policy", HashAlgorithm::Sha256).await.unwrap_err();
    assert_eq!(
        with_sources(&refused),
        "the signing key is out of reach for the moment: Secrets Manager GetSecretValue answers \
         UnrecognizedClientException"
    );
    stage.put(&pem);
    assert_eq!(signer(&key, &public).await, "K1");
}

#[tokio::test]
async fn many_who_sign_at_once_read_the_secret_once() {
    let (pem, public) = p256();
    let stage = Stage::with(&pem).await;
    let key = Arc::new(stage.open(Some(id("K1"))).await.unwrap());
    stage.wait(300);
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (key, public) = (Arc::clone(&key), public.clone());
            tokio::spawn(async move { signer(&key, &public).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), "K1");
    }
    assert_eq!(stage.service.asked(), 2);
}

#[tokio::test]
async fn a_secret_that_is_no_usable_key_is_refused_at_the_start() {
    let (pem, public) = p256();
    let no_pair = "the signing key cannot be used: the secret is not a JSON object with the texts key_pair_id and private_key";
    let rows = [
        (
            pem.clone(),
            "the signing key cannot be used: the secret is a bare PEM and KEY_PAIR_ID is missing: set it, \
         or store JSON with key_pair_id and private_key"
                .to_owned(),
        ),
        (
            pair(&pem, "K1"),
            "the signing key cannot be used: the secret's key_pair_id is not the id of a CloudFront \
         public key"
                .to_owned(),
        ),
        (json!({"private_key": pem}).to_string(), no_pair.to_owned()),
        (json!({"key_pair_id": "K1", "private_key": [pem]}).to_string(), no_pair.to_owned()),
        (format!("{{{pem}"), no_pair.to_owned()),
        (pair("K1", &public), "this is a public key: signing needs the private key".to_owned()),
        (
            pair("K1", &pem::encode(&pem::Pem::new("ENCRYPTED PRIVATE KEY", b"cipher text".as_slice()))),
            "this private key is encrypted: decrypt it with `openssl pkey -in FILE -out DECRYPTED`"
                .to_owned(),
        ),
        (
            pair("K1", &ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING)),
            "this is a P-384 key: CloudFront accepts ECDSA keys on P-256 (prime256v1) only".to_owned(),
        ),
        (
            pair("K1", &rsa(KeySize::Rsa4096)),
            "the signing key cannot be used: it is RSA with 4096 bits, and CloudFront accepts only 2048"
                .to_owned(),
        ),
    ];
    for (secret, sentence) in rows {
        let stage = Stage::with(&secret).await;
        assert_eq!(stage.open(None).await.unwrap_err().to_string(), sentence);
    }
}

#[tokio::test]
async fn a_secret_that_is_not_there_is_refused_at_the_start() {
    let stage = Stage::with("").await;
    stage.service.will_answer([error("ResourceNotFoundException")]);
    assert_eq!(
        with_sources(&stage.open(None).await.unwrap_err()),
        "the signing key cannot be used: Secrets Manager GetSecretValue answers ResourceNotFoundException"
    );
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_not_repeated() {
    let (pem, _) = p256();
    let stage = Stage::with(&pem).await;
    stage.service.will_answer([(200, format!(r#"{{"SecretString": {{"private": {}}}"#, json!(pem)))]);
    let key = stage.open(None).await.unwrap();
    assert_eq!(
        with_sources(&key.sign(b"policy", HashAlgorithm::Sha256).await.unwrap_err()),
        "the signing key is out of reach for the moment: Secrets Manager GetSecretValue gives an answer that cannot \
         be read"
    );
    assert_eq!(format!("{key:?}"), r#"SecretsManagerKey { secret_id: "signer", .. }"#);
}
