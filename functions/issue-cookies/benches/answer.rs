//! What an answer costs beside the cryptography that it needs: `cargo bench -p issue-cookies`.
//!
//! `POST /auth/cookies` while the grant is in the cache, so the signature of the viewer's credential is all
//! the cryptography there is. Times are of the processor, in microseconds, the median of rounds that take
//! turns: what else the machine does meanwhile is not ours.
#![expect(clippy::unwrap_used, reason = "a benchmark may stop at the first surprise")]

use std::{fs, hint::black_box, sync::Arc, time::Duration};

use aws_lambda_events::event::apigw::ApiGatewayV2httpRequest;
use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der},
    hmac,
    rand::SystemRandom,
    rsa,
    signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, ParsedPublicKey, VerificationAlgorithm},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cloudfront_signing::UnixTime;
use issue_cookies::{Config, IssueCookies, PlainHttp, http_client};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use usher_runtime::Grants;

const NOW: u64 = 1_790_000_000;
const SECRET: &str = "a secret that is long enough for each hash: sixty-four bytes or so";
const EVENT: &str = include_str!("../../../tests/events/post-auth-cookies.json");
const ROUNDS: usize = 15;

/// A token, the setting that verifies it, and the bare verification of its signature.
struct Case {
    algorithm: &'static str,
    setting: (&'static str, String),
    token: String,
    verify: Verify,
}

/// Verifies a signature of a message.
type Verify = Box<dyn Fn(&[u8], &[u8])>;

fn main() {
    println!(
        "{:9} {:>12} {:>12} {:>12} {:>14}",
        "algorithm", "with events", "answer", "signature", "answer above"
    );
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let grants_key = pkcs8(&rsa::KeyPair::generate(rsa::KeySize::Rsa2048).unwrap());
    for case in cases() {
        let function = function(&runtime, &grants_key, &case);
        let mut event: Value = serde_json::from_str(EVENT).unwrap();
        *event.pointer_mut("/headers/authorization").unwrap() = json!(format!("Bearer {}", case.token));
        let text = event.to_string();
        let request: ApiGatewayV2httpRequest = serde_json::from_value(event).unwrap();
        let answer = |request| runtime.block_on(function.handle(request));
        assert_eq!(answer(request.clone()).status_code, 200);

        let (message, signature) = case.token.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let rounds: Vec<[f64; 3]> = (0..ROUNDS)
            .map(|_| {
                let with_events = microseconds(|| {
                    let response = answer(serde_json::from_str(black_box(&text)).unwrap());
                    serde_json::to_string(&response).unwrap()
                });
                // A request is used up by its answer: the copy is not what is measured.
                let copied = microseconds(|| request.clone());
                let answered = microseconds(|| answer(black_box(&request).clone())) - copied;
                let verified = microseconds(|| (case.verify)(black_box(message.as_bytes()), &signature));
                [with_events, answered, verified]
            })
            .collect();
        let median = |of: fn(&[f64; 3]) -> f64| {
            let mut values: Vec<f64> = rounds.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values.get(ROUNDS / 2).copied().unwrap()
        };
        println!(
            "{:9} {:12.1} {:12.1} {:12.1} {:14.1}",
            case.algorithm,
            median(|[with_events, ..]| *with_events),
            median(|[_, answered, _]| *answered),
            median(|[.., verified]| *verified),
            median(|[_, answered, verified]| answered - verified),
        );
    }
}

fn cases() -> Vec<Case> {
    let secrets = [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)];
    let curves = [
        ("ES256", &signature::ECDSA_P256_SHA256_FIXED_SIGNING, &signature::ECDSA_P256_SHA256_FIXED),
        ("ES384", &signature::ECDSA_P384_SHA384_FIXED_SIGNING, &signature::ECDSA_P384_SHA384_FIXED),
        ("ES512", &signature::ECDSA_P521_SHA512_FIXED_SIGNING, &signature::ECDSA_P521_SHA512_FIXED),
    ];
    let rsa_algorithms = [
        ("RS256", &signature::RSA_PKCS1_SHA256, &signature::RSA_PKCS1_2048_8192_SHA256),
        ("RS384", &signature::RSA_PKCS1_SHA384, &signature::RSA_PKCS1_2048_8192_SHA384),
        ("RS512", &signature::RSA_PKCS1_SHA512, &signature::RSA_PKCS1_2048_8192_SHA512),
        ("PS256", &signature::RSA_PSS_SHA256, &signature::RSA_PSS_2048_8192_SHA256),
        ("PS384", &signature::RSA_PSS_SHA384, &signature::RSA_PSS_2048_8192_SHA384),
        ("PS512", &signature::RSA_PSS_SHA512, &signature::RSA_PSS_2048_8192_SHA512),
    ];
    let random = SystemRandom::new();
    let rsa = rsa::KeyPair::generate(rsa::KeySize::Rsa2048).unwrap();
    let rsa_public: PublicKeyX509Der<'_> = rsa.public_key().as_der().unwrap();
    let ed25519 = Ed25519KeyPair::generate().unwrap();
    let ed25519_public: PublicKeyX509Der<'_> = ed25519.public_key().as_der().unwrap();
    let mut cases: Vec<Case> = secrets
        .map(|(algorithm, hash)| {
            let key = hmac::Key::new(hash, SECRET.as_bytes());
            let signed = token(algorithm, |message| hmac::sign(&key, message).as_ref().to_vec());
            Case {
                algorithm,
                setting: ("JWT_SECRET", SECRET.to_owned()),
                token: signed,
                verify: Box::new(move |message, tag| hmac::verify(&key, message, tag).unwrap()),
            }
        })
        .into();
    let signed = token("EdDSA", |message| ed25519.sign(message).as_ref().to_vec());
    cases.push(case("EdDSA", &signature::ED25519, ed25519_public.as_ref(), signed));
    for (algorithm, signing, verification) in curves {
        let pair = EcdsaKeyPair::generate(signing).unwrap();
        let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
        let signed = token(algorithm, |message| pair.sign(&random, message).unwrap().as_ref().to_vec());
        cases.push(case(algorithm, verification, public.as_ref(), signed));
    }
    for (algorithm, signing, verification) in rsa_algorithms {
        let signed = token(algorithm, |message| {
            let mut signature = vec![0; rsa.public_modulus_len()];
            rsa.sign(signing, &random, message, &mut signature).unwrap();
            signature
        });
        cases.push(case(algorithm, verification, rsa_public.as_ref(), signed));
    }
    cases
}

