//! What the template's viewer-request function does, in Rust: `tests/system/sam` runs the JavaScript itself
//! against the same table of cases.
//!
//! It looks at the request alone, not at what verification made of it, as the function does.

use base64::{
    Engine as _,
    alphabet::Alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use cloudfront_signing::RESERVED_PARAMETERS;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use usher_runtime::{POLICY_COPY_PREFIX, Problem, Viewer};

/// Sets the headers, or takes away what the viewer sent under their names; or answers the request itself.
pub(super) fn viewer_request(
    method: &Method,
    path: &str,
    query: Option<&str>,
    headers: &mut HeaderMap,
) -> Result<(), Problem> {
    for name in HEADERS {
        headers.remove(name);
    }
    if headers.contains_key(header::RANGE) {
        headers.remove(header::ACCEPT_ENCODING);
    }
    let signed = signed_parameters(query.unwrap_or_default())?;
    if signs_in_without_credential(method, path, headers) {
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "sign in first: send Authorization: Bearer")
            .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
    }
    let Some(host) = headers.get(header::HOST).cloned() else { return Ok(()) };
    headers.insert(Viewer::HOST, host);
    let query = query.unwrap_or_default();
    let style = query.split('&').find_map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name) == b"usher-style").then(|| decoded(value))
    });
    let found = signed_url(signed).or_else(|| signed_cookies(headers));
    if style.as_deref() == Some(b"plain") {
        return Ok(());
    }
    if let Some(found) = &found {
        headers.insert(Viewer::CREDENTIAL, HeaderValue::from_static(found.name));
        if style.as_ref().is_none_or(Vec::is_empty) && found.name == "cookies" {
            return Ok(());
        }
    }
    match found.as_ref().and_then(Found::policy) {
        Some(policy) => {
            if let Some(resource) = policy.resource {
                headers.insert(Viewer::RESOURCE, resource);
            }
            let now = usher_runtime::system_clock()();
            let expires = cloudfront_signing::UnixTime::new(policy.expires)
                .map_or(policy.expires, |expires| usher_runtime::shared_expiry(expires, now, 300).seconds());
            headers.insert(Viewer::EXPIRES, HeaderValue::from(expires));
        }
        None => {
            let copies = query.split('&').filter(|pair| usher_runtime::copied_policy(pair).is_some());
            let copies = copies.collect::<Vec<_>>().join("&");
            if let Some(copies) = HeaderValue::from_str(&copies).ok().filter(|copies| !copies.is_empty()) {
                headers.insert(Viewer::POLICY_COPY, copies);
            }
        }
    }
    Ok(())
}

/// The parameters of a signature and of its copy, decoded. AWS does not document which of two CloudFront reads,
/// nor whether it decodes a name.
fn signed_parameters(query: &str) -> Result<Vec<(&'static str, Vec<u8>)>, Problem> {
    let mut seen: Vec<Vec<u8>> = Vec::new();
    let mut signed = Vec::new();
    for (raw, value) in query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, ""))) {
        let name = decoded(raw);
        let plain = name.strip_prefix(POLICY_COPY_PREFIX.as_bytes()).unwrap_or(&name);
        let Some(reserved) = RESERVED_PARAMETERS.into_iter().find(|one| one.as_bytes() == plain) else {
            continue;
        };
        if name != raw.as_bytes() || seen.contains(&name) {
            let name = String::from_utf8_lossy(&name);
            return Err(Problem::new(
                StatusCode::BAD_REQUEST,
                format!("the parameter {name} must appear once in the query, and not percent-encoded"),
            ));
        }
        // The copy is for resign-manifest alone.
        if name.len() == reserved.len() {
            signed.push((reserved, decoded(value)));
        }
        seen.push(name);
    }
    Ok(signed)
}

/// A page of another origin needs CORS headers, which issue-cookies alone has.
fn signs_in_without_credential(method: &Method, path: &str, headers: &HeaderMap) -> bool {
    let is_blank = |value: &HeaderValue| value.as_bytes().iter().all(|byte| b"; \t".contains(byte));
    let has_credential =
        headers.contains_key(header::AUTHORIZATION) || !headers.get_all(header::COOKIE).iter().all(is_blank);
    if method != Method::POST || !path.starts_with("/auth/") || has_credential {
        return false;
    }
    let Some(origin) = headers.get(header::ORIGIN).map(HeaderValue::as_bytes) else { return true };
    let host = origin.strip_prefix(b"https://").or_else(|| origin.strip_prefix(b"http://"));
    headers.get(header::HOST).map(HeaderValue::as_bytes) == Some(host.unwrap_or(origin))
}

