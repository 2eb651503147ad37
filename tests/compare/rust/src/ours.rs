//! This project's crate. A key is parsed once, as a server does; text goes in and text comes out.

use std::{error::Error, time::Duration};

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use cloudfront_signing::{
    CannedPolicy, CustomPolicy, ExactUrl, Grant, HashAlgorithm, KeyPairId, Policy, PrivateKey, Request,
    Signer, UnixTime, UrlPattern, Verifier,
};

use crate::{Input, report, report_for};

const PROGRAM: &str = "ours";

type Result<T> = std::result::Result<T, Box<dyn Error>>;

pub(crate) fn run(input: &Input) -> Result<()> {
    // First, so that it follows the measurement of `openssl speed`.
    private_key(input)?;
    for hash in [HashAlgorithm::Sha1, HashAlgorithm::Sha256] {
        urls_and_cookies(input, hash)?;
    }
    cached_grant(input)?;
    verification(input)?;
    let p256 = signer(input, &input.p256_pem, HashAlgorithm::Sha256)?;
    canned(&p256, input)?;
    report(PROGRAM, "canned URL, P-256", || canned(&p256, input));
    Ok(())
}

/// For as long as `openssl speed` runs.
fn private_key(input: &Input) -> Result<()> {
    let key = PrivateKey::from_pem(&input.rsa_pem)?;
    let policy = Policy::from(CannedPolicy::new(&ExactUrl::new(&input.url)?, UnixTime::new(input.expires)?));
    let policy = policy.to_json();
    key.sign(policy.as_bytes(), HashAlgorithm::Sha256)?;
    report_for(Duration::from_secs(3), PROGRAM, "RSA-2048 signature", || {
        key.sign(policy.as_bytes(), HashAlgorithm::Sha256)
    });
    Ok(())
}

/// One signature per call, for a thousand URLs too.
fn urls_and_cookies(input: &Input, hash: HashAlgorithm) -> Result<()> {
    let signer = signer(input, &input.rsa_pem, hash)?;
    let segments = input.segments();
    println!("{PROGRAM}\turl {hash}\t{}", canned(&signer, input)?);
    report(PROGRAM, &format!("canned URL, {hash}"), || canned(&signer, input));

    wildcard(&signer, input)?;
    report(PROGRAM, &format!("cookie set, {hash}"), || wildcard(&signer, input).map(|grant| grant.cookies()));

    thousand(&signer, input, &segments)?;
    report(PROGRAM, &format!("1,000 URLs, {hash}"), || thousand(&signer, input, &segments));
    Ok(())
}

fn cached_grant(input: &Input) -> Result<()> {
    let grant = wildcard(&signer(input, &input.rsa_pem, HashAlgorithm::Sha256)?, input)?;
    let segments = input.segments();
    let segment = segments.first().ok_or("no segment")?;
    let url = ExactUrl::new(segment)?;
    grant.url(&url)?;
    report(PROGRAM, "cached grant to an ExactUrl", || grant.url(&url));
    report(PROGRAM, "cached grant to text", || ExactUrl::new(segment).and_then(|url| grant.url(&url)));
    Ok(())
}

/// The whole verification of a request, beside the one public-key operation that it requires.
fn verification(input: &Input) -> Result<()> {
    let key = PrivateKey::from_pem(&input.rsa_pem)?;
    let signer = signer(input, &input.rsa_pem, HashAlgorithm::Sha256)?;
    let (exact, expires) = (ExactUrl::new(&input.url)?, UnixTime::new(input.expires)?);
    let now = UnixTime::new(input.expires - 1)?;
    let verifier = Verifier::new([(KeyPairId::new(&input.key_pair_id)?, key.public_key())]);

    let canned = signer.sign(CannedPolicy::new(&exact, expires))?.url(&exact)?;
    let custom = signer.sign(CustomPolicy::new(exact.clone(), expires)?)?.url(&exact)?;
    for (measure, url) in [("verify a canned URL", canned), ("verify a custom URL", custom)] {
        verifier.verify(&Request::new(&url), now)?;
        report(PROGRAM, measure, || verifier.verify(&Request::new(&url), now));
    }

    let policy = Policy::from(CannedPolicy::new(&exact, expires)).to_json();
    let signature = key.sign(policy.as_bytes(), HashAlgorithm::Sha256)?;
    let spki = pem::parse(key.public_key().to_pem())?;
    let public = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, spki.contents())?;
    public.verify_sig(policy.as_bytes(), &signature)?;
    report(PROGRAM, "bare verification", || public.verify_sig(policy.as_bytes(), &signature));
    Ok(())
}

fn signer(input: &Input, pem: &str, hash: HashAlgorithm) -> Result<Signer> {
    Ok(Signer::new(KeyPairId::new(&input.key_pair_id)?, PrivateKey::from_pem(pem)?, hash))
}

fn canned(signer: &Signer, input: &Input) -> Result<String> {
    let url = ExactUrl::new(&input.url)?;
    Ok(signer.sign(CannedPolicy::new(&url, UnixTime::new(input.expires)?))?.url(&url)?)
}

fn wildcard(signer: &Signer, input: &Input) -> Result<Grant> {
    let policy = CustomPolicy::new(UrlPattern::new(&input.wildcard)?, UnixTime::new(input.expires)?)?;
    Ok(signer.sign(policy)?)
}

fn thousand(signer: &Signer, input: &Input, segments: &[String]) -> Result<Vec<String>> {
    let grant = wildcard(signer, input)?;
    segments.iter().map(|url| Ok(grant.url(&ExactUrl::new(url)?)?)).collect()
}
