//! A token of djangorestframework-simplejwt.

use issue_cookies::{AuthenticationError, TokenError};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::{Answer, answer, subject, text, with_bearer};

const FILE: &str = include_str!("../../../../tests/vectors/django-simplejwt.json");
/// When it was made.
const NOW: u64 = 1_795_288_408;
/// When it ends.
const END: u64 = NOW + 300;

/// Settings, a token, the time, and the answer.
type Row<'r> = (&'r [(&'r str, &'r str)], &'r str, u64, Answer);

#[tokio::test]
async fn an_access_token_is_taken_and_a_refresh_token_is_not() {
    let file: Value = serde_json::from_str(FILE).unwrap();
    let (secret, access) = (text(&file, "secret"), text(&file, "value"));
    let mut claims = json!({
        "token_type": "access",
        "exp": END,
        "iat": NOW,
        "jti": "45250934e03b405782d319374b40c509",
        "user_id": "42",
    });
    let key = EncodingKey::from_secret(secret.as_bytes());
    claims["token_type"] = "refresh".into();
    let refresh = encode(&Header::default(), &claims, &key).unwrap();
    claims["token_type"] = "access".into();
    claims["sub"] = "42".into();

    let hex = base16ct::lower::encode_string(secret.as_bytes());
    let other = "0a".repeat(32);
    let (ours, theirs) = ([("SIMPLEJWT_KEYS", &*hex)], [("SIMPLEJWT_KEYS", &*other)]);
    // With the very key, but as another site's: simplejwt's tokens are not Plone's.
    let plone = [("PLONE_JWT_KEYS", &*hex)];
    let expected: Answer = Ok(subject("simplejwt", END, claims, None));
    let refused = |error: TokenError| Err(AuthenticationError::from(error));
    let rows: [Row<'_>; 5] = [
        (&ours, access, NOW, expected),
        (&ours, access, END, refused(TokenError::Expired)),
        (&ours, &refresh, NOW, refused(TokenError::Claim("token_type"))),
        (&theirs, access, NOW, refused(TokenError::Signature)),
        (&plone, access, NOW, Err(AuthenticationError::Unknown)),
    ];
    for (row, (settings, token, now, expected)) in rows.into_iter().enumerate() {
        assert_eq!(answer(settings, with_bearer(token), now).await, expected, "row {row}");
    }
}
