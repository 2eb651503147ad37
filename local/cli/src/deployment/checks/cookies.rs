//! Pages with a player on another site than the distribution, where browsers do not send its cookies.

use usher_runtime::{Origin, site};

use crate::deployment::{Deployment, Finding};

const NAME: &str = "cookies";

/// Nothing, if the player is on the distribution itself, or in apps alone.
pub(super) fn check(deployment: &Deployment) -> Option<Finding> {
    let domain = deployment.parameter("DomainName");
    let is_for_other_sites =
        deployment.parameter("CookieSameSite").is_some_and(|same_site| same_site.starts_with("None"));
    let origins = deployment.parameter("AllowedOrigins")?.split(',');
    // The pages of an app play by signed URLs.
    let pages: Vec<Origin> = origins
        .filter_map(|origin| origin.parse::<Origin>().ok())
        .filter(|origin| origin.protocol().is_some())
        .collect();
    let first = pages.first()?;
    let elsewhere = pages.iter().find(|page| domain.is_none_or(|domain| site(page.host()) != site(domain)));
    Some(match elsewhere {
        None => Finding::ok(NAME, format!("{first} is on the distribution's site")),
        Some(page) if is_for_other_sites => {
            Finding::ok(NAME, format!("{page} is on another site, and gets its own"))
        }
        Some(page) => Finding::warning(
            NAME,
            format!("{page} is on another site than the distribution, so browsers keep no cookies there"),
            "give the distribution a name on the same site by DomainName, or set CookieSameSite to NonePartitioned",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(parameters: &[(&str, &str)]) -> Option<Finding> {
        let parameters =
            parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        check(&Deployment { parameters, ..Deployment::default() })
    }

    #[test]
    fn pages_of_another_site_need_other_cookies() {
        let page = ("AllowedOrigins", "https://www.example.com");
        let warning = Finding::warning(
            NAME,
            "https://www.example.com is on another site than the distribution, so browsers keep no cookies there",
            "give the distribution a name on the same site by DomainName, or set CookieSameSite to NonePartitioned",
        );
        let ok = |found: &str| Some(Finding::ok(NAME, found));
        assert_eq!(found(&[page]), Some(warning.clone()));
        assert_eq!(found(&[page, ("DomainName", "video.example.org")]), Some(warning.clone()));
        assert_eq!(found(&[page, ("CookieSameSite", "Strict")]), Some(warning.clone()));
        assert_eq!(
            found(&[page, ("DomainName", "video.example.com")]),
            ok("https://www.example.com is on the distribution's site")
        );
        assert_eq!(
            found(&[page, ("CookieSameSite", "NonePartitioned")]),
            ok("https://www.example.com is on another site, and gets its own")
        );
        let both = ("AllowedOrigins", "https://www.example.org,https://www.example.com");
        assert_eq!(found(&[both, ("DomainName", "video.example.org")]), Some(warning));
        assert_eq!(found(&[("AllowedOrigins", "capacitor://localhost")]), None);
        assert_eq!(found(&[("DomainName", "video.example.com")]), None);
    }
}
