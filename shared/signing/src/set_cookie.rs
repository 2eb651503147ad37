//! The `Set-Cookie` values of a grant: which host and path a browser sends the cookies to, for which pages,
//! and how long it keeps them.
//!
//! <https://www.rfc-editor.org/rfc/rfc6265#section-4.1.2>

use cookie::{Cookie, time::Duration};

use crate::{CookieName, Grant, UnixTime};

impl Grant {
    /// `Set-Cookie` values with [`CookieAttributes::new`] for [`Grant::cookie_path`].
    #[must_use]
    pub fn set_cookies(&self) -> Vec<String> {
        // They end with the browser's session: any time would do.
        self.set_cookies_with(&CookieAttributes::new(self.cookie_path()), self.policy().date_less_than())
    }

    /// `Set-Cookie` values with these attributes, at the time `now`.
    #[must_use]
    pub fn set_cookies_with(&self, attributes: &CookieAttributes, now: UnixTime) -> Vec<String> {
        let seconds_left = self.policy().date_less_than().seconds().saturating_sub(now.seconds());
        let max_age = attributes.max_age(seconds_left);
        let cookies = self.cookies().into_iter();
        cookies.map(|(name, value)| attributes.line(name.as_str(), &value, max_age)).collect()
    }
}

/// `Set-Cookie` values that clear every cookie a signature may have left, the names not in use too: a
/// leftover `CloudFront-Hash-Algorithm` beside a SHA-1 signature would be a 403. Clear with the attributes
/// that the cookies were set with. Of partitioned cookies, those go that the browser keeps for the site which
/// embeds the page that asks, and no others.
#[must_use]
pub fn clear_cookies(attributes: &CookieAttributes) -> Vec<String> {
    CookieName::ALL.into_iter().map(|name| attributes.clear_cookie(name.as_str())).collect()
}

/// How a browser keeps the cookies. `Secure` and `HttpOnly` are always set: the cookies admit everybody
/// who has them, and no script needs to read them.
///
/// The same value sets the cookies ([`Grant::set_cookies_with`]) and clears them ([`clear_cookies`]): a
/// browser treats a cookie with another `Path`, `Domain` or `Partitioned` as another cookie.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct CookieAttributes {
    path: String,
    domain: Option<String>,
    same_site: SameSite,
    partitioned: bool,
    lifetime: CookieLifetime,
}

impl CookieAttributes {
    /// Cookies for everything below `path`, such as [`Grant::cookie_path`], of the one host that sets them,
    /// with `SameSite=Lax`, until the browser's session ends.
    #[must_use]
    pub fn new(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            domain: None,
            same_site: SameSite::Lax,
            partitioned: false,
            lifetime: CookieLifetime::Session,
        }
    }

    /// Sends them to `domain` and to every host below it. A host outside of it cannot set them, and no
    /// browser accepts a public suffix such as `cloudfront.net`.
    #[must_use]
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// From which sites' pages the browser sends them.
    #[must_use]
    pub fn same_site(mut self, same_site: SameSite) -> Self {
        self.same_site = same_site;
        self
    }

    /// Keeps them apart for each site whose pages embed this one. It is of use with [`SameSite::None`]:
    /// browsers that keep no cookies of embedded sites keep these.
    #[must_use]
    pub fn partitioned(mut self) -> Self {
        self.partitioned = true;
        self
    }

    /// How long the browser keeps them.
    #[must_use]
    pub fn lifetime(mut self, lifetime: CookieLifetime) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// The `Set-Cookie` value of a cookie of your own with these attributes; it lasts for `seconds` where the
    /// lifetime is [`CookieLifetime::Policy`]. Neither `name` nor `value` may hold a `;`.
    #[must_use]
    pub fn set_cookie(&self, name: &str, value: &str, seconds: u64) -> String {
        self.line(name, value, self.max_age(seconds))
    }

    /// The `Set-Cookie` value that clears it.
    #[must_use]
    pub fn clear_cookie(&self, name: &str) -> String {
        self.line(name, "", Some(0))
    }

    fn line(&self, name: &str, value: &str, max_age: Option<u64>) -> String {
        let mut cookie = Cookie::build((name, value))
            .path(&self.path)
            .secure(true)
            .http_only(true)
            .same_site(self.same_site.attribute())
            .partitioned(self.partitioned);
        if let Some(domain) = &self.domain {
            cookie = cookie.domain(domain);
        }
        if let Some(seconds) = max_age {
            cookie = cookie.max_age(Duration::seconds(i64::try_from(seconds).unwrap_or(i64::MAX)));
        }
        cookie.build().to_string()
    }

    /// `Max-Age` of cookies whose policy ends in so many seconds.
    fn max_age(&self, seconds_left: u64) -> Option<u64> {
        match self.lifetime {
            CookieLifetime::Policy => Some(seconds_left),
            CookieLifetime::Session => None,
        }
    }
}

