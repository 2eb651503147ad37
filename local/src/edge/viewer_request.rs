//! What the template's viewer-request function does, in Rust: `tests/system/sam` runs the JavaScript itself
//! against the same table of cases.
//!
//! It looks at the request alone, not at what verification made of it, as the function does.

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use cloudfront_signing::RESERVED_PARAMETERS;
use http::{HeaderMap, HeaderValue, header};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use usher_runtime::Viewer;

/// Sets the three headers, or takes away what the viewer sent under their names.
pub(super) fn viewer_request(headers: &mut HeaderMap, query: Option<&str>) {
    for name in [Viewer::HOST, Viewer::CREDENTIAL, Viewer::EXPIRES] {
        headers.remove(name);
    }
    let Some(host) = headers.get(header::HOST).cloned() else { return };
    headers.insert(Viewer::HOST, host);
    let Some(found) = signed_url(query.unwrap_or_default()).or_else(|| signed_cookies(headers)) else {
        return;
    };
    headers.insert(Viewer::CREDENTIAL, HeaderValue::from_static(found.name));
    // Of several, the earliest: whoever repeats a parameter must not gain time.
    let times = found.expires.iter().filter_map(|text| seconds(text));
    let times = times.chain(found.policies.iter().filter_map(|policy| date_less_than(policy)));
    if let Some(earliest) = times.min() {
        headers.insert(Viewer::EXPIRES, HeaderValue::from(earliest));
    }
}

struct Found {
    name: &'static str,
    expires: Vec<String>,
    policies: Vec<String>,
}

/// With any reserved parameter in the URL, cookies are not looked at.
fn signed_url(query: &str) -> Option<Found> {
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let reserved: Vec<(String, &str)> = pairs
        .map(|(name, value)| (decoded(name), value))
        .filter(|(name, _)| RESERVED_PARAMETERS.contains(&name.as_str()))
        .collect();
    let values = |wanted: &str| {
        let named = reserved.iter().filter(|(name, _)| name == wanted);
        named.map(|(_, value)| decoded(value)).collect()
    };
    let found = Found { name: "url", expires: values("Expires"), policies: values("Policy") };
    (!reserved.is_empty()).then_some(found)
}

fn signed_cookies(headers: &HeaderMap) -> Option<Found> {
    let lines: Vec<_> = headers
        .get_all(header::COOKIE)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    let cookies =
        lines.iter().flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let values = |wanted: &str| -> Vec<String> {
        let named = cookies.clone().filter(|(name, _)| *name == wanted);
        named.map(|(_, value)| value.to_owned()).collect()
    };
    if values("CloudFront-Key-Pair-Id").is_empty() || values("CloudFront-Signature").is_empty() {
        return None;
    }
    let (expires, policies) = (values("CloudFront-Expires"), values("CloudFront-Policy"));
    Some(Found { name: "cookies", expires, policies })
}

/// `decodeURIComponent`, or the text as it is where that would throw.
fn decoded(text: &str) -> String {
    let is_encoded = |rest: &str| rest.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    let decoded = percent_decode_str(text).decode_utf8();
    match decoded {
        Ok(decoded) if text.split('%').skip(1).all(is_encoded) => decoded.into_owned(),
        _ => text.to_owned(),
    }
}

fn seconds(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|seconds| is_number && *seconds <= MAX_SAFE_INTEGER)
}

fn date_less_than(policy: &str) -> Option<u64> {
    let letters = policy.replace('-', "+").replace('_', "=").replace('~', "/");
    let letters: String = letters.chars().take_while(|c| *c != '=').filter(|c| is_base64(*c)).collect();
    let policy: Value = serde_json::from_slice(&LENIENT.decode(letters).ok()?).ok()?;
    let time =
        policy.get("Statement")?.get(0)?.get("Condition")?.get("DateLessThan")?.get("AWS:EpochTime")?;
    let exact = time.as_u64().map(|seconds| seconds.to_string());
    seconds(&exact.or_else(|| Some(time.as_f64()?.to_string()))?)
}

fn is_base64(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '+' || c == '/'
}

/// Beyond it, JavaScript's numbers are not exact.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// As `Buffer.from` reads it.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use http::HeaderName;

    use super::*;

    /// CloudFront's event shape: an object of values, each with all its values where there are several.
    fn pairs(fields: &Value) -> Vec<(String, String)> {
        let one = |field: &Value| field["value"].as_str().expect("a value").to_owned();
        let fields = fields.as_object().expect("an object").iter();
        let all = fields.flat_map(|(name, field)| {
            let values = match field["multiValue"].as_array() {
                Some(values) => values.iter().map(one).collect(),
                None => vec![one(field)],
            };
            values.into_iter().map(|value| (name.clone(), value))
        });
        all.collect()
    }

    fn joined(pairs: &[(String, String)], delimiter: &str) -> String {
        pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(delimiter)
    }

    fn lines(headers: &HeaderMap) -> Vec<(String, String)> {
        let line = |(name, value): (&HeaderName, &HeaderValue)| {
            (name.to_string(), value.to_str().expect("ASCII").to_owned())
        };
        headers.iter().map(line).collect()
    }

    #[test]
    fn it_sets_what_the_templates_javascript_sets() {
        let cases: Vec<Value> =
            serde_json::from_str(include_str!("../../../tests/system/sam/viewer-request.json"))
                .expect("cases");
        assert!(!cases.is_empty());
        for case in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs(&case["headers"]) {
                headers.append(
                    HeaderName::try_from(name).expect("a name"),
                    HeaderValue::try_from(value).expect("a value"),
                );
            }
            let cookies = joined(&pairs(&case["cookies"]), "; ");
            if !cookies.is_empty() {
                headers.insert(header::COOKIE, HeaderValue::try_from(cookies).expect("a header"));
            }
            let mut expected: BTreeMap<String, Vec<String>> = BTreeMap::new();
            let kept = lines(&headers).into_iter().filter(|(name, _)| !name.starts_with("x-viewer-"));
            for (name, value) in kept.chain(pairs(&case["expect"])) {
                expected.entry(name).or_default().push(value);
            }
            let query = joined(&pairs(&case["querystring"]), "&");
            viewer_request(&mut headers, Some(query.as_str()).filter(|query| !query.is_empty()));
            let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for (name, value) in lines(&headers) {
                found.entry(name).or_default().push(value);
            }
            assert_eq!(found, expected, "{}", case["claim"]);
        }
    }
}
