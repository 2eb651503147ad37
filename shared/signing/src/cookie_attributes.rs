//! Which host and path a browser sends the cookies to, for which pages, and how long it keeps them.
//!
//! <https://www.rfc-editor.org/rfc/rfc6265#section-4.1.2>

/// How a browser keeps the cookies. `Secure` and `HttpOnly` are always set: the cookies admit everybody
/// who has them, and no script needs to read them.
///
/// The same value sets the cookies ([`Grant::set_cookies_with`]) and clears them ([`clear_cookies`]): a
/// browser treats a cookie with another `Path`, `Domain` or `Partitioned` as another cookie.
///
/// [`Grant::set_cookies_with`]: crate::Grant::set_cookies_with
/// [`clear_cookies`]: crate::clear_cookies
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct CookieAttributes {
    path: String,
    domain: Option<String>,
    same_site: SameSite,
    partitioned: bool,
    lifetime: CookieLifetime,
}

impl CookieAttributes {
    /// Cookies for everything below `path`, such as [`Grant::cookie_path`](crate::Grant::cookie_path), of the
    /// one host that sets them, with `SameSite=Lax`, until the browser's session ends.
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
        let domain = domain.into();
        // RFC 6265 ignores a leading dot.
        self.domain = Some(domain.strip_prefix('.').map_or_else(|| domain.clone(), str::to_owned));
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

    pub(crate) fn line(&self, name: &str, value: &str, max_age: Option<u64>) -> String {
        let mut line = format!("{name}={value}; HttpOnly; SameSite={}", self.same_site.as_str());
        if self.partitioned {
            line.push_str("; Partitioned");
        }
        line.push_str(&format!("; Secure; Path={}", self.path));
        if let Some(domain) = &self.domain {
            line.push_str(&format!("; Domain={domain}"));
        }
        if let Some(seconds) = max_age {
            line.push_str(&format!("; Max-Age={seconds}"));
        }
        line
    }

    /// `Max-Age` of cookies whose policy ends in so many seconds.
    pub(crate) fn max_age(&self, seconds_left: u64) -> Option<u64> {
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
    fn as_str(self) -> &'static str {
        match self {
            Self::Lax => "Lax",
            Self::None => "None",
            Self::Strict => "Strict",
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
