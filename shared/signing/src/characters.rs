//! Which characters may stand in what is signed.

use crate::Error;

/// Refuses each character that would need an escape, in JSON or in a URL: an escaped byte is not the
/// byte that CloudFront rebuilds the policy from.
pub(crate) fn check_characters(text: &str) -> Result<(), Error> {
    for (offset, byte) in text.bytes().enumerate() {
        let what = match byte {
            b' ' => "a space",
            b'"' => "a quotation mark",
            b'\\' => "a backslash",
            b'#' => return Err(Error::Fragment { offset }),
            0x00..=0x1f | 0x7f => "a control character",
            0x80.. => "a character outside ASCII",
            _ => continue,
        };
        return Err(Error::ForbiddenCharacter { what, offset });
    }
    Ok(())
}
