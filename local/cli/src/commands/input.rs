//! Keys and policies, from arguments.

use std::{fs, path::Path};

use cloudfront_signing::{
    CustomPolicy, ExactUrl, KeyAlgorithm, PrivateKey, PublicKey, Resource, Signer, UrlPattern,
};
use usher_runtime::system_clock;

use super::InputError;
use crate::arguments::{Conditions, SigningKey};

/// The signer of `--key-pair-id`, `--private-key` and `--hash-algorithm`, and warnings about what CloudFront
/// would not accept.
pub(super) fn signer(key: &SigningKey) -> Result<(Signer, Vec<String>), InputError> {
    let pem = read(&key.private_key)?;
    let private_key = PrivateKey::from_pem(&pem)
        .map_err(|error| InputError(format!("{}: {error}", key.private_key.display())))?;
    let warnings = match private_key.algorithm() {
        KeyAlgorithm::Rsa { bits } if bits != 2_048 => {
            vec![format!("this RSA key has {bits} bits, and CloudFront accepts only 2048")]
        }
        _ => Vec::new(),
    };
    Ok((Signer::new(key.key_pair_id.clone(), private_key, key.hash_algorithm), warnings))
}

pub(super) fn public_key(file: &Path) -> Result<PublicKey, InputError> {
    PublicKey::from_pem(&read(file)?).map_err(|error| InputError(format!("{}: {error}", file.display())))
}

/// A URL that clients send as it is.
pub(super) fn url(text: &str) -> Result<ExactUrl, InputError> {
    let url = ExactUrl::new(text)?;
    url.check_as_sent()?;
    Ok(url)
}

/// A pattern over URLs that clients send as they are.
pub(super) fn pattern(text: &str) -> Result<UrlPattern, InputError> {
    let pattern = UrlPattern::new(text)?;
    pattern.check_as_sent()?;
    Ok(pattern)
}

/// A warning if the policy admits nobody any more.
pub(super) fn past(conditions: &Conditions) -> Option<String> {
    let ends = conditions.date_less_than;
    (ends <= system_clock()()).then(|| {
        format!(
            "--date-less-than {ends} is in the past: CloudFront rejects every request with this signature"
        )
    })
}

/// A custom policy over `resource`.
pub(super) fn policy(
    resource: impl Into<Resource>,
    conditions: &Conditions,
) -> Result<CustomPolicy, InputError> {
    let mut policy = CustomPolicy::new(resource, conditions.date_less_than)?;
    if let Some(range) = &conditions.ip_address {
        policy = policy.ip_address(range.parse()?);
    }
    if let Some(opens) = conditions.date_greater_than {
        policy = policy.date_greater_than(opens)?;
    }
    Ok(policy)
}

fn read(file: &Path) -> Result<String, InputError> {
    fs::read_to_string(file)
        .map_err(|error| InputError(format!("{} cannot be read: {error}", file.display())))
}
