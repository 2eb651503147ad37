//! The policy of a viewer's own signature, as far as a function knows it.

use cloudfront_signing::UnixTime;

/// What a viewer's own policy covers, and until when.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ViewerPolicy {
    /// A canned policy: the URL that the viewer requested.
    Canned {
        /// `Expires`
        expires: UnixTime,
    },
    /// A custom policy.
    Custom {
        /// `Resource`; `*` for a policy without one, which covers everything.
        resource: String,
        /// `DateLessThan`
        expires: UnixTime,
    },
}

impl ViewerPolicy {
    /// When the policy ends.
    #[must_use]
    pub fn expires(&self) -> UnixTime {
        match self {
            Self::Canned { expires } | Self::Custom { expires, .. } => *expires,
        }
    }
}
