//! Tokens of djangorestframework-simplejwt, in the shapes of its versions and settings.

use issue_cookies::{AuthenticationError, Subject, TokenError};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::{
    function::{NOW, POST_COOKIES, config, event, settings_problem, time},
    paths::KEY,
    tokens::{hex, hs256_by, public_key},
};

async fn viewer(changes: &[(&str, &str)], claims: &Value) -> Result<(String, u64), AuthenticationError> {
    let keys = hex(KEY);
    let own = [("JWT_ISSUER", ""), ("JWT_SECRET", ""), ("JWT_AUDIENCE", ""), ("SIMPLEJWT_KEYS", &keys)];
    let config = config("unused", &[changes, &own].concat());
    let event = event(POST_COOKIES, &hs256_by(KEY, claims));
    let viewer = config.authenticators.viewer(&serde_json::from_value(event).unwrap(), time(NOW)).await;
    viewer.map(|Subject { id, expires, .. }| (id, expires.seconds()))
}

fn access(user_id: Value) -> Value {
    with(json!({"token_type": "access", "jti": "j1", "iat": NOW, "exp": NOW + 300}), "user_id", user_id)
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

/// A token that proves its viewer for five minutes, and is exchanged for a new one for a day.
fn sliding() -> Value {
    with(with(access(json!("7")), "token_type", json!("sliding")), "refresh_exp", json!(NOW + 86_400))
}

#[tokio::test]
async fn the_user_id_is_a_number_or_a_text_of_the_claim_that_the_site_names() {
    let claim = [("SIMPLEJWT_USER_ID_CLAIM", "sub")];
    let wrong = |name: &str| Err(TokenError::UserId(name.to_owned()).into());
    let of = |id: &str| Ok((id.to_owned(), NOW + 300));
    type Row<'r> = (&'r [(&'r str, &'r str)], Value, Result<(String, u64), AuthenticationError>);
    let rows: [Row<'_>; 11] = [
        (&[], access(json!("7")), of("7")),
        (&[], access(json!(7)), of("7")),
        (&[], access(json!(u64::MAX)), of("18446744073709551615")),
        (&[], access(json!("0192a1c3-7b4e")), of("0192a1c3-7b4e")),
        (&[], access(json!(true)), wrong("user_id")),
        (&[], access(json!(7.5)), wrong("user_id")),
        (&[], access(json!(null)), wrong("user_id")),
        (&[], with(access(json!(null)), "sub", json!("7")), wrong("user_id")),
        (&claim, with(access(json!(null)), "sub", json!(8)), of("8")),
        (&claim, with(access(json!("7")), "sub", json!("anna")), of("anna")),
        (&claim, access(json!("7")), wrong("sub")),
    ];
    for (settings, claims, expected) in rows {
        assert_eq!(viewer(settings, &claims).await, expected, "{claims}");
    }
}

#[tokio::test]
async fn one_type_of_token_signs_in() {
    let refresh = with(access(json!("7")), "token_type", json!("refresh"));
    let sliding_site = [("SIMPLEJWT_TOKEN_TYPE", "sliding")];
    let anna = Ok(("7".to_owned(), NOW + 300));
    let another = Err(TokenError::Claim("token_type").into());
    let expired = with(sliding(), "exp", json!(NOW));
    type Row<'r> = (&'r [(&'r str, &'r str)], Value, Result<(String, u64), AuthenticationError>);
    let rows: [Row<'_>; 7] = [
        (&[], access(json!("7")), anna.clone()),
        (&[], sliding(), another.clone()),
        (&[], refresh.clone(), another.clone()),
        (&sliding_site, sliding(), anna),
        // However long the site would give a new one for it.
        (&sliding_site, expired, Err(TokenError::Expired.into())),
        (&sliding_site, access(json!("7")), another.clone()),
        (&sliding_site, refresh, another),
    ];
    for (settings, claims, expected) in rows {
        assert_eq!(viewer(settings, &claims).await, expected, "{claims}");
    }
}

#[tokio::test]
async fn the_algorithm_is_the_sites() {
    let secret = "a secret that is long enough for each hash: sixty-four bytes or so";
    let long = "0a".repeat(128);
    let token_by = |algorithm| {
        let key = EncodingKey::from_secret(secret.as_bytes());
        event(POST_COOKIES, &encode(&Header::new(algorithm), &access(json!("7")), &key).unwrap())
    };
    let keys = format!("{},{long}", hex(secret));
    let settings = [("SIMPLEJWT_KEYS", &*keys), ("SIMPLEJWT_ALGORITHM", "HS512")];
    let site = config("unused", &settings).authenticators;
    for (algorithm, expected) in
        [(Algorithm::HS512, Ok("7".to_owned())), (Algorithm::HS256, Err(TokenError::Algorithm.into()))]
    {
        let request = serde_json::from_value(token_by(algorithm)).unwrap();
        let viewer = site.viewer(&request, time(NOW)).await;
        assert_eq!(viewer.map(|Subject { id, .. }| id), expected, "{algorithm:?}");
    }
}

#[test]
fn settings_that_do_not_fit_are_refused_at_the_start() {
    let (key, long) = (hex(KEY), "0a".repeat(65));
    let rows: [(&[(&str, &str)], &str); 5] = [
        (
            &[("SIMPLEJWT_KEYS", &key), ("SIMPLEJWT_TOKEN_TYPE", "refresh")],
            "SIMPLEJWT_TOKEN_TYPE must be access or sliding",
        ),
        (
            &[("SIMPLEJWT_KEYS", &key), ("SIMPLEJWT_ALGORITHM", "HS512")],
            "SIMPLEJWT_KEYS: entry 1 has 38 bytes, and 64 is the minimum",
        ),
        (&[("SIMPLEJWT_KEYS", &long)], "SIMPLEJWT_KEYS: entry 1 has 65 bytes, and 64 is the maximum"),
        (
            &[("SIMPLEJWT_KEYS", &key), ("SIMPLEJWT_ALGORITHM", "RS256")],
            "SIMPLEJWT_ALGORITHM is not the algorithm of SIMPLEJWT_KEYS: leave it out",
        ),
        (
            &[("SIMPLEJWT_PUBLIC_KEY", &public_key()), ("SIMPLEJWT_ALGORITHM", "RS512")],
            "SIMPLEJWT_ALGORITHM is not the algorithm of SIMPLEJWT_PUBLIC_KEY: leave it out",
        ),
    ];
    for (settings, problem) in rows {
        assert_eq!(settings_problem(settings), problem);
    }
}
