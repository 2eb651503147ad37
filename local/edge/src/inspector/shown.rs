//! What of a request may be shown: names, and values that nobody can use. Never a signature, a token or a cookie's
//! value.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cookie::Cookie;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::{Map, Value};

/// Anyone who reads a signature can use it: the inspector shows that there is one, not its value.
pub(super) fn without_secrets(target: &str) -> String {
    let (path, Some(query)) =
        target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)))
    else {
        return target.to_owned();
    };
    let shown: Vec<String> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, value)) if may_be_secret(name, value) => format!("{name}=…"),
            _ => pair.to_owned(),
        })
        .collect();
    format!("{path}?{}", shown.join("&"))
}

/// By its name, in any spelling, or by its length: only secrets are that long.
fn may_be_secret(name: &str, value: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let by_name = ["policy", "signature", "token", "%"].iter().any(|part| name.contains(part));
    by_name || value.len() > 40
}

/// The headers on which an answer may depend, with placeholders for what is secret: enough to send the request again.
pub(super) fn headers(sent: &HeaderMap) -> Vec<(String, String)> {
    let mut shown = Vec::new();
    for value in &sent.get_all(header::AUTHORIZATION) {
        let scheme = value.to_str().ok().and_then(|value| value.split_once(' ')).map(|(scheme, _)| scheme);
        let scheme = scheme.filter(|scheme| scheme.bytes().all(|byte| byte.is_ascii_alphabetic()));
        shown.push((header::AUTHORIZATION, format!("{} TOKEN", scheme.unwrap_or("SCHEME"))));
    }
    let cookies = cookie_names(sent);
    if !cookies.is_empty() {
        let cookies: Vec<String> = cookies.iter().map(|name| format!("{name}=VALUE")).collect();
        shown.push((header::COOKIE, cookies.join("; ")));
    }
    for name in PLAIN_HEADERS {
        let values = sent.get_all(&name).iter().filter_map(plain);
        shown.extend(values.map(|value| (name.clone(), value.to_owned())));
    }
    shown.into_iter().map(|(name, value)| (name.as_str().to_owned(), value)).collect()
}

fn cookie_names(sent: &HeaderMap) -> Vec<String> {
    let lists = sent.get_all(header::COOKIE).iter().filter_map(|list| list.to_str().ok());
    let cookies = lists.flat_map(Cookie::split_parse).filter_map(Result::ok);
    // A line without a name is a value.
    let names = cookies.map(|cookie| cookie.name().to_owned()).filter(|name| !name.is_empty());
    names.take(COOKIES_SHOWN).collect()
}

fn plain(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok().filter(|value| value.len() <= PLAIN_LIMIT)
}

/// What a bearer token says about itself: its readable half, without its signature. Nobody has verified it.
pub(super) fn token_claims(sent: &HeaderMap) -> Option<BTreeMap<&'static str, Value>> {
    let mut values = sent.get_all(header::AUTHORIZATION).iter();
    let value = values.next().filter(|_| values.next().is_none())?.to_str().ok()?;
    let (_, token) = value.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))?;
    let mut parts = token.trim().split('.');
    let (header, claims) = (members(parts.next()?)?, members(parts.next()?)?);
    let of = |from: &Map<String, Value>, names: &[&'static str]| {
        let found = names.iter().filter_map(|name| Some((*name, from.get(*name)?.clone())));
        found.collect::<Vec<_>>()
    };
    let mut shown: BTreeMap<_, _> = of(&header, &HEADER_MEMBERS).into_iter().collect();
    shown.extend(of(&claims, &CLAIMS));
    shown.retain(|_, value| value.to_string().len() <= PLAIN_LIMIT);
    Some(shown)
}

fn members(base64url: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(base64url).ok()?).ok()
}

const PLAIN_HEADERS: [HeaderName; 6] = [
    header::ACCESS_CONTROL_REQUEST_HEADERS,
    header::ACCESS_CONTROL_REQUEST_METHOD,
    header::CONTENT_TYPE,
    header::ORIGIN,
    header::RANGE,
    HeaderName::from_static("sec-fetch-site"),
];
/// Those that decide whether a token is accepted.
const HEADER_MEMBERS: [&str; 3] = ["alg", "kid", "typ"];
const CLAIMS: [&str; 9] = ["aud", "azp", "client_id", "exp", "iat", "iss", "nbf", "sub", "token_use"];
const COOKIES_SHOWN: usize = 40;
const PLAIN_LIMIT: usize = 200;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_signature_is_shown() {
        let target = "/video/m/s.ts?x=1&Policy=abc&amp;Signature=def&%53ignature=ghi&Key-Pair-Id=K1";
        assert_eq!(
            without_secrets(target),
            "/video/m/s.ts?x=1&Policy=…&amp;Signature=…&%53ignature=…&Key-Pair-Id=K1"
        );
    }

    fn sent(headers: &[(&'static str, &str)]) -> HeaderMap {
        let value = |text: &str| HeaderValue::from_str(text).expect("a value");
        headers.iter().map(|(name, text)| (HeaderName::from_static(name), value(text))).collect()
    }

    #[test]
    fn of_credentials_and_cookies_there_is_no_value() {
        let long = "x".repeat(201);
        let request = sent(&[
            ("authorization", "Bearer eyJ.secret.secret"),
            ("cookie", "CloudFront-Signature=secret; __ac=secret"),
            ("origin", "https://films.example"),
            ("range", &long),
            ("x-api-key", "secret"),
        ]);
        let expected = [
            ("authorization", "Bearer TOKEN"),
            ("cookie", "CloudFront-Signature=VALUE; __ac=VALUE"),
            ("origin", "https://films.example"),
        ];
        assert_eq!(headers(&request), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        for (value, shown) in [("secret", "SCHEME TOKEN"), ("se.cret secret", "SCHEME TOKEN")] {
            let shown = vec![("authorization".to_owned(), shown.to_owned())];
            assert_eq!(headers(&sent(&[("authorization", value)])), shown);
        }
    }

    #[test]
    fn of_a_token_the_claims_that_decide_are_shown_and_nothing_else() {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = part(&json!({"alg": "EdDSA", "kid": "1", "jku": "https://keys.example"}));
        let claims = part(&json!({"aud": ["a", "b"], "exp": 5, "sub": "x".repeat(300), "email": "a@b"}));
        let shown = token_claims(&sent(&[("authorization", &format!("bearer {header}.{claims}.c2ln"))]));
        let expected =
            [("alg", json!("EdDSA")), ("aud", json!(["a", "b"])), ("exp", json!(5)), ("kid", json!("1"))];
        assert_eq!(shown, Some(BTreeMap::from(expected)));
        for value in ["Basic YTpi", "Bearer abc", "Bearer a.b.c", "Bearer"] {
            assert_eq!(token_claims(&sent(&[("authorization", value)])), None, "{value}");
        }
    }
}
