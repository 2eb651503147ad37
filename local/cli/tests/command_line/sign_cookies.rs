//! `usher sign-cookies`

use serde_json::Value;

use crate::{
    SEGMENT,
    keys::Keys,
    program::{stdout, usher},
};

#[test]
fn cookies_are_printed_as_json_and_as_set_cookie_lines() {
    let keys = Keys::new("rsa");
    let private = keys.private();
    let resource = "https://d111111abcdef8.cloudfront.net/video/*";
    let arguments = [
        "sign-cookies",
        "--resource",
        resource,
        "--key-pair-id",
        "K1",
        "--private-key",
        &private,
        "--date-less-than",
        "1790000000",
    ];
    let cookies: Value = serde_json::from_str(&stdout(&usher(&arguments))).unwrap();
    let pairs: Vec<String> = cookies
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| format!("{name}={}", value.as_str().unwrap()))
        .collect();
    let admitted = keys.explain(SEGMENT, &["--cookie", &pairs.join("; "), "--now", "1789999999"]);
    assert_eq!(stdout(&admitted).lines().next(), Some("admitted"));

    let lines = stdout(&usher(&[&arguments[..], &["--output", "set-cookie"]].concat()));
    let expected: Vec<String> = ["Policy", "Signature", "Key-Pair-Id", "Hash-Algorithm"]
        .iter()
        .map(|name| {
            let name = format!("CloudFront-{name}");
            let value = cookies[&name].as_str().unwrap();
            format!("Set-Cookie: {name}={value}; HttpOnly; SameSite=Lax; Secure; Path=/video/")
        })
        .collect();
    assert_eq!(lines.lines().collect::<Vec<_>>(), expected);
}
