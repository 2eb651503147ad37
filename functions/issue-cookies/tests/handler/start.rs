//! What the function's own program does before its first event, and what is left for that one.

use std::time::Duration;

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
};
use axum::http::StatusCode;
use futures::future::join_all;
use serde_json::{Value, json};

use crate::{
    function::{POST_COOKIES, event, pem},
    lambda::{Authority, HANDSHAKE, Mood, Phase, Program, Service, body, kms, phase, secrets_manager},
    provider::{DISCOVERY, JWKS, SigningKey},
    tokens::{AUDIENCE, hs256_by},
};

/// A viewer for whom the issuer vouches, until long after this test.
fn claims(issuer: &str) -> Value {
    json!({"iss": issuer, "aud": AUDIENCE, "sub": "anna", "exp": 4_000_000_000_u64})
}

/// An issuer that publishes `key`.
async fn issuer(authority: &Authority, mood: Mood, key: &SigningKey) -> Service {
    let keys = json!({"keys": [key.jwk()]}).to_string();
    Service::start(authority, "issuer", mood, move |asked| {
        if asked.what == format!("GET {DISCOVERY}") {
            let issuer = format!("https://{}", asked.headers["host"].to_str().unwrap());
            return (
                StatusCode::OK,
                json!({"issuer": issuer, "jwks_uri": format!("{issuer}{JWKS}")}).to_string(),
            );
        }
        (StatusCode::OK, keys.clone())
    })
    .await
}

/// A Plone site that knows whoever comes with a credential as Anna.
async fn plone(authority: &Authority) -> Service {
    Service::start(authority, "Plone", Mood::Answers, |asked| {
        if !asked.headers.contains_key("authorization") {
            return (StatusCode::UNAUTHORIZED, json!({"type": "Unauthorized"}).to_string());
        }
        let groups = json!({"items": [{"id": "AuthenticatedUsers"}], "items_total": 1});
        (StatusCode::OK, json!({"id": "anna", "roles": ["Member"], "groups": groups}).to_string())
    })
    .await
}

async fn program(authority: &Authority, settings: &[(&str, &str)]) -> Program {
    Program::start(env!("CARGO_BIN_EXE_issue-cookies"), authority, settings).await
}

/// Signs a viewer in, and gives what the services saw of it.
async fn sign_in(program: &mut Program, token: &str) -> Phase {
    let (phase, answer) = program.invoke(&event(POST_COOKIES, token)).await;
    let answer_body: Value = serde_json::from_str(&body(&answer)).unwrap();
    assert_eq!(answer_body["resource"], "https://d111111abcdef8.cloudfront.net/video/*", "{answer_body}");
    phase
}

#[tokio::test]
async fn all_handshakes_are_made_before_the_first_event() {
    let authority = Authority::new();
    let key = SigningKey::es256("first");
    let kms = kms(&authority, Mood::Answers, b"the signature").await;
    let issuer = issuer(&authority, Mood::Answers, &key).await;
    let vault =
        secrets_manager(&authority, Mood::Answers, vec![("viewers", json!({"django": DJANGO}).to_string())])
            .await;
    let plone = plone(&authority).await;
    let (kms_url, issuer_url, plone_url, vault_url) = (kms.url(), issuer.url(), plone.url(), vault.url());
    let settings = [
        ("AWS_ENDPOINT_URL_KMS", kms_url.as_str()),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &vault_url),
        ("DJANGO", r#"{"keys": "django", "format": "timestamp"}"#),
        ("JWT_ALGORITHM", "ES256"),
        ("JWT_AUDIENCE", AUDIENCE),
        ("JWT_ISSUER", &issuer_url),
        ("KEY_PAIR_ID", "K2JCJMDEHXQW5F"),
        ("KMS_KEY_ID", "k"),
        ("PLONE_SITE", &plone_url),
        ("VIEWER_SECRET_ARN", "viewers"),
    ];
    let mut program = program(&authority, &settings).await;
    let (init, _) = program.init().await;
    let (discovery, keys) = (format!("GET {DISCOVERY}"), format!("GET {JWKS}"));
    let expected = phase(&[
        ("KMS", &[HANDSHAKE, "GetPublicKey", "Sign"]),
        ("Plone", &[HANDSHAKE, "GET /@users/usher"]),
        // The version of now, and that of before.
        ("Secrets Manager", &[HANDSHAKE, "GetSecretValue", "GetSecretValue"]),
        ("issuer", &[HANDSHAKE, &discovery, &keys]),
    ]);
    assert_eq!(init, expected, "{}", program.log());
    let token = key.token(&claims(&issuer_url));
    assert_eq!(sign_in(&mut program, &token).await, phase(&[("KMS", &["Sign"])]));
    assert_eq!(sign_in(&mut program, &token).await, Phase::new());
    let of_plone = hs256_by("the site's", &json!({"sub": "anna", "exp": 4_000_000_000_u64}));
    let asked_twice = phase(&[("Plone", &["GET /@users/anna", "GET /@users/anna"])]);
    assert_eq!(sign_in(&mut program, &of_plone).await, asked_twice);
}

