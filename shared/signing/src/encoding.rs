//! CloudFront's URL-safe base64: the standard alphabet with padding, then `+` → `-`, `=` → `_`, `/` → `~`.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-custom-policy.html>

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Encodes for a query parameter or a cookie value.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = STANDARD.encode(bytes);
    // Each replaced character is one ASCII byte, and so is what replaces it.
    text = text.replace('+', "-");
    text = text.replace('=', "_");
    text.replace('/', "~")
}

/// Decodes strictly: no other alphabet, no missing padding, no white space.
#[cfg(feature = "verifier")]
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let standard: Option<Vec<u8>> = text
        .bytes()
        .map(|byte| match byte {
            b'-' => Some(b'+'),
            b'_' => Some(b'='),
            b'~' => Some(b'/'),
            b'+' | b'=' | b'/' => None,
            other => Some(other),
        })
        .collect();
    STANDARD.decode(standard?).ok()
}

#[cfg(all(test, feature = "verifier"))]
mod tests {
    use super::*;

    #[test]
    fn the_three_replaced_characters_round_trip() {
        assert_eq!(encode(&[0xfb, 0xef, 0xff, 0xff]), "--~~~w__");
        assert_eq!(decode("--~~~w__"), Some(vec![0xfb, 0xef, 0xff, 0xff]));
    }

    #[test]
    fn other_alphabets_and_missing_padding_are_refused() {
        for text in ["++///w==", "--~~~w", "--~~~w%5F", "a b=", "é"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
