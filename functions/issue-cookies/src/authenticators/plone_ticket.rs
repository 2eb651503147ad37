//! The ticket in Plone's cookie `__ac`, as plone.session 3 to 5 makes it.
//!
//! On the wire it is base64, percent-encoded. Behind that stand a digest of 32 bytes, the time of issue in
//! 8 hex digits, and `userid!user_data` or `userid!tokens!user_data`. The digest does not cover these bytes
//! but the fields, joined by NUL; so no field may hold one, or the fields could be cut differently.
//!
//! For a user of Zope's root folder the same cookie holds no ticket but the password. Nothing here repeats
//! what it was given.

use std::{fmt, str::FromStr};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use md5::{Digest as _, Md5};
use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

use super::hmac_keys::{HmacKeys, Secrets};

/// A ticket that was read and not verified: anybody can write one.
#[derive(Clone, Eq, PartialEq)]
pub struct SealedTicket {
    digest: [u8; DIGEST_LENGTH],
    issued: u32,
    user_id: String,
    tokens: String,
    user_data: String,
}

/// What a ticket says that was sealed with one of the site's secrets.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ticket {
    /// The user's id, which need not be the login name.
    pub user_id: String,
    /// Labels that the site gave the user; Plone gives none by itself.
    pub tokens: Vec<String>,
    /// What else the site wrote; nothing by itself.
    pub user_data: String,
    /// When, in Unix seconds. A ticket has no end of its own.
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
    /// Its time is over.
    #[error("the ticket has expired")]
    Expired,
    /// Not a digest, a time and two or three fields.
    #[error("the ticket has another form than plone.session's")]
    Form,
    /// Issued in the future, which Plone itself takes.
    #[error("the ticket is not valid yet")]
    NotYetValid,
    /// The cookie of a Zope root user.
    #[error("the cookie is one of a Zope root user, which holds the password")]
    RootUser,
    /// None of the secrets gives this digest.
    #[error("the ticket's digest is not the site's")]
    Signature,
    /// Larger than a cookie can be.
    #[error("the ticket is too large")]
    TooLarge,
    /// There is no user id, or one that is longer than ids are.
    #[error("the ticket's user id is empty or too long")]
    UserId,
}

/// How a site seals: the property `mod_auth_tkt` of plone.session.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum TicketDigest {
    /// The default.
    #[default]
    HmacSha256,
    /// As Apache's `mod_auth_tkt`; weak, and only for sites that share tickets with it.
    Md5,
}

/// Only to know that it failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct UnknownTicketDigest;

impl FromStr for TicketDigest {
    type Err = UnknownTicketDigest;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "HMAC-SHA256" => Ok(Self::HmacSha256),
            "MD5" => Ok(Self::Md5),
            _ => Err(UnknownTicketDigest),
        }
    }
}

/// The secrets of one site, any of which may have sealed a ticket.
#[derive(Clone, Debug)]
pub struct TicketKeys(Keys);

#[derive(Clone, Debug)]
enum Keys {
    HmacSha256(HmacKeys),
    Md5(Secrets),
}

impl TicketKeys {
    /// Prepares the secrets for the one digest that the site uses; the other is never tried.
    #[must_use]
    pub fn new(secrets: Secrets, digest: TicketDigest) -> Self {
        Self(match digest {
            TicketDigest::HmacSha256 => Keys::HmacSha256(HmacKeys::new(&secrets)),
            TicketDigest::Md5 => Keys::Md5(secrets),
        })
    }

    fn have_sealed(&self, ticket: &SealedTicket) -> bool {
        match &self.0 {
            Keys::HmacSha256(keys) => keys.verify(&ticket.message(), &ticket.digest),
            Keys::Md5(secrets) => secrets
                .iter()
                .any(|secret| verify_slices_are_equal(&ticket.md5(secret), &ticket.digest).is_ok()),
        }
    }
}

