//! A header and, after a line break, claims: without the key, no token is accepted. With it, only the subject
//! in the claims, from the issuer, for the audience, and before the expiry.
#![no_main]

use std::collections::BTreeMap;

use fuzz::{
    NOW,
    credentials::{accepted, accepted_by_user_id, token},
};
use serde_json::{Value, value::RawValue};

libfuzzer_sys::fuzz_target!(|text: &str| {
    assert_eq!(accepted(text), None);
    let (header, claims) = text.split_once('\n').unwrap_or((text, ""));
    if let Some((id, expires)) = accepted(&token(header, claims)) {
        // Nobody reads the other members, so that their numbers may be out of range.
        let header: BTreeMap<String, &RawValue> = serde_json::from_str(header).expect("JSON");
        let claims: Value = serde_json::from_str(claims).expect("JSON");
        assert_eq!(serde_json::from_str::<String>(header["alg"].get()).expect("a text"), "HS256");
        for key in ["crit", "enc", "jwk", "zip"] {
            assert!(header.get(key).is_none_or(|value| value.get() == "null"), "{key}");
        }
        assert!(claims["iss"] == "i" && claims["sub"] == id);
        let exp = claims["exp"].as_f64().expect("a number");
        assert_eq!(exp.floor(), expires as f64);
        let audiences = claims["aud"].as_array().map_or(std::slice::from_ref(&claims["aud"]), Vec::as_slice);
        assert!(audiences.contains(&"a".into()));
        let begins = ["nbf", "iat"].map(|name| claims[name].as_f64().unwrap_or_default());
        let latest = (NOW.seconds() + 60) as f64;
        assert!(NOW.seconds() < expires && begins.iter().all(|begins| (0.0..=latest).contains(begins)));
    }
    if let Some((id, _)) = accepted_by_user_id(&token(header, claims)) {
        let user_id = &serde_json::from_str::<Value>(claims).expect("JSON")["user_id"];
        assert!(user_id == &id || (user_id.is_number() && claims.contains(&id)));
    }
});
