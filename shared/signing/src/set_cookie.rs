//! The `Set-Cookie` values of a grant: which path a browser sends the cookies to, and for which pages. They are for the
//! one host that sets them, until the browser's session ends, as AWS advises.
//!
//! <https://www.rfc-editor.org/rfc/rfc6265#section-4.1.2>

use cookie::{Cookie, time::Duration};

use crate::{CookieName, Grant};

impl Grant {
    /// `Set-Cookie` values with [`CookieAttributes::new`] for [`Grant::cookie_path`].
    #[must_use]
    pub fn set_cookies(&self) -> Vec<String> {
        self.set_cookies_with(&CookieAttributes::new(self.cookie_path()))
    }

    /// `Set-Cookie` values with these attributes.
    #[must_use]
    pub fn set_cookies_with(&self, attributes: &CookieAttributes) -> Vec<String> {
        let cookies = self.cookies().into_iter();
        cookies.map(|(name, value)| attributes.set_cookie(name.as_str(), &value)).collect()
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
/// browser treats a cookie with another `Path` or `Partitioned` as another cookie.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct CookieAttributes {
    path: String,
    same_site: SameSite,
    partitioned: bool,
}

impl CookieAttributes {
    /// Cookies for everything below `path`, such as [`Grant::cookie_path`], of the one host that sets them,
    /// with `SameSite=Lax`, until the browser's session ends.
    #[must_use]
    pub fn new(path: impl Into<String>) -> Self {
        Self { path: path.into(), same_site: SameSite::Lax, partitioned: false }
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

    /// The `Set-Cookie` value of a cookie of your own with these attributes. Neither `name` nor `value` may hold a `;`.
    #[must_use]
    pub fn set_cookie(&self, name: &str, value: &str) -> String {
        self.cookie(name, value).to_string()
    }

    /// The `Set-Cookie` value that clears it.
    #[must_use]
    pub fn clear_cookie(&self, name: &str) -> String {
        let mut cookie = self.cookie(name, "");
        cookie.set_max_age(Duration::ZERO);
        cookie.to_string()
    }

    fn cookie<'c>(&self, name: &'c str, value: &'c str) -> Cookie<'c> {
        Cookie::build((name, value))
            .path(self.path.clone())
            .secure(true)
            .http_only(true)
            .same_site(self.same_site.attribute())
            .partitioned(self.partitioned)
            .build()
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
        let rows = [
            (attributes.clone(), "SameSite=Lax; Secure; Path=/video/"),
            (attributes.clone().same_site(SameSite::Strict), "SameSite=Strict; Secure; Path=/video/"),
            (
                attributes.same_site(SameSite::None).partitioned(),
                "SameSite=None; Partitioned; Secure; Path=/video/",
            ),
        ];
        for (attributes, text) in rows {
            let expected: Vec<String> = grant
                .cookies()
                .iter()
                .map(|(name, value)| format!("{}={value}; HttpOnly; {text}", name.as_str()))
                .collect();
            assert_eq!(grant.set_cookies_with(&attributes), expected);
        }
    }

    #[test]
    fn clearing_names_every_cookie_with_the_attributes_it_was_set_with() {
        let attributes = CookieAttributes::new("/video/");
        let rows = [
            (attributes.clone(), "HttpOnly; SameSite=Lax; Secure; Path=/video/"),
            (
                attributes.clone().same_site(SameSite::Strict),
                "HttpOnly; SameSite=Strict; Secure; Path=/video/",
            ),
            (
                attributes.same_site(SameSite::None).partitioned(),
                "HttpOnly; SameSite=None; Partitioned; Secure; Path=/video/",
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
        let attributes = CookieAttributes::new("/auth/").same_site(SameSite::Strict);
        assert_eq!(
            attributes.set_cookie("theme", "dark"),
            "theme=dark; HttpOnly; SameSite=Strict; Secure; Path=/auth/"
        );
        assert_eq!(
            attributes.clear_cookie("theme"),
            "theme=; HttpOnly; SameSite=Strict; Secure; Path=/auth/; Max-Age=0"
        );
    }
}
