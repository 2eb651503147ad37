//! Credentials of a site whose only secret is known here. They are made from the formulas, without the code
//! that reads them.

use std::{io::Write as _, sync::LazyLock};

use aws_lc_rs::hmac;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use flate2::{Compression, write::ZlibEncoder};

use crate::{
    NOW,
    issue_cookies::{
        algorithm::Algorithm,
        hmac_keys::{HmacKeys, Secrets},
        jwt::{Audience, SubjectClaim, TokenRules},
        token::Token,
        verifying_key::VerifyingKey,
    },
};

/// The time of all credentials, in Unix seconds.
pub const ISSUED: u64 = 1_790_000_000;

/// Verify what the site signs and encrypts.
pub static HMAC_KEYS: LazyLock<HmacKeys> = LazyLock::new(|| HmacKeys::new(&secrets()));

const SECRET: &str = "a secret that opens nothing at all";

fn secrets() -> Secrets {
    Secrets::from_texts(SECRET).expect("a secret")
}

fn hmac(message: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), message)
}

/// Plone's ticket.
pub fn ticket(user_id: &str, tokens: &str, user_data: &str) -> String {
    let fields = format!("{user_id}\0{tokens}\0{user_data}");
    let message = [&ISSUED.to_be_bytes()[..], fields.as_bytes()].concat();
    let tokens = if tokens.is_empty() { String::new() } else { format!("{tokens}!") };
    let fields = format!("6ab13b80{user_id}!{tokens}{user_data}");
    STANDARD.encode([hmac(&message).as_ref(), fields.as_bytes()].concat())
}

/// The result of Django's `Signer` for a text.
pub fn signed(message: &str) -> String {
    format!("{message}:{}", URL_SAFE_NO_PAD.encode(hmac(message.as_bytes())))
}

/// The input as three fields, separated by line breaks.
pub fn fields(text: &str) -> [&str; 3] {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let (second, third) = rest.split_once('\n').unwrap_or((rest, ""));
    [first, second, third]
}

/// The result of Django's `dumps` for JSON, before it is signed.
pub fn dumped(json: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(json)
}

/// The same with `compress=True`.
pub fn dumped_compressed(json: &[u8]) -> String {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(json).expect("memory takes it");
    format!(".{}", dumped(&encoder.finish().expect("memory takes it")))
}

/// A JSON Web Token.
pub fn token(header: &str, claims: &str) -> String {
    let message = format!("{}.{}", dumped(header.as_bytes()), dumped(claims.as_bytes()));
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(hmac(message.as_bytes())))
}

/// The subject of a token and its expiry, if the issuer `i` issued it for the audience `a`.
pub fn accepted(token: &str) -> Option<(String, u64)> {
    accepted_by(token, SubjectClaim::Sub)
}

/// The same with the claim of simplejwt.
pub fn accepted_by_user_id(token: &str) -> Option<(String, u64)> {
    accepted_by(token, SubjectClaim::UserId("user_id".to_owned()))
}

fn accepted_by(token: &str, subject: SubjectClaim) -> Option<(String, u64)> {
    let rules = TokenRules {
        algorithm: Algorithm::HS256,
        issuer: Some("i".to_owned()),
        audience: Audience::Aud(vec!["a".to_owned()]),
        authorized_parties: Vec::new(),
        header_type: None,
        exact: Vec::new(),
        subject,
        longest_life: None,
    };
    let token = Token::parse(token).ok()?;
    let checked = rules.check_header(&token).ok()?;
    let key = VerifyingKey::from_secret(Algorithm::HS256, SECRET.as_bytes())?;
    let verified = rules.verify(&checked, &[key], *NOW).ok()?;
    Some((verified.subject, verified.expires.seconds()))
}