impl SealedTicket {
    /// Reads the cookie's value as it came.
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
        if !(1..=USER_ID_LIMIT).contains(&user_id.len()) {
            return Err(TicketError::UserId);
        }
        let [user_id, tokens, user_data] = [user_id, tokens, user_data].map(str::to_owned);
        Ok(Self { digest: *digest, issued, user_id, tokens, user_data })
    }

    /// Whom it claims to be of.
    #[must_use]
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// When it claims to have been issued, in Unix seconds.
    #[must_use]
    pub fn issued(&self) -> u64 {
        self.issued.into()
    }

    /// When it ends: `timeout` seconds after it was issued. Times are Unix seconds.
    ///
    /// # Errors
    /// [`TicketError::Expired`], or [`TicketError::NotYetValid`] if more than a minute is missing.
    pub fn end(&self, timeout: u64, now: u64) -> Result<u64, TicketError> {
        let end = self.issued().saturating_add(timeout);
        if self.issued() > now.saturating_add(LEEWAY) {
            return Err(TicketError::NotYetValid);
        }
        if now < end { Ok(end) } else { Err(TicketError::Expired) }
    }

    /// Opens the ticket with the site's secrets. Whether its time is over, [`end`](Self::end) says.
    ///
    /// # Errors
    /// [`TicketError::Signature`]
    pub fn verify(self, keys: &TicketKeys) -> Result<Ticket, TicketError> {
        if !keys.have_sealed(&self) {
            return Err(TicketError::Signature);
        }
        let issued = self.issued();
        let tokens = match self.tokens.as_str() {
            "" => Vec::new(),
            list => list.split(',').map(str::to_owned).collect(),
        };
        Ok(Ticket { user_id: self.user_id, tokens, user_data: self.user_data, issued })
    }

    /// What the digest covers: an IPv4 address, which Plone leaves at zero, the time, and the fields.
    fn message(&self) -> Vec<u8> {
        let issued = self.issued.to_be_bytes();
        let fields = [&self.user_id, "\0", &self.tokens, "\0", &self.user_data].map(str::as_bytes);
        [&ADDRESS[..], &issued, &fields.concat()].concat()
    }

    /// The digest of `mod_auth_tkt`: MD5 twice, each time as hex.
    fn md5(&self, secret: &[u8]) -> [u8; DIGEST_LENGTH] {
        let message = self.message();
        let (address_and_time, fields) = message.split_at(ADDRESS.len() + size_of_val(&self.issued));
        let inner = Zeroizing::new(md5_hex(&[address_and_time, secret, fields]));
        md5_hex(&[&*inner, secret])
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

/// Older Zope sends the value in quotes, and browsers keep them.
fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)
}

/// Takes the percent-encoding off, once (a `+` is a plus, not a space), and the base64.
fn decode(value: &str) -> Result<Vec<u8>, TicketError> {
    let text = percent_decode_str(value).decode_utf8().map_err(|_| TicketError::Encoding)?;
    // Zope breaks the base64 of a long password into lines, and percent-encodes it twice. All of that is
    // read, so that no password passes for something else; a ticket is then held to the one way in which
    // plone.session writes it.
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

/// Plone writes lower case. `from_str_radix` alone would take a sign and upper case.
fn time(digits: &[u8; TIME_LENGTH]) -> Option<u32> {
    let digits = str::from_utf8(digits).ok()?;
    let is_ours = digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    if is_ours { u32::from_str_radix(digits, 16).ok() } else { None }
}

fn md5_hex(parts: &[&[u8]]) -> [u8; DIGEST_LENGTH] {
    let mut md5 = Md5::new();
    parts.iter().for_each(|part| md5.update(part));
    let mut hex = [0; DIGEST_LENGTH];
    base16ct::lower::encode(&md5.finalize(), &mut hex).expect("16 bytes are 32 digits");
    hex
}

const ADDRESS: [u8; 4] = [0; 4];
const DIGEST_LENGTH: usize = 32;
const TIME_LENGTH: usize = 8;
/// What browsers keep of one cookie.
const COOKIE_LIMIT: usize = 4 * 1_024;
/// Clocks differ: so many seconds may a ticket be younger than now.
const LEEWAY: u64 = 60;
const USER_ID_LIMIT: usize = 255;
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[cfg(test)]
mod tests;
