//! A value: nobody can sign it without the key. The same bytes, signed: they are read unchanged, and JSON in
//! them is read in the same way with and without compression.
#![no_main]

use fuzz::{
    credentials::{HMAC_KEYS, ISSUED, dumped, dumped_compressed, signed},
    issue_cookies::{
        claims::UniqueClaims,
        django_signed::{SignedValueError, Timestamped},
    },
};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    assert!(Timestamped::unsign(&text, &HMAC_KEYS).is_err());
    if let Ok(value) = Timestamped::unsign(&signed(&text), &HMAC_KEYS) {
        assert_eq!(text.rsplit_once(':').map(|(text, _)| text), Some(value.text()));
    }
    let object = |text: &str| {
        let value = signed(&format!("{text}:1x8elk"));
        let value = Timestamped::unsign(&value, &HMAC_KEYS)?;
        assert_eq!((value.text(), value.signed_at()), (text, ISSUED));
        value.object()
    };
    let claims = serde_json::from_slice::<UniqueClaims>(bytes);
    let expected = claims.map(|UniqueClaims(claims)| claims).map_err(|_| SignedValueError::Json);
    for object in [object(&dumped(bytes)), object(&dumped_compressed(bytes))] {
        assert!(object == expected || (object == Err(SignedValueError::TooLarge) && bytes.len() > 6_000));
    }
    // A value of the site that is neither.
    drop((object(&text), object(&format!(".{}", dumped(bytes)))));
});
