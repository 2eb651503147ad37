//! Which hosts browsers treat as one site.

/// The registrable domain of `host`, which browsers call its site, or `host` itself where it is a public suffix. (For
/// an address the result is the site of no domain.)
#[must_use]
pub fn site(host: &str) -> &str {
    psl::domain_str(host).unwrap_or(host)
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
}
