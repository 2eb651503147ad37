//! The cookies of a signature: their names, and how to clear them.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-setting-signed-cookie-custom-policy.html>

use crate::CookieAttributes;

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
        ALL.into_iter().find(|known| known.as_str() == name)
    }
}

/// `Set-Cookie` values that clear every cookie a signature may have left, the names not in use too: a
/// leftover `CloudFront-Hash-Algorithm` beside a SHA-1 signature would be a 403. Clear with the attributes
/// that the cookies were set with. Of partitioned cookies, those go that the browser keeps for the site which
/// embeds the page that asks, and no others.
#[must_use]
pub fn clear_cookies(attributes: &CookieAttributes) -> Vec<String> {
    ALL.into_iter().map(|name| attributes.clear_cookie(name.as_str())).collect()
}

const ALL: [CookieName; 5] = [
    CookieName::Policy,
    CookieName::Expires,
    CookieName::Signature,
    CookieName::KeyPairId,
    CookieName::HashAlgorithm,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CookieLifetime, SameSite};

    #[test]
    fn clearing_names_every_cookie_with_the_attributes_it_was_set_with() {
        let host_only = CookieAttributes::new("/video/");
        let kept = host_only.clone().lifetime(CookieLifetime::Policy);
        let shared = host_only.clone().domain("example.com");
        let rows = [
            (host_only.clone(), "HttpOnly; SameSite=Lax; Secure; Path=/video/"),
            (kept, "HttpOnly; SameSite=Lax; Secure; Path=/video/"),
            (host_only.same_site(SameSite::Strict), "HttpOnly; SameSite=Strict; Secure; Path=/video/"),
            (shared.clone(), "HttpOnly; SameSite=Lax; Secure; Path=/video/; Domain=example.com"),
            (
                shared.same_site(SameSite::None).partitioned(),
                "HttpOnly; SameSite=None; Partitioned; Secure; Path=/video/; Domain=example.com",
            ),
        ];
        for (attributes, text) in rows {
            let names = ["Policy", "Expires", "Signature", "Key-Pair-Id", "Hash-Algorithm"];
            let cleared = names.map(|name| format!("CloudFront-{name}=; {text}; Max-Age=0"));
            assert_eq!(clear_cookies(&attributes), cleared);
        }
    }
}
