//! What the origin receives of a viewer's request.
//!
//! AWS documents that origin request policies name what is passed on, that CloudFront adds the viewer's address
//! to `X-Forwarded-For`, that an origin's custom headers replace the viewer's, and that the signature of an
//! origin access control replaces `Authorization`. AWS does not document, and the edge assumes:
//! `X-Forwarded-Proto` and the headers that `Connection` names are not passed on; without a policy, `Range` and
//! conditional headers are passed on, as with older settings; neither the parameters nor the cookies of a
//! signature reach any origin.
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html>

use std::net::{IpAddr, SocketAddr};

use cloudfront_signing::UnixTime;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use super::{conditional::CONDITIONS, distribution::Behavior, selection::Parameters};

/// A request on its way from the distribution to an origin, without its body.
#[derive(Clone, Debug)]
pub(super) struct OriginRequest {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Option<String>,
    pub(super) headers: HeaderMap,
    pub(super) viewer: IpAddr,
    pub(super) time: UnixTime,
}

/// The headers for a cache behavior's origin, without those about the viewer's connection.
pub(super) fn headers(viewer_headers: &HeaderMap, viewer: SocketAddr, behavior: &Behavior) -> HeaderMap {
    let policies = behavior.parameters();
    let is_taken = |name: &HeaderName| {
        PASSED_BY_DEFAULT.contains(name)
            || CONDITIONS.contains(name)
            || policies.iter().any(|policy| policy.headers.takes_header(name))
    };
    let mut headers = HeaderMap::new();
    for (name, value) in viewer_headers.iter().filter(|(name, _)| is_taken(name)) {
        headers.append(name, value.clone());
    }
    NEVER_PASSED.iter().for_each(|name| drop(headers.remove(*name)));
    headers.remove(header::COOKIE);
    headers.extend(Parameters::cookies(&policies, viewer_headers).map(|cookies| (header::COOKIE, cookies)));
    if !policies.iter().any(|policy| policy.headers.takes_header(&header::USER_AGENT)) {
        headers.insert(header::USER_AGENT, HeaderValue::from_static("Amazon CloudFront"));
    }
    if behavior.cache.gzip || behavior.cache.brotli {
        headers.remove(header::ACCEPT_ENCODING);
        let accepted =
            Some(behavior.cache.accept_encoding(viewer_headers)).filter(|accepted| !accepted.is_empty());
        headers
            .extend(accepted.map(|accepted| (header::ACCEPT_ENCODING, HeaderValue::from_static(accepted))));
    }
    if behavior.origin.access_control {
        headers.remove(header::AUTHORIZATION);
    }
    add_viewer_address(&mut headers, viewer.ip());
    if policies.iter().any(|policy| policy.headers.names_header(&VIEWER_ADDRESS))
        && let Ok(address) = HeaderValue::from_str(&format!("{}:{}", viewer.ip(), viewer.port()))
    {
        headers.insert(VIEWER_ADDRESS, address);
    }
    headers.append(header::VIA, HeaderValue::from_static("1.1 local.cloudfront.net (CloudFront)"));
    for (name, value) in &behavior.origin.custom_headers {
        headers.insert(name, value.clone());
    }
    headers
}

/// Removes the headers that apply to one connection only.
/// <https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1>
pub(super) fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let lists = headers.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named: Vec<HeaderName> =
        lists.flat_map(|list| list.split(',')).filter_map(|name| name.trim().parse().ok()).collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}

/// Several lines are one list, as always in HTTP.
fn add_viewer_address(headers: &mut HeaderMap, viewer: IpAddr) {
    let viewer = viewer.to_string();
    let before = headers.get_all(FORWARDED_FOR).iter().map(HeaderValue::as_bytes);
    let all: Vec<&[u8]> = before.chain([viewer.as_bytes()]).collect();
    if let Ok(forwarded_for) = HeaderValue::from_bytes(&all.join(&b", "[..])) {
        headers.insert(FORWARDED_FOR, forwarded_for);
    }
}

/// Removes the cookies that CloudFront reads itself.
pub(super) fn remove_signed_cookies(headers: &mut HeaderMap) {
    let lines = headers.get_all(header::COOKIE).iter();
    let cookies = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';')).map(<[u8]>::trim_ascii);
    let kept: Vec<&[u8]> =
        cookies.filter(|cookie| !cookie.is_empty() && !cookie.starts_with(b"CloudFront-")).collect();
    match HeaderValue::from_bytes(&kept.join(&b"; "[..])) {
        Ok(line) if !line.is_empty() => drop(headers.insert(header::COOKIE, line)),
        _ => drop(headers.remove(header::COOKIE)),
    }
}

/// The address with its port, as CloudFront writes it.
const VIEWER_ADDRESS: HeaderName = HeaderName::from_static("cloudfront-viewer-address");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::UPGRADE,
];

/// CloudFront overwrites what a viewer says about its own location, and the edge does not know better.
const NEVER_PASSED: [&str; 6] = [
    "cloudfront-viewer-asn",
    "cloudfront-viewer-country",
    "expect",
    "transfer-encoding",
    "x-forwarded-proto",
    "x-real-ip",
];

