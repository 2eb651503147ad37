//! The names of the cookies of a signature.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-setting-signed-cookie-custom-policy.html>

/// The names that CloudFront reads.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum CookieName {
    /// `CloudFront-Expires`, of a canned policy.
    Expires,
    /// `CloudFront-Hash-Algorithm`, needed for SHA-256.
    HashAlgorithm,
    /// `CloudFront-Key-Pair-Id`
    KeyPairId,
    /// `CloudFront-Policy`, of a custom policy.
    Policy,
    /// `CloudFront-Signature`
    Signature,
}

impl CookieName {
    /// Every name. No signature uses all of them.
    pub const ALL: [Self; 5] =
        [Self::Policy, Self::Expires, Self::Signature, Self::KeyPairId, Self::HashAlgorithm];

    /// The name in `Cookie` and `Set-Cookie`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expires => "CloudFront-Expires",
            Self::HashAlgorithm => "CloudFront-Hash-Algorithm",
            Self::KeyPairId => "CloudFront-Key-Pair-Id",
            Self::Policy => "CloudFront-Policy",
            Self::Signature => "CloudFront-Signature",
        }
    }

    #[cfg(feature = "verifier")]
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == name)
    }
}
