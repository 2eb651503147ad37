//! From which pages browsers send the cookies, and which settings no browser would agree with.
//!
//! A browser does not tell the server that it drops a cookie, so the function refuses such settings at the start.
//!
//! <https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-5.7>

use std::str::FromStr;

use cloudfront_signing::{CookieAttributes, SameSite};
use usher_runtime::{InvalidSetting, Origin, Settings, ViewerProtocol};

/// From which pages browsers send the cookies. They are for the one host that sets them, until the browser's session
/// ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CookieSettings {
    same_site: SameSite,
    partitioned: bool,
}

impl CookieSettings {
    /// Reads `COOKIE_SAME_SITE` (`Lax`). It must fit the other settings as far as these are valid: `origins` that may
    /// call, and the `protocol` of viewers.
    pub(crate) fn read(
        settings: &mut Settings<'_>,
        origins: &[Result<Origin, InvalidSetting>],
        protocol: Result<ViewerProtocol, InvalidSetting>,
    ) -> Result<Self, InvalidSetting> {
        let lax = Self { same_site: SameSite::Lax, partitioned: false };
        let read = settings.parsed(SAME_SITE, lax, "Lax, Strict, None or NonePartitioned")?;
        let protocol = protocol?;
        if read.same_site != SameSite::None {
            for origin in origins.iter().flatten().filter(|origin| is_cross_site(origin, protocol)) {
                settings.problem(cross_site(origin));
            }
        }
        Ok(read)
    }

    /// The attributes of cookies for what lies below `path`.
    pub(crate) fn attributes(self, path: &str) -> CookieAttributes {
        let attributes = CookieAttributes::new(path).same_site(self.same_site);
        if self.partitioned { attributes.partitioned() } else { attributes }
    }
}

impl FromStr for CookieSettings {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        let (same_site, partitioned) = match name {
            "Lax" => (SameSite::Lax, false),
            "None" => (SameSite::None, false),
            "NonePartitioned" => (SameSite::None, true),
            "Strict" => (SameSite::Strict, false),
            _ => return Err(()),
        };
        Ok(Self { same_site, partitioned })
    }
}

/// A page that is http is on another site than viewers who use https: there, browsers neither keep the cookies of an
/// answer nor send them. (An https page and http viewers are a laptop with the settings of a deployment. The pages of an
/// app play by signed URLs: to their web view, every host is another site.)
fn is_cross_site(origin: &Origin, protocol: ViewerProtocol) -> bool {
    (origin.protocol(), protocol) == (Some(ViewerProtocol::Http), ViewerProtocol::Https)
}

fn cross_site(origin: &Origin) -> String {
    format!(
        "ALLOWED_ORIGINS: {origin} is http where VIEWER_PROTOCOL is https, which makes it another site, and from there \
         browsers take and send cookies with SameSite=None only: set {SAME_SITE} to NonePartitioned, or serve its pages \
         over https"
    )
}

const SAME_SITE: &str = "COOKIE_SAME_SITE";

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

    #[test]
    fn each_value_is_an_attribute() {
        let plain = CookieAttributes::new("/video/");
        let embedded = plain.clone().same_site(SameSite::None);
        let rows: [(Pairs<'_>, CookieAttributes); 6] = [
            (&[], plain.clone()),
            (&[(SAME_SITE, "")], plain.clone()),
            (&[(SAME_SITE, "Lax")], plain.clone()),
            (&[(SAME_SITE, "Strict")], plain.same_site(SameSite::Strict)),
            (&[(SAME_SITE, "None")], embedded.clone()),
            (&[(SAME_SITE, "NonePartitioned")], embedded.partitioned()),
        ];
        for (pairs, expected) in rows {
            assert_eq!(read(pairs).map(|cookies| cookies.attributes("/video/")), Ok(expected), "{pairs:?}");
        }
    }

    #[test]
    fn a_value_that_is_none_is_told_with_those_there_are() {
        let problem = "COOKIE_SAME_SITE must be Lax, Strict, None or NonePartitioned";
        for value in ["lax", "Partitioned", "None; Partitioned"] {
            assert_eq!(read(&[(SAME_SITE, value)]), Err(problem.to_owned()), "{value}");
        }
    }

    #[test]
    fn pages_from_which_no_browser_would_send_the_cookies_are_refused() {
        let problem = |origin: &str| {
            format!(
                "ALLOWED_ORIGINS: {origin} is http where VIEWER_PROTOCOL is https, which makes it another site, and \
                 from there browsers take and send cookies with SameSite=None only: set COOKIE_SAME_SITE to \
                 NonePartitioned, or serve its pages over https"
            )
        };
        let (one, other) = ("http://localhost:3000", "http://127.0.0.1:8000");
        let both = format!("{one},https://app.example.com,{other}");
        for same_site in ["Lax", "Strict"] {
            let pairs = [("ALLOWED_ORIGINS", both.as_str()), (SAME_SITE, same_site)];
            assert_eq!(read(&pairs), Err(format!("{}; {}", problem(one), problem(other))), "{same_site}");
        }
    }

    #[test]
    fn what_may_work_is_taken() {
        let (http, none) = (("VIEWER_PROTOCOL", "http"), (SAME_SITE, "None"));
        let origins = |list| ("ALLOWED_ORIGINS", list);
        let rows: [Vec<(&str, &str)>; 7] = [
            vec![origins("capacitor://localhost,tauri://localhost")],
            vec![http],
            vec![http, none],
            vec![http, origins("http://localhost:3000")],
            vec![http, origins("https://app.example.com")],
            vec![origins("https://app.example.org")],
            vec![none, origins("http://localhost:3000")],
        ];
        for pairs in rows {
            assert_eq!(read(&pairs).map(|_| ()), Ok(()), "{pairs:?}");
        }
    }
}
