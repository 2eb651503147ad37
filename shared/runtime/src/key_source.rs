//! Which key signs: KMS or Secrets Manager in AWS, a file on a laptop.
//!
//! To rotate, publish a second public key and put it into the key group beside the first, so that both are
//! trusted. Then let the new one sign: a secret that holds its own key pair id is simply replaced, and the
//! functions follow without a restart ([`SecretsManagerKey`]); for KMS and a bare PEM, `KEY_PAIR_ID` and
//! the key's own setting name the newer, and AWS itself replaces the functions' instances. Remove the old
//! public key when its last signature has expired.

use std::{path::PathBuf, sync::Arc};

use cloudfront_signing::{KeyPairId, PrivateKey};
use zeroize::Zeroizing;

use crate::{
    InvalidSetting, KmsKey, LocalKey, SecretsManagerKey, Settings, SigningError, SigningKey, pem_lines,
    sdk_defaults, system_clock,
};

/// Where to find the key, and under which id CloudFront knows its public half.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum KeySource {
    /// A PEM file.
    File {
        /// `PRIVATE_KEY_FILE`
        path: PathBuf,
        /// `KEY_PAIR_ID`
        key_pair_id: KeyPairId,
    },
    /// A KMS key that never leaves KMS.
    Kms {
        /// `KMS_KEY_ID`: its id or ARN. No alias: one that is moved to another key would let that sign
        /// under this one's key pair id.
        key_id: String,
        /// `KEY_PAIR_ID`
        key_pair_id: KeyPairId,
    },
    /// A secret in Secrets Manager.
    SecretsManager {
        /// `PRIVATE_KEY_SECRET_ID`: its name or ARN.
        secret_id: String,
        /// `KEY_PAIR_ID`, for a secret that is a bare PEM.
        key_pair_id: Option<KeyPairId>,
    },
}

impl KeySource {
    /// The settings that [`read`](Self::read) looks up.
    pub const SETTINGS: [&str; 4] = [KEY_PAIR_ID, KMS, FILE, SECRET];

    /// Reads the three settings of which exactly one must be there, and `KEY_PAIR_ID`.
    ///
    /// # Errors
    /// [`InvalidSetting`]
    pub fn read(settings: &mut Settings<'_>) -> Result<Self, InvalidSetting> {
        let mut sources: Vec<(&str, String)> =
            NAMES.iter().filter_map(|name| Some((*name, settings.optional(name)?))).collect();
        if let [(SECRET, secret_id)] = sources.as_slice() {
            let id = settings.optional(KEY_PAIR_ID);
            let key_pair_id = id.map(|id| parse_key_pair_id(settings, &id)).transpose()?;
            return Ok(Self::SecretsManager { secret_id: secret_id.clone(), key_pair_id });
        }
        let id = settings.required(KEY_PAIR_ID);
        let key_pair_id = id.and_then(|id| parse_key_pair_id(settings, &id));
        let (name, value) = sources.pop().ok_or_else(|| {
            settings.invalid(format!("{KMS} is missing (or {SECRET}, or {FILE} on a laptop)"))
        })?;
        if let Some((other, _)) = sources.last() {
            let problem = format!("{other} and {name} are both set: only one key can sign");
            return Err(settings.invalid(problem));
        }
        let key_pair_id = key_pair_id?;
        match name {
            KMS => Ok(Self::Kms { key_id: value, key_pair_id }),
            _ => Ok(Self::File { path: value.into(), key_pair_id }),
        }
    }

    /// Opens the key. A KMS key is not asked before the first signature, which INIT makes; a secret is read, and
    /// where Secrets Manager does not answer, again at the first signature.
    ///
    /// # Errors
    /// [`SigningError`] where a file or a secret cannot be read, or holds a key that CloudFront does not
    /// take.
    pub async fn open(&self) -> Result<Box<dyn SigningKey>, SigningError> {
        match self.clone() {
            Self::File { path, key_pair_id } => {
                let pem = std::fs::read_to_string(&path)
                    .map(Zeroizing::new)
                    .map_err(|source| SigningError::File { path, source: Arc::new(source) })?;
                Ok(Box::new(LocalKey::new(key_pair_id, PrivateKey::from_pem(&pem_lines(&pem))?)?))
            }
            Self::Kms { key_id, key_pair_id } => {
                let client = aws_sdk_kms::Client::new(&sdk_defaults().build());
                Ok(Box::new(KmsKey::new(client, key_id, key_pair_id)))
            }
            Self::SecretsManager { secret_id, key_pair_id } => {
                let client = aws_sdk_secretsmanager::Client::new(&sdk_defaults().build());
                let key = SecretsManagerKey::open(client, secret_id, key_pair_id, system_clock()).await?;
                Ok(Box::new(key))
            }
        }
    }
}

fn parse_key_pair_id(settings: &mut Settings<'_>, id: &str) -> Result<KeyPairId, InvalidSetting> {
    let problem = "KEY_PAIR_ID must be the id of a CloudFront public key";
    KeyPairId::new(id).map_err(|_| settings.invalid(problem))
}

const KEY_PAIR_ID: &str = "KEY_PAIR_ID";
const KMS: &str = "KMS_KEY_ID";
const SECRET: &str = "PRIVATE_KEY_SECRET_ID";
const FILE: &str = "PRIVATE_KEY_FILE";
const NAMES: [&str; 3] = [KMS, SECRET, FILE];
