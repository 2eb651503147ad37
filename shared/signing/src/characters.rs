//! Which characters are allowed in what is signed.

use crate::Error;

/// Rejects each character that would need an escape, in JSON or in a URL: an escaped byte is not the
/// byte that CloudFront rebuilds the policy from.
pub(crate) fn check_characters(text: &str) -> Result<(), Error> {
    for (offset, character) in text.char_indices() {
        match character {
            '#' => return Err(Error::Fragment { offset }),
            ' ' | '"' | '\\' | '\0'..='\x1f' | '\x7f'.. => {
                return Err(Error::ForbiddenCharacter { character, offset });
            }
            _ => {}
        }
    }
    Ok(())
}
