//! The algorithms that sign tokens, by their names in JOSE.
//!
//! [RFC 7518](https://www.rfc-editor.org/rfc/rfc7518#section-3.1) and
//! [RFC 8037](https://www.rfc-editor.org/rfc/rfc8037#section-3.1).

use std::str::FromStr;

/// An algorithm that verifies here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Algorithm {
    ES256,
    EdDSA,
    HS256,
    RS256,
}

/// No algorithm of [`Algorithm`] has this name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct UnknownAlgorithm;

impl Algorithm {
    const ALL: [Self; 4] = [Self::ES256, Self::EdDSA, Self::HS256, Self::RS256];

    /// The value of `alg`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ES256 => "ES256",
            Self::EdDSA => "EdDSA",
            Self::HS256 => "HS256",
            Self::RS256 => "RS256",
        }
    }
}

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(name: &str) -> Result<Self, UnknownAlgorithm> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name).ok_or(UnknownAlgorithm)
    }
}
