//! The cookies of a signature, as `Set-Cookie` lines with safe defaults.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-setting-signed-cookie-custom-policy.html>

use cookie::{Cookie, SameSite, time::Duration};

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
    /// The name as it stands in `Cookie` and `Set-Cookie`.
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

    pub(crate) fn parse(name: &str) -> Option<Self> {
        ALL.into_iter().find(|known| known.as_str() == name)
    }
}

/// One `Set-Cookie` value. No `Domain`: the cookie stays with the one host; no `Max-Age`: it ends with
/// the browser's session, as AWS advises, and the policy ends it before that.
pub(crate) fn set_cookie(name: CookieName, value: String, path: &str) -> String {
    attributes(name, value, path).build().to_string()
}

/// `Set-Cookie` values that clear every cookie a signature may have left under `path`, the names not in
/// use too: a leftover `CloudFront-Hash-Algorithm` beside a SHA-1 signature would be a 403.
#[must_use]
pub fn clear_cookies(path: &str) -> Vec<String> {
    ALL.into_iter()
        .map(|name| attributes(name, String::new(), path).max_age(Duration::ZERO).build().to_string())
        .collect()
}

fn attributes(name: CookieName, value: String, path: &str) -> cookie::CookieBuilder<'static> {
    Cookie::build((name.as_str(), value))
        .path(path.to_owned())
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
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

    #[test]
    fn a_cookie_is_secure_and_bound_to_host_and_path() {
        assert_eq!(
            set_cookie(CookieName::KeyPairId, "K1".to_owned(), "/video/"),
            "CloudFront-Key-Pair-Id=K1; HttpOnly; SameSite=Lax; Secure; Path=/video/"
        );
    }

    #[test]
    fn clearing_names_every_cookie_with_the_same_attributes() {
        let cleared: Vec<String> = ["Policy", "Expires", "Signature", "Key-Pair-Id", "Hash-Algorithm"]
            .iter()
            .map(|name| {
                format!("CloudFront-{name}=; HttpOnly; SameSite=Lax; Secure; Path=/video/; Max-Age=0")
            })
            .collect();
        assert_eq!(clear_cookies("/video/"), cleared);
    }
}
