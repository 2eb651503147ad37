//! What CloudFront answers when it denies a request, and the reason for people.
//!
//! Codes and messages are those of CloudFront's own XML; which code it gives to an absent signature or
//! policy, to a repeated parameter and to an unknown hash is not documented, and the order of its
//! checks is not either.

use std::{fmt, net::IpAddr};

use crate::{HashAlgorithm, IpRange, PolicyProblem, ReceivedPolicy, SignatureLocation, UnixTime};

/// A request that is not admitted: always a 403.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Denial {
    /// Why.
    pub reason: Reason,
    /// Where the signature is, if there is one.
    pub signature_location: Option<SignatureLocation>,
    /// The key pair id that the request named, if it did.
    pub key_pair_id: Option<String>,
    /// The policy, as far as it was read. It has not been proven that anybody signed it.
    pub policy: Option<ReceivedPolicy>,
}

impl Denial {
    /// CloudFront's code.
    #[must_use]
    pub fn code(&self) -> DenialCode {
        self.reason.code()
    }

    /// The body of CloudFront's answer, `text/xml`.
    #[must_use]
    pub fn to_xml(&self) -> String {
        self.code().to_xml()
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code().as_str(), self.reason)
    }
}

impl std::error::Error for Denial {}

/// CloudFront's error codes for signed requests.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum DenialCode {
    /// Wrong signature, time, address or resource.
    AccessDenied,
    /// The key is in no trusted key group.
    InvalidKey,
    /// The policy cannot be read.
    MalformedPolicy,
    /// The signature cannot be read.
    MalformedSignature,
    /// The request is not signed.
    MissingKey,
}

impl DenialCode {
    /// The text of `<Code>`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccessDenied => "AccessDenied",
            Self::InvalidKey => "InvalidKey",
            Self::MalformedPolicy => "MalformedPolicy",
            Self::MalformedSignature => "MalformedSignature",
            Self::MissingKey => "MissingKey",
        }
    }

    /// The body of CloudFront's answer, `text/xml`.
    #[must_use]
    pub fn to_xml(self) -> String {
        let (code, message) = (self.as_str(), self.message());
        format!(
            r#"<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"#
        )
    }

    /// The text of `<Message>`.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::AccessDenied => "Access denied",
            Self::InvalidKey => "Unknown Key",
            Self::MalformedPolicy => "Malformed Policy",
            Self::MalformedSignature => "Could not unencode Signature",
            Self::MissingKey => "Missing Key-Pair-Id query parameter or cookie value",
        }
    }
}

/// Why a request was not admitted; each reads as one sentence.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The viewer's address is outside the policy's range.
    #[error(
        "the policy admits viewers from {range} only, and {}",
        address.map_or("the viewer's address was not given".to_owned(), |address| format!("this one has the address {address}"))
    )]
    AddressNotAllowed {
        /// `IpAddress`
        range: IpRange,
        /// The viewer's address, if the caller gave one.
        address: Option<IpAddr>,
    },
    /// The signature is not one of this key over this policy.
    #[error(
        "the signature does not fit: the URL, the policy or the signature was changed, or another key signed it"
    )]
    BadSignature,
    /// Too late.
    #[error("it expired at {date_less_than}, and now it is {now}")]
    Expired {
        /// `DateLessThan`
        date_less_than: UnixTime,
        /// When the request was judged.
        now: UnixTime,
    },
    /// Policy JSON that cannot be used.
    #[error("the policy cannot be read: {0}")]
    MalformedPolicy(PolicyProblem),
    /// No key pair id.
    #[error("{}", missing_key(*signature_location))]
    MissingKey {
        /// Whether the rest of a signature was there.
        signature_location: Option<SignatureLocation>,
    },
    /// Neither a policy nor an expiry.
    #[error("there is neither a Policy (custom) nor an Expires (canned) beside the signature")]
    MissingPolicy,
    /// No signature.
    #[error("the Signature is missing or empty")]
    MissingSignature,
    /// Too early.
    #[error("it is valid only after {date_greater_than}, and now it is {now}")]
    NotYetValid {
        /// `DateGreaterThan`, exclusive
        date_greater_than: UnixTime,
        /// When the request was judged.
        now: UnixTime,
    },
    /// Canned and custom at once.
    #[error("there is both a Policy (custom) and an Expires (canned): only one can be meant")]
    PolicyAndExpires,
    /// The same parameter or cookie twice.
    #[error("{0} appears more than once; AWS does not document which one applies")]
    Repeated(&'static str),
    /// The policy is for something else.
    #[error("the policy covers {resource}, which is not {url}")]
    NotCovered {
        /// The policy's resource.
        resource: String,
        /// What was asked for, without CloudFront's parameters.
        url: String,
    },
    /// The policy is not in CloudFront's base64.
    #[error("the Policy is not base64 in CloudFront's alphabet (- for +, _ for =, ~ for /)")]
    UndecodablePolicy,
    /// The signature is not in CloudFront's base64.
    #[error("the Signature is not base64 in CloudFront's alphabet (- for +, _ for =, ~ for /)")]
    UndecodableSignature,
    /// The key is not trusted here.
    #[error("the key pair id {0:?} is in no key group that is trusted here")]
    UnknownKey(String),
    /// Neither SHA1 nor SHA256.
    #[error("the Hash-Algorithm {0:?} is neither SHA1 nor SHA256")]
    UnsupportedHash(String),
    /// The signature fits with the other hash.
    #[error(
        "the signature was made with {actual}, but the request says {stated} (SHA1 where it says nothing)"
    )]
    WrongHash {
        /// What the request says.
        stated: HashAlgorithm,
        /// What was used.
        actual: HashAlgorithm,
    },
}

