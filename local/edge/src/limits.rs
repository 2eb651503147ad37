//! The limits of AWS, and what AWS is reported to reject.

use axum::body::Body;
use cloudfront_signing::URL_LIMIT;
use http::{HeaderValue, Response, StatusCode, header, request::Parts};
use serde::Serialize;

use super::{incoming::target, plain_text::text};

/// CloudFront's answer to a request that is too long; `None` for others.
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html#RequestCustomMaxRequestStringLength>
pub(super) fn too_long(host: &str, parts: &Parts) -> Option<Response<Body>> {
    let url = "https://".len() + host.len() + target(parts).len();
    // Each with its colon, its space and its line end.
    let headers = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    let request = parts.method.as_str().len() + target(parts).len() + headers.sum::<usize>();
    let what = if url > URL_LIMIT {
        format!("the URL has {url} bytes: CloudFront accepts at most {URL_LIMIT}")
    } else if request > REQUEST_BYTES {
        format!(
            "the request has {request} bytes with its headers: CloudFront accepts at most {REQUEST_BYTES}"
        )
    } else {
        return None;
    };
    let mut response = text(StatusCode::PAYLOAD_TOO_LARGE, what);
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    Some(response)
}

/// Whether Lambda accepts an answer: its JSON must not be larger than this.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
pub(super) fn is_sent_by_lambda(answer: &impl Serialize) -> bool {
    serde_json::to_vec(answer).is_ok_and(|json| json.len() <= ANSWER_BYTES)
}

/// Whether a function URL accepts the signature of an origin access control for a path. For a path with a `%`, a `+` or
/// a parenthesis, people report that it does not; AWS does not document it.
pub(super) fn is_signed_alike(path: &str) -> bool {
    path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-~".contains(&byte))
}

const REQUEST_BYTES: usize = 20_480;
const ANSWER_BYTES: usize = 6 * 1_024 * 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(path: &str, header: usize) -> Parts {
        let request = http::Request::get(path).header("x", "a".repeat(header));
        request.body(()).expect("a request").into_parts().0
    }

    #[test]
    fn cloudfront_accepts_urls_and_requests_up_to_a_certain_length() {
        // 8 bytes of protocol, one of the host.
        let path = |length: usize| format!("/{}", "a".repeat(length - 1));
        assert!(too_long("h", &parts(&path(8_192 - 9), 0)).is_none());
        assert!(too_long("h", &parts(&path(8_193 - 9), 0)).is_some_and(|answer| answer.status() == 413));
        // GET, the path, the header's name, and the characters between them.
        assert!(too_long("h", &parts("/", 20_480 - 3 - 1 - 1 - 4)).is_none());
        assert!(
            too_long("h", &parts("/", 20_480 - 3 - 1 - 1 - 3)).is_some_and(|answer| answer.status() == 413)
        );
    }

    #[test]
    fn lambda_counts_the_bytes_of_the_json() {
        // Two quotes; each line end takes two bytes.
        assert!(is_sent_by_lambda(&"a".repeat(ANSWER_BYTES - 2)));
        assert!(!is_sent_by_lambda(&"a".repeat(ANSWER_BYTES - 1)));
        assert!(!is_sent_by_lambda(&format!("\n{}", "a".repeat(ANSWER_BYTES - 3))));
    }

    #[test]
    fn names_of_letters_digits_and_a_few_signs_are_signed_alike() {
        let rows = [
            ("/video/m/a-b_c.1~2.m3u8", true),
            ("/video/m/a%20b.m3u8", false),
            ("/video/m/a+b.m3u8", false),
            ("/video/m/a(1).m3u8", false),
            ("/video/m/a%2Bb.m3u8", false),
        ];
        for (path, expected) in rows {
            assert_eq!(is_signed_alike(path), expected, "{path}");
        }
    }
}
