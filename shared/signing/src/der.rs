//! The outer structure of key files in DER. What is inside is parsed by the cryptographic libraries.
//!
//! <https://www.rfc-editor.org/rfc/rfc5208#section-5>, <https://www.rfc-editor.org/rfc/rfc5280#section-4.1>,
//! <https://www.rfc-editor.org/rfc/rfc8017#appendix-A.1>

/// The algorithm of a key and the key itself.
pub(crate) struct AlgorithmAndKey<'a> {
    pub(crate) algorithm: &'a [u8],
    pub(crate) key: &'a [u8],
}

/// Reads a `PrivateKeyInfo` (PKCS#8): version, algorithm, key.
pub(crate) fn private_key_info(der: &[u8]) -> Option<AlgorithmAndKey<'_>> {
    let mut fields = Reader(der).only(SEQUENCE)?;
    fields.next(INTEGER)?;
    let algorithm = Reader(fields.next(SEQUENCE)?).next(OBJECT_IDENTIFIER)?;
    Some(AlgorithmAndKey { algorithm, key: fields.next(OCTET_STRING)? })
}

/// Reads a `SubjectPublicKeyInfo`: algorithm, key.
pub(crate) fn public_key_info(der: &[u8]) -> Option<AlgorithmAndKey<'_>> {
    let mut fields = Reader(der).only(SEQUENCE)?;
    let algorithm = Reader(fields.next(SEQUENCE)?).next(OBJECT_IDENTIFIER)?;
    let key = fields.next(BIT_STRING)?.strip_prefix(&[0])?;
    fields.0.is_empty().then_some(AlgorithmAndKey { algorithm, key })
}

/// The modulus of an `RSAPublicKey`, without leading zeros.
pub(crate) fn public_modulus(pkcs1: &[u8]) -> Option<&[u8]> {
    Reader(pkcs1).only(SEQUENCE)?.next(INTEGER).map(without_leading_zeros)
}

/// The modulus and the `RSAPublicKey` of an `RSAPrivateKey`.
pub(crate) fn public_half(pkcs1: &[u8]) -> Option<(&[u8], Vec<u8>)> {
    let mut fields = Reader(pkcs1).only(SEQUENCE)?;
    fields.next(INTEGER)?;
    let (modulus, exponent) = (fields.next(INTEGER)?, fields.next(INTEGER)?);
    let public = write(SEQUENCE, &[write(INTEGER, modulus), write(INTEGER, exponent)].concat());
    Some((without_leading_zeros(modulus), public))
}

/// Wraps an `RSAPublicKey` in a `SubjectPublicKeyInfo`.
pub(crate) fn rsa_public_key_info(pkcs1: &[u8]) -> Vec<u8> {
    let algorithm = write(SEQUENCE, &[write(OBJECT_IDENTIFIER, RSA_ENCRYPTION), write(NULL, &[])].concat());
    let key = write(BIT_STRING, &[&[0], pkcs1].concat());
    write(SEQUENCE, &[algorithm, key].concat())
}

/// How many bits an integer without leading zeros has.
pub(crate) fn bits(integer: &[u8]) -> usize {
    let first = integer.first().copied().unwrap_or_default();
    (integer.len() * 8).saturating_sub(first.leading_zeros() as usize)
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The content of the next value, if it has this tag.
    fn next(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (&[found, length], rest) = self.0.split_first_chunk::<2>()?;
        let (length, rest) = match length {
            0x00..=0x7f => (usize::from(length), rest),
            0x81 => rest.split_first().map(|(&byte, rest)| (usize::from(byte), rest))?,
            0x82 => rest
                .split_first_chunk::<2>()
                .map(|(bytes, rest)| (u16::from_be_bytes(*bytes).into(), rest))?,
            // No key is longer than 65,535 bytes.
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        (found == tag).then_some(content)
    }

    /// The fields of the one value that this is.
    fn only(mut self, tag: u8) -> Option<Self> {
        let content = self.next(tag)?;
        self.0.is_empty().then_some(Self(content))
    }
}

fn write(tag: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).unwrap_or(u16::MAX).to_be_bytes();
    let length = match (high, low) {
        (0, 0..=0x7f) => vec![low],
        (0, _) => vec![0x81, low],
        _ => vec![0x82, high, low],
    };
    [&[tag], length.as_slice(), content].concat()
}

fn without_leading_zeros(integer: &[u8]) -> &[u8] {
    let zeros = integer.iter().take_while(|byte| **byte == 0).count();
    integer.get(zeros..).unwrap_or_default()
}

const BIT_STRING: u8 = 0x03;
const INTEGER: u8 = 0x02;
const NULL: u8 = 0x05;
const OBJECT_IDENTIFIER: u8 = 0x06;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

/// `id-ecPublicKey`
pub(crate) const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
/// `rsaEncryption`
pub(crate) const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der},
        rsa::{KeyPair, KeySize},
        signature::KeyPair as _,
    };

    use super::*;

    #[test]
    fn the_public_half_is_the_one_that_aws_lc_writes() {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("random numbers");
        let pkcs8: Pkcs8V1Der<'_> = pair.as_der().expect("a key has a DER form");
        let spki: PublicKeyX509Der<'_> = pair.public_key().as_der().expect("a key has a DER form");
        let private = private_key_info(pkcs8.as_ref()).expect("PKCS#8");
        assert_eq!(private.algorithm, RSA_ENCRYPTION);
        let (modulus, public) = public_half(private.key).expect("PKCS#1");
        assert_eq!((bits(modulus), public.as_slice()), (2_048, pair.public_key().as_ref()));
        assert_eq!(rsa_public_key_info(&public), spki.as_ref());
        let read = public_key_info(spki.as_ref()).expect("a SubjectPublicKeyInfo");
        assert_eq!((read.algorithm, read.key), (RSA_ENCRYPTION, public.as_slice()));
        assert_eq!(public_modulus(&public), Some(modulus));
    }

    #[test]
    fn what_is_cut_off_or_followed_by_more_is_refused() {
        let key = write(SEQUENCE, &[write(INTEGER, &[0, 0x80]), write(INTEGER, &[3])].concat());
        assert_eq!(public_modulus(&key).map(bits), Some(8));
        let longer = [key.as_slice(), &[0]].concat();
        for bad in [&key[..key.len() - 1], &longer, &[0x30], &[0x30, 0x80], &[]] {
            assert_eq!(public_modulus(bad), None, "{bad:?}");
        }
    }
}
