//! Secrets that a setting lists, and the HMAC keys made of them.
//!
//! A list, because sites rotate: what last week's secret signed is still good. A problem names the entry's place, and
//! never its value.

use std::{fmt, ops::RangeInclusive};

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

/// Secrets in the order of the setting.
#[derive(Clone)]
pub struct Secrets(Vec<Zeroizing<Vec<u8>>>);

/// What is wrong with a list of secrets; entries are counted from 1.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretsError {
    /// More bytes than a block of the hash, which HMAC would hash first: this is no derived key.
    #[error("entry {entry} has {bytes} bytes, and {maximum} is the maximum")]
    Long {
        /// Its place in the list.
        entry: usize,
        /// How many it has.
        bytes: usize,
        /// How many it may have.
        maximum: usize,
    },
    /// Something else than pairs of hex digits.
    #[error("entry {entry} is not hexadecimal")]
    NotHex {
        /// Its place in the list.
        entry: usize,
    },
    /// Fewer bytes than the digest, which can be guessed sooner.
    #[error("entry {entry} has {bytes} bytes, and {minimum} is the minimum")]
    Short {
        /// Its place in the list.
        entry: usize,
        /// How many it has.
        bytes: usize,
        /// How many it must have.
        minimum: usize,
    },
    /// A space before or behind a text, of which nobody knows whether it belongs to the secret.
    #[error("entry {entry} begins or ends with a space")]
    Space {
        /// Its place in the list.
        entry: usize,
    },
}

impl Secrets {
    /// Reads derived keys for HMAC-SHA256: hexadecimal, 32 to 64 bytes each, separated by commas.
    ///
    /// # Errors
    /// [`SecretsError`] for the first entry that is none.
    pub fn from_hex(list: &str) -> Result<Self, SecretsError> {
        Self::from_hex_of(list, &(DIGEST..=64))
    }

    /// Reads keys for another hash, which have so many bytes each.
    ///
    /// # Errors
    /// [`SecretsError`] for the first entry that is none.
    pub fn from_hex_of(list: &str, lengths: &RangeInclusive<usize>) -> Result<Self, SecretsError> {
        let (minimum, maximum) = (*lengths.start(), *lengths.end());
        Self::read(list, minimum, |entry, text| {
            let key = base16ct::mixed::decode_vec(text.trim()).map_err(|_| SecretsError::NotHex { entry })?;
            let bytes = key.len();
            if bytes > maximum { Err(SecretsError::Long { entry, bytes, maximum }) } else { Ok(key) }
        })
    }

    /// Reads secrets that are texts: at least 32 bytes each, separated by commas, which none can hold.
    ///
    /// # Errors
    /// [`SecretsError`] for the first entry that is none.
    pub fn from_texts(list: &str) -> Result<Self, SecretsError> {
        Self::read(list, DIGEST, |entry, text| {
            let is_whole = text.trim() == text;
            if is_whole { Ok(text.as_bytes().to_vec()) } else { Err(SecretsError::Space { entry }) }
        })
    }

    /// The bytes of each.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(|secret| secret.as_slice())
    }

    fn read(
        list: &str,
        minimum: usize,
        decode: impl Fn(usize, &str) -> Result<Vec<u8>, SecretsError>,
    ) -> Result<Self, SecretsError> {
        let secrets = list.split(',').zip(1..).map(|(text, entry)| {
            let secret = Zeroizing::new(decode(entry, text)?);
            let bytes = secret.len();
            if bytes < minimum { Err(SecretsError::Short { entry, bytes, minimum }) } else { Ok(secret) }
        });
        secrets.collect::<Result<_, _>>().map(Self)
    }
}

/// All of several lists, one after another.
impl FromIterator<Secrets> for Secrets {
    fn from_iter<I: IntoIterator<Item = Self>>(lists: I) -> Self {
        Self(lists.into_iter().flat_map(|list| list.0).collect())
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({} redacted)", self.0.len())
    }
}

/// HMAC-SHA256 keys, any of which may have signed.
#[derive(Clone)]
pub struct HmacKeys(Vec<hmac::Key>);

impl HmacKeys {
    /// Prepares each secret once, so that no request has to.
    #[must_use]
    pub fn new(secrets: &Secrets) -> Self {
        Self(secrets.iter().map(|secret| hmac::Key::new(hmac::HMAC_SHA256, secret)).collect())
    }

    /// Whether `tag` is the whole HMAC of `message` with one of the keys; compared in constant time.
    #[must_use]
    pub fn verify(&self, message: &[u8], tag: &[u8]) -> bool {
        self.0.iter().any(|key| hmac::verify(key, message, tag).is_ok())
    }
}

