//! What can be wrong with the input of a signature.

use crate::{Change, KeyProblem, UnixTime, policy::POLICY_LIMIT, resource::URL_LIMIT};

/// Why something was not signed. Offsets are byte offsets into the text that was given.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Clients change the URL before they send the request, so that CloudFront sees another one.
    #[error("a client changes {change} at byte {offset} before it sends the URL: {}", change.cure())]
    ClientChanges {
        /// What they change.
        change: Change,
        /// Where it is.
        offset: usize,
    },
    /// The private-key operation itself failed.
    #[error("the private key could not sign")]
    Crypto,
    /// The policy's time window is empty.
    #[error("the window is empty: it opens after {opens} and closes at {closes}")]
    EmptyWindow {
        /// `DateGreaterThan`
        opens: UnixTime,
        /// `DateLessThan`
        closes: UnixTime,
    },
    /// The URL contains a character that CloudFront, or a client on the way, changes.
    #[error("{} at byte {offset} is not allowed in a signed URL: percent-encode it first", name(*character))]
    ForbiddenCharacter {
        /// The character.
        character: char,
        /// Where it is.
        offset: usize,
    },
    /// The URL has a fragment. Clients never send it, so a policy with one never matches.
    #[error("the fragment at byte {offset} is never sent to CloudFront: remove it")]
    Fragment {
        /// Where the `#` is.
        offset: usize,
    },
    /// CloudFront does not support this hash.
    #[error("the hash algorithm {0:?} is not one of SHA1 and SHA256")]
    HashAlgorithm(String),
    /// CloudFront accepts one IPv4 range.
    #[error("the IP address {0:?} is not an IPv4 address or CIDR such as 192.0.2.0/24")]
    IpAddress(String),
    /// The key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyProblem),
    /// This is not an id of a CloudFront public key.
    #[error("the key pair id {0:?} is not a CloudFront public key id such as K2JCJMDEHXQW5F")]
    KeyPairId(String),
    /// The time is in milliseconds.
    #[error("the time {0} is in milliseconds: CloudFront counts in seconds")]
    Milliseconds(u64),
    /// The URL has no host.
    #[error("there is no host at byte {offset}")]
    MissingHost {
        /// Where it should be.
        offset: usize,
    },
    /// The grant does not cover the URL.
    #[error("the resource {resource} does not cover {url}")]
    NotCovered {
        /// The policy's resource.
        resource: String,
        /// The URL or stream name.
        url: String,
    },
    /// The policy is longer than KMS accepts.
    #[error("the policy has {length} bytes, more than the {POLICY_LIMIT} that KMS accepts")]
    PolicyTooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// The pattern has a `?` that reads as a wildcard in a path.
    #[error(
        "the ? at byte {offset} starts the query: AWS does not document clearly whether it is a wildcard in a \
         path, so write * instead"
    )]
    QuestionMark {
        /// Where it is.
        offset: usize,
    },
    /// The URL has one of CloudFront's own parameters.
    #[error("the query parameter {name} at byte {offset} is reserved by CloudFront")]
    ReservedParameter {
        /// Which of [`RESERVED_PARAMETERS`](crate::RESERVED_PARAMETERS).
        name: &'static str,
        /// Where it is.
        offset: usize,
    },
    /// The text starts with none of the schemes that are allowed for it.
    #[error("the URL must start with {}", alternatives(allowed))]
    Scheme {
        /// The schemes, each with its `://`.
        allowed: &'static [&'static str],
    },
    /// RSA with SHA-1 was requested, and the crate was built without its feature `sha1`.
    #[error("signing with SHA1 needs the feature `sha1` of cloudfront-signing: use SHA256, or enable it")]
    Sha1Disabled,
    /// With the signature's parameters, the URL is longer than CloudFront accepts.
    #[error("the signed URL has {length} bytes, more than the {URL_LIMIT} that CloudFront accepts")]
    SignedUrlTooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// The text names no RTMP stream.
    #[error("the RTMP URL names no stream")]
    StreamName,
    /// The URL is longer than CloudFront accepts.
    #[error("the URL has {length} bytes, more than the {URL_LIMIT} that CloudFront accepts")]
    UrlTooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// The URL contains a user name or password.
    #[error("the user information that ends at byte {offset} is not allowed in a signed URL")]
    UserInfo {
        /// Where the `@` is.
        offset: usize,
    },
    /// An exact URL contains a wildcard.
    #[error("the wildcard at byte {offset} is not allowed in an exact URL: only a custom policy accepts one")]
    Wildcard {
        /// Where it is.
        offset: usize,
    },
}

fn name(character: char) -> &'static str {
    match character {
        ' ' => "a space",
        '"' => "a quotation mark",
        '<' | '>' => "an angle bracket",
        '[' | ']' => "a square bracket",
        '\\' => "a backslash",
        '^' => "a caret",
        '`' => "a backtick",
        '{' | '}' => "a curly bracket",
        '|' => "a vertical bar",
        '\0'..='\x1f' | '\x7f' => "a control character",
        _ if character.is_ascii() => "a character",
        _ => "a character outside ASCII",
    }
}

/// `a`, `a or b`, `a, b or c`.
fn alternatives(all: &[&str]) -> String {
    match all {
        [before @ .., last] if !before.is_empty() => format!("{} or {last}", before.join(", ")),
        _ => all.concat(),
    }
}
