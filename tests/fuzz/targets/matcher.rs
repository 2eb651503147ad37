//! A pattern and, behind a line break, a text: the engine and the plain reference agree.
#![no_main]

use cloudfront_signing::{RESERVED_PARAMETERS, wildcard_matches};
use fuzz::{judge, reference};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Some((pattern, text)) = text.split_once('\n') else { return };
    assert_eq!(wildcard_matches(pattern, text), reference::matches(pattern, text));
    if !pattern.contains(['"', '\\']) && !pattern.contains(char::is_control) && !text.contains('%') && !RESERVED_PARAMETERS.iter().any(|name| text.contains(name)) {
        let policy = format!(r#"{{"Statement":[{{"Resource":"{pattern}","Condition":{{"DateLessThan":{{"AWS:EpochTime":1790000001}}}}}}]}}"#);
        assert_eq!(judge(policy.as_bytes(), text).is_ok(), reference::covers(pattern, text));
    }
});
