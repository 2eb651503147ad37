//! RSA private keys. aws-lc-rs is four times faster, but signs neither SHA-1 nor with less than 2048 bits: for
//! these there is the crate `rsa`, with the feature `sha1`.

use aws_lc_rs::{rand::SystemRandom, rsa::KeyPair, signature::RSA_PKCS1_SHA256};
use pkcs1::{UintRef, der::Encode as _};
#[cfg(feature = "sha1")]
use rsa::{
    Pkcs1v15Sign, RsaPrivateKey,
    pkcs1::DecodeRsaPrivateKey as _,
    rand_core::OsRng,
    sha2::{Digest as _, Sha256},
};
#[cfg(feature = "sha1")]
use sha1::Sha1;

use crate::{Error, HashAlgorithm, KeyProblem};

pub(crate) struct RsaKey {
    pub(crate) bits: usize,
    /// The public half, in PKCS#1.
    pub(crate) public: Vec<u8>,
    fast: Option<KeyPair>,
    #[cfg(feature = "sha1")]
    slow: Box<RsaPrivateKey>,
}

impl RsaKey {
    pub(crate) fn from_pkcs1(der: &[u8]) -> Result<Self, KeyProblem> {
        let public = pkcs1::RsaPrivateKey::try_from(der).map_err(|_| KeyProblem::Damaged)?.public_key();
        let bits = bits(public.modulus);
        check_size(bits, SMALLEST)?;
        let public = public.to_der().map_err(|_| KeyProblem::Damaged)?;
        let fast = KeyPair::from_der(der).ok();
        #[cfg(feature = "sha1")]
        let slow = Box::new(RsaPrivateKey::from_pkcs1_der(der).map_err(|_| KeyProblem::Damaged)?);
        #[cfg(not(feature = "sha1"))]
        if fast.is_none() {
            return Err(KeyProblem::Damaged);
        }
        Ok(Self {
            bits,
            public,
            fast,
            #[cfg(feature = "sha1")]
            slow,
        })
    }

    /// Signs in PKCS#1 v1.5.
    pub(crate) fn sign(&self, message: &[u8], hash: HashAlgorithm) -> Result<Vec<u8>, Error> {
        let (Some(key), HashAlgorithm::Sha256) = (&self.fast, hash) else {
            return self.sign_slowly(message, hash);
        };
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| Error::Crypto)?;
        Ok(signature)
    }

    #[cfg(feature = "sha1")]
    fn sign_slowly(&self, message: &[u8], hash: HashAlgorithm) -> Result<Vec<u8>, Error> {
        let (padding, digest) = match hash {
            HashAlgorithm::Sha1 => (Pkcs1v15Sign::new::<Sha1>(), Sha1::digest(message).to_vec()),
            HashAlgorithm::Sha256 => (Pkcs1v15Sign::new::<Sha256>(), Sha256::digest(message).to_vec()),
        };
        // The random numbers blind the operation (RUSTSEC-2023-0071); they do not change its result.
        self.slow.sign_with_rng(&mut OsRng, padding, &digest).map_err(|_| Error::Crypto)
    }

    #[cfg(not(feature = "sha1"))]
    #[expect(clippy::unused_self, reason = "with the feature `sha1` it signs")]
    fn sign_slowly(&self, _message: &[u8], _hash: HashAlgorithm) -> Result<Vec<u8>, Error> {
        Err(Error::Sha1Disabled)
    }
}

/// How many bits an integer has.
pub(crate) fn bits(integer: UintRef<'_>) -> usize {
    // They begin with the first that is not zero.
    let bytes = integer.as_bytes();
    let first = bytes.first().copied().unwrap_or_default();
    (bytes.len() * 8).saturating_sub(first.leading_zeros() as usize)
}

/// Accepts RSA keys that the verifier can use: what is signed can be verified.
pub(crate) fn check_size(bits: usize, smallest: usize) -> Result<(), KeyProblem> {
    if (smallest..=4_096).contains(&bits) { Ok(()) } else { Err(KeyProblem::RsaSize { bits, smallest }) }
}

/// The smallest key that this build signs with.
const SMALLEST: usize = if cfg!(feature = "sha1") { SMALLEST_PUBLIC } else { 2_048 };

/// The smallest key that it verifies with.
pub(crate) const SMALLEST_PUBLIC: usize = 1_024;

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der},
        rsa::KeySize,
        signature::KeyPair as _,
    };
    use pkcs8::PrivateKeyInfo;

    use super::*;
    use crate::{PrivateKey, PublicKey};

    #[test]
    fn the_public_half_is_the_one_that_aws_lc_writes() {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("random numbers");
        let pkcs8: Pkcs8V1Der<'_> = pair.as_der().expect("a key has a DER form");
        let spki: PublicKeyX509Der<'_> = pair.public_key().as_der().expect("a key has a DER form");
        let private = PrivateKeyInfo::try_from(pkcs8.as_ref()).expect("PKCS#8");
        assert_eq!(private.algorithm.oid, pkcs1::ALGORITHM_OID);
        let key = RsaKey::from_pkcs1(private.private_key).expect("PKCS#1");
        assert_eq!((key.bits, key.public.as_slice()), (2_048, pair.public_key().as_ref()));
        let public = PublicKey::from_rsa(&key.public).expect("PKCS#1");
        assert_eq!(pem::parse(public.to_pem()).expect("PEM").contents(), spki.as_ref());
        let read = PublicKey::from_pem(&pem::encode(&pem::Pem::new("PUBLIC KEY", spki.as_ref())))
            .expect("a SubjectPublicKeyInfo");
        assert_eq!((read.algorithm(), read.to_pem()), (public.algorithm(), public.to_pem()));
    }

    #[test]
    fn with_sha1_a_key_signs_only_where_the_feature_is_on() {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("random numbers");
        let der: Pkcs8V1Der<'_> = pair.as_der().expect("a key has a DER form");
        let pem = pem::encode(&pem::Pem::new("PRIVATE KEY", der.as_ref()));
        let key = PrivateKey::from_pem(&pem).expect("a private key");
        let is_verified = |hash| {
            key.sign(b"policy", hash).map(|signature| key.public_key().verify(b"policy", &signature, hash))
        };
        assert_eq!(is_verified(HashAlgorithm::Sha256), Ok(true));
        let expected = if cfg!(feature = "sha1") { Ok(true) } else { Err(Error::Sha1Disabled) };
        assert_eq!(is_verified(HashAlgorithm::Sha1), expected);
    }
}
