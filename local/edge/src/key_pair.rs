//! Key pairs in a folder, for `usher keygen` and for the local edge.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    str::FromStr,
};

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair},
};
use cloudfront_signing::PrivateKey;

/// The file with the private half.
pub const PRIVATE_KEY: &str = "private_key.pem";
/// The file with the public half, for CloudFront.
pub const PUBLIC_KEY: &str = "public_key.pem";

/// The kinds of keys that CloudFront accepts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyType {
    /// ECDSA on P-256.
    Ecdsa,
    /// RSA with 2048 bits.
    Rsa,
}

/// A text is not the name of a [`KeyType`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the type of a key is rsa or ecdsa")]
pub struct UnknownKeyType;

impl FromStr for KeyType {
    type Err = UnknownKeyType;

    fn from_str(name: &str) -> Result<Self, UnknownKeyType> {
        match name {
            "ecdsa" => Ok(Self::Ecdsa),
            "rsa" => Ok(Self::Rsa),
            _ => Err(UnknownKeyType),
        }
    }
}

/// Why there is no new key pair.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyPairError {
    /// The folder already contains a key, which stays unchanged.
    #[error("{} already holds a key: nothing was overwritten", .0.display())]
    Exists(PathBuf),
    /// The new key cannot be read back.
    #[error(transparent)]
    Key(#[from] cloudfront_signing::Error),
    /// The machine returned no random numbers.
    #[error("no key pair could be made: the machine gave no random numbers")]
    Random,
    /// A file cannot be written.
    #[error("{} cannot be written: {source}", folder.display())]
    Write {
        /// Which folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Generates a pair in `folder`. It never overwrites an existing one.
///
/// # Errors
/// [`KeyPairError`]
pub fn generate(folder: &Path, kind: KeyType) -> Result<(), KeyPairError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => KeyPairError::Exists(folder.to_owned()),
        _ => KeyPairError::Write { folder: folder.to_owned(), source },
    };
    if [PRIVATE_KEY, PUBLIC_KEY].iter().any(|name| folder.join(name).exists()) {
        return Err(KeyPairError::Exists(folder.to_owned()));
    }
    let pem = private_pem(kind)?;
    let public = PrivateKey::from_pem(&pem)?.public_key().to_pem();
    fs::create_dir_all(folder).map_err(failed)?;
    write_new(&folder.join(PRIVATE_KEY), &pem, 0o600).map_err(failed)?;
    write_new(&folder.join(PUBLIC_KEY), &public, 0o644).map_err(failed)
}

fn private_pem(kind: KeyType) -> Result<String, KeyPairError> {
    let failed = |_| KeyPairError::Random;
    let der = match kind {
        KeyType::Rsa => {
            let pair = KeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
            let der: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
            der.as_ref().to_vec()
        }
        KeyType::Ecdsa => EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new())
            .map_err(failed)?
            .as_ref()
            .to_vec(),
    };
    let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    Ok(pem::encode_config(&pem::Pem::new("PRIVATE KEY", der), config))
}

pub(super) fn write_new(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    options.open(path)?.write_all(text.as_bytes())
}
