//! Viewers of a Plone site that the function asks about each of them, so that sign-outs, deletions, roles and groups
//! count at once.
//!
//! The function sends
//! [`GET {site}/@users/{id}`](https://6.docs.plone.org/plone.restapi/docs/source/endpoints/users.html) with the
//! viewer's own credential. Plone shows users to themselves, so an answer about the user whom the credential names
//! proves it. A page proves nothing: Plone shows pages to anonymous visitors when a credential is bad. `@login-renew`
//! proves nothing either: it works for deleted users too.

use std::time::Duration;

use cloudfront_signing::UnixTime;
use http::{HeaderName, HeaderValue, StatusCode, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, Response, Url};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use usher_runtime::{InvalidSetting, Settings, Warming, is_loopback};

use super::{
    AuthenticationError, HttpClient, Unavailable,
    claims::is_subject,
    client,
    jwt::TokenRules,
    plone_offline::{TICKET_KEYS, TICKET_TIMEOUT, TICKET_TIMEOUT_DEFAULT, TOKEN_KEYS, token_rules},
    plone_ticket::{SealedTicket, TicketError},
    token::Token,
};
use crate::{Subject, http_client::read_up_to};

/// One site.
pub(super) struct PloneOnline {
    client: Client,
    site: Site,
    rules: TokenRules,
    ticket_timeout: u64,
}

/// The URL of a site, without the slash at the end.
#[derive(Debug, Eq, PartialEq)]
struct Site(String);

/// What a credential says. Nobody has verified it.
struct Claimed {
    id: String,
    expires: UnixTime,
    header: (HeaderName, HeaderValue),
}

/// What the site says about a user. Names and addresses do not count: users change their own.
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

/// Why a site that was asked does not vouch for a viewer.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PloneRefusal {
    /// The site's answer is about somebody else.
    #[error("the Plone site names another user than the credential")]
    OtherUser,
    /// A user of Zope's root folder, whom the site's keyring serves too.
    #[error("the user is one of the Zope root")]
    RootUser,
    /// The credential has a character that no header can have.
    #[error("the credential cannot be passed on")]
    Unsendable,
    /// A user who was deleted, or a credential that is not the site's.
    #[error("the Plone site does not know the credential, or its user")]
    UnknownUser,
    /// An id that leads elsewhere on the site.
    #[error("the user id is not one of Plone's")]
    UserId,
}

/// Why a site that was asked is no help.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PloneFailure {
    /// 200 without a user of `@users` in it.
    #[error("the Plone site's answer is no user in JSON")]
    NoUser,
    /// The site shows its users to anonymous visitors, so its answers prove nothing.
    #[error("the Plone site shows its users to anybody, so it vouches for nobody")]
    ShowsUsersToAnybody,
    /// No answer in time.
    #[error("the Plone site does not answer in time")]
    Silent,
    /// A status that says nothing about the viewer.
    #[error("the Plone site answers {0}")]
    Status(StatusCode),
    /// More bytes than a user has.
    #[error("the Plone site's answer is too large")]
    TooLarge,
    /// No connection, or one that broke off.
    #[error("the Plone site cannot be reached")]
    Unreachable,
}

impl PloneOnline {
    /// Reads `PLONE_SITE` and `PLONE_TICKET_TIMEOUT_SECONDS`.
    pub(super) fn read(
        settings: &mut Settings<'_>,
        http: HttpClient<'_>,
    ) -> Result<Option<Self>, InvalidSetting> {
        let Some(site) = settings.optional(SITE) else { return Ok(None) };
        let ticket_timeout = settings.seconds(TICKET_TIMEOUT, TICKET_TIMEOUT_DEFAULT);
        if let Some(keys) =
            [TOKEN_KEYS, TICKET_KEYS].into_iter().find(|name| settings.optional(name).is_some())
        {
            let problem =
                format!("{SITE} and {keys} are both set: Usher either asks the site or uses its keys");
            return Err(settings.invalid(problem));
        }
        let site = Site::parse(&site).ok_or_else(|| {
            settings.invalid(format!(
                "{SITE} must be an https URL such as https://www.example.com/Plone, or an http URL of this \
                 computer, without a query and a user name"
            ))
        });
        let client = client(settings, http);
        let (site, client, ticket_timeout) = (site?, client?, ticket_timeout?);
        Ok(Some(Self { client, site, rules: token_rules(None), ticket_timeout }))
    }

