//! What Django has signed, and tokens that PyJWT made for it.

use issue_cookies::{AuthenticationError, SignedValueError, TokenError};
use serde_json::{Value, json};

use crate::{Answer, answer, derived_key, of_kind, subject, text, vectors, with_bearer};

const FILE: &str = include_str!("../../../../tests/vectors/django-6.1.3.json");
const KINDS: [(&str, usize); 2] = [("signed value", 9), ("token", 2)];
/// When all of them were made.
const NOW: u64 = 1_795_288_277;
const MAX_AGE: u64 = 900;
const DUMPS: [(&str, &str); 1] = [("DJANGO_FORMAT", "dumps")];
const DUMPS_FOR_US: [(&str, &str); 2] = [("DJANGO_FORMAT", "dumps"), ("DJANGO_AUDIENCE", "video-gate")];
const TIMESTAMP: [(&str, &str); 1] = [("DJANGO_FORMAT", "timestamp")];

/// The settings for a row, and the answer that its description says.
fn expected(row: &Value) -> (&'static [(&'static str, &'static str)], Answer) {
    let named = |id: &str| Ok(subject("django", NOW + MAX_AGE, json!({"sub": id}), None));
    let object = |expires: u64, paths: Option<Vec<String>>| {
        Ok(subject("django", expires, row["object"].clone(), paths))
    };
    let path = || Some(vec!["video/tenant-a/*".to_owned()]);
    match text(row, "description") {
        "TimestampSigner, a salt of its own" => (&TIMESTAMP, named("42")),
        "TimestampSigner, the default salt" => (&TIMESTAMP, named("viewer1")),
        "dumps" => (&DUMPS_FOR_US, object(NOW + 60, path())),
        "dumps, compressed" => (&DUMPS, object(NOW + MAX_AGE, Some(vec!["video/tenant-a/*".to_owned(); 12]))),
        "dumps, a name in Japanese" => (&DUMPS, object(NOW + MAX_AGE, None)),
        "dumps, an older secret" => (&DUMPS_FOR_US, object(NOW + 60, path())),
        "Signer, no time" => (&TIMESTAMP, Err(SignedValueError::Time.into())),
        "set_signed_cookie" => (&TIMESTAMP, named("42")),
        // It names a user of Django's, but nothing tells that the user is still signed in.
        "a session in a signed cookie" => (&DUMPS, Err(TokenError::Claim("sub").into())),
        _ => panic!("a value that this test does not know: {row}"),
    }
}

#[tokio::test]
async fn every_value_that_names_a_viewer_and_a_time_is_taken() {
    let rows = vectors(FILE, &KINDS);
    let other_key = derived_key("video-gate.v1signeranother key");
    for row in of_kind(&rows, "signed value") {
        let key = derived_key(&format!("{}{}", text(row, "hmac_salt"), text(row, "secret")));
        assert_eq!(key, text(row, "derived_hmac_key_hex"), "{row}");

        let (settings, expected) = expected(row);
        let value = with_bearer(text(row, "value"));
        let with = |keys| [settings, &[("DJANGO_KEYS", keys)]].concat();
        assert_eq!(answer(&with(&key), value.clone(), NOW).await, expected, "{row}");
        let rotated = format!("{other_key},{key}");
        assert_eq!(answer(&with(&rotated), value.clone(), NOW).await, expected, "{row}");
        let refused = Err(AuthenticationError::from(SignedValueError::Signature));
        assert_eq!(answer(&with(&other_key), value.clone(), NOW).await, refused, "{row}");
        if let Ok(subject) = expected {
            let late = answer(&with(&key), value, subject.expires.seconds()).await;
            assert_eq!(late, Err(TokenError::Expired.into()), "{row}");
        }
    }
}

/// Settings, a value of the file, the time, and the answer.
type Row<'r> = (&'r [(&'r str, &'r str)], &'r Value, u64, Answer);

#[tokio::test]
async fn tokens_of_pyjwt_are_taken_with_their_own_algorithm() {
    let rows = vectors(FILE, &KINDS);
    let row =
        |description: &str| of_kind(&rows, "token").find(|row| row["description"] == description).unwrap();
    let claims = json!({
        "iss": "https://django.example",
        "aud": "video-gate",
        "sub": "42",
        "iat": NOW,
        "exp": NOW + 60,
        "jti": "c0ffee",
    });
    let expected: Answer = Ok(subject("jwt", NOW + 60, claims, None));
    let [hs256, eddsa] = ["PyJWT, HS256", "PyJWT, EdDSA"].map(row);
    let keys = json!({"keys": [eddsa["jwk"]]}).to_string();
    let issuer = ("JWT_ISSUER", "https://django.example");
    let (ours, theirs) = (("JWT_AUDIENCE", "video-gate"), ("JWT_AUDIENCE", "another"));
    let (secret, typed) = (("JWT_SECRET", text(hs256, "secret")), ("JWT_TYPE", "video-gate+jwt"));
    let (set, algorithm) = (("JWT_JWKS", &*keys), ("JWT_ALGORITHM", "EdDSA"));
    let refused = |error: TokenError| Err(AuthenticationError::from(error));
    let rows: [Row<'_>; 8] = [
        (&[issuer, ours, secret, typed], hs256, NOW, expected.clone()),
        (&[issuer, ours, secret], hs256, NOW, refused(TokenError::Type)),
        (
            &[issuer, theirs, secret, typed],
            hs256,
            NOW,
            refused(TokenError::Audience("aud", Some(json!("video-gate")))),
        ),
        (&[issuer, ours, secret, typed], hs256, NOW + 60, refused(TokenError::Expired)),
        (&[issuer, ours, set, algorithm], eddsa, NOW, expected),
        (
            &[issuer, theirs, set, algorithm],
            eddsa,
            NOW,
            refused(TokenError::Audience("aud", Some(json!("video-gate")))),
        ),
        (&[issuer, ours, set, algorithm], eddsa, NOW + 60, refused(TokenError::Expired)),
        (&[issuer, ours, set, algorithm], hs256, NOW, refused(TokenError::Algorithm)),
    ];
    for (row, (settings, vector, now, expected)) in rows.into_iter().enumerate() {
        let answer = answer(settings, with_bearer(text(vector, "value")), now).await;
        assert_eq!(answer, expected, "row {row}");
    }
}
