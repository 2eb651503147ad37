//! Signatures that others have published: signing gives the same bytes (RSA), verifying admits them.
//!
//! They are read from the folder `$USHER_SHARED` (default: `../shared` beside the workspace).
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
#![expect(clippy::disallowed_methods, reason = "the vectors are files; the crate itself stays pure")]

use std::{collections::BTreeMap, fs, path::PathBuf};

use cloudfront_signing::{
    HashAlgorithm, KeyAlgorithm, KeyPairId, PrivateKey, PublicKey, Reason, Request, UnixTime, Verifier,
    escape_for_flash,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    keys: BTreeMap<String, Key>,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Key {
    pem_label: String,
    der_base64: String,
}

#[derive(Deserialize)]
struct Vector {
    id: String,
    key: String,
    hash: String,
    policy: String,
    signature: String,
}

#[derive(Deserialize)]
struct Article {
    urls: [String; 2],
}

fn vectors_folder(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("USHER_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from)
        .join("vectors");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: {test}: no known vectors at hand (set USHER_SHARED)");
    None
}

fn bytes(signature: &str) -> Vec<u8> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.decode(signature.replace('-', "+").replace('_', "=").replace('~', "/")).unwrap()
}

#[test]
fn every_published_signature_is_verified_and_every_rsa_signature_reproduced() {
    let Some(folder) = vectors_folder("every_published_signature") else {
        return;
    };
    let file: Vectors =
        serde_json::from_slice(&fs::read(folder.join("cloudfront-signatures.json")).unwrap()).unwrap();
    assert_eq!(file.vectors.len(), 16);
    for vector in &file.vectors {
        let key = &file.keys[&vector.key];
        let pem = format!(
            "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
            key.der_base64,
            label = key.pem_label
        );
        let key = PrivateKey::from_pem(&pem).unwrap();
        let hash: HashAlgorithm = vector.hash.parse().unwrap();
        let known = bytes(&vector.signature);
        assert!(key.public_key().verify(vector.policy.as_bytes(), &known, hash), "{}", vector.id);
        if matches!(key.algorithm(), KeyAlgorithm::Rsa { .. }) {
            assert_eq!(key.sign(vector.policy.as_bytes(), hash).unwrap(), known, "{}", vector.id);
        }
    }
}

#[test]
fn both_urls_of_the_article_are_admitted_until_they_expire() {
    let Some(folder) = vectors_folder("both_urls_of_the_article") else {
        return;
    };
    let article: Article =
        serde_json::from_slice(&fs::read(folder.join("article-2014.json")).unwrap()).unwrap();
    let key = PublicKey::from_pem(&fs::read_to_string(folder.join("article-2014-public-key.pem")).unwrap())
        .unwrap();
    let verifier = Verifier::new([(KeyPairId::new("APKAJAJZQHPKZI6OK5UQ").unwrap(), key)]);
    for (url, expires) in article.urls.iter().zip([1_406_023_941, 1_406_899_201]) {
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
    let Some(folder) = vectors_folder("the_articles_stream") else { return };
    let article: Article =
        serde_json::from_slice(&fs::read(folder.join("article-2014.json")).unwrap()).unwrap();
    let [_, stream] = article.urls;
    let escaped = escape_for_flash(&stream);
    assert!(!escaped.contains(['?', '=', '&']), "{escaped}");
    assert_eq!(escaped.replace("%3F", "?").replace("%3D", "=").replace("%26", "&"), stream);
}
