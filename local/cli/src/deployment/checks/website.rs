//! The site's own server, which the distribution in front of it asks by HTTPS.
//!
//! CloudFront sends the viewer's `Host`, and accepts a certificate for that name or for the server's own:
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-https-cloudfront-to-custom-origin.html>

use std::net::SocketAddr;

use issue_cookies::http_client;
use reqwest::{StatusCode, header::HOST};
use usher_runtime::with_sources;

use super::domain::{addresses, finds_others};
use crate::deployment::Finding;

/// What is at the server's name.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Server {
    Answers(StatusCode),
    Nowhere,
    Silent(String),
    Unknown(String),
}

/// `domain` is the name that viewers use, if it is not that at cloudfront.net.
pub(super) async fn check(website: &str, domain: Option<&str>) -> Finding {
    finding(website, domain, &server(website, domain).await)
}

async fn server(website: &str, domain: Option<&str>) -> Server {
    let found = match addresses(website).await {
        Ok(found) => found,
        Err(_) if finds_others().await => return Server::Nowhere,
        Err(error) => return Server::Unknown(error.to_string()),
    };
    let mut why = String::new();
    for name in domain.into_iter().chain([website]) {
        match ask(name, &found, domain.unwrap_or(website)).await {
            Ok(status) => return Server::Answers(status),
            Err(error) => why = with_sources(&error),
        }
    }
    Server::Silent(why)
}

/// `name` is the one for which the certificate must be.
async fn ask(name: &str, found: &[SocketAddr], host: &str) -> reqwest::Result<StatusCode> {
    let client = http_client(reqwest::Client::builder().http1_only().resolve_to_addrs(name, found))?;
    Ok(client.get(format!("https://{name}/")).header(HOST, host).send().await?.status())
}

fn finding(website: &str, domain: Option<&str>, server: &Server) -> Finding {
    let host = domain.unwrap_or(website);
    match server {
        Server::Answers(status) if status.is_server_error() || REFUSALS.contains(status) => Finding::warning(
            NAME,
            format!("{website} answers {} where a viewer asks for {host}", status.as_u16()),
            "let the site's server accept that host name",
        ),
        Server::Answers(status) => {
            Finding::ok(NAME, format!("{website} answers {} as {host}", status.as_u16()))
        }
        Server::Nowhere => Finding::wrong(
            NAME,
            format!("{website} has no DNS record"),
            "create one for the site's own server, or correct WebsiteDomainName",
        ),
        Server::Silent(why) => Finding::warning(
            NAME,
            format!("{website} does not answer from here: {why}"),
            match domain {
                Some(domain) => format!("{REACH}for {domain} or for {website}"),
                None => format!("{REACH}for {website}"),
            },
        ),
        Server::Unknown(why) => {
            Finding::unknown(NAME, format!("{website} cannot be looked up: {why}"), "is this machine online?")
        }
    }
}

const REACH: &str = "CloudFront must reach it on port 443, with a certificate ";
/// What servers answer to a host name that is not theirs.
const REFUSALS: [StatusCode; 3] =
    [StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND, StatusCode::MISDIRECTED_REQUEST];
const NAME: &str = "website";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_has_a_record_a_certificate_and_the_viewers_host() {
        let (website, domain) = ("origin.example.com", Some("www.example.com"));
        let refused = |status: u16| {
            let found =
                format!("origin.example.com answers {status} where a viewer asks for www.example.com");
            Finding::warning(NAME, found, "let the site's server accept that host name")
        };
        let rows = [
            (200, Finding::ok(NAME, "origin.example.com answers 200 as www.example.com")),
            (302, Finding::ok(NAME, "origin.example.com answers 302 as www.example.com")),
            (401, Finding::ok(NAME, "origin.example.com answers 401 as www.example.com")),
            (400, refused(400)),
            (404, refused(404)),
            (421, refused(421)),
            (502, refused(502)),
        ];
        for (status, expected) in rows {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(finding(website, domain, &Server::Answers(status)), expected);
        }
        let nowhere = Finding::wrong(
            NAME,
            "origin.example.com has no DNS record",
            "create one for the site's own server, or correct WebsiteDomainName",
        );
        assert_eq!(finding(website, domain, &Server::Nowhere), nowhere);
        let silent = Finding::warning(
            NAME,
            "origin.example.com does not answer from here: no certificate",
            "CloudFront must reach it on port 443, with a certificate for www.example.com or for origin.example.com",
        );
        assert_eq!(finding(website, domain, &Server::Silent("no certificate".to_owned())), silent);
        let unknown = Finding::unknown(
            NAME,
            "origin.example.com cannot be looked up: no network",
            "is this machine online?",
        );
        assert_eq!(finding(website, None, &Server::Unknown("no network".to_owned())), unknown);
    }

    #[tokio::test]
    async fn a_server_is_asked_at_the_address_of_its_own_name() {
        // Nobody on this machine has a certificate for either name.
        let found = server("localhost", Some("www.invalid")).await;
        assert!(matches!(&found, Server::Silent(why) if why.contains("https://localhost/")), "{found:?}");
    }
}
