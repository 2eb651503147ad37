//! Configuration: read once, at cold start, from a look-up function; all problems are reported together.

use std::{fmt, str::FromStr};

use cloudfront_signing::HashAlgorithm;

use crate::KeySource;

/// Everything that is wrong with a configuration.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConfigError(Vec<String>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration cannot be used: {}", self.0.join("; "))
    }
}

impl std::error::Error for ConfigError {}

/// Reads settings and remembers what was wrong with each.
pub struct Settings<'a> {
    look_up: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<String>,
}

impl<'a> Settings<'a> {
    /// Reads from `look_up`: the environment in AWS, the edge's own values on a laptop.
    #[must_use]
    pub fn new(look_up: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { look_up, problems: Vec::new() }
    }

    /// A setting that may be absent; an empty one is absent too, as a template cannot leave one out.
    pub fn optional(&self, name: &str) -> Option<String> {
        (self.look_up)(name).filter(|value| !value.is_empty())
    }

    /// A setting that must be there.
    pub fn required(&mut self, name: &str) -> Option<String> {
        let value = self.optional(name);
        if value.is_none() {
            self.problem(format!("{name} is missing"));
        }
        value
    }

    /// A setting with a default and a form of its own, which `expected` names; a value that does not parse
    /// is a problem. The value is not repeated: it may be a secret in the wrong place.
    pub fn parsed<T: FromStr>(&mut self, name: &str, default: T, expected: &str) -> Option<T> {
        match self.optional(name).map(|value| value.parse()) {
            None => Some(default),
            Some(Ok(value)) => Some(value),
            Some(Err(_)) => {
                self.problem(format!("{name} must be {expected}"));
                None
            }
        }
    }

    /// A number of seconds, at least one and at most a year: a longer life is a mistake in the unit.
    pub fn seconds(&mut self, name: &str, default: u64) -> Option<u64> {
        let expected = "a number of seconds, from 1 to 31536000";
        let seconds = self.parsed(name, default, expected)?;
        if (1..=31_536_000).contains(&seconds) {
            return Some(seconds);
        }
        self.problem(format!("{name} must be {expected}"));
        None
    }

    /// Reads settings of another source, such as one entry of a list; what is wrong there is told with
    /// `place` before it.
    pub fn nested<T>(
        &mut self,
        place: &str,
        look_up: &dyn Fn(&str) -> Option<String>,
        read: impl FnOnce(&mut Settings<'_>) -> Option<T>,
    ) -> Option<T> {
        let mut inner = Settings::new(look_up);
        let value = read(&mut inner);
        self.problems.extend(inner.problems.iter().map(|problem| format!("{place}: {problem}")));
        value
    }

    /// Notes a problem that the caller found.
    pub fn problem(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    /// Puts the configuration together, unless there was a problem.
    ///
    /// # Errors
    /// [`ConfigError`] with all of them.
    pub fn finish<T>(self, build: impl FnOnce() -> Option<T>) -> Result<T, ConfigError> {
        match build() {
            Some(config) if self.problems.is_empty() => Ok(config),
            _ => Err(ConfigError(self.problems)),
        }
    }
}

/// Which key signs, with which hash, and how long an expiry bucket is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SigningConfig {
    /// `HASH_ALGORITHM`
    pub hash: HashAlgorithm,
    /// `KMS_KEY_ID` or `PRIVATE_KEY_SECRET_ID`, or `PRIVATE_KEY_FILE` on a laptop; and `KEY_PAIR_ID`.
    pub key: KeySource,
    /// `EXPIRY_BUCKET_SECONDS`
    pub expiry_bucket: u64,
}

impl SigningConfig {
    /// Reads the settings that both functions share.
    pub fn read(settings: &mut Settings<'_>) -> Option<Self> {
        let key = KeySource::read(settings);
        let hash = settings.parsed("HASH_ALGORITHM", HashAlgorithm::Sha256, "SHA1 or SHA256");
        let expiry_bucket = settings.seconds("EXPIRY_BUCKET_SECONDS", 300);
        if hash == Some(HashAlgorithm::Sha1) && matches!(key, Some(KeySource::Kms { .. })) {
            settings.problem("HASH_ALGORITHM: KMS cannot sign with SHA1");
        }
        Some(Self { hash: hash?, key: key?, expiry_bucket: expiry_bucket? })
    }
}

#[cfg(test)]
mod tests {
    use cloudfront_signing::KeyPairId;

    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<SigningConfig, ConfigError> {
        let look_up =
            |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let mut settings = Settings::new(&look_up);
        let config = SigningConfig::read(&mut settings);
        settings.finish(|| config)
    }

