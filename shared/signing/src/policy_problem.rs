//! What can be wrong with the policy in a request.

/// Why a received policy cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyProblem {
    /// `Expires`, from which a canned policy is rebuilt, is not a number.
    #[error("Expires is not a Unix time in seconds")]
    Expires,
    /// `AWS:SourceIp` is not a range. CloudFront requires one; a bare address, which signers complete, is none.
    #[error("{0:?} is not an IPv4 CIDR such as 192.0.2.0/24")]
    IpAddress(String),
    /// A time is in milliseconds.
    #[error("the time {0} is in milliseconds: CloudFront counts in seconds")]
    Milliseconds(u64),
    /// A required member is missing.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// The text is not JSON.
    #[error("it is not JSON, from line {line}, column {column} on")]
    NotJson {
        /// Counted from 1.
        line: usize,
        /// In bytes, counted from 1; 0 at the start of a line.
        column: usize,
    },
    /// A member appears twice.
    #[error("{0} appears more than once")]
    Repeated(&'static str),
    /// `Statement` has to have exactly one entry.
    #[error("Statement has {0} entries, but a policy must have exactly one: none of them counts")]
    Statements(usize),
    /// CloudFront does not define this member.
    #[error("{0:?} is no member of a CloudFront policy")]
    Unknown(String),
    /// A member has a value of the wrong type.
    #[error("{0} has a value of the wrong type")]
    WrongType(&'static str),
}
