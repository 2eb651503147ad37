//! The cookies' attributes, and which of them no browser would keep or send.
//!
//! A browser does not tell the server that it drops a cookie, so the function refuses such settings at the start.
//!
//! <https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-5.7>

use std::net::IpAddr;

use cloudfront_signing::{CookieAttributes, CookieLifetime, SameSite};
use usher_runtime::{
    InvalidSetting, Origin, Settings, ViewerProtocol, domain_matches, is_public_suffix, site,
};

/// How browsers keep the cookies.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CookieSettings {
    domain: Option<String>,
    same_site: SameSite,
    partitioned: bool,
    lifetime: CookieLifetime,
}

/// The viewer asked a host that may not set cookies for `COOKIE_DOMAIN`.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the cookies are for {domain}: a browser that asked {host} would not keep them")]
pub(crate) struct HostNotCovered {
    /// `COOKIE_DOMAIN`
    pub(crate) domain: String,
    /// The host that the viewer asked.
    pub(crate) host: String,
}

impl CookieSettings {
    /// Reads `COOKIE_DOMAIN` (default: none, the host alone), `COOKIE_SAME_SITE` (`Lax`), `COOKIE_PARTITIONED`
    /// (`false`) and `COOKIE_LIFETIME` (`session`). They must fit the other settings as far as these are valid:
    /// `origins` that may call, and the `protocol` of viewers.
    pub(crate) fn read(
        settings: &mut Settings<'_>,
        origins: &[Result<Origin, InvalidSetting>],
        protocol: Result<ViewerProtocol, InvalidSetting>,
    ) -> Result<Self, InvalidSetting> {
        let domain = read_domain(settings);
        let same_sites = [("Lax", SameSite::Lax), ("Strict", SameSite::Strict), ("None", SameSite::None)];
        let same_site = choice(settings, "COOKIE_SAME_SITE", &same_sites, "Lax, Strict or None");
        let partitioned = settings.parsed("COOKIE_PARTITIONED", false, "true or false");
        let lifetimes = [("session", CookieLifetime::Session), ("policy", CookieLifetime::Policy)];
        let lifetime = choice(settings, "COOKIE_LIFETIME", &lifetimes, "session or policy");
        // The other settings are checked even if the domain is invalid.
        let known_domain = domain.clone().unwrap_or_default();
        let (same_site, partitioned, lifetime) = (same_site?, partitioned?, lifetime?);
        let read = Self { domain: known_domain, same_site, partitioned, lifetime };
        for problem in read.problems(origins.iter().flatten(), protocol?) {
            settings.problem(problem);
        }
        domain.map(|_| read)
    }

    /// The attributes of cookies for what lies below `path` of the host that the viewer asked.
    ///
    /// # Errors
    /// [`HostNotCovered`]
    pub(crate) fn attributes(&self, host: &str, path: &str) -> Result<CookieAttributes, HostNotCovered> {
        let mut attributes = CookieAttributes::new(path).same_site(self.same_site).lifetime(self.lifetime);
        if self.partitioned {
            attributes = attributes.partitioned();
        }
        let Some(domain) = &self.domain else { return Ok(attributes) };
        if !domain_matches(host, domain) {
            return Err(HostNotCovered { domain: domain.clone(), host: host.to_owned() });
        }
        Ok(attributes.domain(domain))
    }

    /// What no browser would keep or send, with a cure for each.
    fn problems<'o>(
        &self,
        origins: impl Iterator<Item = &'o Origin>,
        protocol: ViewerProtocol,
    ) -> Vec<String> {
        let mut problems = Vec::new();
        if self.partitioned && self.same_site != SameSite::None {
            problems.push(PARTITIONED.to_owned());
        }
        let domain = self.domain.as_deref();
        if protocol == ViewerProtocol::Http
            && domain.is_some_and(|domain| !domain_matches(domain, "localhost"))
        {
            problems.push(NOT_SECURE.to_owned());
        }
        if self.same_site != SameSite::None {
            let problem = |origin| cross_site(origin, domain, protocol);
            problems.extend(origins.filter_map(problem));
        }
        problems
    }
}