struct Found {
    name: &'static str,
    expires: Vec<Vec<u8>>,
    policies: Vec<Vec<u8>>,
}

/// What can be told of a policy.
struct Policy {
    /// Of a custom policy.
    resource: Option<HeaderValue>,
    expires: u64,
}

impl Found {
    /// Nothing where there are several: AWS does not document which one applies.
    fn policy(&self) -> Option<Policy> {
        match (self.expires.as_slice(), self.policies.as_slice()) {
            ([expires], []) => Some(Policy { resource: None, expires: seconds(expires)? }),
            ([], [policy]) => custom_policy(policy),
            _ => None,
        }
    }
}

/// With any reserved parameter in the URL, cookies are not looked at.
fn signed_url(signed: Vec<(&'static str, Vec<u8>)>) -> Option<Found> {
    let mut found = Found { name: "url", expires: Vec::new(), policies: Vec::new() };
    let is_signed = !signed.is_empty();
    for (name, value) in signed {
        match name {
            "Expires" => found.expires.push(value),
            "Policy" => found.policies.push(value),
            _ => {}
        }
    }
    is_signed.then_some(found)
}

fn signed_cookies(headers: &HeaderMap) -> Option<Found> {
    let lines = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes);
    let cookies: Vec<&[u8]> =
        lines.flat_map(|line| line.split(|byte| *byte == b';')).map(<[u8]>::trim_ascii).collect();
    let values = |name: &str| -> Vec<Vec<u8>> {
        let named = cookies.iter().filter_map(|pair| pair.strip_prefix(name.as_bytes())?.strip_prefix(b"="));
        named.map(<[u8]>::to_vec).collect()
    };
    if values("CloudFront-Key-Pair-Id").is_empty() || values("CloudFront-Signature").is_empty() {
        return None;
    }
    let (expires, policies) = (values("CloudFront-Expires"), values("CloudFront-Policy"));
    Some(Found { name: "cookies", expires, policies })
}

/// Each byte for itself, so that what stands beside it cannot keep a name from being read.
fn decoded(text: &str) -> Vec<u8> {
    percent_decode_str(text).collect()
}

fn seconds(digits: &[u8]) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let seconds = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (is_number && seconds <= MAX_SAFE_INTEGER).then_some(seconds)
}

/// What covers a resource and ends at a time, or nothing at all.
fn custom_policy(policy: &[u8]) -> Option<Policy> {
    let letters = policy.strip_suffix(b"__").or_else(|| policy.strip_suffix(b"_")).unwrap_or(policy);
    if !policy.len().is_multiple_of(4) {
        return None;
    }
    let json = String::from_utf8_lossy(&CLOUDFRONT_BASE64.decode(letters).ok()?).into_owned();
    let document: Value = serde_json::from_str(&json).ok()?;
    let compact = json.replace([' ', '\t', '\r', '\n'], "");
    // A member that is there twice is lost in parsing, and an escape gets shorter.
    if document.to_string().len() != compact.len() {
        return None;
    }
    let [statement] = document.get("Statement")?.as_array()?.as_slice() else { return None };
    let resource = match statement.get("Resource") {
        None => "*",
        Some(resource) => resource.as_str()?,
    };
    let is_printable = !resource.is_empty() && resource.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_printable || resource.len() > LONGEST_RESOURCE {
        return None;
    }
    let condition = statement.get("Condition")?;
    // What is signed for this viewer could not be bound to the address.
    if condition.get("IpAddress").is_some() {
        return None;
    }
    let expires = condition.get("DateLessThan")?.get("AWS:EpochTime")?.as_u64()?;
    let policy = Policy { resource: HeaderValue::from_str(resource).ok(), expires };
    (expires <= MAX_SAFE_INTEGER).then_some(policy)
}

/// The headers that it sets.
pub(super) const HEADERS: [HeaderName; 5] =
    [Viewer::HOST, Viewer::CREDENTIAL, Viewer::RESOURCE, Viewer::EXPIRES, Viewer::POLICY_COPY];

const LONGEST_RESOURCE: usize = 1_024;

/// Beyond it, JavaScript's numbers are not exact.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// CloudFront's alphabet, without its padding. As `Buffer.from` it does not look at bits that are left over.
const CLOUDFRONT_BASE64: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

const ALPHABET: Alphabet =
    match Alphabet::new("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-~") {
        Ok(alphabet) => alphabet,
        Err(_) => panic!("64 letters, each of them once"),
    };

#[cfg(test)]
mod tests;
