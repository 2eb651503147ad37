//! A URL and, after a line break, a `Cookie` header: without a key, no request is admitted; with a key,
//! everything that can be signed is admitted.
#![no_main]

use cloudfront_signing::{Request, without_reserved_parameters};
use fuzz::{NOW, VERIFIER, assert_round_trip};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (url, cookies) = text.split_once('\n').unwrap_or((text, ""));
    assert!(VERIFIER.verify(&Request::new(url).cookie_header(cookies), *NOW).is_err());
    let bare = without_reserved_parameters(url);
    assert_eq!(Request::new(&bare).signature_location(), None);
    assert_round_trip(url);
    assert_round_trip(&bare);
});