/// Why a page of `origin` is on another site than the viewers' hosts, as far as the settings say. On such a page,
/// browsers neither keep the cookies of an answer nor send them.
fn cross_site(origin: &Origin, domain: Option<&str>, protocol: ViewerProtocol) -> Option<String> {
    // The pages of an app play by signed URLs: to their web view, every host is another site.
    let of_page = origin.protocol()?;
    let (reason, cure) = if domain.is_some_and(|domain| site(origin.host()) != site(domain)) {
        ("is on another site than COOKIE_DOMAIN", "remove it from ALLOWED_ORIGINS")
    } else if (of_page, protocol) == (ViewerProtocol::Http, ViewerProtocol::Https) {
        // An https origin and http viewers are fine: that is a laptop with the settings of a deployment.
        ("is http where VIEWER_PROTOCOL is https, which makes it another site", "serve its pages over https")
    } else {
        return None;
    };
    Some(format!(
        "ALLOWED_ORIGINS: {origin} {reason}, and from there browsers take and send cookies with SameSite=None \
         only: set COOKIE_SAME_SITE to None and COOKIE_PARTITIONED to true, or {cure}"
    ))
}

fn read_domain(settings: &mut Settings<'_>) -> Result<Option<String>, InvalidSetting> {
    let Some(domain) = settings.optional("COOKIE_DOMAIN") else { return Ok(None) };
    check_domain(&domain).map_err(|problem| settings.invalid(format!("COOKIE_DOMAIN {problem}")))?;
    Ok(Some(domain.to_ascii_lowercase()))
}

/// Why no browser accepts cookies for a domain.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
enum DomainProblem {
    #[error("is an IP address, and addresses share no cookies: leave it empty")]
    Address,
    #[error("must not start with a dot, since a domain includes its subdomains: leave it out")]
    LeadingDot,
    #[error("must be a domain alone, such as example.com: leave out scheme, port and path")]
    NotAlone,
    #[error("is not a domain name such as example.com: write an international one in ASCII, as xn--…")]
    NotAName,
    #[error("has one label only, and browsers share cookies within a registered domain: leave it empty")]
    OneLabel,
    #[error(
        "is a public suffix, as cloudfront.net is, below which anybody can have a name, so browsers refuse its \
         cookies: leave it empty, or give the distribution your own domain name"
    )]
    PublicSuffix,
    #[error("must not have a wildcard, since a domain includes its subdomains: leave out the *.")]
    Wildcard,
}

fn check_domain(domain: &str) -> Result<(), DomainProblem> {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let last = domain.rsplit('.').next().unwrap_or_default();
    // To browsers, any name that ends in a number is an address.
    let ends_in_number = is_label(last) && last.bytes().all(|byte| byte.is_ascii_digit());
    if ends_in_number || domain.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        Err(DomainProblem::Address)
    } else if domain.contains(['/', ':', '?', '#', '@']) {
        Err(DomainProblem::NotAlone)
    } else if domain.contains('*') {
        Err(DomainProblem::Wildcard)
    } else if domain.starts_with('.') {
        Err(DomainProblem::LeadingDot)
    } else if domain.len() > 253 || !domain.split('.').all(is_label) {
        Err(DomainProblem::NotAName)
    } else if !domain.contains('.') {
        Err(DomainProblem::OneLabel)
    } else if is_public_suffix(domain) {
        Err(DomainProblem::PublicSuffix)
    } else {
        Ok(())
    }
}

/// One of the values that a setting may have; the first is the default.
fn choice<T: Copy>(
    settings: &mut Settings<'_>,
    name: &str,
    choices: &[(&str, T)],
    expected: &str,
) -> Result<T, InvalidSetting> {
    let value = settings.optional(name);
    let mut choices = choices.iter();
    let found = choices.find(|(text, _)| value.as_deref().is_none_or(|value| value == *text));
    let (_, choice) = found.ok_or_else(|| settings.invalid(format!("{name} must be {expected}")))?;
    Ok(*choice)
}

