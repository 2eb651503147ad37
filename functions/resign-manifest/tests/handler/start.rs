//! What the program does before its first event, and what remains for that event.

use std::time::Duration;

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
};
use axum::http::StatusCode;
use cloudfront_signing::{
    CustomPolicy, Grant, HashAlgorithm, KeyPairId, Policy, PrivateKey, Signer, UnixTime, UrlPattern,
};
use futures::future::join_all;
use hls_rewrite::policy_copy;
use serde_json::Value;

use crate::{
    function::{EXPIRES, HOST, get, id, with_credential, with_header, with_policy},
    lambda::{Authority, HANDSHAKE, Mood, Phase, Program, Service, body, kms, phase, secrets_manager},
};

const PLAYLIST: &str = "#EXTM3U\n#EXTINF:4,\ns001.ts\n#EXT-X-ENDLIST\n";
const SIGNATURE: &[u8] = b"the signature";
const FOLDER: &str = "GET /media/video/";

/// KMS and S3, and the program that uses them.
struct Start {
    kms: Service,
    s3: Service,
    program: Program,
}

impl Start {
    async fn new(mood: Mood) -> Self {
        Self::with(&Authority::new(), mood, &[("KMS_KEY_ID", "k")]).await
    }

    async fn with(authority: &Authority, mood: Mood, changes: &[(&str, &str)]) -> Self {
        let kms = kms(authority, mood, SIGNATURE).await;
        let s3 = s3(authority, mood).await;
        let (kms_url, s3_url) = (kms.url(), s3.url());
        let settings = [
            ("AWS_ENDPOINT_URL_KMS", kms_url.as_str()),
            ("AWS_ENDPOINT_URL_S3", s3_url.as_str()),
            ("BUCKET", "media"),
            ("KEY_PAIR_ID", "K2JCJMDEHXQW5F"),
        ];
        let settings = [&settings, changes].concat();
        let program = Program::start(env!("CARGO_BIN_EXE_resign-manifest"), authority, &settings).await;
        Self { kms, s3, program }
    }

    /// Sends the program an event for a playlist of `asset`, which it signs.
    async fn invoke(&mut self, asset: &str) -> Phase {
        let (phase, answer) = self.program.invoke(&event(asset)).await;
        assert_eq!(body(&answer), signed(asset));
        phase
    }
}

/// A bucket that has the same playlist in each folder.
async fn s3(authority: &Authority, mood: Mood) -> Service {
    Service::start(authority, "S3", mood, |asked| {
        if asked.what.ends_with("/playlist.m3u8") {
            return (StatusCode::OK, PLAYLIST.to_owned());
        }
        (StatusCode::NOT_FOUND, "<Error><Code>NoSuchKey</Code></Error>".to_owned())
    })
    .await
}

fn event(asset: &str) -> Value {
    get(&format!("/video/{asset}/playlist.m3u8"), "usher-style=inline")
}

/// An event that the distribution knows nothing about but the copy of a policy for asset `m`, signed by this key.
fn by_copy(key_pair_id: &str, pem: &str) -> Value {
    let signer = Signer::new(
        KeyPairId::new(key_pair_id).unwrap(),
        PrivateKey::from_pem(pem).unwrap(),
        HashAlgorithm::Sha256,
    );
    let copy = policy_copy(&signer.sign(policy("m")).unwrap());
    let event = with_policy(get("/video/m/playlist.m3u8", ""), None, None);
    with_header(with_credential(event, None), "x-viewer-policy-copy", &copy)
}

fn policy(asset: &str) -> CustomPolicy {
    let pattern = UrlPattern::new(format!("https://{HOST}/video/{asset}/*")).unwrap();
    CustomPolicy::new(pattern, UnixTime::new(EXPIRES).unwrap()).unwrap()
}

fn signed(asset: &str) -> String {
    let grant = Grant::new(Policy::from(policy(asset)), id(), HashAlgorithm::Sha256, SIGNATURE);
    PLAYLIST.replace("s001.ts", &format!("s001.ts?{}", grant.query()))
}

fn private_key() -> String {
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
    pem::encode(&pem::Pem::new("PRIVATE KEY", der.as_ref()))
}

#[tokio::test]
async fn all_handshakes_are_made_before_the_first_event() {
    let mut start = Start::new(Mood::Answers).await;
    let (init, _) = start.program.init().await;
    assert_eq!(
        init,
        phase(&[("KMS", &[HANDSHAKE, "GetPublicKey", "Sign"]), ("S3", &[HANDSHAKE, FOLDER])]),
        "{}",
        start.program.log()
    );
    for asset in ["m", "n"] {
        let object = format!("GET /media/video/{asset}/playlist.m3u8");
        assert_eq!(start.invoke(asset).await, phase(&[("KMS", &["Sign"]), ("S3", &[&object])]));
    }
    assert_eq!(start.invoke("n").await, phase(&[("S3", &["GET /media/video/n/playlist.m3u8"])]));
    assert_eq!(start.program.log(), "");
}