/// From which sites' pages a browser sends the cookies.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum SameSite {
    /// From pages of the same site, and when somebody follows a link to it.
    Lax,
    /// From every page: for players on other sites.
    None,
    /// From pages of the same site.
    Strict,
}

impl SameSite {
    fn attribute(self) -> cookie::SameSite {
        match self {
            Self::Lax => cookie::SameSite::Lax,
            Self::None => cookie::SameSite::None,
            Self::Strict => cookie::SameSite::Strict,
        }
    }
}

/// How long a browser keeps the cookies. CloudFront admits nobody after the policy's end, whatever the
/// browser keeps.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum CookieLifetime {
    /// Until the policy ends: a browser that restores its session does not resend expired cookies.
    Policy,
    /// Until the browser's session ends, as AWS advises.
    Session,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        CannedPolicy, ExactUrl, HashAlgorithm,
        grant::tests::{grant, time, wildcard},
    };

    #[test]
    fn a_cookie_is_secure_and_bound_to_host_and_path() {
        let url = ExactUrl::new("https://h/video/a.mp4").expect("a URL");
        let lines = grant(CannedPolicy::new(&url, time()), HashAlgorithm::Sha256).set_cookies();
        let pairs = ["Expires=1767290400", "Signature=--~~", "Key-Pair-Id=K1", "Hash-Algorithm=SHA256"];
        let expected =
            pairs.map(|pair| format!("CloudFront-{pair}; HttpOnly; SameSite=Lax; Secure; Path=/video/"));
        assert_eq!(lines, expected);
    }

    #[test]
    fn every_attribute_stands_on_every_cookie() {
        let grant = grant(wildcard("https://h/video/*"), HashAlgorithm::Sha1);
        let attributes = CookieAttributes::new("/video/");
        let kept = attributes.clone().lifetime(CookieLifetime::Policy);
        let rows = [
            (attributes.clone(), 60, "SameSite=Lax; Secure; Path=/video/"),
            (attributes.same_site(SameSite::Strict), 60, "SameSite=Strict; Secure; Path=/video/"),
            (kept.clone(), 60, "SameSite=Lax; Secure; Path=/video/; Max-Age=60"),
            (kept.clone(), 0, "SameSite=Lax; Secure; Path=/video/; Max-Age=0"),
            (
                kept.domain("example.com").same_site(SameSite::None).partitioned(),
                3_600,
                "SameSite=None; Partitioned; Secure; Path=/video/; Domain=example.com; Max-Age=3600",
            ),
        ];
        for (attributes, seconds_left, text) in rows {
            let now = UnixTime::new(time().seconds() - seconds_left).expect("seconds");
            let expected: Vec<String> = grant
                .cookies()
                .iter()
                .map(|(name, value)| format!("{}={value}; HttpOnly; {text}", name.as_str()))
                .collect();
            assert_eq!(grant.set_cookies_with(&attributes, now), expected);
        }
    }

    #[test]
    fn an_ended_policy_leaves_no_cookie() {
        let attributes = CookieAttributes::new("/video/").lifetime(CookieLifetime::Policy);
        let lines = grant(wildcard("https://h/video/*"), HashAlgorithm::Sha1)
            .set_cookies_with(&attributes, time().plus(1));
        assert_eq!(
            lines.get(2).map(String::as_str),
            Some("CloudFront-Key-Pair-Id=K1; HttpOnly; SameSite=Lax; Secure; Path=/video/; Max-Age=0")
        );
    }

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

    #[test]
    fn a_cookie_of_your_own_is_set_and_cleared_with_the_same_attributes() {
        let attributes =
            CookieAttributes::new("/auth/").domain("example.com").lifetime(CookieLifetime::Policy);
        assert_eq!(
            attributes.set_cookie("theme", "dark", 60),
            "theme=dark; HttpOnly; SameSite=Lax; Secure; Path=/auth/; Domain=example.com; Max-Age=60"
        );
        assert_eq!(
            CookieAttributes::new("/auth/").set_cookie("theme", "dark", 60),
            "theme=dark; HttpOnly; SameSite=Lax; Secure; Path=/auth/"
        );
        assert_eq!(
            attributes.clear_cookie("theme"),
            "theme=; HttpOnly; SameSite=Lax; Secure; Path=/auth/; Domain=example.com; Max-Age=0"
        );
    }
}
