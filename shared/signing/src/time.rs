//! Unix time in whole seconds, the only unit of a policy.

use std::fmt;

use crate::Error;

/// A point in time: seconds since 1970-01-01T00:00:00Z, as in `AWS:EpochTime`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct UnixTime(u64);

impl UnixTime {
    /// Takes seconds.
    ///
    /// # Errors
    /// [`Error::Milliseconds`] for a number that can only have been meant as milliseconds: seconds
    /// beyond the year 5138. CloudFront answers such a policy with `MalformedPolicy` or, worse,
    /// never lets it expire.
    pub fn new(seconds: u64) -> Result<Self, Error> {
        if seconds >= MILLISECONDS_FROM { Err(Error::Milliseconds(seconds)) } else { Ok(Self(seconds)) }
    }

    /// The seconds since the epoch.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.0
    }

    /// This time, `seconds` later.
    #[must_use]
    pub fn plus(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds).min(MILLISECONDS_FROM - 1))
    }

    /// The beginning of the expiry bucket that this time falls into: rounded down to a multiple of `seconds`.
    #[must_use]
    pub fn rounded_down(self, seconds: u64) -> Self {
        Self(self.0.checked_rem(seconds).map_or(self.0, |past| self.0 - past))
    }
}

impl fmt::Display for UnixTime {
    /// ISO 8601 with the seconds beside it, since logs and policies speak in seconds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match i64::try_from(self.0).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok()) {
            Some(timestamp) => write!(f, "{timestamp} ({})", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}

const MILLISECONDS_FROM: u64 = 100_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_are_refused() {
        assert_eq!(UnixTime::new(1_790_000_000_000), Err(Error::Milliseconds(1_790_000_000_000)));
        assert_eq!(UnixTime::new(1_790_000_000).map(UnixTime::seconds), Ok(1_790_000_000));
    }

    #[test]
    fn a_time_reads_as_iso_8601_and_as_seconds() {
        assert_eq!(UnixTime(1_406_023_941).to_string(), "2014-07-22T10:12:21Z (1406023941)");
    }

    #[test]
    fn a_bucket_begins_at_a_multiple_and_a_multiple_is_its_own_beginning() {
        assert_eq!(UnixTime(1_199).rounded_down(300), UnixTime(900));
        assert_eq!(UnixTime(1_200).rounded_down(300), UnixTime(1_200));
        assert_eq!(UnixTime(1_001).rounded_down(0), UnixTime(1_001));
    }
}
