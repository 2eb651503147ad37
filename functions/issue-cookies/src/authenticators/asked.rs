//! What issuers and sites answer now: for `usher doctor`, which asks them before there is a deployment.

use super::{Authenticators, FetchError, PloneFailure};

/// One that the function will ask, and its answer.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Asked {
    /// An issuer that publishes its keys.
    Issuer {
        /// Its name, as in `iss`.
        issuer: String,
        /// How many of its keys verify tokens of the configured algorithm.
        keys: Result<usize, FetchError>,
    },
    /// A Plone site.
    Plone {
        /// Its URL.
        site: String,
        /// Nothing, if it refuses a request without a credential as Plone does.
        answer: Result<(), PloneFailure>,
    },
}

impl Authenticators {
    /// Asks each issuer that publishes its keys, and the Plone site, as the function itself does.
    pub async fn ask(&self) -> Vec<Asked> {
        let mut asked = Vec::new();
        for issuer in &self.0.issuers {
            if let Some((issuer, jwks)) = issuer.published() {
                asked.push(Asked::Issuer { issuer: issuer.to_owned(), keys: jwks.ask().await });
            }
        }
        if let Some(site) = &self.0.plone_online {
            asked.push(Asked::Plone { site: site.url().to_owned(), answer: site.ask_as_a_stranger().await });
        }
        asked
    }
}
