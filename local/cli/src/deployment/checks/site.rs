//! A Plone site that Usher would ask by way of the distribution in front of it.

use url::Url;

use crate::deployment::{Deployment, Finding};

const NAME: &str = "site";

/// Nothing, if there is nothing to consider.
pub(super) fn check(deployment: &Deployment) -> Option<Finding> {
    let website = deployment.parameter("WebsiteDomainName")?;
    let plone = deployment.json("Plone")?;
    let site = plone.get("site")?.as_str()?;
    let url = Url::parse(site).ok()?;
    (url.host_str() == deployment.parameter("DomainName")).then(|| behind_itself(site, website))
}

fn behind_itself(site: &str, website: &str) -> Finding {
    Finding::warning(
        NAME,
        format!(
            "at {site}, Usher asks Plone through the distribution, where GeoRestriction applies to Usher, too"
        ),
        format!("name the site's own server: {website}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usher_asks_the_sites_own_server() {
        let rows = [
            (Some("www.example.com"), "https://www.example.com/Plone", true),
            (Some("www.example.com"), "https://origin.example.com/Plone", false),
            (None, "https://www.example.com/Plone", false),
        ];
        for (domain, site, is_behind_itself) in rows {
            let plone = format!(r#"{{"site": "{site}"}}"#);
            let given = [
                ("Plone", Some(plone.as_str())),
                ("WebsiteDomainName", Some("origin.example.com")),
                ("DomainName", domain),
            ];
            let owned = |(name, value): (&str, Option<&str>)| Some((name.to_owned(), value?.to_owned()));
            let parameters: Vec<_> = given.into_iter().filter_map(owned).collect();
            let found = check(&Deployment { parameters, ..Deployment::default() });
            let expected = is_behind_itself.then(|| behind_itself(site, "origin.example.com"));
            assert_eq!(found, expected, "{domain:?} {site}");
        }
        let plone = ("Plone".to_owned(), r#"{"site": "https://www.example.com"}"#.to_owned());
        let domain = ("DomainName".to_owned(), "www.example.com".to_owned());
        let alone = Deployment { parameters: vec![plone, domain], ..Deployment::default() };
        assert_eq!(check(&alone), None);
    }
}
