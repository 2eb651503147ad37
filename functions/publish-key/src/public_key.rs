//! The public key as CloudFront requires it:
//! [`EncodedKey`](https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-cloudfront-publickey-publickeyconfig.html).

use aws_sdk_kms::{
    operation::get_public_key::GetPublicKeyOutput,
    types::{self, KeySpec, KeyUsageType},
};
use pem::{EncodeConfig, LineEnding, Pem, encode_config};

use crate::error::Error;

/// The PEM of the key that KMS returned: `BEGIN PUBLIC KEY`, 64 columns, line feeds.
///
/// The same key gives the same bytes every time. CloudFront rejects a changed public key, so a difference of
/// one byte would make every later deployment fail.
///
/// # Errors
/// If CloudFront cannot verify with the key.
pub fn public_key_pem(key: &GetPublicKeyOutput) -> Result<String, Error> {
    match key.key_usage() {
        Some(KeyUsageType::SignVerify) => {}
        other => {
            let key_usage = other.map_or("unknown", KeyUsageType::as_str).to_owned();
            return Err(Error::UnsupportedKeyUsage { key_usage });
        }
    }
    match key_spec(key) {
        Some("RSA_2048" | "ECC_NIST_P256") => {}
        other => {
            let key_spec = other.unwrap_or("unknown").to_owned();
            return Err(Error::UnsupportedKeySpec { key_spec });
        }
    }
    let der = key.public_key().map(AsRef::as_ref).unwrap_or_default();
    if der.is_empty() {
        return Err(Error::MissingKey);
    }
    let config = EncodeConfig::new().set_line_wrap(64).set_line_ending(LineEnding::LF);
    Ok(encode_config(&Pem::new("PUBLIC KEY", der), config))
}

// KMS returns the key spec under two names. Substitutes such as moto return only the older one.
#[expect(deprecated, reason = "the older name of KeySpec")]
fn key_spec(key: &GetPublicKeyOutput) -> Option<&str> {
    let older = || key.customer_master_key_spec().map(types::CustomerMasterKeySpec::as_str);
    key.key_spec().map(KeySpec::as_str).or_else(older)
}

#[cfg(test)]
mod tests {
    use aws_sdk_kms::primitives::Blob;

    use super::*;

    fn key(spec: KeySpec, usage: KeyUsageType, der: &[u8]) -> GetPublicKeyOutput {
        GetPublicKeyOutput::builder().key_spec(spec).key_usage(usage).public_key(Blob::new(der)).build()
    }

    #[test]
    fn lines_are_64_columns_with_line_feeds() {
        let der: Vec<u8> = (0..=96).collect();

        let pem = public_key_pem(&key(KeySpec::Rsa2048, KeyUsageType::SignVerify, &der));

        let expected = "-----BEGIN PUBLIC KEY-----\n\
            AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v\n\
            MDEyMzQ1Njc4OTo7PD0+P0BBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZWltcXV5f\n\
            YA==\n\
            -----END PUBLIC KEY-----\n";
        assert_eq!(pem, Ok(expected.to_owned()));
    }

    #[test]
    fn key_that_encrypts_is_refused() {
        let pem = public_key_pem(&key(KeySpec::Rsa2048, KeyUsageType::EncryptDecrypt, b"der"));

        let key_usage = "ENCRYPT_DECRYPT".to_owned();
        assert_eq!(pem, Err(Error::UnsupportedKeyUsage { key_usage }));
    }

    #[test]
    fn key_specs_that_cloudfront_does_not_take_are_refused() {
        for spec in [KeySpec::Rsa3072, KeySpec::Rsa4096, KeySpec::EccNistP384, KeySpec::EccSecgP256K1] {
            let key_spec = spec.as_str().to_owned();
            let pem = public_key_pem(&key(spec, KeyUsageType::SignVerify, b"der"));

            assert_eq!(pem, Err(Error::UnsupportedKeySpec { key_spec }));
        }
    }

    #[test]
    fn answer_without_a_key_is_refused() {
        let pem = public_key_pem(&key(KeySpec::EccNistP256, KeyUsageType::SignVerify, b""));

        assert_eq!(pem, Err(Error::MissingKey));
    }

    #[test]
    #[expect(deprecated, reason = "the older name of KeySpec")]
    fn key_spec_is_known_by_its_older_name_too() {
        let named = |spec| {
            GetPublicKeyOutput::builder()
                .customer_master_key_spec(spec)
                .key_usage(KeyUsageType::SignVerify)
                .public_key(Blob::new([0]))
                .build()
        };

        let pem = "-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----\n";
        assert_eq!(public_key_pem(&named(types::CustomerMasterKeySpec::Rsa2048)), Ok(pem.to_owned()));
        let key_spec = "RSA_3072".to_owned();
        assert_eq!(
            public_key_pem(&named(types::CustomerMasterKeySpec::Rsa3072)),
            Err(Error::UnsupportedKeySpec { key_spec })
        );
    }
}
