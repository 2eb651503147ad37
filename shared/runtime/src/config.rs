//! Configuration: read once, at cold start, from a look-up function; all problems are reported together.

use std::{fmt, mem, str::FromStr};

use aws_types::SdkConfig;
use cloudfront_signing::HashAlgorithm;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::{Clock, KeySource, Secret, StoredSecrets, secrets::StoredSecret};

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
    look_up: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<String>,
    stored: Vec<StoredSecret>,
}

impl<'a> Settings<'a> {
    /// Reads from `look_up`: the environment in AWS, the edge's own values on a laptop.
    #[must_use]
    pub fn new(look_up: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { look_up, problems: Vec::new(), stored: Vec::new() }
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
        let arn = arn_of(name);
        match (self.optional(name).map(Zeroizing::new), self.optional(&arn)) {
            (None, None) => Ok(None),
            (Some(text), None) => {
                let parsed = parse(&text).map_err(|problem| self.invalid(problem))?;
                Ok(Some(Secret::fixed(name, build(vec![parsed]))))
            }
            (None, Some(id)) => {
                let secret = Secret::unread(name);
                self.stored.push(StoredSecret::new(secret.clone(), id, parse, build));
                Ok(Some(secret))
            }
            (Some(_), Some(_)) => {
                Err(self.invalid(format!("{name} and {arn} are both set: a secret has one source")))
            }
        }
    }

    /// Whether there is a [`secret`](Self::secret) of this name.
    #[must_use]
    pub fn has_secret(&self, name: &str) -> bool {
        self.optional(name).is_some() || self.optional(&arn_of(name)).is_some()
    }

    /// Reads the texts of the secrets in Secrets Manager. What is wrong with them is noted.
    pub async fn open_secrets(&mut self, sdk: &SdkConfig, clock: Clock) -> StoredSecrets {
        let (secrets, problems) = StoredSecrets::open(mem::take(&mut self.stored), sdk, clock).await;
        self.problems.extend(problems);
        secrets
    }

    /// Reads the list `name`: a JSON array of objects, each with settings of its own. `names` are the
    /// settings that an entry may have; there they stand in lower case and without `prefix`. The settings
    /// `inherited` are the function's own. What is wrong in an entry is told with its place. An absent list
    /// is empty.
    ///
    /// # Errors
    /// [`InvalidSetting`]
    pub fn list<T>(
        &mut self,
        name: &str,
        prefix: &str,
        names: &[&str],
        inherited: &[&str],
        mut read: impl FnMut(&mut Settings<'_>) -> Result<T, InvalidSetting>,
    ) -> Result<Vec<T>, InvalidSetting> {
        let Some(text) = self.optional(name) else { return Ok(Vec::new()) };
        // Neither the text nor the parser's message is repeated: there may be a secret in the wrong place.
        let Ok(entries) = serde_json::from_str::<Vec<Map<String, Value>>>(&text) else {
            return Err(self.invalid(format!("{name} must be a JSON array of objects")));
        };
        let outer = self.look_up;
        let member = |name: &str| name.strip_prefix(prefix).unwrap_or(name).to_ascii_lowercase();
        all_valid(entries.iter().enumerate().map(|(at, entry)| {
            let look_up = |name: &str| match name {
                _ if names.contains(&name) => entry.get(&member(name)).and_then(text_of),
                _ if inherited.contains(&name) => outer(name),
                _ => None,
            };
            let mut settings = Settings::new(&look_up);
            for (found, value) in entry {
                if !names.iter().any(|name| member(name) == *found) {
                    settings.problem(format!("there is no member {found:?}"));
                } else if text_of(value).is_none() {
                    settings.problem(format!("{found} must be a text or a number"));
                }
            }
            let value = read(&mut settings);
            self.problems.extend(settings.problems.iter().map(|problem| format!("{name}[{at}]: {problem}")));
            value
        }))
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

fn arn_of(name: &str) -> String {
    format!("{name}_ARN")
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
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

    /// Reads a list `HOSTS` whose entries have settings of `H_`, beside a setting of the function itself.
    fn read_list(hosts: &str) -> Result<Vec<SigningConfig>, ConfigError> {
        let look_up = |name: &str| match name {
            "HOSTS" => Some(hosts.to_owned()),
            "EXPIRY_BUCKET_SECONDS" => Some("60".to_owned()),
            // Not inherited.
            "HASH_ALGORITHM" => Some("SHA1".to_owned()),
            _ => None,
        };
        let mut settings = Settings::new(&look_up);
        settings.problems.extend(hosts.is_empty().then(|| "BUCKET is missing".to_owned()));
        let names = ["KEY_PAIR_ID", "PRIVATE_KEY_FILE", "H_NAME"];
        let inherited = ["EXPIRY_BUCKET_SECONDS"];
        let list = settings.list("HOSTS", "H_", &names, &inherited, |entry| {
            let name = entry.required("H_NAME");
            let config = SigningConfig::read(entry);
            name.and(config)
        });
        settings.finish(|| list)
    }

    #[test]
    fn the_entries_of_a_list_have_settings_of_their_own_and_inherit_what_is_named() {
        let config = SigningConfig {
            hash: HashAlgorithm::Sha256,
            key: KeySource::File { path: "7".into(), key_pair_id: id("K1") },
            expiry_bucket: 60,
        };
        let one = r#"{"key_pair_id": "K1", "private_key_file": 7, "name": "a"}"#;
        assert_eq!(read_list(&format!("[{one}, {one}]")), Ok(vec![config.clone(), config]));
        assert_eq!(read_list("[]"), Ok(Vec::new()));
    }

    #[test]
    fn problems_of_an_entry_are_told_with_its_place() {
        let rows = [
            (
                r#"[{"key_pair_id": "K1", "private_key_file": "f", "name": "a"},
                    {"key_pair_id": ["K1"], "private_key_file": "f", "H_NAME": "a"}]"#,
                "HOSTS[1]: there is no member \"H_NAME\"; HOSTS[1]: key_pair_id must be a text or a number; \
                 HOSTS[1]: H_NAME is missing; HOSTS[1]: KEY_PAIR_ID is missing",
            ),
            ("{}", "HOSTS must be a JSON array of objects"),
            ("[1]", "HOSTS must be a JSON array of objects"),
            ("", "BUCKET is missing"),
        ];
        for (hosts, problems) in rows {
            let error = read_list(hosts).expect_err("it cannot be used");
            assert_eq!(error.to_string(), format!("the configuration cannot be used: {problems}"));
        }
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