/// Passed on without a policy, as the conditions are.
const PASSED_BY_DEFAULT: [HeaderName; 3] = [header::CONTENT_LENGTH, header::CONTENT_TYPE, FORWARDED_FOR];

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        distribution::{Origin, Target, ViewerProtocolPolicy},
        selection::Selection,
    };

    /// The headers that the origin receives, a line each.
    fn passed(
        headers_passed: Option<Selection>,
        access_control: bool,
        sent: &[(&'static str, &'static str)],
    ) -> Vec<String> {
        let behavior = Behavior {
            path_pattern: None,
            origin: Arc::new(Origin {
                target: Target::Bucket,
                custom_headers: vec![(
                    HeaderName::from_static("x-origin-secret"),
                    HeaderValue::from_static("ours"),
                )],
                access_control,
            }),
            restricted: true,
            trusts_signing_key: true,
            allowed_methods: Vec::new(),
            viewer_protocol: ViewerProtocolPolicy::AllowAll,
            cache: Arc::default(),
            compress: false,
            origin_request: headers_passed.map(|headers| {
                let (cookies, query_strings) = (Selection::All, Selection::All);
                Arc::new(Parameters { headers, cookies, query_strings })
            }),
            viewer_request_function: None,
            response_headers: Arc::default(),
        };
        let mut viewer_headers = HeaderMap::new();
        for (name, value) in sent {
            viewer_headers.append(*name, HeaderValue::from_static(value));
        }
        remove_signed_cookies(&mut viewer_headers);
        let headers = headers(&viewer_headers, SocketAddr::from(([192, 0, 2, 2], 46_532)), &behavior);
        let mut lines: Vec<String> = headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().expect("ASCII")))
            .collect();
        lines.sort();
        lines
    }

    fn all_except_host() -> Selection {
        Selection::AllExcept(vec!["host".to_owned()])
    }

    #[test]
    fn a_policy_that_names_headers_passes_these_and_adds_the_viewers_address() {
        let named = ["Referer", "CloudFront-Viewer-Address"].map(str::to_owned);
        assert_eq!(
            passed(Some(Selection::Only(named.into())), true, &SENT),
            [
                "cloudfront-viewer-address: 192.0.2.2:46532",
                "cookie: theme=dark; a=b",
                "if-none-match: \"e\"",
                "range: bytes=0-1",
                "referer: https://www.example.com/",
                "user-agent: Amazon CloudFront",
                "via: 1.1 local.cloudfront.net (CloudFront)",
                "x-forwarded-for: 198.51.100.1, 198.51.100.2, 203.0.113.3, 192.0.2.2",
                "x-origin-secret: ours",
            ]
        );
    }

    const SENT: [(&str, &str); 15] = [
        ("accept", "*/*"),
        ("authorization", "Bearer token"),
        ("cloudfront-viewer-asn", "3320"),
        ("cloudfront-viewer-country", "DE"),
        ("cookie", "CloudFront-Signature=s; theme=dark; CloudFront-Key-Pair-Id=K"),
        ("cookie", "a=b"),
        ("host", "127.0.0.1:8080"),
        ("if-none-match", "\"e\""),
        ("range", "bytes=0-1"),
        ("referer", "https://www.example.com/"),
        ("user-agent", "player/1"),
        ("x-forwarded-for", "198.51.100.1, 198.51.100.2"),
        ("x-forwarded-for", "203.0.113.3"),
        ("x-forwarded-proto", "https"),
        ("x-origin-secret", "theirs"),
    ];

    #[test]
    fn without_an_origin_request_policy_little_is_passed_on() {
        assert_eq!(
            passed(None, true, &SENT),
            [
                "if-none-match: \"e\"",
                "range: bytes=0-1",
                "user-agent: Amazon CloudFront",
                "via: 1.1 local.cloudfront.net (CloudFront)",
                "x-forwarded-for: 198.51.100.1, 198.51.100.2, 203.0.113.3, 192.0.2.2",
                "x-origin-secret: ours",
            ]
        );
    }

    #[test]
    fn all_viewer_except_host_header_passes_the_rest_on() {
        let expected = [
            "accept: */*",
            "authorization: Bearer token",
            "cookie: theme=dark; a=b",
            "if-none-match: \"e\"",
            "range: bytes=0-1",
            "referer: https://www.example.com/",
            "user-agent: player/1",
            "via: 1.1 local.cloudfront.net (CloudFront)",
            "x-forwarded-for: 198.51.100.1, 198.51.100.2, 203.0.113.3, 192.0.2.2",
            "x-origin-secret: ours",
        ];
        assert_eq!(passed(Some(all_except_host()), false, &SENT), expected);
        let mut with_host = expected.to_vec();
        with_host.insert(3, "host: 127.0.0.1:8080");
        assert_eq!(passed(Some(Selection::All), false, &SENT), with_host);
    }

    #[test]
    fn origin_access_control_takes_the_place_of_the_viewers_authorization() {
        let sent = [("authorization", "Bearer token"), ("cookie", "CloudFront-Signature=s")];
        assert_eq!(
            passed(Some(all_except_host()), true, &sent),
            [
                "via: 1.1 local.cloudfront.net (CloudFront)",
                "x-forwarded-for: 192.0.2.2",
                "x-origin-secret: ours"
            ]
        );
    }
}
