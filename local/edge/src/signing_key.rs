//! The throw-away key pair: generated at the first start, kept in the state folder.

use std::{
    fs,
    path::{Path, PathBuf},
};

use aws_lc_rs::digest::{SHA256, digest};
use cloudfront_signing::{KeyPairId, PrivateKey, PublicKey};

use super::EdgeError;
use crate::key_pair::{self, KeyType, PRIVATE_KEY};

/// A key pair, and an id in place of CloudFront's.
pub(super) struct LocalSigningKey {
    pub(super) id: KeyPairId,
    pub(super) public_key: PublicKey,
    pub(super) private_key_file: PathBuf,
}

impl LocalSigningKey {
    pub(super) fn open(state: &Path) -> Result<Self, EdgeError> {
        let private_key_file = state.join(PRIVATE_KEY);
        if !private_key_file.exists() {
            let is_new = !state.exists();
            key_pair::generate(state, KeyType::Rsa).map_err(|error| EdgeError::Key(error.to_string()))?;
            if is_new {
                keep_out_of_git(state)?;
            }
        }
        let pem = fs::read_to_string(&private_key_file)
            .map_err(|source| EdgeError::File { path: private_key_file.clone(), source })?;
        let key_error = |error| EdgeError::Key(format!("{}: {error}", private_key_file.display()));
        let public_key = PrivateKey::from_pem(&pem).map_err(key_error)?.public_key();
        let id = key_pair_id(&public_key).map_err(key_error)?;
        Ok(Self { id, public_key, private_key_file })
    }
}

/// A new state folder is often in the repository of a site, and must not be committed: it contains private keys. A folder
/// that existed before is the user's own.
fn keep_out_of_git(state: &Path) -> Result<(), EdgeError> {
    let path = state.join(".gitignore");
    fs::write(&path, "*\n").map_err(|source| EdgeError::Write { path, source })
}

/// An id in the form of CloudFront's, always the same for the same key.
fn key_pair_id(key: &PublicKey) -> Result<KeyPairId, cloudfront_signing::Error> {
    let hash = digest(&SHA256, key.to_pem().as_bytes());
    let hex = base16ct::upper::encode_string(hash.as_ref());
    KeyPairId::new(format!("K{}", hex.chars().take(13).collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_ignores_a_new_state_folder_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let gitignore_in = |state: &Path| {
            LocalSigningKey::open(state).unwrap();
            fs::read_to_string(state.join(".gitignore")).ok()
        };
        assert_eq!(gitignore_in(&folder.path().join("site/.usher")).as_deref(), Some("*\n"));
        assert_eq!(gitignore_in(folder.path()), None);
    }
}
