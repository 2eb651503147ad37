//! Pages that could not sign in, or not open.

use crate::deployment::{Deployment, Finding};

const NAME: &str = "pages";

/// Nothing, if there is nothing to consider.
pub(super) fn check(deployment: &Deployment) -> Option<Finding> {
    let has = |name| deployment.parameter(name).is_some();
    if has("WebsiteDomainName") {
        return (!has("DomainName")).then(without_domain);
    }
    // An app may have tokens, but these credentials are those of a site's pages.
    let site = ["Plone", "Django"].into_iter().find(|name| has(name))?;
    (!has("AllowedOrigins")).then(|| without_pages(site))
}

fn without_domain() -> Finding {
    Finding::warning(
        NAME,
        "without DomainName, the distribution in front of your site has only its name at cloudfront.net, which the \
         site's server gets as Host",
        "set DomainName and CertificateArn, or let the site accept that name",
    )
}

fn without_pages(site: &str) -> Finding {
    Finding::warning(
        NAME,
        format!("no page of the {site} site can get cookies"),
        "name its origin in AllowedOrigins, or its server in WebsiteDomainName. For apps alone, this is right",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_need_a_way_to_sign_in_and_a_name() {
        let (plone, django) = (("Plone", "{}"), ("Django", "{}"));
        let (origins, domain) = (("AllowedOrigins", "https://a.example"), ("DomainName", "v.example"));
        let (website, empty) = (("WebsiteDomainName", "o.example"), ("AllowedOrigins", ""));
        let rows = [
            (vec![plone], Some(without_pages("Plone"))),
            (vec![django, domain], Some(without_pages("Django"))),
            (vec![django, empty], Some(without_pages("Django"))),
            (vec![plone, origins], None),
            (vec![plone, website], Some(without_domain())),
            (vec![website], Some(without_domain())),
            (vec![plone, website, domain], None),
            (vec![("Simplejwt", "{}")], None),
            (vec![("JwtIssuers", "[]")], None),
        ];
        for (parameters, expected) in rows {
            let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
            let parameters: Vec<_> = parameters.into_iter().map(owned).collect();
            let found = check(&Deployment { parameters: parameters.clone(), ..Deployment::default() });
            assert_eq!(found, expected, "{parameters:?}");
        }
    }
}
