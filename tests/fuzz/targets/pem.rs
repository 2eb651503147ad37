//! Key files, as text and as DER under each label: everything that is read as a key works as a key.
#![no_main]

use cloudfront_signing::{PrivateKey, PublicKey};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let labels = ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "PUBLIC KEY", "RSA PUBLIC KEY"];
    let wrapped = labels.map(|label| pem::encode(&pem::Pem::new(label, data)));
    for text in wrapped.iter().map(String::as_str).chain(std::str::from_utf8(data)) {
        PrivateKey::from_pem(text).iter().for_each(fuzz::assert_halves_fit);
        if let Ok(key) = PublicKey::from_pem(text) {
            assert_eq!(PublicKey::from_pem(&key.to_pem()).map(|key| key.to_pem()), Ok(key.to_pem()));
        }
    }
});
