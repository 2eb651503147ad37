//! The ticket in Plone's cookie `__ac`, as plone.session 3 to 5 makes it.
//!
//! The cookie's value is base64, percent-encoded. It holds a digest of 32 bytes, the time of issue in 8 hex digits, and
//! `userid!user_data` or `userid!tokens!user_data`. The digest, an HMAC-SHA256, covers the fields joined by NUL, and not
//! the bytes of the ticket. So no field may contain NUL: the same digest would fit other fields.
//!
//! For a user of Zope's root folder the same cookie holds the password, and no ticket. This module never repeats its
//! input. It does not read the MD5 tickets of a site that shares them with Apache's `mod_auth_tkt`.

use std::fmt;

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use percent_encoding::percent_decode_str;

use super::{
    claims::{LEEWAY, SUBJECT_LIMIT},
    hmac_keys::HmacKeys,
};

/// A ticket in its parts. Anybody can write one.
#[derive(Clone, Eq, PartialEq)]
pub struct SealedTicket {
    digest: [u8; DIGEST_LENGTH],
    issued: u32,
    user_id: String,
    tokens: String,
    user_data: String,
}

/// What a ticket says that the site sealed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ticket {
    /// The user's id, which need not be the login name.
    pub user_id: String,
    /// Labels that the site gave the user; Plone itself gives none.
    pub tokens: Vec<String>,
    /// What else the site wrote; Plone itself writes nothing.
    pub user_data: String,
    /// When, in Unix seconds. A ticket does not say when it ends.
    pub issued: u64,
}

/// Why a cookie is no ticket, or none of this site.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TicketError {
    /// A field holds NUL or another control character.
    #[error("a field of the ticket has control characters")]
    ControlCharacter,
    /// Not percent-encoded base64, or not UTF-8 behind it.
    #[error("the ticket is not base64 of UTF-8")]
    Encoding,
    /// The ticket is older than tickets last.
    #[error("the ticket has expired")]
    Expired,
    /// Not a digest, a time and two or three fields.
    #[error("the ticket does not have plone.session's form")]
    Form,
    /// Issued in the future. Plone itself accepts that.
    #[error("the ticket is not valid yet")]
    NotYetValid,
    /// The cookie of a Zope root user.
    #[error("the cookie contains the password of a Zope root user")]
    RootUser,
    /// None of the secrets gives this digest.
    #[error("the ticket's digest is not the site's")]
    Signature,
    /// Larger than a cookie can be.
    #[error("the ticket is too large")]
    TooLarge,
    /// There is no user id, or it is too long.
    #[error("the ticket's user id is empty or too long")]
    UserId,
}

impl SealedTicket {
    /// Reads the cookie's value as the browser sent it.
    ///
    /// # Errors
    /// [`TicketError`]; [`TicketError::RootUser`] before any other but the size.
    pub fn parse(cookie_value: &str) -> Result<Self, TicketError> {
        if cookie_value.len() > COOKIE_LIMIT {
            return Err(TicketError::TooLarge);
        }
        let ticket = decode(unquoted(cookie_value))?;
        let (digest, rest) = ticket.split_first_chunk::<DIGEST_LENGTH>().ok_or(TicketError::Form)?;
        let (issued, fields) = rest.split_first_chunk::<TIME_LENGTH>().ok_or(TicketError::Form)?;
        let issued = time(issued).ok_or(TicketError::Form)?;
        let fields = str::from_utf8(fields).map_err(|_| TicketError::Encoding)?;
        if fields.chars().any(char::is_control) {
            return Err(TicketError::ControlCharacter);
        }
        let (user_id, tokens, user_data) = match *fields.split('!').collect::<Vec<_>>() {
            [user_id, user_data] => (user_id, "", user_data),
            [user_id, tokens, user_data] => (user_id, tokens, user_data),
            _ => return Err(TicketError::Form),
        };
        if !(1..=SUBJECT_LIMIT).contains(&user_id.len()) {
            return Err(TicketError::UserId);
        }
        let [user_id, tokens, user_data] = [user_id, tokens, user_data].map(str::to_owned);
        Ok(Self { digest: *digest, issued, user_id, tokens, user_data })
    }

