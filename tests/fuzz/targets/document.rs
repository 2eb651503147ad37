//! Side documents: the result is JSON, signing twice equals signing once, and everything that is not signed
//! keeps its bytes.
#![no_main]

use hls_rewrite::document::{CloneParameters, rewrite};

libfuzzer_sys::fuzz_target!(|json: &[u8]| {
    let sign = |json: &[u8]| {
        let mut sign = |uri: &str| Some(format!("{}?S", uri.trim_end_matches("?S")));
        let signed = CloneParameters::Signed("Policy=p&Signature=s".to_owned());
        let mut parameters =
            |host: &str| Some(if host == "h" { signed.clone() } else { CloneParameters::Withheld });
        rewrite(json, &mut sign, &mut parameters).ok().flatten()
    };
    let Some(once) = sign(json) else { return };
    let text = once.json.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(&once.json);
    assert!(serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok());
    assert_eq!(sign(&once.json).expect("a document").json, once.json);
    let left = rewrite(json, &mut |_| None, &mut |_| None).expect("JSON").expect("a document");
    assert_eq!(left.json, json);
});
