//! The cookies that a browser would keep and send: for this host, by their paths.

use cookie::Cookie;
use http::{HeaderMap, HeaderValue, header};

/// Cookies as they were set. No `Debug`: whoever has them may watch.
#[derive(Clone, Default)]
pub(super) struct Jar {
    pub(super) cookies: Vec<Cookie<'static>>,
}

impl Jar {
    /// What `Set-Cookie` sets and does not clear.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let (_, cookies) = Self::split(headers);
        Self { cookies }
    }

    /// What `Set-Cookie` clears.
    pub(super) fn cleared(headers: &HeaderMap) -> Self {
        let (cookies, _) = Self::split(headers);
        Self { cookies }
    }

    fn split(headers: &HeaderMap) -> (Vec<Cookie<'static>>, Vec<Cookie<'static>>) {
        let lines = headers.get_all(header::SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
        let cookies = lines.filter_map(|line| Cookie::parse(line.to_owned()).ok());
        cookies.partition(|cookie| cookie.max_age().is_some_and(|age| age.whole_seconds() <= 0))
    }

    /// The cookies for a path, those with the longest path first, as browsers send them; of several with one
    /// name, CloudFront reads the first.
    pub(super) fn for_path(&self, path: &str) -> Vec<&Cookie<'static>> {
        let mut cookies: Vec<_> = self.cookies.iter().filter(|cookie| path_matches(cookie, path)).collect();
        cookies.sort_by_key(|cookie| std::cmp::Reverse(cookie.path().map_or(0, str::len)));
        cookies
    }

    pub(super) fn value(&self, name: &str, path: &str) -> Option<&str> {
        let cookie = self.for_path(path).into_iter().find(|cookie| cookie.name() == name)?;
        Some(cookie.value())
    }

    /// The `Cookie` header for a path.
    pub(super) fn header(&self, path: &str) -> HeaderValue {
        let pairs: Vec<String> = self
            .for_path(path)
            .iter()
            .map(|cookie| format!("{}={}", cookie.name(), cookie.value()))
            .collect();
        let mut value = HeaderValue::from_str(&pairs.join("; ")).unwrap_or(HeaderValue::from_static(""));
        value.set_sensitive(true);
        value
    }

    /// The same cookies with one character of each signature changed.
    pub(super) fn with_changed_signatures(&self) -> Self {
        let mut changed = self.clone();
        for cookie in changed.cookies.iter_mut().filter(|cookie| cookie.name() == SIGNATURE) {
            let value = change(cookie.value());
            cookie.set_value(value);
        }
        changed
    }
}

/// <https://www.rfc-editor.org/rfc/rfc6265#section-5.1.4>
pub(super) fn path_matches(cookie: &Cookie<'_>, path: &str) -> bool {
    let folder = cookie.path().unwrap_or("/auth");
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || folder.ends_with('/') || rest.starts_with('/'))
}

/// Another signature of the same form.
pub(super) fn change(signature: &str) -> String {
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    std::iter::once(first).chain(signature.chars().skip(1)).collect()
}

const SIGNATURE: &str = "CloudFront-Signature";

#[cfg(test)]
mod tests {
    use super::*;

    fn jar() -> Jar {
        let mut headers = HeaderMap::new();
        for line in [
            "CloudFront-Policy=a; Path=/video/; Secure",
            "CloudFront-Policy=b; Path=/video/m/; Secure",
            "CloudFront-Signature=Abc; Path=/video/; Secure",
            "usher-paths=x; Path=/auth/cookies",
            "CloudFront-Expires=; Path=/video/; Max-Age=0",
        ] {
            headers.append(header::SET_COOKIE, HeaderValue::from_static(line));
        }
        Jar::of(&headers)
    }

    #[test]
    fn a_cookie_goes_to_its_path_and_the_longest_path_first() {
        let rows = [
            ("/video/n/s.ts", "CloudFront-Policy=a; CloudFront-Signature=Abc"),
            ("/video/m/s.ts", "CloudFront-Policy=b; CloudFront-Policy=a; CloudFront-Signature=Abc"),
            ("/auth/cookies", "usher-paths=x"),
            ("/auth/cookiesx", ""),
            ("/videos", ""),
        ];
        for (path, expected) in rows {
            assert_eq!(jar().header(path), expected, "{path}");
        }
        assert_eq!(jar().value("CloudFront-Policy", "/video/m/s.ts"), Some("b"));
    }

    #[test]
    fn a_changed_signature_differs_in_its_first_character() {
        assert_eq!(jar().with_changed_signatures().value(SIGNATURE, "/video/s.ts"), Some("Bbc"));
        assert_eq!((change("xyz").as_str(), change("A").as_str()), ("Ayz", "B"));
    }
}
