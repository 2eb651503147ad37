//! Configuration: read once, at cold start, from a look-up function; all problems are reported together.

use std::{fmt, mem, str::FromStr};

use aws_types::SdkConfig;
use cloudfront_signing::HashAlgorithm;
use zeroize::Zeroizing;

use crate::{
    Clock, KeySource, Secret, StoredSecrets,
    members::Place,
    secrets::{StoredSecret, TakeMember, taking},
    viewer_secret::{VIEWER_SECRET, VIEWER_SECRET_ARN},
};

/// Everything that is wrong with a configuration.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConfigError(Vec<String>);

impl ConfigError {
    /// Each problem, as a sentence without a secret.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration cannot be used: {}", self.0.join("; "))
    }
}

impl std::error::Error for ConfigError {}

/// A setting cannot be used. [`Settings`] has noted why. A reader of several settings reads all of them before its
/// first `?`, so that all problems are noted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidSetting;

/// Reads settings and remembers what was wrong with each.
pub struct Settings<'a> {
    pub(crate) look_up: &'a dyn Fn(&str) -> Option<String>,
    pub(crate) problems: Vec<String>,
    /// Whole secrets in Secrets Manager.
    stored: Vec<StoredSecret>,
    /// Members of the one secret that verifies viewers.
    pub(crate) of_viewers: Vec<TakeMember>,
    /// The object whose members these settings are.
    pub(crate) place: Option<Place<'a>>,
    pub(crate) runs: Runs,
}

/// Where a function runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Runs {
    /// Whoever may read the configuration must not read keys, so no setting is a secret.
    InAws,
    /// A setting may be the secret itself.
    OnLaptop,
}

impl<'a> Settings<'a> {
    /// Reads from `look_up` on a laptop, where JSON in a setting may contain secrets.
    #[must_use]
    pub fn new(look_up: &'a dyn Fn(&str) -> Option<String>) -> Self {
        let (problems, stored, of_viewers) = (Vec::new(), Vec::new(), Vec::new());
        Self { look_up, problems, stored, of_viewers, place: None, runs: Runs::OnLaptop }
    }

    /// Reads from `look_up` in AWS, where JSON in a setting names secrets, and never contains them: see
    /// [`viewer_secret`](Self::viewer_secret).
    #[must_use]
    pub fn in_aws(look_up: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { runs: Runs::InAws, ..Self::new(look_up) }
    }

    /// Reads the members of an object through `look_up`.
    pub(crate) fn within(look_up: &'a dyn Fn(&str) -> Option<String>, place: Place<'a>, runs: Runs) -> Self {
        Self { place: Some(place), runs, ..Self::new(look_up) }
    }

    /// A setting that may be absent; an empty one is absent too, as a template cannot leave one out.
    pub fn optional(&self, name: &str) -> Option<String> {
        (self.look_up)(name).filter(|value| !value.is_empty())
    }

    /// A setting that must be there.
    ///
    /// # Errors
    /// [`InvalidSetting`]
    pub fn required(&mut self, name: &str) -> Result<String, InvalidSetting> {
        self.optional(name).ok_or_else(|| self.invalid(format!("{name} is missing")))
    }

    /// A setting with a default and a form of its own, which `expected` names; a value that does not parse
    /// is a problem. The value is not repeated: it may be a secret in the wrong place.
    ///
    /// # Errors
    /// [`InvalidSetting`]
    pub fn parsed<T: FromStr>(
        &mut self,
        name: &str,
        default: T,
        expected: &str,
    ) -> Result<T, InvalidSetting> {
        let Some(value) = self.optional(name) else { return Ok(default) };
        value.parse().map_err(|_| self.invalid(format!("{name} must be {expected}")))
    }

    /// A number of seconds, at least one and at most a year: a longer life is a mistake in the unit.
    ///
    /// # Errors
    /// [`InvalidSetting`]
    pub fn seconds(&mut self, name: &str, default: u64) -> Result<u64, InvalidSetting> {
        let expected = "a number of seconds, from 1 to 31536000";
        let seconds = self.parsed(name, default, expected)?;
        if (1..=31_536_000).contains(&seconds) {
            Ok(seconds)
        } else {
            Err(self.invalid(format!("{name} must be {expected}")))
        }
    }

