//! Who the viewer is: the authenticators, and which of them is asked.

mod api_gateway;
pub mod claims;
mod credential;
mod django;
pub mod django_signed;
pub mod hmac_keys;
mod issuer;
mod jwk_set;
mod jwks;
mod jwt;
mod paths;
mod plone_offline;
mod plone_online;
pub mod plone_ticket;
mod provider;
mod simplejwt;
mod verifying_key;

use std::{cell::RefCell, fmt, sync::Arc};

use async_trait::async_trait;
use aws_lambda_events::event::apigw::ApiGatewayV2httpRequest;
use cloudfront_signing::UnixTime;
use usher_runtime::{Secret, SecretUnread, Settings, Warming};

use self::{
    api_gateway::ApiGateway,
    credential::Gateway,
    django::Django,
    hmac_keys::{Secrets, SecretsError},
    issuer::Issuer,
    jwt::VerifiedToken,
    plone_offline::PloneOffline,
    plone_online::PloneOnline,
    simplejwt::SimpleJwt,
};
pub(crate) use self::{claims::UniqueClaims, credential::Credential};
pub use self::{django_signed::SignedValueError, jwt::TokenError, plone_ticket::TicketError};
use crate::Subject;

/// Vouches for viewers of one kind.
#[async_trait]
pub(crate) trait Authenticator: Send + Sync {
    /// Whether a credential of this form is for it, by a look at what nobody has verified yet.
    fn takes(&self, credential: &Credential<'_>) -> bool;

    /// Verifies a credential at the time `now`.
    async fn authenticate(
        &self,
        credential: &Credential<'_>,
        now: UnixTime,
    ) -> Result<Subject, AuthenticationError>;

    /// What INIT does for it ahead of the first request, at the time `now`: nothing where it asks nobody.
    fn warming(&self, _now: UnixTime) -> Option<Warming<'_>> {
        None
    }
}

/// Why a credential was not accepted: for the log, not for the viewer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthenticationError {
    /// There is no credential.
    #[error("there is no credential")]
    Missing,
    /// Two credentials, of which one may have been put there by somebody else.
    #[error("there are two different credentials of the same kind")]
    Ambiguous,
    /// Whoever keeps the keys, or knows the viewers, says no.
    #[error("{0}")]
    Refused(&'static str),
    /// What Django has signed.
    #[error(transparent)]
    SignedValue(#[from] SignedValueError),
    /// The cookie of a Plone site.
    #[error(transparent)]
    Ticket(#[from] TicketError),
    /// A JSON Web Token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Whoever keeps the keys, or knows the viewers, does not answer.
    #[error("{0}")]
    Unavailable(String),
    /// No authenticator takes credentials of this form or issuer.
    #[error("no authenticator takes a credential of this kind")]
    Unknown,
}

impl AuthenticationError {
    /// Whether the credential was good until a time that has passed.
    pub(crate) fn is_expired(&self) -> bool {
        matches!(self, Self::Ticket(TicketError::Expired) | Self::Token(TokenError::Expired))
    }
}

/// Makes the client for calls to sites and issuers, where one is configured that needs it.
pub type HttpClient<'a> = &'a dyn Fn() -> reqwest::Result<reqwest::Client>;

/// All that are configured.
#[derive(Clone)]
pub struct Authenticators {
    all: Arc<[Box<dyn Authenticator>]>,
    gateway: Gateway,
}

impl Authenticators {
    /// Reads every authenticator's settings. At least one must be configured.
    pub(crate) fn read(settings: &mut Settings<'_>, http: HttpClient<'_>) -> Option<Self> {
        // One client serves all: each would read the machine's certificates.
        let made = RefCell::new(None);
        let http: HttpClient<'_> = &|| {
            let mut made = made.borrow_mut();
            if made.is_none() {
                *made = Some(http()?);
            }
            made.clone().map_or_else(http, Ok)
        };
        // All are read before the first that is wrong ends it, so that all problems are told.
        let issuers = Issuer::read_all(settings, http);
        let others = [
            boxed(PloneOffline::read(settings)),
            boxed(PloneOnline::read(settings, http)),
            boxed(Django::read(settings)),
            boxed(SimpleJwt::read(settings)),
        ];
        let gateway = Gateway::read(settings);
        let mut all: Vec<Box<dyn Authenticator>> = Vec::new();
        for issuer in issuers? {
            all.push(Box::new(issuer));
        }
        for other in others {
            all.extend(other?);
        }
        let gateway = gateway?;
        if gateway == Gateway::Trusted {
            all.push(Box::new(ApiGateway));
        }
        if all.is_empty() {
            settings.problem(NONE);
        }
        Some(Self { all: all.into(), gateway })
    }

    /// What INIT does for all of them ahead of the first request.
    pub(crate) fn warmings(&self, now: UnixTime) -> Vec<Warming<'_>> {
        self.all.iter().filter_map(|one| one.warming(now)).collect()
    }

    /// Whom the credential names that a request brings, whatever page the request comes from.
    ///
    /// # Errors
    /// [`AuthenticationError`]
    pub async fn viewer(
        &self,
        request: &ApiGatewayV2httpRequest,
        now: UnixTime,
    ) -> Result<Subject, AuthenticationError> {
        let credential = self.credential(request)?;
        self.authenticate(&credential, now).await
    }

    /// The credential that a request brings.
    ///
    /// # Errors
    /// [`AuthenticationError::Missing`], [`AuthenticationError::Ambiguous`]
    pub(crate) fn credential<'r>(
        &self,
        request: &'r ApiGatewayV2httpRequest,
    ) -> Result<Credential<'r>, AuthenticationError> {
        // A cookie that nobody here reads came along by itself: it is no credential.
        let is_for_somebody =
            |one: &Credential<'_>| !one.is_ambient() || self.all.iter().any(|all| all.takes(one));
        let mut credentials = Credential::all(request, self.gateway).into_iter().filter(is_for_somebody);
        let credential = credentials.next().ok_or(AuthenticationError::Missing)?;
        if credentials.any(|other| other != credential) {
            return Err(AuthenticationError::Ambiguous);
        }
        Ok(credential)
    }

    /// Asks those who take the credential, one after another, until one accepts it. Where none does, one
    /// that cannot answer now might have: that is a reason to try again, not to sign in again.
    ///
    /// # Errors
    /// [`AuthenticationError`]
    pub(crate) async fn authenticate(
        &self,
        credential: &Credential<'_>,
        now: UnixTime,
    ) -> Result<Subject, AuthenticationError> {
        let mut refusal = AuthenticationError::Unknown;
        for authenticator in self.all.iter().filter(|one| one.takes(credential)) {
            match authenticator.authenticate(credential, now).await {
                Ok(mut subject) => {
                    // Every viewer has one, wherever it stands in the credential.
                    subject.claims.insert("sub".to_owned(), subject.id.clone().into());
                    return Ok(subject);
                }
                Err(error) => refusal = refusal.or(error),
            }
        }
        Err(refusal)
    }
}

