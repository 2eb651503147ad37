//! Values that Django's `TimestampSigner` and `signing.dumps` have signed, as of Django 1.7 to 6.1.
//!
//! A value is `text:time:signature`: the time in base62, the signature an HMAC-SHA256 of `text:time` in
//! base64url, and the key `SHA256(salt + "signer" + SECRET_KEY)`, which does not reveal the `SECRET_KEY`. The text may
//! contain colons. `dumps` writes JSON there, in base64url, and a dot before it where the JSON is compressed. Before
//! the signature is verified, this module looks at the size alone, and inflates nothing.
//!
//! <https://docs.djangoproject.com/en/stable/topics/signing/>

use std::io::{self, Read as _};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use flate2::bufread::ZlibDecoder;
use serde_json::{Map, Value};

use super::{claims::UniqueClaims, hmac_keys::HmacKeys};

/// A text whose signature was verified, and when it was signed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Timestamped<'v> {
    text: &'v str,
    signed_at: u64,
}

/// Why a signed value is not accepted.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SignedValueError {
    /// The site signed a text that is not base64url.
    #[error("the signed text is not what signing.dumps makes")]
    Encoding,
    /// No text and signature with a colon between.
    #[error("the value does not have the form text:time:signature")]
    Form,
    /// The compressed text is incomplete or damaged, or something follows it.
    #[error("the signed text cannot be inflated")]
    Inflate,
    /// No JSON object, or one in which a name appears twice.
    #[error("the signed text is no JSON object with a value for each name")]
    Json,
    /// None of the keys gives this signature.
    #[error("the value's signature is not the site's")]
    Signature,
    /// No time, or not as Django writes it: signed by `Signer`, such values never end.
    #[error("the value has no time of signing")]
    Time,
    /// The value is too long, or what it inflates to.
    #[error("the value is too large")]
    TooLarge,
}

impl<'v> Timestamped<'v> {
    /// Verifies the signature with any of `keys`. The caller checks the time.
    ///
    /// # Errors
    /// [`SignedValueError`]
    pub fn unsign(value: &'v str, keys: &HmacKeys) -> Result<Self, SignedValueError> {
        if value.len() > VALUE_LIMIT {
            return Err(SignedValueError::TooLarge);
        }
        let (message, signature) = value.rsplit_once(':').ok_or(SignedValueError::Form)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| SignedValueError::Form)?;
        if !keys.verify(message.as_bytes(), &signature) {
            return Err(SignedValueError::Signature);
        }
        let (text, time) = message.rsplit_once(':').ok_or(SignedValueError::Time)?;
        let signed_at = base62(time).ok_or(SignedValueError::Time)?;
        Ok(Self { text, signed_at })
    }

    /// What `TimestampSigner.sign` was given.
    #[must_use]
    pub fn text(&self) -> &'v str {
        self.text
    }

    /// When, in Unix seconds.
    #[must_use]
    pub fn signed_at(&self) -> u64 {
        self.signed_at
    }

    /// What `signing.dumps` was given, if it was an object.
    ///
    /// # Errors
    /// [`SignedValueError`]
    pub fn object(&self) -> Result<Map<String, Value>, SignedValueError> {
        let json = match self.text.strip_prefix('.') {
            Some(compressed) => inflate(&decode(compressed)?)?,
            None => decode(self.text)?,
        };
        serde_json::from_slice(&json).map(|UniqueClaims(claims)| claims).map_err(|_| SignedValueError::Json)
    }
}

fn decode(text: &str) -> Result<Vec<u8>, SignedValueError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| SignedValueError::Encoding)
}

fn inflate(compressed: &[u8]) -> Result<Vec<u8>, SignedValueError> {
    let mut json = Vec::new();
    let mut decoder = ZlibDecoder::new(compressed).take(INFLATED_LIMIT + 1);
    decoder.read_to_end(&mut json).map_err(|_: io::Error| SignedValueError::Inflate)?;
    if decoder.limit() == 0 {
        return Err(SignedValueError::TooLarge);
    }
    // All that was compressed, and not a byte more.
    if decoder.into_inner().into_inner().is_empty() { Ok(json) } else { Err(SignedValueError::Inflate) }
}

/// Digits, then capitals, then small letters; without a sign and, but for zero itself, a leading zero.
fn base62(digits: &str) -> Option<u64> {
    if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    digits.bytes().try_fold(0_u64, |number, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'A'..=b'Z' => digit - b'A' + 10,
            b'a'..=b'z' => digit - b'a' + 36,
            _ => return None,
        };
        number.checked_mul(62)?.checked_add(value.into())
    })
}

