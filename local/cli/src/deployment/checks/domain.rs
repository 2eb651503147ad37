//! A DNS record in the way of the distribution's own name.
//!
//! CloudFormation does not replace a record that it did not create: the deployment fails, and everything that it had
//! created is removed again.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use issue_cookies::http_client;
use tokio::{net::lookup_host, time::timeout};

use crate::deployment::Finding;

/// What is at a name.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Holder {
    Nobody,
    Usher,
    SomebodyElse(IpAddr),
    Unknown(String),
}

pub(super) async fn check(domain: &str, has_zone: bool) -> Finding {
    finding(domain, has_zone, &holder(domain).await)
}

async fn holder(domain: &str) -> Holder {
    match addresses(domain).await {
        Ok(addresses) => match addresses.first() {
            None => Holder::Nobody,
            Some(_) if is_usher(domain).await => Holder::Usher,
            Some(address) => Holder::SomebodyElse(address.ip()),
        },
        // Without a network, the resolver may say of each name that there is none.
        Err(error) => without_address(&error, finds_others().await),
    }
}

/// What the resolver finds for a name.
pub(super) async fn addresses(name: &str) -> io::Result<Vec<SocketAddr>> {
    Ok(timeout(LIMIT, lookup_host((name, 443))).await.map_err(io::Error::from)??.collect())
}

/// Whether the resolver finds anything at all.
pub(super) async fn finds_others() -> bool {
    addresses(KNOWN).await.is_ok()
}

fn without_address(error: &io::Error, finds_others: bool) -> Holder {
    if finds_others { Holder::Nobody } else { Holder::Unknown(error.to_string()) }
}

/// Whether the name is a distribution of Usher already: it answers each wrong request with problem+json.
async fn is_usher(domain: &str) -> bool {
    let Ok(client) = http_client(reqwest::Client::builder()) else { return false };
    let Ok(answer) = client.get(format!("https://{domain}/auth/cookies")).send().await else { return false };
    let content_type = answer.headers().get("content-type");
    content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/problem+json"))
}

fn finding(domain: &str, has_zone: bool, holder: &Holder) -> Finding {
    match holder {
        Holder::Nobody => Finding::ok(NAME, format!("{domain} has no record, so nothing is in the way")),
        Holder::Usher => Finding::ok(NAME, format!("{domain} is a distribution of Usher")),
        Holder::SomebodyElse(address) if has_zone => Finding::wrong(
            NAME,
            format!("{domain} has a record already ({address}), so the deployment would fail"),
            "leave out HostedZoneId, deploy, and change the record yourself when the distribution works",
        ),
        Holder::SomebodyElse(address) => Finding::warning(
            NAME,
            format!("{domain} leads elsewhere at present ({address})"),
            format!(
                "deploy, try it with usher check https://{domain} --distribution DISTRIBUTION_DOMAIN_NAME, then \
                 change the record. If another CloudFront distribution has the name, remove the name there first"
            ),
        ),
        Holder::Unknown(why) => {
            Finding::unknown(NAME, format!("{domain} cannot be looked up: {why}"), "is this machine online?")
        }
    }
}

/// A name that there is, as long as there is CloudFormation.
const KNOWN: &str = "cloudformation.us-east-1.amazonaws.com";
const LIMIT: Duration = Duration::from_secs(3);
const NAME: &str = "domain";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_in_the_way_is_wrong_where_the_stack_creates_its_own() {
        let somebody = || Holder::SomebodyElse(IpAddr::from([192, 0, 2, 7]));
        let domain = "video.example.com";
        let elsewhere = Finding::warning(
            NAME,
            "video.example.com leads elsewhere at present (192.0.2.7)",
            "deploy, try it with usher check https://video.example.com --distribution DISTRIBUTION_DOMAIN_NAME, \
             then change the record. If another CloudFront distribution has the name, \
             remove the name there first",
        );
        let unknown = Finding::unknown(
            NAME,
            "video.example.com cannot be looked up: Temporary failure in name resolution",
            "is this machine online?",
        );
        let offline = without_address(&io::Error::other("Temporary failure in name resolution"), false);
        let nobody = without_address(&io::Error::other("Name or service not known"), true);
        let free = Finding::ok(NAME, "video.example.com has no record, so nothing is in the way");
        let ours = Finding::ok(NAME, "video.example.com is a distribution of Usher");
        for has_zone in [false, true] {
            assert_eq!(finding(domain, has_zone, &nobody), free);
            assert_eq!(finding(domain, has_zone, &Holder::Usher), ours);
            assert_eq!(finding(domain, has_zone, &offline), unknown);
        }
        assert_eq!(finding(domain, false, &somebody()), elsewhere);
        assert!(finding(domain, true, &somebody()).is_wrong());
    }

    #[tokio::test]
    async fn a_name_is_held_by_whoever_is_at_its_address() {
        // Nobody on this machine has a certificate for it.
        assert!(matches!(holder("localhost").await, Holder::SomebodyElse(address) if address.is_loopback()));
    }
}
