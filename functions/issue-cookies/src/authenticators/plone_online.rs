//! Viewers of a Plone site that is asked about each of them, so that log-outs, deletions, roles and groups
//! count at once.
//!
//! [`GET {site}/@users/{id}`](https://6.docs.plone.org/plone.restapi/docs/source/endpoints/users.html) with
//! the viewer's own credential: Plone shows users to themselves, so an answer about the user whom the
//! credential names is its proof. Pages prove nothing, as Plone shows those to anonymous visitors when a
//! credential is bad; `@login-renew` neither, as it goes on for users who were deleted.

use std::time::Duration;

use async_trait::async_trait;
use cloudfront_signing::UnixTime;
use http::{HeaderName, HeaderValue, StatusCode, header};
use jsonwebtoken::dangerous::insecure_decode_claims;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, Response, Url};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Host;
use usher_runtime::{Settings, Warming};

use super::{
    AuthenticationError, Authenticator, Credential, HttpClient,
    claims::UniqueClaims,
    client,
    jwt::{TokenError, TokenRules, is_subject},
    plone_offline::token_rules,
    plone_ticket::{SealedTicket, TicketError},
};
use crate::{Subject, http_client::read_up_to};

/// One site.
pub(super) struct PloneOnline {
    client: Client,
    site: Site,
    rules: TokenRules,
    ticket_timeout: u64,
}

/// Where a site is: its URL without the slash at the end.
#[derive(Debug, Eq, PartialEq)]
struct Site(String);

/// What a credential says, before anybody has verified it.
struct Claimed {
    id: String,
    expires: UnixTime,
    header: (HeaderName, HeaderValue),
}

/// What the site says of a user. Names and addresses are left out: users change their own.
#[derive(Deserialize)]
struct User {
    id: String,
    roles: Vec<String>,
    groups: Option<Groups>,
}

#[derive(Deserialize)]
struct Groups {
    items: Vec<Group>,
    items_total: usize,
}

#[derive(Deserialize)]
struct Group {
    id: String,
}

impl PloneOnline {
    /// Reads `PLONE_SITE` and `PLONE_TICKET_TIMEOUT_SECONDS`.
    pub(super) fn read(settings: &mut Settings<'_>, http: HttpClient<'_>) -> Option<Option<Self>> {
        let Some(site) = settings.optional(SITE) else { return Some(None) };
        let ticket_timeout = settings.seconds("PLONE_TICKET_TIMEOUT_SECONDS", 7_200);
        if let Some(keys) = KEYS.into_iter().find(|name| settings.has_secret(name)) {
            settings.problem(format!("{SITE} and {keys} are both set: viewers are verified by one of them"));
            return None;
        }
        let site = Site::parse(&site);
        if site.is_none() {
            settings.problem(format!("{SITE} must be the https URL of a Plone site, without a query"));
        }
        let client = client(settings, http);
        Some(Some(Self::new(client?, site?, ticket_timeout?)))
    }

    fn new(client: Client, site: Site, ticket_timeout: u64) -> Self {
        Self { client, site, rules: token_rules(None), ticket_timeout }
    }

    fn claimed(&self, credential: &Credential<'_>, now: UnixTime) -> Result<Claimed, AuthenticationError> {
        match credential {
            Credential::Token { token, .. } => self.token(token, now),
            Credential::Ticket(cookie_value) => self.ticket(cookie_value, now),
            _ => Err(AuthenticationError::Unknown),
        }
    }

    fn token(&self, token: &str, now: UnixTime) -> Result<Claimed, AuthenticationError> {
        self.rules.check_header(token)?;
        let claims = insecure_decode_claims::<UniqueClaims>(token).map_err(|_| TokenError::Malformed)?;
        let read = self.rules.check_claims(claims.0, now)?;
        let header = (header::AUTHORIZATION, secret(format!("Bearer {token}"))?);
        Ok(Claimed { id: read.subject, expires: read.expires, header })
    }

    /// The cookie of a Zope root user, which holds the password, is refused here and goes nowhere.
    fn ticket(&self, cookie_value: &str, now: UnixTime) -> Result<Claimed, AuthenticationError> {
        let ticket = SealedTicket::parse(cookie_value)?;
        let end = ticket.end(self.ticket_timeout, now.seconds())?;
        let expires = UnixTime::new(end).map_err(|_| TicketError::Form)?;
        let header = (header::COOKIE, secret(format!("__ac={cookie_value}"))?);
        Ok(Claimed { id: ticket.user_id().to_owned(), expires, header })
    }

    /// An answer proves a credential only if nobody gets it without one: a site may have given the
    /// permission "Access Plone user information" to anonymous visitors, and a cache may answer in its place.
    async fn check_that_strangers_are_refused(&self, url: &Url) -> Result<(), AuthenticationError> {
        match self.get(url, None).await?.status() {
            StatusCode::OK => {
                Err(unavailable("the Plone site shows its users to anybody, so it vouches for nobody"))
            }
            // A log-in in front of the site may redirect them.
            status if is_refusal(status) || status == StatusCode::FORBIDDEN || status.is_redirection() => {
                Ok(())
            }
            status => Err(unavailable(format!("the Plone site answers {status}"))),
        }
    }

    async fn ask(
        &self,
        url: &Url,
        credential: (HeaderName, HeaderValue),
    ) -> Result<User, AuthenticationError> {
        let response = self.get(url, Some(credential)).await?;
        match response.status() {
            StatusCode::OK => read(response).await,
            status if is_refusal(status) => Err(AuthenticationError::Refused(REFUSED)),
            status => Err(unavailable(format!("the Plone site answers {status}"))),
        }
    }

