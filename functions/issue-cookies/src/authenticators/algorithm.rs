//! The algorithms that sign tokens, by their names in JOSE.
//!
//! [RFC 7518](https://www.rfc-editor.org/rfc/rfc7518#section-3.1),
//! [RFC 8037](https://www.rfc-editor.org/rfc/rfc8037#section-3.1) and
//! [RFC 9864](https://www.rfc-editor.org/rfc/rfc9864#section-2.2).

use std::str::FromStr;

/// An algorithm that verifies here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Algorithm {
    ES256,
    ES384,
    ES512,
    EdDSA,
    HS256,
    HS384,
    HS512,
    PS256,
    PS384,
    PS512,
    RS256,
    RS384,
    RS512,
}

/// What kind of key an algorithm has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum KeyKind {
    /// A key pair on Ed25519.
    Ed25519,
    /// A key pair on P-256.
    P256,
    /// A key pair on P-384.
    P384,
    /// A key pair on P-521.
    P521,
    /// An RSA key pair.
    Rsa,
    /// A secret.
    Secret {
        /// How many bytes it has at least: as many as the hash makes (RFC 7518, 3.2).
        minimum: usize,
        /// How many bytes HMAC takes as they are: a block of the hash.
        block: usize,
    },
}

/// No algorithm of [`Algorithm`] has this name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct UnknownAlgorithm;

impl Algorithm {
    const ALL: [Self; 13] = [
        Self::ES256,
        Self::ES384,
        Self::ES512,
        Self::EdDSA,
        Self::HS256,
        Self::HS384,
        Self::HS512,
        Self::PS256,
        Self::PS384,
        Self::PS512,
        Self::RS256,
        Self::RS384,
        Self::RS512,
    ];

    /// The value of `alg`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::ES512 => "ES512",
            Self::EdDSA => "EdDSA",
            Self::HS256 => "HS256",
            Self::HS384 => "HS384",
            Self::HS512 => "HS512",
            Self::PS256 => "PS256",
            Self::PS384 => "PS384",
            Self::PS512 => "PS512",
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::RS512 => "RS512",
        }
    }

    /// Whether `alg` has this value, or the newer name of the same algorithm.
    pub(crate) fn is_named(self, alg: &str) -> bool {
        alg == self.name() || (self == Self::EdDSA && alg == ED25519)
    }

    /// What kind of key it has.
    pub(crate) fn key_kind(self) -> KeyKind {
        match self {
            Self::ES256 => KeyKind::P256,
            Self::ES384 => KeyKind::P384,
            Self::ES512 => KeyKind::P521,
            Self::EdDSA => KeyKind::Ed25519,
            Self::HS256 => KeyKind::Secret { minimum: 32, block: 64 },
            Self::HS384 => KeyKind::Secret { minimum: 48, block: 128 },
            Self::HS512 => KeyKind::Secret { minimum: 64, block: 128 },
            Self::PS256 | Self::PS384 | Self::PS512 | Self::RS256 | Self::RS384 | Self::RS512 => KeyKind::Rsa,
        }
    }
}

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(name: &str) -> Result<Self, UnknownAlgorithm> {
        Self::ALL.into_iter().find(|algorithm| algorithm.is_named(name)).ok_or(UnknownAlgorithm)
    }
}

/// RFC 9864 gives `EdDSA` this name, where the curve is Ed25519. No other curve of it verifies here.
const ED25519: &str = "Ed25519";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_one_algorithm() {
        for algorithm in Algorithm::ALL {
            assert_eq!(algorithm.name().parse(), Ok(algorithm));
            let names = Algorithm::ALL.map(|other| algorithm.is_named(other.name()));
            assert_eq!(names.map(usize::from).iter().sum::<usize>(), 1, "{algorithm:?}");
        }
        assert_eq!("Ed25519".parse(), Ok(Algorithm::EdDSA));
        for name in ["", "none", "Ed448", "ES256K", "rs256", "RS256 ", "RS1"] {
            assert_eq!(name.parse::<Algorithm>(), Err(UnknownAlgorithm), "{name}");
        }
    }
}