impl fmt::Debug for HmacKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HmacKeys({} redacted)", self.0.len())
    }
}

/// How many bytes HMAC-SHA256 makes.
const DIGEST: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_gives_its_secrets_in_order() {
        let (one, two) = ("0a".repeat(32), "FF".repeat(64));
        let read = Secrets::from_hex(&format!("{one}, {two}")).unwrap();
        assert_eq!(read.iter().collect::<Vec<_>>(), [&[0x0a; 32][..], &[0xff; 64][..]]);
        let texts = Secrets::from_texts(&format!("{one},{}", "é ".repeat(16) + "é")).unwrap();
        assert_eq!(texts.iter().collect::<Vec<_>>(), [one.as_bytes(), ("é ".repeat(16) + "é").as_bytes()]);
    }

    #[test]
    fn an_entry_that_is_no_secret_is_named_by_its_place() {
        use SecretsError::{Long, NotHex, Space};
        let short = |entry, bytes| SecretsError::Short { entry, bytes, minimum: 32 };
        let key = "0a".repeat(32);
        let of_sha512 = |bytes: usize| Secrets::from_hex_of(&"0a".repeat(bytes), &(64..=128));
        let rows = [
            (Secrets::from_hex(""), short(1, 0)),
            (Secrets::from_hex(&"0a".repeat(31)), short(1, 31)),
            (Secrets::from_hex(&"0a".repeat(65)), Long { entry: 1, bytes: 65, maximum: 64 }),
            (of_sha512(63), SecretsError::Short { entry: 1, bytes: 63, minimum: 64 }),
            (of_sha512(129), Long { entry: 1, bytes: 129, maximum: 128 }),
            (Secrets::from_hex(&format!("{key},")), short(2, 0)),
            (Secrets::from_hex(&format!("{key},{key}0")), NotHex { entry: 2 }),
            (Secrets::from_hex(&format!("{key},{key},+{key}")), NotHex { entry: 3 }),
            (Secrets::from_hex(&"a secret that is a text, not hex".repeat(2)), NotHex { entry: 1 }),
            (Secrets::from_texts(""), short(1, 0)),
            (Secrets::from_texts(&"s".repeat(31)), short(1, 31)),
            (Secrets::from_texts(&format!("{key}, {key}")), Space { entry: 2 }),
            (Secrets::from_texts(&format!("{key}\n")), Space { entry: 1 }),
        ];
        for (index, (read, error)) in rows.into_iter().enumerate() {
            assert_eq!(read.err(), Some(error), "row {index}");
        }
    }

    #[test]
    fn a_message_says_what_is_wrong_and_not_the_value() {
        let rows = [
            (
                SecretsError::Long { entry: 1, bytes: 65, maximum: 64 },
                "entry 1 has 65 bytes, and 64 is the maximum",
            ),
            (SecretsError::NotHex { entry: 2 }, "entry 2 is not hexadecimal"),
            (
                SecretsError::Short { entry: 3, bytes: 7, minimum: 32 },
                "entry 3 has 7 bytes, and 32 is the minimum",
            ),
            (SecretsError::Space { entry: 4 }, "entry 4 begins or ends with a space"),
        ];
        for (error, message) in rows {
            assert_eq!(error.to_string(), message);
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let secrets = Secrets::from_texts(&"s".repeat(32)).unwrap();
        let keys = HmacKeys::new(&secrets);
        assert_eq!(format!("{secrets:?} {keys:?}"), "Secrets(1 redacted) HmacKeys(1 redacted)");
    }

    #[test]
    fn any_key_of_the_list_verifies_a_whole_tag_and_no_other_does() {
        // From Python: hmac.new(b"k" * 32, b"message", "sha256")
        let tag = base16ct::lower::decode_vec(TAG).unwrap();
        let keys = |list: &str| HmacKeys::new(&Secrets::from_texts(list).unwrap());
        let (ours, other) = ("k".repeat(32), "o".repeat(32));
        let both = keys(&format!("{other},{ours}"));
        assert!(both.verify(b"message", &tag));
        assert!(!both.verify(b"another", &tag));
        assert!(!both.verify(b"message", &tag[..31]));
        assert!(!both.verify(b"message", b""));
        assert!(!keys(&other).verify(b"message", &tag));
    }

    const TAG: &str = "63a375b8a62b7025b0b00fb07b716b44a608692b5ff609e31bdc7e2219548646";
}
