//! What a signature, a thousand URLs, a cached grant and a verification cost: `cargo bench -p cloudfront-signing`.
//!
//! Beside the peers, in one run: `tests/compare/run`.

use std::hint::black_box;

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, ParsedPublicKey,
        RSA_PKCS1_2048_8192_SHA256, VerificationAlgorithm,
    },
};
use cloudfront_signing::{
    CannedPolicy, CustomPolicy, ExactUrl, Grant, HashAlgorithm, KeyPairId, Policy, PrivateKey, Request,
    Signer, UnixTime, UrlPattern, Verifier,
};
use divan::Bencher;

const KEYS: [Key; 3] = [Key::RsaSha1, Key::RsaSha256, Key::P256];

fn main() {
    divan::main();
}

#[divan::bench(args = KEYS)]
fn canned_url(bencher: Bencher, key: &Key) {
    let signer = key.signer();
    bencher.bench(|| canned(&signer));
}

#[divan::bench(args = KEYS)]
fn wildcard_cookie_set(bencher: Bencher, key: &Key) {
    let signer = key.signer();
    bencher.bench(|| wildcard(&signer).cookies());
}

/// The signature and a thousand times its application, from text to text.
#[divan::bench(args = KEYS)]
fn thousand_urls_under_one_grant(bencher: Bencher, key: &Key) {
    let signer = key.signer();
    let segments: Vec<String> = (0..1_000).map(|number| format!("{FOLDER}s{number:04}.ts")).collect();
    bencher.bench(|| {
        let grant = wildcard(&signer);
        let sign = |url: &String| grant.url(&ExactUrl::new(url).expect("a URL"));
        segments.iter().map(sign).collect::<Result<Vec<_>, _>>().expect("the pattern covers them")
    });
}

#[divan::bench]
fn cached_grant_to_checked_url(bencher: Bencher) {
    let (grant, url) = (wildcard(&Key::RsaSha256.signer()), url());
    bencher.bench(|| grant.url(&url));
}

#[divan::bench]
fn cached_grant_to_text(bencher: Bencher) {
    let grant = wildcard(&Key::RsaSha256.signer());
    bencher.bench(|| ExactUrl::new(black_box(URL)).and_then(|url| grant.url(&url)));
}

#[divan::bench(args = KEYS)]
fn verify_canned_url(bencher: Bencher, key: &Key) {
    let private = key.private_key();
    let verifier = Verifier::new([(id(), private.public_key())]);
    let signed = canned(&Signer::new(id(), private, key.hash()));
    let now = UnixTime::new(EXPIRES - 1).expect("a time");
    verifier.verify(&Request::new(&signed), now).expect("what was signed is admitted");
    bencher.bench(|| verifier.verify(&Request::new(black_box(&signed)), now));
}

/// The public-key operation that `verify_canned_url` cannot do without.
#[divan::bench(args = [Key::RsaSha256, Key::P256])]
fn verify_bare(bencher: Bencher, key: &Key) {
    let private = key.private_key();
    let policy = Policy::from(CannedPolicy::new(&url(), expires())).to_json();
    let signature = private.sign(policy.as_bytes(), key.hash()).expect("a signature");
    let spki = pem::parse(private.public_key().to_pem()).expect("PEM");
    let algorithm: &'static dyn VerificationAlgorithm = match key {
        Key::P256 => &ECDSA_P256_SHA256_ASN1,
        Key::RsaSha1 | Key::RsaSha256 => &RSA_PKCS1_2048_8192_SHA256,
    };
    let public = ParsedPublicKey::new(algorithm, spki.contents()).expect("a public key");
    public.verify_sig(policy.as_bytes(), &signature).expect("the signature is right");
    bencher.bench(|| public.verify_sig(black_box(policy.as_bytes()), &signature));
}

#[derive(Debug)]
enum Key {
    P256,
    RsaSha1,
    RsaSha256,
}

impl Key {
    fn hash(&self) -> HashAlgorithm {
        match self {
            Self::RsaSha1 => HashAlgorithm::Sha1,
            Self::P256 | Self::RsaSha256 => HashAlgorithm::Sha256,
        }
    }

    fn signer(&self) -> Signer {
        Signer::new(id(), self.private_key(), self.hash())
    }

    fn private_key(&self) -> PrivateKey {
        let der = match self {
            Self::P256 => EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new())
                .expect("random numbers")
                .as_ref()
                .to_vec(),
            Self::RsaSha1 | Self::RsaSha256 => {
                let pair = KeyPair::generate(KeySize::Rsa2048).expect("random numbers");
                let der: Pkcs8V1Der<'_> = pair.as_der().expect("a key has a DER form");
                der.as_ref().to_vec()
            }
        };
        PrivateKey::from_pem(&pem::encode(&pem::Pem::new("PRIVATE KEY", der))).expect("a private key")
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

fn canned(signer: &Signer) -> String {
    let url = url();
    let grant = signer.sign(CannedPolicy::new(&url, expires())).expect("a signature");
    grant.url(&url).expect("a signed URL")
}

fn wildcard(signer: &Signer) -> Grant {
    let pattern = UrlPattern::new(format!("{FOLDER}*")).expect("a pattern");
    signer.sign(CustomPolicy::new(pattern, expires()).expect("a policy")).expect("a signature")
}

fn url() -> ExactUrl {
    ExactUrl::new(URL).expect("a URL")
}

fn expires() -> UnixTime {
    UnixTime::new(EXPIRES).expect("a time")
}

fn id() -> KeyPairId {
    KeyPairId::new("K2JCJMDEHXQW5F").expect("an id")
}

const EXPIRES: u64 = 1_790_000_000;
const FOLDER: &str = "https://d111111abcdef8.cloudfront.net/video/m/";
const URL: &str = "https://d111111abcdef8.cloudfront.net/video/m/s0001.ts";
