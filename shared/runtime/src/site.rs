//! Which hosts browsers treat as one site, and for which domains a host may set cookies.

/// The registrable domain of `host`, which browsers call its site, or `host` itself where it is a public suffix. (For
/// an address the result is the site of no domain.)
#[must_use]
pub fn site(host: &str) -> &str {
    psl::domain_str(host).unwrap_or(host)
}

/// Whether `domain` is a [public suffix](https://publicsuffix.org/), for which browsers accept no cookies.
#[must_use]
pub fn is_public_suffix(domain: &str) -> bool {
    psl::domain_str(&domain.to_ascii_lowercase()).is_none()
}

/// Whether `host`, with or without a port, is `domain` or lies below it. `domain` is in lower case.
///
/// <https://www.rfc-editor.org/rfc/rfc6265#section-5.1.3>
#[must_use]
pub fn domain_matches(host: &str, domain: &str) -> bool {
    let name = host.split(':').next().unwrap_or_default().to_ascii_lowercase();
    name.strip_suffix(domain).is_some_and(|below| below.is_empty() || below.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_site_of_a_host_is_its_registrable_domain() {
        let rows = [
            ("example.com", "example.com"),
            ("a.b.example.com", "example.com"),
            ("www.example.co.uk", "example.co.uk"),
            ("d111111abcdef8.cloudfront.net", "d111111abcdef8.cloudfront.net"),
            ("cloudfront.net", "cloudfront.net"),
            ("localhost", "localhost"),
        ];
        for (host, expected) in rows {
            assert_eq!(site(host), expected);
        }
    }

    #[test]
    fn public_suffixes_are_recognized_in_any_case() {
        let rows = [
            ("com", true),
            ("co.uk", true),
            ("CloudFront.net", true),
            ("example.com", false),
            ("d111111abcdef8.cloudfront.net", false),
        ];
        for (domain, expected) in rows {
            assert_eq!(is_public_suffix(domain), expected, "{domain}");
        }
    }

    #[test]
    fn a_domain_matches_itself_and_the_hosts_below_it() {
        let rows = [
            ("example.com", true),
            ("cdn.example.com", true),
            ("CDN.Example.Com:8443", true),
            ("notexample.com", false),
            ("com", false),
            ("example.com.", false),
            ("example.com.evil.test", false),
            ("[::1]:8080", false),
            ("", false),
        ];
        for (host, expected) in rows {
            assert_eq!(domain_matches(host, "example.com"), expected, "{host}");
        }
    }
}