    fn id(id: &str) -> KeyPairId {
        KeyPairId::new(id).expect("an id")
    }

    #[test]
    fn a_deployment_needs_two_settings() {
        assert_eq!(
            read(&[("KEY_PAIR_ID", "K1"), ("KMS_KEY_ID", "arn:aws:kms:k"), ("PRIVATE_KEY_FILE", "")]),
            Ok(SigningConfig {
                hash: HashAlgorithm::Sha256,
                key: KeySource::Kms { key_id: "arn:aws:kms:k".to_owned(), key_pair_id: id("K1") },
                expiry_bucket: 300,
            })
        );
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let error = read(&[("HASH_ALGORITHM", "MD5"), ("EXPIRY_BUCKET_SECONDS", "soon")]);
        assert_eq!(
            error.expect_err("nothing of it can be used").to_string(),
            "the configuration cannot be used: KEY_PAIR_ID is missing; \
             KMS_KEY_ID is missing (or PRIVATE_KEY_SECRET_ID, or PRIVATE_KEY_FILE on a laptop); \
             HASH_ALGORITHM must be SHA1 or SHA256; \
             EXPIRY_BUCKET_SECONDS must be a number of seconds, from 1 to 31536000"
        );
    }

    #[test]
    fn problems_of_an_entry_are_told_with_its_place() {
        let mut settings = Settings::new(&|_| None);
        settings.problem("BUCKET is missing");
        let entry = |name: &str| (name == "KMS_KEY_ID").then(|| "k".to_owned());
        let config = settings.nested("HOSTS[0]", &entry, SigningConfig::read);
        assert_eq!(
            settings.finish(|| config).expect_err("there is no id").to_string(),
            "the configuration cannot be used: BUCKET is missing; HOSTS[0]: KEY_PAIR_ID is missing"
        );
    }

    #[test]
    fn a_secret_may_bring_its_own_key_pair_id() {
        let key = |pairs: &[(&str, &str)]| read(pairs).map(|config| config.key);
        let secret = |key_pair_id| KeySource::SecretsManager { secret_id: "signer".to_owned(), key_pair_id };
        assert_eq!(key(&[("PRIVATE_KEY_SECRET_ID", "signer")]), Ok(secret(None)));
        assert_eq!(
            key(&[("PRIVATE_KEY_SECRET_ID", "signer"), ("KEY_PAIR_ID", "K1")]),
            Ok(secret(Some(id("K1"))))
        );
    }

    #[test]
    fn a_key_pair_id_is_letters_and_digits() {
        for source in ["KMS_KEY_ID", "PRIVATE_KEY_FILE", "PRIVATE_KEY_SECRET_ID"] {
            let error = read(&[("KEY_PAIR_ID", "K-1"), (source, "s")]);
            assert_eq!(
                error.expect_err("an id with a dash").to_string(),
                "the configuration cannot be used: KEY_PAIR_ID must be the id of a CloudFront public key"
            );
        }
    }

    #[test]
    fn one_key_signs() {
        let rows = [
            ("KMS_KEY_ID", "PRIVATE_KEY_FILE"),
            ("KMS_KEY_ID", "PRIVATE_KEY_SECRET_ID"),
            ("PRIVATE_KEY_SECRET_ID", "PRIVATE_KEY_FILE"),
        ];
        for (one, other) in rows {
            let error = read(&[("KEY_PAIR_ID", "K1"), (one, "1"), (other, "2")]);
            assert_eq!(
                error.expect_err("two keys").to_string(),
                format!(
                    "the configuration cannot be used: {one} and {other} are both set: only one key can sign"
                )
            );
        }
    }

    #[test]
    fn kms_does_not_sign_sha1() {
        let error = read(&[("KEY_PAIR_ID", "K1"), ("KMS_KEY_ID", "k"), ("HASH_ALGORITHM", "SHA1")]);
        assert_eq!(
            error.expect_err("KMS has no SHA-1").to_string(),
            "the configuration cannot be used: HASH_ALGORITHM: KMS cannot sign with SHA1"
        );
    }
}
