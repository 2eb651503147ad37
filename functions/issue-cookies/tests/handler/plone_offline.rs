//! Viewers of a Plone site whose keys the function knows.

use issue_cookies::{AuthenticationError, Subject, TicketError, TokenError};
use serde_json::{Value, json};

use crate::{
    function::{Function, NOW, POST_COOKIES, config, event, problem, remove_header, settings_problem, time},
    tokens::{hex, hs256_by},
};

/// A secret of the site's keyring.
pub(crate) const SECRET: &str = "a secret of the keyring: thirty-eight!";
/// What the site signs tokens with, less than 64 bytes so that its hexadecimal form is the key itself.
const TOKEN_KEY: &str = "a derived key of the test's own site";
// Made in Python with hmac, hashlib, struct and base64, issued at `NOW`.
pub(crate) const TICKET: &str = "bIHBLGaQpCmsC4ytlLKl7C0s676o5hum8BT1rpAjbGQ2YWIxM2I4MGFubmEh";
pub(crate) const LABELLED: &str =
    "o%2BmV9IrasHIqe/2GNTogPC9eWXfjqa7UvbQvSz9xu0I2YWIxM2I4MGFubmEhdmlkZW8sbXVzaWMhQW5uYSBBLg%3D%3D";
const MD5_TICKET: &str = "YWNlZGJlNmMxN2JmN2MwMmI1YjQ0OGNmMGZlNWMyYWQ2YWIxM2I4MGFubmEh";
/// `base64(hex(login):hex(password))`
const ROOT_USER: &str = "NjE2ZTZlNjE6NzM2NTYzNzI2NTc0";

pub(crate) fn with_ticket(cookie_value: &str) -> Value {
    let mut event = event(POST_COOKIES, "");
    remove_header(&mut event, "authorization");
    event["cookies"] = json!(["_ga=GA1.1.1", format!("__ac={cookie_value}")]);
    event
}

fn with_token(claims: &Value) -> Value {
    event(POST_COOKIES, &hs256_by(TOKEN_KEY, claims))
}

async fn viewer(changes: &[(&str, &str)], event: Value, now: u64) -> Result<Subject, AuthenticationError> {
    let keys = hex(TOKEN_KEY);
    let settings = [
        ("JWT_ISSUER", ""),
        ("JWT_SECRET", ""),
        ("JWT_AUDIENCE", ""),
        ("PLONE_JWT_KEYS", &keys),
        ("PLONE_TICKET_KEYS", SECRET),
    ];
    let config = config("unused", &[changes, &settings].concat());
    config.authenticators.viewer(&serde_json::from_value(event).unwrap(), time(now)).await
}

fn subject(authenticator: &'static str, expires: u64, claims: Value) -> Subject {
    let Value::Object(claims) = claims else { panic!("claims are an object") };
    Subject { id: "anna".to_owned(), expires: time(expires), claims, paths: None, authenticator }
}

#[tokio::test]
async fn a_token_of_the_site_names_its_viewer() {
    let claims = json!({"sub": "anna", "exp": NOW + 43_200, "fullname": "Anna A."});
    // Users change their own full name.
    let expected = Ok(subject("plone-token", NOW + 43_200, json!({"sub": "anna", "exp": NOW + 43_200})));
    assert_eq!(viewer(&[], with_token(&claims), NOW).await, expected);
    let rotated = format!("{},{}", hex("the key of the week before, of 38 bytes"), hex(TOKEN_KEY));
    assert_eq!(viewer(&[("PLONE_JWT_KEYS", &rotated)], with_token(&claims), NOW).await, expected);
}

#[tokio::test]
async fn a_token_that_the_site_would_not_give_is_refused() {
    let until = |exp: u64| json!({"sub": "anna", "exp": exp, "fullname": "Anna A."});
    let short = [("PLONE_TOKEN_TIMEOUT_SECONDS", "3600")];
    let other = event(POST_COOKIES, &hs256_by("the key of another site, of 36 bytes", &until(NOW + 60)));
    let with_issuer = json!({"iss": "https://site.example", "sub": "anna", "exp": NOW + 60});
    let wrong_issuer = TokenError::Issuer(Some("https://site.example".to_owned()));
    let rows = [
        (viewer(&[], other, NOW).await, TokenError::Signature.into()),
        (viewer(&[], with_token(&until(NOW)), NOW).await, TokenError::Expired.into()),
        (viewer(&[], with_token(&until(NOW + 43_261)), NOW).await, TokenError::TooLong.into()),
        (viewer(&short, with_token(&until(NOW + 3_661)), NOW).await, TokenError::TooLong.into()),
        (viewer(&[], with_token(&json!({"sub": "anna"})), NOW).await, TokenError::Claim("exp").into()),
        (viewer(&[], with_token(&json!({"exp": NOW + 60})), NOW).await, TokenError::Claim("sub").into()),
        (viewer(&[], with_token(&with_issuer), NOW).await, wrong_issuer.into()),
    ];
    for (row, (viewer, error)) in rows.into_iter().enumerate() {
        assert_eq!(viewer, Err(error), "row {row}");
    }
}