    /// Whether a token, by its own words, comes from a Plone site.
    pub(super) fn takes(&self, token: &Token<'_>) -> bool {
        self.rules.describe(token)
    }

    /// Verifies a token at the time `now`: `bearer` is its text.
    ///
    /// # Errors
    /// [`AuthenticationError`]
    pub(super) async fn authenticate_token(
        &self,
        bearer: &str,
        token: &Token<'_>,
        now: UnixTime,
    ) -> Result<Subject, AuthenticationError> {
        self.rules.check_header(token)?;
        let (id, expires) = self.rules.check_claims(token, now)?;
        let header = (header::AUTHORIZATION, secret(format!("Bearer {bearer}"))?);
        self.authenticate(Claimed { id, expires, header }).await
    }

    /// Verifies a ticket at the time `now`. The cookie of a Zope root user, which holds the password, is refused and
    /// never sent.
    ///
    /// # Errors
    /// [`AuthenticationError`]
    pub(super) async fn authenticate_ticket(
        &self,
        cookie_value: &str,
        now: UnixTime,
    ) -> Result<Subject, AuthenticationError> {
        let ticket = SealedTicket::parse(cookie_value)?;
        let end = ticket.end(self.ticket_timeout, now.seconds())?;
        let expires = UnixTime::new(end).map_err(|_| TicketError::Form)?;
        let header = (header::COOKIE, secret(format!("__ac={cookie_value}"))?);
        self.authenticate(Claimed { id: ticket.user_id().to_owned(), expires, header }).await
    }

    /// Where the site is.
    pub(super) fn url(&self) -> &str {
        &self.site.0
    }

    /// Opens the connection for the first viewer's request during INIT.
    pub(super) fn warming(&self) -> Warming<'_> {
        Warming::new("the Plone site", WARMING_LIMIT, self.connect())
    }

    /// Asks without a credential about a user who need not exist, which Plone answers with 401. Where nothing is at
    /// the URL, the answer is 404, and a viewer's credential would be refused in the same way.
    ///
    /// # Errors
    /// [`PloneFailure`]
    pub(super) async fn ask_as_a_stranger(&self) -> Result<(), PloneFailure> {
        let Some(url) = self.site.user(STRANGER) else { return Ok(()) };
        match self.get(&url, None).await?.status() {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Ok(()),
            StatusCode::OK => Err(PloneFailure::ShowsUsersToAnybody),
            status => Err(PloneFailure::Status(status)),
        }
    }

    async fn authenticate(
        &self,
        Claimed { id, expires, header }: Claimed,
    ) -> Result<Subject, AuthenticationError> {
        let url = self.site.user(&id).ok_or(PloneRefusal::UserId)?;
        let user = self.ask(&url, header).await?;
        if user.id != id {
            return Err(PloneRefusal::OtherUser.into());
        }
        let claims = user.claims().ok_or(PloneRefusal::RootUser)?;
        self.check_that_strangers_are_refused(&url).await?;
        Ok(Subject { id, expires, claims, paths: None, authenticator: "plone-online" })
    }

    /// An answer proves a credential only if nobody gets it without one: a site may give the permission
    /// "Access Plone user information" to anonymous visitors, and a cache may answer in its place.
    async fn check_that_strangers_are_refused(&self, url: &Url) -> Result<(), AuthenticationError> {
        match self.get(url, None).await?.status() {
            StatusCode::OK => Err(PloneFailure::ShowsUsersToAnybody.into()),
            // A log-in in front of the site may redirect them.
            status if is_refusal(status) || status == StatusCode::FORBIDDEN || status.is_redirection() => {
                Ok(())
            }
            status => Err(PloneFailure::Status(status).into()),
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
            status if is_refusal(status) => Err(PloneRefusal::UnknownUser.into()),
            status => Err(PloneFailure::Status(status).into()),
        }
    }

    /// Asks without a credential about a user who need not exist. It reads the answer, so that the connection can be
    /// used again.
    async fn connect(&self) -> Result<(), PloneFailure> {
        let Some(url) = self.site.user(STRANGER) else { return Ok(()) };
        let answer = self.get(&url, None).await?;
        read_up_to(answer, BODY_LIMIT).await.map(drop).map_err(|error| unreachable(&error))
    }

    async fn get(
        &self,
        url: &Url,
        credential: Option<(HeaderName, HeaderValue)>,
    ) -> Result<Response, PloneFailure> {
        let mut request = self.client.get(url.clone()).header(header::ACCEPT, "application/json");
        if let Some((name, value)) = credential {
            request = request.header(name, value);
        }
        request.send().await.map_err(|error| unreachable(&error))
    }
}