    /// A setting that is a secret: its text in `name`, for a laptop, or in `name` with `_ARN` the ARN or name
    /// of a secret in Secrets Manager, whose text [`open_secrets`](Self::open_secrets) reads. There are two
    /// texts then while a site rotates it, so `build` puts together what `parse` makes of each.
    ///
    /// `parse` gives a sentence about `name` where a text cannot be used, which does not repeat it.
    ///
    /// # Errors
    /// [`InvalidSetting`]; an absent setting is `None`.
    pub fn secret<P, T: Send + Sync + 'static>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<P, String> + Send + Sync + 'static,
        build: impl Fn(Vec<P>) -> T + Send + Sync + 'static,
    ) -> Result<Option<Secret<T>>, InvalidSetting> {
        let arn = format!("{name}_ARN");
        match (self.optional(name).map(Zeroizing::new), self.optional(&arn)) {
            (None, None) => Ok(None),
            (Some(text), None) => self.fixed(name, &text, parse, build).map(Some),
            (None, Some(id)) => {
                let secret = Secret::unread(name);
                self.stored.push(StoredSecret::new(name, id, taking(secret.clone(), parse, build)));
                Ok(Some(secret))
            }
            (Some(_), Some(_)) => {
                Err(self.invalid(format!("{name} and {arn} are both set: a secret has one source")))
            }
        }
    }

    /// A secret whose text is known already.
    pub(crate) fn fixed<P, T>(
        &mut self,
        name: &'static str,
        text: &str,
        parse: impl Fn(&str) -> Result<P, String>,
        build: impl Fn(Vec<P>) -> T,
    ) -> Result<Secret<T>, InvalidSetting> {
        let parsed = parse(text).map_err(|problem| self.invalid(problem))?;
        Ok(Secret::fixed(name, build(vec![parsed])))
    }

    /// Reads the texts of the secrets in Secrets Manager. What is wrong with them is noted.
    pub async fn open_secrets(&mut self, sdk: &SdkConfig, clock: Clock) -> StoredSecrets {
        let mut stored = mem::take(&mut self.stored);
        let members = mem::take(&mut self.of_viewers);
        if let Some(id) = self.optional(VIEWER_SECRET_ARN).filter(|_| !members.is_empty()) {
            stored.push(StoredSecret::of_members(VIEWER_SECRET, id, members));
        }
        let (secrets, problems) = StoredSecrets::open(stored, sdk, clock).await;
        self.problems.extend(problems);
        secrets
    }

    /// Notes a problem that the caller found.
    pub fn problem(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    /// As [`problem`](Self::problem), for a caller that ends with it.
    #[must_use]
    pub fn invalid(&mut self, problem: impl Into<String>) -> InvalidSetting {
        self.problem(problem);
        InvalidSetting
    }

    /// Puts the configuration together, unless there was a problem.
    ///
    /// # Errors
    /// [`ConfigError`] with all of them.
    pub fn finish<T>(self, build: impl FnOnce() -> Result<T, InvalidSetting>) -> Result<T, ConfigError> {
        match build() {
            Ok(config) if self.problems.is_empty() => Ok(config),
            _ => Err(ConfigError(self.problems)),
        }
    }
}

/// The values of all results. It takes every result before the first error ends it, so that all problems are noted.
///
/// # Errors
/// [`InvalidSetting`]
pub fn all_valid<T>(
    results: impl IntoIterator<Item = Result<T, InvalidSetting>>,
) -> Result<Vec<T>, InvalidSetting> {
    let results: Vec<_> = results.into_iter().collect();
    results.into_iter().collect()
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
    ///
    /// # Errors
    /// [`InvalidSetting`]
    pub fn read(settings: &mut Settings<'_>) -> Result<Self, InvalidSetting> {
        let key = KeySource::read(settings);
        let hash = settings.parsed("HASH_ALGORITHM", HashAlgorithm::Sha256, "SHA1 or SHA256");
        let expiry_bucket = settings.seconds("EXPIRY_BUCKET_SECONDS", 300);
        if let (Ok(HashAlgorithm::Sha1), Ok(KeySource::Kms { .. })) = (&hash, &key) {
            return Err(settings.invalid("HASH_ALGORITHM: KMS cannot sign with SHA1"));
        }
        Ok(Self { hash: hash?, key: key?, expiry_bucket: expiry_bucket? })
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