/// As for a token.
const VALUE_LIMIT: usize = 8 * 1_024;
const INFLATED_LIMIT: u64 = 16 * 1_024;

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use aws_lc_rs::hmac;
    use flate2::{Compression, write::ZlibEncoder};
    use serde_json::json;

    use super::super::hmac_keys::Secrets;
    use super::*;

    #[test]
    fn what_django_signs_is_read_with_its_time() {
        // Made in Python with hmac, base64, zlib and json.
        let rows = [
            ("anna:1x8elk:ZuUKUCcXcZMeMQulFD56JvLlIY6ugXbMYsiQSAU59S8", "anna"),
            (
                "https://a.example/u:7:1x8elk:ajmlBSBHAg5ZhEtY3rZLWYLh1conyGWOn5QxJTRFm3s",
                "https://a.example/u:7",
            ),
            (
                "eyJzdWIiOiJhbm5hIiwiZXhwIjoxNzkwMDAwMDYwfQ:1x8elk:ttPmkMoq3d3xxrEEEqq1oZ-uXiVSDZ87ayM8cwJ77X0",
                "eyJzdWIiOiJhbm5hIiwiZXhwIjoxNzkwMDAwMDYwfQ",
            ),
        ];
        for (value, text) in rows {
            let expected = Timestamped { text, signed_at: SIGNED_AT };
            assert_eq!(Timestamped::unsign(value, &keys(KEY)), Ok(expected), "{value}");
            assert_eq!(Timestamped::unsign(value, &keys(&format!("{OTHER},{KEY}"))), Ok(expected));
            assert_eq!(Timestamped::unsign(value, &keys(OTHER)), Err(SignedValueError::Signature));
        }
    }

    #[test]
    fn what_dumps_makes_is_an_object_again() {
        let plain =
            "eyJzdWIiOiJhbm5hIiwiZXhwIjoxNzkwMDAwMDYwfQ:1x8elk:ttPmkMoq3d3xxrEEEqq1oZ-uXiVSDZ87ayM8cwJ77X0";
        let compressed = ".eJyrViouTVKyUkrMy0tU0lEqSCzJKFayilbSL8tMSc3XT9TXAorShxNbCwBs9SiQ:1x8elk:YNc-E2Q9jIlAX-yeOVDQI3YOVI5AxV8siMiJx5Dbzt8";
        let paths = vec!["/video/a/*"; 9];
        let rows = [
            (plain, json!({"sub": "anna", "exp": SIGNED_AT + 60})),
            (compressed, json!({"sub": "anna", "paths": paths})),
        ];
        for (value, expected) in rows {
            let object = Timestamped::unsign(value, &keys(KEY)).unwrap().object();
            assert_eq!(object.map(Value::Object), Ok(expected), "{value}");
        }
    }

    #[test]
    fn a_value_that_django_would_not_make_is_refused() {
        use SignedValueError::{Form, Signature, Time, TooLarge};
        let good = signed("anna:1x8elk");
        let padded = format!("{good}=");
        let rows = [
            (String::new(), Form),
            ("anna".to_owned(), Form),
            (padded, Form),
            (good.replace("anna:", "anna :"), Signature),
            (format!("{good} "), Form),
            (good[..good.len() - 4].to_owned(), Signature),
            ("anna:1x8elk:".to_owned(), Signature),
            (signed("anna"), Time),
            (signed("anna:"), Time),
            (signed("anna:-1x8elk"), Time),
            (signed("anna:01x8elk"), Time),
            (signed("anna:1x8-lk"), Time),
            (signed("anna:1x8élk"), Time),
            (signed("anna:LygHa16AHYG"), Time),
            (signed("anna:zzzzzzzzzzzzzzzzzzzzzz"), Time),
            (format!("{}{good}", "a".repeat(8_192)), TooLarge),
        ];
        for (value, error) in rows {
            assert_eq!(Timestamped::unsign(&value, &keys(KEY)), Err(error), "{value}");
        }
    }

    #[test]
    fn times_are_read_to_the_last_second() {
        for (digits, seconds) in
            [("0", 0), ("z", 61), ("10", 62), ("1x8elk", SIGNED_AT), ("LygHa16AHYF", u64::MAX)]
        {
            assert_eq!(base62(digits), Some(seconds), "{digits}");
        }
    }

    #[test]
    fn what_is_signed_but_no_object_is_refused() {
        use SignedValueError::{Encoding, Inflate, Json, TooLarge};
        let json = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let zipped = |bytes: &[u8]| format!(".{}", URL_SAFE_NO_PAD.encode(bytes));
        let whole = compressed(br#"{"sub":"anna"}"#);
        let spaces = |count: usize| zipped(&compressed(&[&b" ".repeat(count)[..], b"{}"].concat()));
        let mut damaged = whole.clone();
        *damaged.last_mut().unwrap() ^= 1;
        let rows = [
            ("anna".to_owned(), Json),
            (String::new(), Json),
            ("anna!".to_owned(), Encoding),
            ("e30=".to_owned(), Encoding),
            ("e31".to_owned(), Encoding),
            (json("[]"), Json),
            (json(r#""anna""#), Json),
            (json("{} {}"), Json),
            (json(r#"{"sub":NaN}"#), Json),
            (json(r#"{"sub":"anna","s\u0075b":"otto"}"#), Json),
            (zipped(b"{}"), Inflate),
            (zipped(b""), Inflate),
            (zipped(&whole[..whole.len() - 1]), Inflate),
            (zipped(&damaged), Inflate),
            (zipped(&[&whole[..], b"x"].concat()), Inflate),
            (spaces(16 * 1_024 - 1), TooLarge),
            (spaces(4 << 20), TooLarge),
        ];
        for (text, error) in rows {
            let refused = Timestamped { text: &text, signed_at: SIGNED_AT }.object();
            assert_eq!(refused, Err(error), "{text}");
        }
        let largest = spaces(16 * 1_024 - 2);
        assert_eq!(Timestamped { text: &largest, signed_at: SIGNED_AT }.object(), Ok(Map::new()));
    }

    fn keys(texts: &str) -> HmacKeys {
        HmacKeys::new(&Secrets::from_texts(texts).unwrap())
    }

    /// With [`KEY`].
    fn signed(message: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, KEY.as_bytes());
        format!("{message}:{}", URL_SAFE_NO_PAD.encode(hmac::sign(&key, message.as_bytes())))
    }

    fn compressed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    const KEY: &str = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk";
    const OTHER: &str = "oooooooooooooooooooooooooooooooo";
    const SIGNED_AT: u64 = 1_790_000_000;
}
