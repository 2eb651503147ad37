//! A pattern and, after a line break, a text: the engine and the plain reference agree.
#![no_main]

use cloudfront_signing::wildcard_matches;
use fuzz::{admits, reference};

libfuzzer_sys::fuzz_target!(|input: &str| {
    if let Some((pattern, text)) = input.split_once('\n') {
        assert_eq!(wildcard_matches(pattern, text), reference::matches(pattern, text));
        if let Some(admitted) = admits(pattern, text) {
            assert_eq!(admitted, reference::covers(pattern, text));
        }
    }
});