impl Site {
    fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let is_private = url.scheme() == "https"
            || (url.scheme() == "http" && url.host().is_some_and(|host| is_loopback(&host)));
        let bare = url.username().is_empty() && url.password().is_none();
        let is_base = url.query().is_none() && url.fragment().is_none();
        (is_private && bare && is_base).then(|| Self(url.as_str().trim_end_matches('/').to_owned()))
    }

    /// The URL of a user, if the id can be one: it must not lead elsewhere on the site. Zope parses `@@` and `++`, and
    /// proxies may decode what this encodes.
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
    /// Nothing for a user of Zope's root folder, whose tokens the site's keyring signs too: Plone gives such a user no
    /// groups, and each user of the site at least `AuthenticatedUsers`.
    fn claims(self) -> Option<Map<String, Value>> {
        let groups = self.groups?;
        if groups.items_total > groups.items.len() {
            tracing::warn!(id = self.id, "the viewer is in more groups than Usher reads");
        }
        let groups: Vec<String> = groups.items.into_iter().map(|group| group.id).collect();
        let mut claims = Map::new();
        claims.insert("roles".to_owned(), json!(self.roles));
        claims.insert("groups".to_owned(), json!(groups));
        Some(claims)
    }
}

/// Plone answers 404 for a user who was deleted.
fn is_refusal(status: StatusCode) -> bool {
    matches!(status, StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND)
}

async fn read(response: Response) -> Result<User, AuthenticationError> {
    let body = read_up_to(response, BODY_LIMIT).await.map_err(|error| unreachable(&error))?;
    // The parser's message could repeat what the answer says about the user.
    serde_json::from_slice(&body.ok_or(PloneFailure::TooLarge)?).map_err(|_| PloneFailure::NoUser.into())
}

fn secret(value: String) -> Result<HeaderValue, PloneRefusal> {
    let mut value = HeaderValue::try_from(value).map_err(|_| PloneRefusal::Unsendable)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Without the library's message: it contains the URL, and the URL names the user.
fn unreachable(error: &reqwest::Error) -> PloneFailure {
    if error.is_timeout() { PloneFailure::Silent } else { PloneFailure::Unreachable }
}

impl From<PloneFailure> for AuthenticationError {
    fn from(error: PloneFailure) -> Self {
        Unavailable::Plone(error).into()
    }
}

pub(super) const SITE: &str = "PLONE_SITE";
/// All but what RFC 3986 calls unreserved.
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const BODY_LIMIT: usize = 64 * 1_024;
/// The id of a user about whom INIT and `usher doctor` ask.
const STRANGER: &str = "usher";
/// How long INIT waits for the site: the client itself waits a second and a half for an answer.
const WARMING_LIMIT: Duration = Duration::from_secs(2);
/// Plone's own default is 25.
const GROUPS_LIMIT: usize = 250;
