//! AES-128 of whole segments (RFC 8216, 4.3.2.4): CBC with PKCS7, and the segment's number as initialization vector.

use aws_lc_rs::{
    cipher::{AES_128, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey},
    error::Unspecified,
    iv::FixedLength,
    rand,
};

/// A key of 16 bytes.
pub(super) struct Key([u8; 16]);

impl Key {
    /// A new key. Each rendition has its own, because the numbers of segments repeat.
    pub(super) fn new() -> Result<Self, Unspecified> {
        let mut key = [0; 16];
        rand::fill(&mut key)?;
        Ok(Self(key))
    }

    /// What the key file contains.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Encrypts the segment with this number.
    pub(super) fn encrypt(&self, number: u128, mut segment: Vec<u8>) -> Result<Vec<u8>, Unspecified> {
        let key = PaddedBlockEncryptingKey::cbc_pkcs7(UnboundCipherKey::new(&AES_128, &self.0)?)?;
        let vector = EncryptionContext::Iv128(FixedLength::from(number.to_be_bytes()));
        key.less_safe_encrypt(&mut segment, vector)?;
        Ok(segment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_encrypted_as_openssl_encrypts_it() {
        // printf segment | openssl enc -aes-128-cbc -K 000102…0f -iv …01 | xxd -p
        let key = Key(std::array::from_fn(|index| u8::try_from(index).expect("a byte")));
        let encrypted = key.encrypt(1, b"segment".to_vec()).expect("a segment");
        let text: String = encrypted.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(text, "a47f04747a6c0c5e12fb22f034655479");
    }
}