#[tokio::test]
async fn a_start_that_nobody_answers_ends_in_time_and_the_first_event_asks_again() {
    let starts = [Mood::HangsUp, Mood::IsSilent].map(async |mood| {
        let authority = Authority::new();
        let key = SigningKey::es256("first");
        let issuer = issuer(&authority, mood, &key).await;
        let pem = pem("PRIVATE KEY", &private_key_der());
        let vault = secrets_manager(
            &authority,
            mood,
            vec![("viewers", json!({"django": DJANGO}).to_string()), ("key", pem)],
        )
        .await;
        let (issuer_url, vault_url) = (issuer.url(), vault.url());
        let settings = [
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", vault_url.as_str()),
            ("DJANGO", r#"{"keys": "django", "format": "timestamp"}"#),
            ("JWT_ALGORITHM", "ES256"),
            ("JWT_AUDIENCE", AUDIENCE),
            ("JWT_ISSUER", &issuer_url),
            ("KEY_PAIR_ID", "K2JCJMDEHXQW5F"),
            ("PRIVATE_KEY_SECRET_ID", "key"),
            ("VIEWER_SECRET_ARN", "viewers"),
        ];
        let mut program = program(&authority, &settings).await;
        let (init, took) = program.init().await;
        assert_eq!(init, Phase::new());
        // Two seconds each for the secrets of the settings, for the key, and for a signature with it; and the program's
        // own start on a machine that has much to do.
        assert!(took < Duration::from_secs(8), "{took:?}");
        let warnings = program.warnings();
        issuer.turn(Mood::Answers);
        vault.turn(Mood::Answers);
        let (discovery, keys) = (format!("GET {DISCOVERY}"), format!("GET {JWKS}"));
        let expected = phase(&[
            // Those of the settings, in two versions, and the key: each has a client of its own.
            (
                "Secrets Manager",
                &[HANDSHAKE, "GetSecretValue", "GetSecretValue", HANDSHAKE, "GetSecretValue"],
            ),
            ("issuer", &[HANDSHAKE, &discovery, &keys]),
        ]);
        assert_eq!(sign_in(&mut program, &key.token(&claims(&issuer_url))).await, expected);
        (warnings, issuer_url)
    });
    for (warnings, issuer) in join_all(starts).await {
        let warning =
            |what: &str| format!(" WARN {what}: not ready at the start, the first request asks again");
        let expected = [
            warning(&format!("the keys of {issuer}")),
            warning("the signing key"),
            "ERROR a secret is out of reach: the first request tries again".to_owned(),
        ];
        assert_eq!(warnings, expected);
    }
}

fn private_key_der() -> Vec<u8> {
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
    der.as_ref().to_vec()
}

const DJANGO: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
