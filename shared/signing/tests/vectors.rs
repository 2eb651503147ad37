//! Signatures that others have published: signing gives the same bytes (RSA), verifying admits them.
//!
//! `tests/vectors/README.md` names the projects that published them.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};

use cloudfront_signing::{
    HashAlgorithm, KeyAlgorithm, KeyPairId, PrivateKey, PublicKey, Reason, Request, UnixTime, Verifier,
    escape_for_flash,
};
use serde::Deserialize;

const SIGNATURES: &str = include_str!("../../../tests/vectors/cloudfront-signatures.json");
const ARTICLE: &str = include_str!("../../../tests/vectors/article-2014.json");
const ARTICLE_KEY: &str = include_str!("../../../tests/vectors/article-2014-public-key.pem");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    keys: BTreeMap<String, Key>,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    r#type: String,
    bits: usize,
    pem_label: String,
    der_base64: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    id: String,
    key: String,
    hash: String,
    policy: String,
    signature: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Article {
    urls: [String; 2],
}

fn article() -> Article {
    serde_json::from_str(ARTICLE).unwrap()
}

fn bytes(signature: &str) -> Vec<u8> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.decode(signature.replace('-', "+").replace('_', "=").replace('~', "/")).unwrap()
}

#[test]
fn every_published_signature_is_verified_and_every_rsa_signature_reproduced() {
    let file: Vectors = serde_json::from_str(SIGNATURES).unwrap();
    let mut verified = BTreeSet::new();
    let mut reproduced = BTreeSet::new();
    for vector in &file.vectors {
        let Key { r#type, bits, pem_label, der_base64 } = &file.keys[&vector.key];
        let pem = format!("-----BEGIN {pem_label}-----\n{der_base64}\n-----END {pem_label}-----\n");
        let key = PrivateKey::from_pem(&pem).unwrap();
        let hash: HashAlgorithm = vector.hash.parse().unwrap();
        let known = bytes(&vector.signature);
        assert!(key.public_key().verify(vector.policy.as_bytes(), &known, hash), "{}", vector.id);
        verified.insert(&vector.id);
        if r#type == "RSA" {
            assert_eq!(key.algorithm(), KeyAlgorithm::Rsa { bits: *bits }, "{}", vector.id);
            assert_eq!(key.sign(vector.policy.as_bytes(), hash).unwrap(), known, "{}", vector.id);
            reproduced.insert(&vector.id);
        } else {
            assert_eq!((&**r#type, key.algorithm()), ("EC P-256", KeyAlgorithm::EcdsaP256), "{}", vector.id);
        }
    }
    assert_eq!((file.vectors.len(), verified.len(), reproduced.len()), (16, 16, 15));
    let used: BTreeSet<_> = file.vectors.iter().map(|vector| &vector.key).collect();
    assert_eq!((file.keys.len(), used), (5, file.keys.keys().collect()));
}

#[test]
fn both_urls_of_the_article_are_admitted_until_they_expire() {
    let key = PublicKey::from_pem(ARTICLE_KEY).unwrap();
    let verifier = Verifier::new([(KeyPairId::new("APKAJAJZQHPKZI6OK5UQ").unwrap(), key)]);
    for (url, expires) in article().urls.iter().zip([1_406_023_941, 1_406_899_201]) {
        let judge = |now| {
            verifier.verify(&Request::new(url), UnixTime::new(now).unwrap()).map_err(|denial| denial.reason)
        };
        assert_eq!(judge(expires - 1).unwrap().policy.date_less_than.seconds(), expires);
        let late = UnixTime::new(expires + 1).unwrap();
        assert_eq!(
            judge(expires + 1).unwrap_err(),
            Reason::Expired { date_less_than: UnixTime::new(expires).unwrap(), now: late }
        );
    }
}

#[test]
fn the_articles_stream_is_escaped_whole_for_flash() {
    let [_, stream] = article().urls;
    let escaped = escape_for_flash(&stream);
    assert!(!escaped.contains(['?', '=', '&']), "{escaped}");
    assert_eq!(escaped.replace("%3F", "?").replace("%3D", "=").replace("%26", "&"), stream);
}