    /// The user whom it names.
    #[must_use]
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// When it was issued, by its own words, in Unix seconds.
    #[must_use]
    pub fn issued(&self) -> u64 {
        self.issued.into()
    }

    /// When it ends: `timeout` seconds after it was issued. Times are Unix seconds.
    ///
    /// # Errors
    /// [`TicketError::Expired`], or [`TicketError::NotYetValid`] if it begins more than a minute from now.
    pub fn end(&self, timeout: u64, now: u64) -> Result<u64, TicketError> {
        let end = self.issued().saturating_add(timeout);
        if self.issued() > now.saturating_add(LEEWAY) {
            return Err(TicketError::NotYetValid);
        }
        if now < end { Ok(end) } else { Err(TicketError::Expired) }
    }

    /// Verifies the ticket with the site's secrets. [`end`](Self::end) says whether it has expired.
    ///
    /// # Errors
    /// [`TicketError::Signature`]
    pub fn verify(self, keys: &HmacKeys) -> Result<Ticket, TicketError> {
        if !keys.verify(&self.message(), &self.digest) {
            return Err(TicketError::Signature);
        }
        let issued = self.issued();
        let tokens = match self.tokens.as_str() {
            "" => Vec::new(),
            list => list.split(',').map(str::to_owned).collect(),
        };
        Ok(Ticket { user_id: self.user_id, tokens, user_data: self.user_data, issued })
    }

    /// What the digest covers: an IPv4 address, which is zero in Plone, the time, and the fields.
    fn message(&self) -> Vec<u8> {
        let issued = self.issued.to_be_bytes();
        let fields = [&self.user_id, "\0", &self.tokens, "\0", &self.user_data].map(str::as_bytes);
        [&ADDRESS[..], &issued, &fields.concat()].concat()
    }
}

/// Without the digest, which makes the rest a credential.
impl fmt::Debug for SealedTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedTicket")
            .field("user_id", &self.user_id)
            .field("issued", &self.issued)
            .finish_non_exhaustive()
    }
}

/// Without the quotes that older Zope sends and browsers keep.
fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)
}

/// Decodes the percent-encoding once (a `+` is a plus, not a space), and the base64.
fn decode(value: &str) -> Result<Vec<u8>, TicketError> {
    let text = percent_decode_str(value).decode_utf8().map_err(|_| TicketError::Encoding)?;
    // Zope breaks the base64 of a long password into lines, and percent-encodes it twice. This reads all of that, so
    // that it recognizes every password. A ticket must then be written as plone.session writes it.
    let again = percent_decode_str(&text).decode_utf8_lossy();
    let unbroken: String = again.split_ascii_whitespace().collect();
    let bytes = LENIENT.decode(unbroken).map_err(|_| TicketError::Encoding)?;
    if is_root_user(&bytes) {
        return Err(TicketError::RootUser);
    }
    if STANDARD.encode(&bytes) == text { Ok(bytes) } else { Err(TicketError::Encoding) }
}

/// `hex(login):hex(password)`. No ticket looks like this: it has a `!`.
fn is_root_user(bytes: &[u8]) -> bool {
    let colons = bytes.iter().filter(|byte| **byte == b':').count();
    colons == 1 && bytes.iter().all(|byte| *byte == b':' || byte.is_ascii_hexdigit())
}

/// Plone writes lower case. `from_str_radix` alone would accept a sign and upper case.
fn time(digits: &[u8; TIME_LENGTH]) -> Option<u32> {
    let digits = str::from_utf8(digits).ok()?;
    let is_ours = digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    if is_ours { u32::from_str_radix(digits, 16).ok() } else { None }
}

const ADDRESS: [u8; 4] = [0; 4];
const DIGEST_LENGTH: usize = 32;
const TIME_LENGTH: usize = 8;
/// What browsers keep of one cookie.
const COOKIE_LIMIT: usize = 4 * 1_024;
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[cfg(test)]
mod tests;
