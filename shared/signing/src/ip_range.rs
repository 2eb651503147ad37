//! The range of addresses that a policy allows.

use std::{fmt, net::Ipv4Addr, str::FromStr};

use ipnet::Ipv4Net;

use crate::Error;

/// A range of IPv4 addresses in CIDR format, such as `192.0.2.0/24`: the only form of `IpAddress` that
/// CloudFront accepts.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct IpRange(Ipv4Net);

impl IpRange {
    /// Whether `address` lies in the range.
    #[must_use]
    pub fn contains(&self, address: Ipv4Addr) -> bool {
        self.0.contains(&address)
    }

    /// Reads a range that must name its prefix length.
    #[cfg(feature = "verifier")]
    pub(crate) fn parse_cidr(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }
}

impl From<Ipv4Addr> for IpRange {
    /// One address, a `/32`.
    fn from(address: Ipv4Addr) -> Self {
        Self(address.into())
    }
}

impl FromStr for IpRange {
    type Err = Error;

    /// Reads `192.0.2.0/24`, or one address such as `192.0.2.7`.
    fn from_str(text: &str) -> Result<Self, Error> {
        text.parse()
            .map(Self)
            .or_else(|_| text.parse().map(|address: Ipv4Addr| address.into()))
            .map_err(|_| Error::IpAddress(text.to_owned()))
    }
}

impl fmt::Display for IpRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
