//! What can be wrong with a key file.

/// An elliptic curve, as far as people use it for keys.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Curve {
    /// Another curve.
    Other,
    /// P-384 (`secp384r1`).
    P384,
}

/// Why a key cannot be used. No variant holds a part of the key.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyProblem {
    /// The file holds a certificate.
    #[error("this is a certificate: signing needs the private key")]
    Certificate,
    /// The content is not a key in the form that the file's label names.
    #[error("this key file is damaged: its content cannot be read")]
    Damaged,
    /// The key is on P-256, and the crate was built without its feature `ecdsa`.
    #[error("this is an ECDSA key: reading it needs the feature `ecdsa` of cloudfront-signing")]
    EcdsaDisabled,
    /// The private key is encrypted with a passphrase.
    #[error("this private key is encrypted: decrypt it with `openssl pkey -in FILE -out DECRYPTED`")]
    Encrypted,
    /// The PEM file holds something else than a private key.
    #[error("this PEM file holds no private key")]
    NoPrivateKey,
    /// The PEM file holds something else than a public key.
    #[error("this PEM file holds no public key")]
    NoPublicKey,
    /// The text is not PEM.
    #[error("this is not a PEM file: it should start with -----BEGIN …-----")]
    NotPem,
    /// The key is in OpenSSH's own format.
    #[error("this is an OpenSSH key: convert it with `ssh-keygen -p -m PEM`, or make a new pair")]
    OpenSsh,
    /// The file holds a private key, where a public key is needed.
    #[error("this is a private key: verifying needs the public key")]
    PrivateKey,
    /// The file holds a public key, where a private key is needed.
    #[error("this is a public key: signing needs the private key")]
    PublicKey,
    /// The RSA key is too small or too large.
    #[error("this RSA key has {bits} bits: use one of {smallest} to 4096 bits (CloudFront accepts 2048)")]
    RsaSize {
        /// The bits of its modulus.
        bits: usize,
        /// The smallest size that this build accepts for the purpose.
        smallest: usize,
    },
    /// The key is neither RSA nor ECDSA.
    #[error("this key is neither RSA nor ECDSA: CloudFront accepts RSA-2048 and P-256")]
    UnsupportedAlgorithm,
    /// The ECDSA key is on another curve than P-256.
    #[error("{}", wrong_curve(*curve))]
    WrongCurve {
        /// Which one.
        curve: Curve,
    },
}

fn wrong_curve(curve: Curve) -> &'static str {
    match curve {
        Curve::Other => "this key is not on P-256 (prime256v1), the only curve that CloudFront accepts",
        Curve::P384 => "this is a P-384 key: CloudFront accepts ECDSA keys on P-256 (prime256v1) only",
    }
}
