//! Viewers whom a view of a Django site hands off.

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use issue_cookies::{AuthenticationError, SignedValueError, Subject, TokenError};
use serde_json::{Value, json};

use crate::{
    function::{Function, NOW, POST_COOKIES, config, event, problem, settings_problem, time},
    tokens::hex,
};

/// What the site derives from its own key and salt.
const KEY: &str = "a derived key of the test's own site";
/// `NOW` in base62.
const TIME: &str = "1x8elk";
const TIMESTAMP: [(&str, &str); 1] = [("DJANGO_FORMAT", "timestamp")];

pub(crate) fn signed_by(key: &str, message: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    format!("{message}:{}", URL_SAFE_NO_PAD.encode(hmac::sign(&key, message.as_bytes())))
}

/// As `TimestampSigner` does, at `NOW`.
fn signed(text: &str) -> String {
    signed_by(KEY, &format!("{text}:{TIME}"))
}

/// As `signing.dumps` does, at `NOW`.
fn dumped(object: &Value) -> String {
    signed(&URL_SAFE_NO_PAD.encode(object.to_string()))
}

async fn viewer(changes: &[(&str, &str)], value: &str, now: u64) -> Result<Subject, AuthenticationError> {
    let keys = hex(KEY);
    let settings = [("JWT_ISSUER", ""), ("JWT_SECRET", ""), ("JWT_AUDIENCE", ""), ("DJANGO_KEYS", &keys)];
    let config = config("unused", &[changes, &settings].concat());
    let request = serde_json::from_value(event(POST_COOKIES, value)).unwrap();
    config.authenticators.viewer(&request, time(now)).await
}

fn subject(expires: u64, claims: &Value, paths: Option<&[&str]>) -> Subject {
    let Value::Object(claims) = claims.clone() else { panic!("claims are an object") };
    let paths = paths.map(|paths| paths.iter().map(|path| (*path).to_owned()).collect());
    Subject { id: "anna".to_owned(), expires: time(expires), claims, paths, authenticator: "django" }
}

#[tokio::test]
async fn what_a_view_dumps_names_its_viewer() {
    let plain = json!({"sub": "anna"});
    let short = json!({"sub": "anna", "exp": NOW + 60});
    let long = json!({"sub": "anna", "exp": NOW + 86_400, "plan": "premium"});
    let path = json!({"sub": "anna", "path": "video/a/*"});
    let paths = json!({"sub": "anna", "paths": ["/video/a/*", "/video/b/*"]});
    let ours = json!({"sub": "anna", "aud": "usher"});
    let audience = [("DJANGO_AUDIENCE", "usher")];
    let hour = [("DJANGO_MAX_AGE_SECONDS", "3600")];
    let rotated = format!("{},{}", hex("the key of before, of thirty-six bytes"), hex(KEY));
    let rotated = [("DJANGO_KEYS", &*rotated)];
    let rows = [
        (viewer(&[], &dumped(&plain), NOW).await, subject(NOW + 900, &plain, None)),
        (viewer(&[], &dumped(&plain), NOW + 899).await, subject(NOW + 900, &plain, None)),
        (viewer(&[], &dumped(&plain), NOW - 60).await, subject(NOW + 900, &plain, None)),
        (viewer(&hour, &dumped(&plain), NOW).await, subject(NOW + 3_600, &plain, None)),
        (viewer(&rotated, &dumped(&plain), NOW).await, subject(NOW + 900, &plain, None)),
        (viewer(&[], &dumped(&short), NOW).await, subject(NOW + 60, &short, None)),
        (viewer(&[], &dumped(&long), NOW).await, subject(NOW + 900, &long, None)),
        (viewer(&[], &dumped(&path), NOW).await, subject(NOW + 900, &path, Some(&["video/a/*"]))),
        (
            viewer(&[], &dumped(&paths), NOW).await,
            subject(NOW + 900, &paths, Some(&["/video/a/*", "/video/b/*"])),
        ),
        (viewer(&audience, &dumped(&ours), NOW).await, subject(NOW + 900, &ours, None)),
    ];
    for (row, (viewer, expected)) in rows.into_iter().enumerate() {
        assert_eq!(viewer, Ok(expected), "row {row}");
    }
}

#[tokio::test]
async fn a_name_that_was_signed_is_the_viewer() {
    let claims = json!({"sub": "anna"});
    assert_eq!(viewer(&TIMESTAMP, &signed("anna"), NOW).await, Ok(subject(NOW + 900, &claims, None)));
    let mail = viewer(&TIMESTAMP, &signed("mailto:anna@site.example"), NOW).await;
    assert_eq!(mail.map(|subject| subject.id), Ok("mailto:anna@site.example".to_owned()));
}

