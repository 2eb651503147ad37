//! Cookies and signed URLs that would end sooner than the file says, because the credential does.

use issue_cookies::DJANGO_MAX_AGE_SECONDS;

use crate::deployment::{Deployment, Finding};

const NAME: &str = "lifetimes";

/// Nothing, if the file says nothing about them, or if they can last that long.
pub(super) fn check(deployment: &Deployment) -> Option<Finding> {
    let django = deployment.json("Django")?;
    let max_age = match django.get("max_age_seconds") {
        None => DJANGO_MAX_AGE_SECONDS,
        // As a text, too, as everywhere in the settings.
        Some(given) => given.as_u64().or_else(|| given.as_str()?.parse().ok())?,
    };
    let parameters = ["CookieTtlSeconds", "UrlTtlSeconds"];
    let longer = parameters.into_iter().find(|name| {
        deployment
            .parameter(name)
            .and_then(|seconds| seconds.parse().ok())
            .is_some_and(|ttl: u64| ttl > max_age)
    })?;
    Some(Finding::warning(
        NAME,
        format!(
            "{longer} is longer than the {max_age} seconds of a value of Django, and nothing lasts longer than that"
        ),
        "raise max_age_seconds in Django, and VIDEO_SECONDS on the site",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_lasts_longer_than_the_credential() {
        let warning = |longer: &str, max_age: u64| {
            let found = format!(
                "{longer} is longer than the {max_age} seconds of a value of Django, and nothing lasts longer than that"
            );
            Some(Finding::warning(
                NAME,
                found,
                "raise max_age_seconds in Django, and VIDEO_SECONDS on the site",
            ))
        };
        let (django, longer) = (("Django", "{}"), ("Django", r#"{"max_age_seconds": 7200}"#));
        let text = ("Django", r#"{"max_age_seconds": "600"}"#);
        let rows = [
            (vec![django], None),
            (vec![django, ("CookieTtlSeconds", "900")], None),
            (vec![django, ("CookieTtlSeconds", "901")], warning("CookieTtlSeconds", 900)),
            (vec![django, ("UrlTtlSeconds", "21600")], warning("UrlTtlSeconds", 900)),
            (vec![longer, ("CookieTtlSeconds", "7200")], None),
            (vec![longer, ("CookieTtlSeconds", "7201")], warning("CookieTtlSeconds", 7200)),
            (vec![text, ("CookieTtlSeconds", "900")], warning("CookieTtlSeconds", 600)),
            (vec![("Plone", "{}"), ("CookieTtlSeconds", "86400")], None),
        ];
        for (parameters, expected) in rows {
            let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
            let parameters: Vec<_> = parameters.into_iter().map(owned).collect();
            let found = check(&Deployment { parameters: parameters.clone(), ..Deployment::default() });
            assert_eq!(found, expected, "{parameters:?}");
        }
    }
}