impl Reason {
    /// CloudFront's code for it.
    #[must_use]
    pub fn code(&self) -> DenialCode {
        match self {
            Self::AddressNotAllowed { .. }
            | Self::BadSignature
            | Self::Expired { .. }
            | Self::NotYetValid { .. }
            | Self::Repeated(_)
            | Self::NotCovered { .. }
            | Self::UnsupportedHash(_)
            | Self::WrongHash { .. } => DenialCode::AccessDenied,
            Self::MalformedPolicy(_)
            | Self::MissingPolicy
            | Self::PolicyAndExpires
            | Self::UndecodablePolicy => DenialCode::MalformedPolicy,
            Self::MissingKey { .. } => DenialCode::MissingKey,
            Self::MissingSignature | Self::UndecodableSignature => DenialCode::MalformedSignature,
            Self::UnknownKey(_) => DenialCode::InvalidKey,
        }
    }
}

/// What is looked at, in the order in which it is: everything before the check that refused was passed.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Check {
    /// Is there a signature, in the URL or else in cookies?
    SignatureLocation,
    /// Is its key in a trusted key group?
    KeyPairId,
    /// Are the hash, the signature and the policy there once each, and in CloudFront's encoding?
    Form,
    /// Can the policy be read?
    Policy,
    /// Was the policy signed with this key?
    Signature,
    /// Does the policy cover what is asked for?
    Resource,
    /// Is it valid already?
    DateGreaterThan,
    /// Is it valid still?
    DateLessThan,
    /// Is the viewer's address allowed?
    IpAddress,
}

impl Check {
    /// All checks in their order.
    pub const ALL: [Self; 9] = [
        Self::SignatureLocation,
        Self::KeyPairId,
        Self::Form,
        Self::Policy,
        Self::Signature,
        Self::Resource,
        Self::DateGreaterThan,
        Self::DateLessThan,
        Self::IpAddress,
    ];

    /// The checks that were made, in their order, and whether the request passed each: all of them, or those up to the
    /// one that `refused`.
    pub fn made(refused: Option<Self>) -> impl Iterator<Item = (Self, bool)> {
        let is_made = move |check: &Self| refused.is_none_or(|refused| *check <= refused);
        Self::ALL.into_iter().filter(is_made).map(move |check| (check, refused != Some(check)))
    }

    /// The question that the check answers.
    #[must_use]
    pub fn question(self) -> &'static str {
        match self {
            Self::SignatureLocation => "is the request signed?",
            Self::KeyPairId => "is the key trusted?",
            Self::Form => "are all parts there, once, and decodable?",
            Self::Policy => "can the policy be read?",
            Self::Signature => "does the signature fit?",
            Self::Resource => "does the policy cover the URL?",
            Self::DateGreaterThan => "is it valid already?",
            Self::DateLessThan => "is it valid still?",
            Self::IpAddress => "is the viewer's address allowed?",
        }
    }
}

impl Reason {
    /// The check that refused.
    #[must_use]
    pub fn check(&self) -> Check {
        match self {
            Self::MissingKey { signature_location: None } => Check::SignatureLocation,
            Self::MissingKey { .. } | Self::UnknownKey(_) => Check::KeyPairId,
            Self::MissingPolicy
            | Self::MissingSignature
            | Self::PolicyAndExpires
            | Self::Repeated(_)
            | Self::UndecodablePolicy
            | Self::UndecodableSignature
            | Self::UnsupportedHash(_) => Check::Form,
            Self::MalformedPolicy(_) => Check::Policy,
            Self::BadSignature | Self::WrongHash { .. } => Check::Signature,
            Self::NotCovered { .. } => Check::Resource,
            Self::NotYetValid { .. } => Check::DateGreaterThan,
            Self::Expired { .. } => Check::DateLessThan,
            Self::AddressNotAllowed { .. } => Check::IpAddress,
        }
    }
}

fn missing_key(signature_location: Option<SignatureLocation>) -> &'static str {
    match signature_location {
        None => "the request is not signed: neither its URL nor its cookies name a key pair id",
        Some(SignatureLocation::Url) => {
            "the URL has one of CloudFront's parameters, so CloudFront ignores the cookies, but its Key-Pair-Id is missing"
        }
        Some(SignatureLocation::Cookies) => {
            "there are CloudFront cookies, but CloudFront-Key-Pair-Id is missing or empty"
        }
    }
}