    /// Opens the connection on which the first viewer is asked about, by asking as a stranger about a user, who need
    /// not exist. The answer is read, so that the connection can be used again.
    async fn connect(&self) -> Result<(), AuthenticationError> {
        let Some(url) = self.site.user("usher") else { return Ok(()) };
        let answer = self.get(&url, None).await?;
        read_up_to(answer, BODY_LIMIT).await.map(drop).map_err(|error| unreachable(&error))
    }

    async fn get(
        &self,
        url: &Url,
        credential: Option<(HeaderName, HeaderValue)>,
    ) -> Result<Response, AuthenticationError> {
        let mut request = self.client.get(url.clone()).header(header::ACCEPT, "application/json");
        if let Some((name, value)) = credential {
            request = request.header(name, value);
        }
        request.send().await.map_err(|error| unreachable(&error))
    }
}

#[async_trait]
impl Authenticator for PloneOnline {
    fn takes(&self, credential: &Credential<'_>) -> bool {
        match credential {
            Credential::Token { unverified, .. } => unverified.is_like_plones(),
            Credential::Ticket(_) => true,
            _ => false,
        }
    }

    async fn authenticate(
        &self,
        credential: &Credential<'_>,
        now: UnixTime,
    ) -> Result<Subject, AuthenticationError> {
        let Claimed { id, expires, header } = self.claimed(credential, now)?;
        let url =
            self.site.user(&id).ok_or(AuthenticationError::Refused("the user id is not one of Plone's"))?;
        let user = self.ask(&url, header).await?;
        if user.id != id {
            return Err(AuthenticationError::Refused(
                "the Plone site names another user than the credential",
            ));
        }
        let claims = user.claims().ok_or(AuthenticationError::Refused("the user is one of the Zope root"))?;
        self.check_that_strangers_are_refused(&url).await?;
        Ok(Subject { id, expires, claims, paths: None, authenticator: "plone-online" })
    }

    fn warming(&self, _now: UnixTime) -> Option<Warming<'_>> {
        Some(Warming::new("the Plone site", WARMING_LIMIT, self.connect()))
    }
}

impl Site {
    fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let is_loopback = match url.host()? {
            Host::Domain(name) => name == "localhost",
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        };
        let is_private = url.scheme() == "https" || (url.scheme() == "http" && is_loopback);
        let bare = url.username().is_empty() && url.password().is_none();
        let is_base = url.query().is_none() && url.fragment().is_none();
        (is_private && bare && is_base).then(|| Self(url.as_str().trim_end_matches('/').to_owned()))
    }

    /// Where a user is, if the id can be one: it must not lead elsewhere on the site. Zope parses `@@` and
    /// `++`, and proxies may decode what is encoded here.
    fn user(&self, id: &str) -> Option<Url> {
        let leads_elsewhere = id.contains('/') || id.starts_with(['@', '+']) || matches!(id, "." | "..");
        if leads_elsewhere || !is_subject(id) {
            return None;
        }
        let id = utf8_percent_encode(id, &RESERVED);
        Url::parse(&format!("{}/@users/{id}?b_size={GROUPS_LIMIT}", self.0)).ok()
    }
}

impl User {
    /// Nothing for a user of Zope's root folder, who has a token of the site's keyring too: to them, Plone
    /// gives no groups, while everybody in the site has at least `AuthenticatedUsers`.
    fn claims(self) -> Option<Map<String, Value>> {
        let groups = self.groups?;
        if groups.items_total > groups.items.len() {
            tracing::warn!(id = self.id, "the viewer is in more groups than are looked at");
        }
        let groups: Vec<String> = groups.items.into_iter().map(|group| group.id).collect();
        let mut claims = Map::new();
        claims.insert("roles".to_owned(), json!(self.roles));
        claims.insert("groups".to_owned(), json!(groups));
        Some(claims)
    }
}

/// 404 is for users who were deleted since.
fn is_refusal(status: StatusCode) -> bool {
    matches!(status, StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND)
}

async fn read(response: Response) -> Result<User, AuthenticationError> {
    let body = read_up_to(response, BODY_LIMIT).await.map_err(|error| unreachable(&error))?;
    let body = body.ok_or_else(|| unavailable("the Plone site's answer is too large"))?;
    // The parser's message could repeat what the answer says of the user.
    serde_json::from_slice(&body).map_err(|_| unavailable("the Plone site's answer is no user in JSON"))
}

fn secret(value: String) -> Result<HeaderValue, AuthenticationError> {
    let value = HeaderValue::try_from(value);
    let mut value = value.map_err(|_| AuthenticationError::Refused("the credential cannot be passed on"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Not the library's message: it holds the URL, and in it the user.
fn unreachable(error: &reqwest::Error) -> AuthenticationError {
    unavailable(if error.is_timeout() {
        "the Plone site does not answer in time"
    } else {
        "the Plone site cannot be reached"
    })
}

fn unavailable(why: impl Into<String>) -> AuthenticationError {
    AuthenticationError::Unavailable(why.into())
}

const SITE: &str = "PLONE_SITE";
const KEYS: [&str; 2] = ["PLONE_JWT_KEYS", "PLONE_TICKET_KEYS"];
const REFUSED: &str = "the Plone site does not know the credential, or its user";
/// All but what RFC 3986 calls unreserved.
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const BODY_LIMIT: usize = 64 * 1_024;
/// How long INIT waits for the site: the client itself waits a second and a half for an answer.
const WARMING_LIMIT: Duration = Duration::from_secs(2);
/// Plone's own default is 25.
const GROUPS_LIMIT: usize = 250;