/// The client, or nothing where it cannot be made, which is told.
fn client(settings: &mut Settings<'_>, http: HttpClient<'_>) -> Option<reqwest::Client> {
    http().map_err(|error| settings.problem(format!("no HTTPS client can be made: {error}"))).ok()
}

/// One that is configured, if it is; nothing where its settings are wrong.
fn boxed<A: Authenticator + 'static>(read: Option<Option<A>>) -> Option<Option<Box<dyn Authenticator>>> {
    read.map(|configured| configured.map(|one| Box::new(one) as Box<dyn Authenticator>))
}

/// A setting that lists secrets, which `read` reads and of which `build` makes keys: as [`Settings::secret`].
fn hmac_secret<T: Send + Sync + 'static>(
    settings: &mut Settings<'_>,
    name: &'static str,
    read: fn(&str) -> Result<Secrets, SecretsError>,
    build: impl Fn(Secrets) -> T + Send + Sync + 'static,
) -> Option<Option<Secret<T>>> {
    let parse = move |list: &str| read(list).map_err(|error| format!("{name}: {error}"));
    settings.secret(name, parse, move |versions| build(versions.into_iter().collect()))
}

impl From<SecretUnread> for AuthenticationError {
    fn from(error: SecretUnread) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl AuthenticationError {
    /// Of two refusals the one that tells the viewer more.
    fn or(self, other: Self) -> Self {
        let weight = |error: &Self| match error {
            Self::Unavailable(_) => 3,
            error if error.is_expired() => 2,
            Self::Unknown => 0,
            _ => 1,
        };
        if weight(&other) > weight(&self) { other } else { self }
    }
}

impl fmt::Debug for Authenticators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticators").field("count", &self.all.len()).finish_non_exhaustive()
    }
}

impl VerifiedToken {
    /// The viewer of a token by the site's own key, who may watch what the token's `path` or `paths` leave.
    fn of_the_site(self, authenticator: &'static str) -> Result<Subject, TokenError> {
        let paths = paths::paths(&self.claims)?;
        Ok(Subject { paths, ..self.of(authenticator) })
    }

    fn of(self, authenticator: &'static str) -> Subject {
        let Self { subject, expires, claims } = self;
        Subject { id: subject, expires, claims, paths: None, authenticator }
    }
}

const NONE: &str = "no authenticator is configured: set JWT_ISSUER, PLONE_SITE, PLONE_JWT_KEYS, \
     PLONE_TICKET_KEYS, DJANGO_KEYS, SIMPLEJWT_KEYS or API_GATEWAY_AUTHORIZER";