#[tokio::test]
async fn a_name_in_the_form_of_an_object_stays_a_name_and_an_object_is_none() {
    let object = URL_SAFE_NO_PAD.encode(r#"{"sub":"otto"}"#);
    let named = viewer(&TIMESTAMP, &signed(&object), NOW).await;
    assert_eq!(named.map(|subject| subject.id), Ok(object));
    let error = AuthenticationError::SignedValue(SignedValueError::Json);
    assert_eq!(viewer(&[], &signed("anna"), NOW).await, Err(error));
}

#[tokio::test]
async fn a_value_that_is_not_of_the_site_or_of_now_is_refused() {
    let plain = dumped(&json!({"sub": "anna"}));
    let with = |name: &str, value: Value| {
        let mut object = json!({"sub": "anna"});
        object[name] = value;
        dumped(&object)
    };
    let audience = [("DJANGO_AUDIENCE", "usher")];
    let other = signed_by("the key of another site, of 36 bytes", &format!("e30:{TIME}"));
    type Row<'r> = (&'r [(&'r str, &'r str)], String, u64, AuthenticationError);
    let rows: [Row<'_>; 25] = [
        (&[], other, NOW, SignedValueError::Signature.into()),
        (&[], signed_by(KEY, "e30"), NOW, SignedValueError::Time.into()),
        (&[], signed_by(KEY, "e30:zzzzzzzz"), NOW, SignedValueError::Time.into()),
        (&[], plain.replace(':', "::"), NOW, SignedValueError::Signature.into()),
        (&[], format!("{plain}="), NOW, SignedValueError::Form.into()),
        (&[], plain.clone(), NOW + 900, TokenError::Expired.into()),
        (&[], plain.clone(), NOW - 61, TokenError::NotYetValid.into()),
        (&[], with("exp", json!(NOW)), NOW, TokenError::Expired.into()),
        (&[], with("exp", json!(NOW as f64 + 0.75)), NOW, TokenError::Expired.into()),
        (&[], with("exp", json!(-1.5)), NOW, TokenError::Claim("exp").into()),
        (&[], with("exp", json!("1790000060")), NOW, TokenError::Claim("exp").into()),
        (&[], with("nbf", json!(NOW + 61)), NOW, TokenError::NotYetValid.into()),
        (&[], with("sub", json!(42)), NOW, TokenError::Claim("sub").into()),
        (&[], with("sub", json!("")), NOW, TokenError::Claim("sub").into()),
        (&[], with("sub", json!("an\nna")), NOW, TokenError::Claim("sub").into()),
        (&[], dumped(&json!({"_auth_user_id": "42"})), NOW, TokenError::Claim("sub").into()),
        (&[], dumped(&json!(["anna"])), NOW, SignedValueError::Json.into()),
        (&[], with("aud", json!("usher")), NOW, TokenError::Audience("aud", Some(json!("usher"))).into()),
        (&audience, plain, NOW, TokenError::Audience("aud", None).into()),
        (
            &audience,
            with("aud", json!("another")),
            NOW,
            TokenError::Audience("aud", Some(json!("another"))).into(),
        ),
        (
            &audience,
            with("aud", json!(["usher"])),
            NOW,
            TokenError::Audience("aud", Some(json!(["usher"]))).into(),
        ),
        (&[], with("path", json!(["/video/a/*"])), NOW, TokenError::Claim("path").into()),
        (&[], with("paths", json!("/video/a/*")), NOW, TokenError::Claim("paths").into()),
        (&[], with("paths", json!([1])), NOW, TokenError::Claim("paths").into()),
        (&TIMESTAMP, signed(""), NOW, TokenError::Claim("sub").into()),
    ];
    for (row, (changes, value, now, error)) in rows.into_iter().enumerate() {
        assert_eq!(viewer(changes, &value, now).await, Err(error), "row {row}");
    }
}

#[tokio::test]
async fn the_cookies_end_with_the_hand_off_and_cover_what_it_names() {
    let function = Function::new(&[("DJANGO_KEYS", &hex(KEY))]).await;
    let value = dumped(&json!({"sub": "anna", "path": "/video/a/*"}));
    let answer = function.answer(event(POST_COOKIES, &value)).await;
    let resource = "https://d111111abcdef8.cloudfront.net/video/a/*";
    let body = json!({"resource": resource, "expires_at": NOW + 700, "refresh_after": NOW + 560});
    assert_eq!((&answer["statusCode"], &answer["body"]), (&json!(200), &body));

    function.set_time(NOW + 900);
    let challenge = json!({"www-authenticate": "Bearer error=\"invalid_token\""});
    let expected = problem(401, "token-expired", "the token has expired: sign in again", challenge);
    assert_eq!(function.answer(event(POST_COOKIES, &value)).await, expected);
}

#[test]
fn settings_that_cannot_work_are_refused_at_the_start() {
    let key = hex(KEY);
    let rows: [(&[(&str, &str)], &str); 5] = [
        (&[("DJANGO_KEYS", "a text")], "DJANGO_KEYS: entry 1 is not hexadecimal"),
        (
            &[("DJANGO_KEYS", ""), ("DJANGO_AUDIENCE", "usher")],
            "DJANGO_AUDIENCE is set, but DJANGO_KEYS is empty or missing",
        ),
        (&[("DJANGO_KEYS", &key), ("DJANGO_FORMAT", "json")], "DJANGO_FORMAT must be dumps or timestamp"),
        (
            &[("DJANGO_KEYS", &key), ("DJANGO_FORMAT", "timestamp"), ("DJANGO_AUDIENCE", "usher")],
            "DJANGO_AUDIENCE is set, but TimestampSigner signs no audience",
        ),
        (
            &[("DJANGO_KEYS", &key), ("DJANGO_MAX_AGE_SECONDS", "soon")],
            "DJANGO_MAX_AGE_SECONDS must be a number of seconds, from 1 to 31536000",
        ),
    ];
    for (changes, problem) in rows {
        assert_eq!(settings_problem(changes), problem);
    }
}