const NOT_SECURE: &str = "COOKIE_DOMAIN: with VIEWER_PROTOCOL http, browsers keep the cookies, which are \
     Secure, on localhost only: set VIEWER_PROTOCOL to https, or leave COOKIE_DOMAIN empty";
const PARTITIONED: &str = "COOKIE_PARTITIONED is for pages that other sites embed, where browsers take and \
     send cookies with SameSite=None only: set COOKIE_SAME_SITE to None, or COOKIE_PARTITIONED to false";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cors::read_origins;

    type Pairs<'a> = &'a [(&'a str, &'a str)];

    fn read(pairs: Pairs<'_>) -> Result<CookieSettings, String> {
        let look_up =
            |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let mut settings = Settings::new(&look_up);
        let protocol = settings.parsed("VIEWER_PROTOCOL", ViewerProtocol::Https, "http or https");
        let origins = read_origins(&mut settings);
        let cookies = CookieSettings::read(&mut settings, &origins, protocol);
        settings.finish(|| cookies).map_err(|error| {
            error.to_string().trim_start_matches("the configuration cannot be used: ").to_owned()
        })
    }

    fn attributes(pairs: Pairs<'_>, host: &str) -> Result<CookieAttributes, HostNotCovered> {
        read(pairs).expect("settings").attributes(host, "/video/")
    }

    #[test]
    fn each_setting_is_an_attribute() {
        let plain = CookieAttributes::new("/video/");
        let embedded = plain.clone().same_site(SameSite::None);
        let rows: [(Pairs<'_>, CookieAttributes); 9] = [
            (&[], plain.clone()),
            (&[("COOKIE_SAME_SITE", "Lax"), ("COOKIE_LIFETIME", "session")], plain.clone()),
            (&[("COOKIE_SAME_SITE", ""), ("COOKIE_PARTITIONED", ""), ("COOKIE_DOMAIN", "")], plain.clone()),
            (&[("COOKIE_PARTITIONED", "false")], plain.clone()),
            (&[("COOKIE_SAME_SITE", "Strict")], plain.clone().same_site(SameSite::Strict)),
            (&[("COOKIE_SAME_SITE", "None")], embedded.clone()),
            (&[("COOKIE_SAME_SITE", "None"), ("COOKIE_PARTITIONED", "true")], embedded.partitioned()),
            (&[("COOKIE_LIFETIME", "policy")], plain.clone().lifetime(CookieLifetime::Policy)),
            (&[("COOKIE_DOMAIN", "Example.com")], plain.domain("example.com")),
        ];
        for (pairs, expected) in rows {
            assert_eq!(attributes(pairs, "cdn.example.com"), Ok(expected), "{pairs:?}");
        }
    }

    #[test]
    fn a_value_that_is_none_is_told_with_those_there_are() {
        let rows = [
            ("COOKIE_SAME_SITE", "lax", "COOKIE_SAME_SITE must be Lax, Strict or None"),
            ("COOKIE_PARTITIONED", "1", "COOKIE_PARTITIONED must be true or false"),
            ("COOKIE_LIFETIME", "3600", "COOKIE_LIFETIME must be session or policy"),
        ];
        for (name, value, problem) in rows {
            assert_eq!(read(&[(name, value)]), Err(problem.to_owned()));
        }
        let all = rows.map(|(name, value, _)| (name, value));
        assert_eq!(read(&all), Err(rows.map(|(_, _, problem)| problem).join("; ")));
    }

    #[test]
    fn a_domain_that_no_browser_takes_is_refused_with_a_cure() {
        const ADDRESS: &str = "is an IP address, and addresses share no cookies: leave it empty";
        const MORE: &str = "must be a domain alone, such as example.com: leave out scheme, port and path";
        const DOT: &str = "must not start with a dot, since a domain includes its subdomains: leave it out";
        const STAR: &str =
            "must not have a wildcard, since a domain includes its subdomains: leave out the *.";
        const NAME: &str =
            "is not a domain name such as example.com: write an international one in ASCII, as xn--…";
        const LABEL: &str =
            "has one label only, and browsers share cookies within a registered domain: leave it empty";
        const SUFFIX: &str = "is a public suffix, as cloudfront.net is, below which anybody can have a name, \
             so browsers refuse its cookies: leave it empty, or give the distribution your own domain name";
        let long = format!("{}example.com", "a.".repeat(122));
        let label = format!("{}.example.com", "a".repeat(64));
        let rows = [
            ("127.0.0.1", ADDRESS),
            ("192.0.2.7", ADDRESS),
            ("127.1", ADDRESS),
            ("2001:db8::1", ADDRESS),
            ("[::1]", ADDRESS),
            ("https://example.com", MORE),
            ("example.com:443", MORE),
            ("example.com/video/", MORE),
            ("anna@example.com", MORE),
            ("*.example.com", STAR),
            (".example.com", DOT),
            ("example..com", NAME),
            ("example.com.", NAME),
            ("example.com; Path=/", MORE),
            ("example.com;", NAME),
            ("example.com example.org", NAME),
            ("b\u{fc}cher.example", NAME),
            (&long, NAME),
            (&label, NAME),
            ("localhost", LABEL),
            ("intranet", LABEL),
            ("com", LABEL),
            ("cloudfront.net", SUFFIX),
            ("CloudFront.net", SUFFIX),
            ("co.uk", SUFFIX),
            ("github.io", SUFFIX),
            ("s3.amazonaws.com", SUFFIX),
        ];
        for (domain, problem) in rows {
            assert_eq!(
                read(&[("COOKIE_DOMAIN", domain)]),
                Err(format!("COOKIE_DOMAIN {problem}")),
                "{domain}"
            );
        }
    }

    #[test]
    fn combinations_that_no_browser_would_keep_or_send_are_refused() {
        let partitioned = "COOKIE_PARTITIONED is for pages that other sites embed, where browsers take and \
             send cookies with SameSite=None only: set COOKIE_SAME_SITE to None, or COOKIE_PARTITIONED to \
             false";
        let not_secure = "COOKIE_DOMAIN: with VIEWER_PROTOCOL http, browsers keep the cookies, which are \
             Secure, on localhost only: set VIEWER_PROTOCOL to https, or leave COOKIE_DOMAIN empty";
        let cross_site = |origin: &str, reason: &str, cure: &str| {
            format!(
                "ALLOWED_ORIGINS: {origin} {reason}, and from there browsers take and send cookies with \
                 SameSite=None only: set COOKIE_SAME_SITE to None and COOKIE_PARTITIONED to true, or {cure}"
            )
        };
        let other_domain = |origin: &str| {
            cross_site(origin, "is on another site than COOKIE_DOMAIN", "remove it from ALLOWED_ORIGINS")
        };
        let plaintext = cross_site(
            "http://localhost:3000",
            "is http where VIEWER_PROTOCOL is https, which makes it another site",
            "serve its pages over https",
        );
        let (domain, http) = (("COOKIE_DOMAIN", "example.com"), ("VIEWER_PROTOCOL", "http"));
        let (strict, origins) = (("COOKIE_SAME_SITE", "Strict"), |list| ("ALLOWED_ORIGINS", list));
        let rows: Vec<(Vec<(&str, &str)>, String)> = vec![
            (vec![("COOKIE_PARTITIONED", "true")], partitioned.to_owned()),
            (vec![("COOKIE_PARTITIONED", "true"), strict], partitioned.to_owned()),
            (vec![domain, http], not_secure.to_owned()),
            (vec![domain, http, ("COOKIE_SAME_SITE", "None")], not_secure.to_owned()),
            (vec![domain, origins("https://app.example.org")], other_domain("https://app.example.org")),
            (vec![domain, origins("https://192.0.2.7")], other_domain("https://192.0.2.7")),
            (vec![domain, origins("https://com")], other_domain("https://com")),
            (vec![domain, origins("http://localhost:3000")], other_domain("http://localhost:3000")),
            (vec![("COOKIE_DOMAIN", "a.co.uk"), origins("https://b.co.uk")], other_domain("https://b.co.uk")),
            (
                vec![("COOKIE_DOMAIN", "d1.cloudfront.net"), origins("https://d2.cloudfront.net")],
                other_domain("https://d2.cloudfront.net"),
            ),
            (
                vec![domain, strict, origins("https://a.example,https://b.example.com,https://c.example")],
                format!("{}; {}", other_domain("https://a.example"), other_domain("https://c.example")),
            ),
            (vec![origins("http://localhost:3000")], plaintext),
        ];
        for (pairs, problem) in rows {
            assert_eq!(read(&pairs), Err(problem), "{pairs:?}");
        }
    }

    #[test]
    fn what_may_work_is_taken() {
        let (domain, http) = (("COOKIE_DOMAIN", "example.com"), ("VIEWER_PROTOCOL", "http"));
        let (none, partitioned) = (("COOKIE_SAME_SITE", "None"), ("COOKIE_PARTITIONED", "true"));
        let origins = |list| ("ALLOWED_ORIGINS", list);
        let rows: [Vec<(&str, &str)>; 15] = [
            vec![origins("capacitor://localhost,tauri://localhost")],
            vec![domain, origins("https://app.example.com,ionic://localhost")],
            vec![http],
            vec![http, none, partitioned],
            vec![http, ("COOKIE_DOMAIN", "site.localhost")],
            vec![http, origins("http://localhost:3000")],
            vec![http, origins("https://app.example.com")],
            vec![origins("https://app.example.org")],
            vec![none, origins("http://localhost:3000")],
            vec![domain, none, origins("https://app.example.org,http://localhost:3000")],
            vec![domain, none, partitioned, origins("https://app.example.org")],
            vec![domain, origins("https://app.example.com,https://example.com:8443")],
            vec![domain, ("COOKIE_SAME_SITE", "Strict"), origins("https://app.example.com")],
            vec![("COOKIE_DOMAIN", "video.example.com"), origins("https://www.example.com")],
            vec![("COOKIE_DOMAIN", "d1.cloudfront.net")],
        ];
        for pairs in rows {
            assert_eq!(read(&pairs).map(|_| ()), Ok(()), "{pairs:?}");
        }
    }

    #[test]
    fn a_host_outside_of_the_domain_gets_no_cookies() {
        let rows = [
            ("example.com", true),
            ("cdn.example.com", true),
            ("a.b.example.com", true),
            ("CDN.Example.Com", true),
            ("cdn.example.com:8443", true),
            ("notexample.com", false),
            ("example.org", false),
            ("com", false),
            ("example.com.", false),
            ("example.com.evil.test", false),
            ("d111111abcdef8.cloudfront.net", false),
            ("127.0.0.1:8080", false),
            ("[::1]:8080", false),
            ("", false),
        ];
        for (host, covered) in rows {
            let expected = if covered {
                Ok(CookieAttributes::new("/video/").domain("example.com"))
            } else {
                Err(HostNotCovered { domain: "example.com".to_owned(), host: host.to_owned() })
            };
            assert_eq!(attributes(&[("COOKIE_DOMAIN", "example.com")], host), expected, "{host}");
        }
    }

    #[test]
    fn without_a_domain_every_host_sets_its_own_cookies() {
        for host in ["d111111abcdef8.cloudfront.net", "127.0.0.1:8080", "[::1]:8080", "localhost"] {
            assert_eq!(attributes(&[], host), Ok(CookieAttributes::new("/video/")), "{host}");
        }
    }
}
