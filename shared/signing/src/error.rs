//! What can be wrong with the input of a signature.

use crate::UnixTime;

/// Why something was not signed. Offsets are byte offsets into the text that was given.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The private-key operation itself failed.
    #[error("the private key could not sign")]
    Crypto,
    /// The time window admits nobody.
    #[error("the window is empty: it opens after {opens} and closes at {closes}")]
    EmptyWindow {
        /// `DateGreaterThan`
        opens: UnixTime,
        /// `DateLessThan`
        closes: UnixTime,
    },
    /// A character that CloudFront would see differently from the one who signed.
    #[error("{what} at byte {offset} cannot stand in a signed URL: percent-encode it first")]
    ForbiddenCharacter {
        /// What it is, in words.
        what: &'static str,
        /// Where it stands.
        offset: usize,
    },
    /// A browser never sends the fragment, so it can never match.
    #[error("the fragment at byte {offset} is never sent to CloudFront: leave it out")]
    Fragment {
        /// Where the `#` stands.
        offset: usize,
    },
    /// Not one of CloudFront's two hashes.
    #[error("the hash algorithm {0:?} is not one of SHA1 and SHA256")]
    HashAlgorithm(String),
    /// CloudFront takes one IPv4 range.
    #[error("the IP address {0:?} is not an IPv4 address or CIDR such as 192.0.2.0/24")]
    IpAddress(String),
    /// The key cannot be used; the text says what it is instead.
    #[error("{0}")]
    Key(&'static str),
    /// Not an id of a CloudFront public key.
    #[error("the key pair id {0:?} is not a CloudFront public key id such as K2JCJMDEHXQW5F")]
    KeyPairId(String),
    /// A time in milliseconds.
    #[error("the time {0} is in milliseconds: CloudFront counts in seconds")]
    Milliseconds(u64),
    /// A URL without a host.
    #[error("there is no host at byte {offset}")]
    MissingHost {
        /// Where it should stand.
        offset: usize,
    },
    /// The grant does not cover the URL it was to be applied to.
    #[error("the resource {resource} does not cover {url}")]
    NotCovered {
        /// The policy's resource.
        resource: String,
        /// The URL or stream name.
        url: String,
    },
    /// A `?` that reads as a wildcard in a path.
    #[error(
        "the ? at byte {offset} starts the query: as a one-character wildcard in a path it is not documented \
         without doubt, so write * instead"
    )]
    QuestionMark {
        /// Where it stands.
        offset: usize,
    },
    /// CloudFront's own parameter names.
    #[error("the query parameter {name} at byte {offset} is reserved by CloudFront")]
    ReservedParameter {
        /// Which of the five.
        name: &'static str,
        /// Where it stands.
        offset: usize,
    },
    /// Neither http nor https (nor `*` in a pattern).
    #[error("the URL must start with {expected}")]
    Scheme {
        /// The schemes that are taken.
        expected: &'static str,
    },
    /// A stream name of the RTMP days that cannot be read.
    #[error("the RTMP URL names no stream")]
    StreamName,
    /// Longer than CloudFront or KMS takes.
    #[error("the {what} has {length} bytes, more than the {limit} that {by} takes")]
    TooLong {
        /// `URL` or `policy`.
        what: &'static str,
        /// Its length in bytes.
        length: usize,
        /// The limit in bytes.
        limit: usize,
        /// Whose limit it is.
        by: &'static str,
    },
    /// A name or password in the URL.
    #[error("the user information that ends at byte {offset} cannot stand in a signed URL")]
    UserInfo {
        /// Where the `@` stands.
        offset: usize,
    },
    /// A wildcard where one exact URL is meant.
    #[error("the wildcard at byte {offset} cannot stand in an exact URL: only a custom policy takes one")]
    Wildcard {
        /// Where it stands.
        offset: usize,
    },
}
