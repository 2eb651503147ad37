//! What issuers and sites answer from here, as the function asks them.

use issue_cookies::{Asked, Authenticators, FetchError, FetchFailure, PloneFailure};
use usher_runtime::with_sources;

use crate::deployment::Finding;

pub(super) async fn check(authenticators: &Authenticators) -> Vec<Finding> {
    authenticators.ask().await.into_iter().filter_map(finding).collect()
}

fn finding(asked: Asked) -> Option<Finding> {
    match asked {
        Asked::Issuer { issuer, keys } => Some(of_issuer(&issuer, &keys)),
        Asked::Plone { site, answer } => Some(of_site(&site, answer)),
        _ => None,
    }
}

/// The functions' own rules allow http for the computer that they run on, which is another one in AWS.
fn of_this_computer(name: &'static str, url: &str) -> Option<Finding> {
    let found = || format!("{url} is on this computer, where the function cannot reach it");
    url.starts_with("http://")
        .then(|| Finding::wrong(name, found(), "write the https URL by which AWS reaches it"))
}

fn of_issuer(issuer: &str, keys: &Result<usize, FetchError>) -> Finding {
    if let Some(finding) = of_this_computer(ISSUER, issuer) {
        return finding;
    }
    match keys {
        Ok(0) => Finding::wrong(
            ISSUER,
            format!("{issuer} has no key for the algorithm"),
            "name the algorithm of its tokens in JwtIssuers, as in \"algorithm\": \"ES256\"",
        ),
        Ok(keys) => {
            Finding::ok(ISSUER, format!("{issuer} has {keys} key{}", if *keys == 1 { "" } else { "s" }))
        }
        Err(error) => match &error.reason {
            FetchFailure::Connection(_) => Finding::unknown(
                ISSUER,
                with_sources(error),
                "is the name right, and is this machine online?",
            ),
            FetchFailure::OtherIssuer => Finding::wrong(
                ISSUER,
                format!("{} is of another issuer than {issuer:?}", error.url),
                "write the issuer as it is there, to the last slash",
            ),
            _ => Finding::wrong(ISSUER, with_sources(error), "write iss as your tokens have it"),
        },
    }
}

fn of_site(site: &str, answer: Result<(), PloneFailure>) -> Finding {
    if let Some(finding) = of_this_computer(SITE, site) {
        return finding;
    }
    match answer {
        Ok(()) => Finding::ok(SITE, format!("{site} answers as Plone")),
        Err(failure @ (PloneFailure::Silent | PloneFailure::Unreachable)) => Finding::unknown(
            SITE,
            format!("{site}: {failure}"),
            "the function must reach it from AWS: is the name right, and is this machine online?",
        ),
        Err(failure @ PloneFailure::ShowsUsersToAnybody) => Finding::wrong(
            SITE,
            format!("{site}: {failure}"),
            "take the permission \"Access Plone user information\" from Anonymous",
        ),
        Err(failure) => Finding::wrong(
            SITE,
            format!("{site}: {failure} to @users"),
            "write the URL of the Plone site itself, with https and without a redirect",
        ),
    }
}

const ISSUER: &str = "issuer";
const SITE: &str = "site";

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(reason: FetchFailure) -> Result<usize, FetchError> {
        Err(FetchError { url: "https://id.example/.well-known/openid-configuration".to_owned(), reason })
    }

    #[test]
    fn an_issuer_publishes_keys_for_the_algorithm() {
        let issuer = "https://id.example/";
        let url = "https://id.example/.well-known/openid-configuration";
        let rows = [
            (Ok(1), Finding::ok(ISSUER, "https://id.example/ has 1 key")),
            (Ok(2), Finding::ok(ISSUER, "https://id.example/ has 2 keys")),
            (
                Ok(0),
                Finding::wrong(
                    ISSUER,
                    "https://id.example/ has no key for the algorithm",
                    "name the algorithm of its tokens in JwtIssuers, as in \"algorithm\": \"ES256\"",
                ),
            ),
            (
                refused(FetchFailure::OtherIssuer),
                Finding::wrong(
                    ISSUER,
                    format!("{url} is of another issuer than \"https://id.example/\""),
                    "write the issuer as it is there, to the last slash",
                ),
            ),
            (
                refused(FetchFailure::NoDiscovery),
                Finding::wrong(
                    ISSUER,
                    format!("{url}: it is no discovery document with issuer and an https jwks_uri"),
                    "write iss as your tokens have it",
                ),
            ),
        ];
        for (keys, expected) in rows {
            assert_eq!(of_issuer(issuer, &keys), expected);
        }
    }

    #[test]
    fn what_answers_on_this_computer_alone_is_wrong() {
        let cure = "is on this computer, where the function cannot reach it: write the https URL by which AWS reaches it";
        let site = "http://localhost:8080/Plone";
        let issuer = "http://127.0.0.1:8090/realms/site";
        assert_eq!(of_site(site, Ok(())).found(), format!("{site} {cure}"));
        assert_eq!(of_issuer(issuer, &Ok(1)).found(), format!("{issuer} {cure}"));
        assert!(of_site(site, Ok(())).is_wrong() && of_issuer(issuer, &Ok(1)).is_wrong());
    }

    #[test]
    fn a_site_answers_as_plone_or_cannot_be_asked_from_here() {
        let site = "https://www.example.com/Plone";
        assert_eq!(of_site(site, Ok(())), Finding::ok(SITE, format!("{site} answers as Plone")));
        let wrong = [PloneFailure::ShowsUsersToAnybody, PloneFailure::NoUser, PloneFailure::TooLarge];
        for failure in wrong {
            assert!(of_site(site, Err(failure)).is_wrong(), "{failure}");
        }
        for failure in [PloneFailure::Silent, PloneFailure::Unreachable] {
            let cure = "the function must reach it from AWS: is the name right, and is this machine online?";
            assert_eq!(
                of_site(site, Err(failure)),
                Finding::unknown(SITE, format!("{site}: {failure}"), cure)
            );
        }
    }
}
