//! The two hashes that CloudFront supports, as `Hash-Algorithm` spells them.

use std::{fmt, str::FromStr};

use crate::Error;

/// The hash of a signature. CloudFront assumes SHA-1 where the request names none.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum HashAlgorithm {
    /// What every key pair was used with until April 2026.
    Sha1,
    /// What KMS can do; the request must carry `Hash-Algorithm=SHA256`.
    Sha256,
}

impl HashAlgorithm {
    /// The name as CloudFront spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }
}

impl fmt::Display for HashAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for HashAlgorithm {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        match name {
            "SHA1" => Ok(Self::Sha1),
            "SHA256" => Ok(Self::Sha256),
            _ => Err(Error::HashAlgorithm(name.to_owned())),
        }
    }
}