fn case(
    algorithm: &'static str,
    verification: &'static dyn VerificationAlgorithm,
    public: &[u8],
    token: String,
) -> Case {
    let key = ParsedPublicKey::new(verification, public).unwrap();
    let verify = move |message: &[u8], signature: &[u8]| key.verify_sig(message, signature).unwrap();
    Case {
        algorithm,
        setting: ("JWT_PUBLIC_KEY", pem("PUBLIC KEY", public)),
        token,
        verify: Box::new(verify),
    }
}

fn token(algorithm: &str, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let claims = json!({
        "iss": "https://site.example", "aud": "usher", "sub": "anna", "iat": NOW, "exp": NOW + 86_400,
        "groups": ["premium", "staff"],
    });
    let parts = [json!({ "alg": algorithm, "typ": "JWT" }), claims];
    let message = parts.map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
    let signature = URL_SAFE_NO_PAD.encode(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

fn function(runtime: &Runtime, private_key: &str, case: &Case) -> IssueCookies {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("private_key.pem");
    fs::write(&file, private_key).unwrap();
    let (setting, value) = &case.setting;
    let look_up = |asked: &str| match asked {
        "JWT_ISSUER" => Some("https://site.example".to_owned()),
        "JWT_AUDIENCE" => Some("usher".to_owned()),
        "JWT_ALGORITHM" => Some(case.algorithm.to_owned()),
        "KEY_PAIR_ID" => Some("K2JCJMDEHXQW5F".to_owned()),
        "PRIVATE_KEY_FILE" => Some(file.display().to_string()),
        asked => (asked == *setting).then(|| value.clone()),
    };
    let config =
        Config::read(&look_up, &|| http_client(reqwest::Client::builder()), PlainHttp::Refused).unwrap();
    let grants = runtime.block_on(Grants::open(config.signing.clone())).unwrap();
    IssueCookies::new(config, grants, Arc::new(|| UnixTime::new(NOW).unwrap()))
}

fn pkcs8(key: &rsa::KeyPair) -> String {
    let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
    pem("PRIVATE KEY", der.as_ref())
}

fn pem(tag: &str, der: &[u8]) -> String {
    pem::encode(&pem::Pem::new(tag, der))
}

fn microseconds<T>(mut call: impl FnMut() -> T) -> f64 {
    let mut calls = 1_u32;
    loop {
        let started = processor_time();
        for _ in 0..calls {
            black_box(call());
        }
        let taken = processor_time().saturating_sub(started);
        if taken > Duration::from_millis(20) {
            return taken.as_secs_f64() / f64::from(calls) * 1e6;
        }
        calls *= 2;
    }
}

fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}