#[tokio::test]
async fn a_ticket_of_the_site_names_its_viewer() {
    let rotated = [(
        "PLONE_TICKET_KEYS",
        "the secret of the week before: 38 bytes,a secret of the keyring: thirty-eight!",
    )];
    let short = [("PLONE_TICKET_TIMEOUT_SECONDS", "60")];
    let plain = json!({"sub": "anna", "tokens": [], "user_data": ""});
    let labelled = json!({"sub": "anna", "tokens": ["video", "music"], "user_data": "Anna A."});
    let rows = [
        (viewer(&[], with_ticket(TICKET), NOW).await, NOW + 7_200, &plain),
        (viewer(&[], with_ticket(TICKET), NOW + 7_199).await, NOW + 7_200, &plain),
        (viewer(&[], with_ticket(TICKET), NOW - 60).await, NOW + 7_200, &plain),
        (viewer(&[], with_ticket(LABELLED), NOW).await, NOW + 7_200, &labelled),
        (viewer(&rotated, with_ticket(TICKET), NOW).await, NOW + 7_200, &plain),
        (viewer(&short, with_ticket(TICKET), NOW).await, NOW + 60, &plain),
    ];
    for (row, (viewer, expires, claims)) in rows.into_iter().enumerate() {
        assert_eq!(viewer, Ok(subject("plone-ticket", expires, claims.clone())), "row {row}");
    }
}

#[tokio::test]
async fn a_ticket_that_is_not_of_the_site_or_of_now_is_refused() {
    let other = [("PLONE_TICKET_KEYS", "the secret of another site: 37 bytes")];
    let none = [("PLONE_TICKET_KEYS", "")];
    let rows = [
        (viewer(&[], with_ticket(TICKET), NOW + 7_200).await, TicketError::Expired.into()),
        (viewer(&[], with_ticket(TICKET), NOW - 61).await, TicketError::NotYetValid.into()),
        (viewer(&other, with_ticket(TICKET), NOW).await, TicketError::Signature.into()),
        // That its time is over is told of the site's own alone.
        (viewer(&other, with_ticket(TICKET), NOW + 7_200).await, TicketError::Signature.into()),
        // With the site's secret, in mod_auth_tkt's digest.
        (viewer(&[], with_ticket(MD5_TICKET), NOW).await, TicketError::Signature.into()),
        (viewer(&[], with_ticket(ROOT_USER), NOW).await, TicketError::RootUser.into()),
        (viewer(&[], with_ticket(""), NOW).await, TicketError::Form.into()),
        // Where nobody reads tickets, a cookie of that name is no credential.
        (viewer(&none, with_ticket(TICKET), NOW).await, AuthenticationError::Missing),
    ];
    for (row, (viewer, error)) in rows.into_iter().enumerate() {
        assert_eq!(viewer, Err(error), "row {row}");
    }
}

#[tokio::test]
async fn the_cookies_end_with_the_ticket() {
    let function =
        Function::new(&[("PLONE_TICKET_KEYS", SECRET), ("ENTITLEMENTS", r#"["/video/{sub}/*"]"#)]).await;
    function.set_time(NOW + 7_000);
    let answer = function.answer(with_ticket(TICKET)).await;
    let resource = "https://d111111abcdef8.cloudfront.net/video/anna/*";
    let body = json!({"resource": resource, "expires_at": NOW + 7_200, "refresh_after": NOW + 7_160});
    assert_eq!((&answer["statusCode"], &answer["body"]), (&json!(200), &body));

    function.set_time(NOW + 7_200);
    let challenge = json!({"www-authenticate": "Bearer error=\"invalid_token\""});
    let expected = |problem_type: &str, detail: &str| problem(401, problem_type, detail, challenge.clone());
    let answer = function.answer(with_ticket(TICKET)).await;
    assert_eq!(answer, expected("token-expired", "the token has expired: sign in again"));
    let answer = function.answer(with_ticket(ROOT_USER)).await;
    assert_eq!(answer, expected("credential-rejected", "the token is not accepted here"));
}

#[test]
fn settings_that_cannot_work_are_refused_at_the_start() {
    let rows: [(&[(&str, &str)], &str); 5] = [
        (&[("PLONE_JWT_KEYS", "a text, not hexadecimal")], "PLONE_JWT_KEYS: entry 1 is not hexadecimal"),
        (&[("PLONE_JWT_KEYS", "0a0b")], "PLONE_JWT_KEYS: entry 1 has 2 bytes, and 32 is the minimum"),
        (&[("PLONE_TICKET_KEYS", "short")], "PLONE_TICKET_KEYS: entry 1 has 5 bytes, and 32 is the minimum"),
        (
            &[("PLONE_TICKET_KEYS", SECRET), ("PLONE_TICKET_TIMEOUT_SECONDS", "0")],
            "PLONE_TICKET_TIMEOUT_SECONDS must be a number of seconds, from 1 to 31536000",
        ),
        (
            &[("PLONE_TICKET_KEYS", SECRET), ("PLONE_SITE", "https://site.example")],
            "PLONE_SITE and PLONE_TICKET_KEYS are both set: Usher either asks the site or uses its keys",
        ),
    ];
    for (changes, problem) in rows {
        assert_eq!(settings_problem(changes), problem);
    }
}