#[tokio::test]
async fn each_key_has_a_connection_of_its_own_that_is_open_before_the_first_event() {
    let authority = Authority::new();
    let pem = private_key();
    let vault =
        secrets_manager(&authority, Mood::Answers, vec![("host", pem.clone()), ("before", pem)]).await;
    let vault_url = vault.url();
    let hosts =
        r#"[{"origin": "https://other.example", "key_pair_id": "KB", "private_key_secret_id": "host"}]"#;
    let trusted = r#"[{"key_pair_id": "KA", "kms_key_id": "a"},
        {"key_pair_id": "KC", "private_key_secret_id": "before"}]"#;
    let changes = [
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", vault_url.as_str()),
        ("KMS_KEY_ID", "k"),
        ("SIGNED_HOSTS", hosts),
        ("TRUSTED_SIGNERS", trusted),
    ];
    let mut start = Start::with(&authority, Mood::Answers, &changes).await;
    let (init, _) = start.program.init().await;
    let sorted = |mut phase: Phase| {
        phase.values_mut().for_each(|seen| seen.sort());
        phase
    };
    let expected = phase(&[
        ("KMS", &["GetPublicKey", "GetPublicKey", "Sign", HANDSHAKE, HANDSHAKE]),
        ("S3", &[FOLDER, HANDSHAKE]),
        // For the key that only verifies, the previous version of the secret counts too.
        ("Secrets Manager", &["GetSecretValue", "GetSecretValue", "GetSecretValue", HANDSHAKE, HANDSHAKE]),
    ]);
    assert_eq!(sorted(init), expected, "{}", start.program.log());
    let first = phase(&[("KMS", &["Sign"]), ("S3", &["GET /media/video/m/playlist.m3u8"])]);
    assert_eq!(start.invoke("m").await, first);
}

#[tokio::test]
async fn a_start_that_nobody_answers_ends_in_time_and_the_first_event_asks_again() {
    let starts = [Mood::HangsUp, Mood::IsSilent].map(async |mood| {
        let mut start = Start::new(mood).await;
        let (init, took) = start.program.init().await;
        assert_eq!(init, Phase::new());
        // Three seconds, and the start of the program on a busy machine.
        assert!(took < Duration::from_secs(5), "{took:?}");
        let warnings = start.program.warnings();
        start.kms.turn(Mood::Answers);
        start.s3.turn(Mood::Answers);
        let object = "GET /media/video/m/playlist.m3u8";
        let expected = phase(&[("KMS", &[HANDSHAKE, "GetPublicKey", "Sign"]), ("S3", &[HANDSHAKE, object])]);
        assert_eq!(start.invoke("m").await, expected);
        warnings
    });
    for warnings in join_all(starts).await {
        let warning = |what| format!(" WARN {what}: not ready at the start, the first request asks again");
        assert_eq!(warnings, [warning("the bucket"), warning("the signing key")]);
    }
}

/// As in the last step of a rotation, when the role has lost the permission and the setting still names the key.
#[tokio::test]
async fn without_the_secret_of_a_trusted_key_the_function_starts_and_that_key_alone_admits_nobody() {
    let authority = Authority::new();
    let (gone, before) = (private_key(), private_key());
    let secrets = vec![("before", before.clone()), ("broken", "no PEM".to_owned())];
    let vault = secrets_manager(&authority, Mood::Answers, secrets).await;
    let vault_url = vault.url();
    let trusted = r#"[{"key_pair_id": "KGONE", "private_key_secret_id": "gone"},
        {"key_pair_id": "KBEFORE", "private_key_secret_id": "before"},
        {"key_pair_id": "KBROKEN", "private_key_secret_id": "broken"}]"#;
    let changes = [
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", vault_url.as_str()),
        ("KMS_KEY_ID", "k"),
        ("TRUSTED_SIGNERS", trusted),
    ];
    let mut start = Start::with(&authority, Mood::Answers, &changes).await;
    start.program.init().await;
    let left_out = |at| format!(" WARN TRUSTED_SIGNERS[{at}] verifies nothing: its key cannot be read");
    assert_eq!(start.program.warnings(), [left_out(0), left_out(2)]);

    start.invoke("m").await;
    let (_, answer) = start.program.invoke(&by_copy("KBEFORE", &before)).await;
    assert_eq!(body(&answer), signed("m"));
    let (_, answer) = start.program.invoke(&by_copy("KGONE", &gone)).await;
    assert_eq!(body(&answer), PLAYLIST);
}
