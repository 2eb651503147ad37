//! Who the viewer is: the kinds of credentials, and who verifies each.
//!
//! To add an authenticator, write its file, and give it a field in [`Configured`], a line in
//! [`Authenticators::read`] and an arm in [`Authenticators::authenticate`]. Another issuer of JSON Web Tokens needs
//! its settings alone: see [`issuer`].

mod algorithm;
mod asked;
pub mod claims;
mod credential;
mod django;
pub mod django_signed;
pub mod hmac_keys;
mod issuer;
mod jwk_set;
mod jwks;
mod jwt;
mod jwt_settings;
mod paths;
mod plone;
mod plone_offline;
mod plone_online;
pub mod plone_ticket;
mod provider;
mod simplejwt;
mod token;
mod verifying_key;

use std::{cell::RefCell, fmt, sync::Arc};

use aws_lambda_events::event::apigw::ApiGatewayV2httpRequest;
use cloudfront_signing::UnixTime;
use usher_runtime::{
    InvalidSetting, Members, ProblemType, Secret, SecretUnread, Settings, Warming, pem_lines,
};

pub(crate) use self::credential::Credential;
use self::{
    algorithm::{Algorithm, KeyKind},
    claims::is_subject,
    django::Django,
    hmac_keys::{Secrets, SecretsError},
    issuer::Issuer,
    plone_offline::PloneTickets,
    plone_online::PloneOnline,
    token::Token,
    verifying_key::VerifyingKey,
};
pub use self::{
    asked::Asked,
    django::DJANGO_MAX_AGE_SECONDS,
    django_signed::SignedValueError,
    jwk_set::JwkSetError,
    paths::PathClaims,
    plone_online::{PloneFailure, PloneRefusal},
    plone_ticket::TicketError,
    provider::{ConnectionError, FetchError, FetchFailure, PlainHttp},
    token::TokenError,
};
use crate::Subject;

/// All configured authenticators.
#[derive(Clone)]
pub struct Authenticators(Arc<Configured>);

/// The authenticators of each kind of credential.
struct Configured {
    /// Tokens.
    issuers: Vec<Issuer>,
    /// Signed values.
    django: Option<Django>,
    /// Tickets, by the site's keys.
    plone_tickets: Option<PloneTickets>,
    /// Tokens and tickets, by asking the site.
    plone_online: Option<PloneOnline>,
}

/// Why a credential was not accepted: for the log, not for the viewer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthenticationError {
    /// There is no credential.
    #[error("there is no credential")]
    Missing,
    /// Two different credentials of one kind: somebody else may have added one of them.
    #[error("there are two different credentials of the same kind")]
    Ambiguous,
    /// A Plone site was asked, and does not vouch for the viewer.
    #[error(transparent)]
    Plone(#[from] PloneRefusal),
    /// A value that Django signed.
    #[error(transparent)]
    SignedValue(#[from] SignedValueError),
    /// The cookie of a Plone site.
    #[error(transparent)]
    Ticket(#[from] TicketError),
    /// A JSON Web Token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Nobody can verify the credential at the moment.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// No authenticator accepts credentials of this kind.
    #[error("no authenticator takes a credential of this kind")]
    Unknown,
}

/// What is out of reach at the moment.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Unavailable {
    /// The keys of an issuer.
    #[error(transparent)]
    Issuer(#[from] FetchError),
    /// The keys of an issuer, before the first answer.
    #[error("the issuer's keys were not fetched")]
    KeysNotFetched,
    /// A Plone site.
    #[error(transparent)]
    Plone(#[from] PloneFailure),
    /// A secret in Secrets Manager.
    #[error(transparent)]
    Secret(#[from] SecretUnread),
}

impl AuthenticationError {
    /// What the answer says that is wrong. Where a forger could learn something from it, it says no more than that the
    /// credential is rejected.
    #[must_use]
    pub fn problem_type(&self) -> ProblemType {
        use ProblemType as Problem;
        match self {
            Self::Missing => Problem::SignInRequired,
            Self::Ambiguous => Problem::AmbiguousCredential,
            Self::Unavailable(_) => Problem::SignInUnavailable,
            Self::SignedValue(SignedValueError::TooLarge)
            | Self::Ticket(TicketError::TooLarge)
            | Self::Token(TokenError::TooLarge) => Problem::TokenTooLarge,
            Self::Ticket(TicketError::Expired) | Self::Token(TokenError::Expired) => Problem::TokenExpired,
            Self::Ticket(TicketError::NotYetValid) | Self::Token(TokenError::NotYetValid) => {
                Problem::TokenNotYetValid
            }
            Self::Token(TokenError::Audience(..) | TokenError::AuthorizedParty) => Problem::WrongAudience,
            Self::Token(TokenError::Issuer(_)) => Problem::WrongIssuer,
            Self::Plone(_) | Self::SignedValue(_) | Self::Ticket(_) | Self::Token(_) | Self::Unknown => {
                Problem::CredentialRejected
            }
        }
    }

    /// Of two refusals the one that tells the viewer more. Where an authenticator is unavailable, the viewer should try
    /// again, and not sign in again. What is wrong with the claims is of an issuer whose signature was verified.
    fn or(self, other: Self) -> Self {
        use TokenError::{Algorithm, Issuer, Signature, UnknownKey};
        let weight = |error: &Self| match error {
            Self::Unavailable(_) => 4,
            error if error.problem_type() == ProblemType::TokenExpired => 3,
            Self::Unknown | Self::Token(Issuer(_)) => 0,
            Self::Token(Algorithm | Signature | UnknownKey) => 1,
            _ => 2,
        };
        if weight(&other) > weight(&self) { other } else { self }
    }
}

impl From<SecretUnread> for AuthenticationError {
    fn from(error: SecretUnread) -> Self {
        Unavailable::Secret(error).into()
    }
}

/// Makes the client for calls to sites and issuers, where one is configured that needs it.
pub type HttpClient<'a> = &'a dyn Fn() -> reqwest::Result<reqwest::Client>;

impl Authenticators {
    /// Reads every authenticator's settings. At least one must be configured.
    pub(crate) fn read(
        settings: &mut Settings<'_>,
        http: HttpClient<'_>,
        plain_http: PlainHttp,
    ) -> Result<Self, InvalidSetting> {
        // One client serves all: each would read the machine's certificates.
        let made = RefCell::new(None);
        let http: HttpClient<'_> = &|| {
            let mut made = made.borrow_mut();
            if made.is_none() {
                *made = Some(http()?);
            }
            made.clone().map_or_else(http, Ok)
        };
        // All of them are read before the first problem ends this function, so that it reports all problems.
        let issuers = jwt_settings::read_all(settings, http, plain_http);
        let plone = plone::read(settings, http);
        let django = Django::read(settings);
        let simplejwt = simplejwt::read(settings);
        let plone = plone?.unwrap_or_default();
        let configured = Configured {
            issuers: issuers?.into_iter().chain(plone.issuer).chain(simplejwt?).collect(),
            django: django?,
            plone_tickets: plone.tickets,
            plone_online: plone.online,
        };
        if configured.count() == 0 {
            return Err(settings.invalid(NONE));
        }
        Ok(Self(Arc::new(configured)))
    }

    /// Who vouches for viewers, in a few words for each, without a key or a secret: for `usher serve`, which shows it.
    pub fn vouchers(&self) -> Vec<String> {
        let Configured { issuers, django, plone_tickets, plone_online } = &*self.0;
        let issuers = issuers.iter().map(Issuer::words);
        let django = django.as_ref().map(|_| "values that a Django site signs".to_owned());
        let tickets = plone_tickets.as_ref().map(|_| "tickets of a Plone site".to_owned());
        let site = plone_online.as_ref().map(|site| format!("the Plone site {}", site.url()));
        issuers.chain(django).chain(tickets).chain(site).collect()
    }

    /// What INIT does for all of them before the first request.
    pub(crate) fn warmings(&self, now: UnixTime) -> Vec<Warming<'_>> {
        let Configured { issuers, plone_online, .. } = &*self.0;
        let issuers = issuers.iter().filter_map(|issuer| issuer.warming(now));
        issuers.chain(plone_online.iter().map(PloneOnline::warming)).collect()
    }

    /// The viewer whom a request's credential names, whatever page the request comes from.
    ///
    /// # Errors
    /// [`AuthenticationError`]
    pub async fn viewer(
        &self,
        request: &ApiGatewayV2httpRequest,
        now: UnixTime,
    ) -> Result<Subject, AuthenticationError> {
        let credential = self.credential(request)?;
        self.authenticate(credential, now).await
    }

    /// The credential in a request.
    ///
    /// # Errors
    /// [`AuthenticationError::Missing`], [`AuthenticationError::Ambiguous`]
    pub(crate) fn credential<'r>(
        &self,
        request: &'r ApiGatewayV2httpRequest,
    ) -> Result<Credential<'r>, AuthenticationError> {
        // A browser adds cookies by itself: one that no authenticator reads is no credential.
        let Configured { issuers, plone_tickets, plone_online, .. } = &*self.0;
        let reads_tickets = plone_tickets.is_some() || plone_online.is_some();
        let reads_cookies = issuers.iter().any(Issuer::is_plone) || plone_online.is_some();
        let is_read = |credential: &Credential<'_>| match credential {
            Credential::Ticket(_) => reads_tickets,
            Credential::TokenCookie(_) => reads_cookies,
            Credential::SignedValue(_) | Credential::Token(_) => true,
        };
        let mut credentials: Vec<_> = Credential::all(request).into_iter().filter(is_read).collect();
        credentials.sort_by_key(Credential::rank);
        let first = *credentials.first().ok_or(AuthenticationError::Missing)?;
        let mut others = credentials.into_iter().filter(|other| other.rank() == first.rank());
        if others.any(|other| other != first) {
            return Err(AuthenticationError::Ambiguous);
        }
        Ok(first)
    }

    /// Verifies a credential at the time `now`.
    ///
    /// # Errors
    /// [`AuthenticationError`]
    pub(crate) async fn authenticate(
        &self,
        credential: Credential<'_>,
        now: UnixTime,
    ) -> Result<Subject, AuthenticationError> {
        let Configured { django, plone_tickets, plone_online, .. } = &*self.0;
        let mut subject = match credential {
            Credential::SignedValue(value) => match django {
                Some(site) => site.authenticate(value, now)?,
                None => return Err(AuthenticationError::Unknown),
            },
            Credential::Ticket(cookie_value) => match (plone_tickets, plone_online) {
                (Some(site), _) => site.authenticate(cookie_value, now)?,
                (None, Some(site)) => site.authenticate_ticket(cookie_value, now).await?,
                (None, None) => return Err(AuthenticationError::Unknown),
            },
            Credential::Token(text) | Credential::TokenCookie(text) => self.token(text, now).await?,
        };
        // Every viewer has a `sub`, whatever the credential calls it.
        subject.claims.insert("sub".to_owned(), subject.id.clone().into());
        Ok(subject)
    }

    /// Asks the issuers that a token names, one after another, until one accepts it.
    async fn token(&self, text: &str, now: UnixTime) -> Result<Subject, AuthenticationError> {
        let token = Token::parse(text)?;
        let mut refusal = self.unknown(&token);
        for issuer in self.0.issuers.iter().filter(|issuer| issuer.rules.describe(&token)) {
            match issuer.authenticate(&token, now).await {
                Ok(subject) => return Ok(subject),
                Err(error) => refusal = refusal.or(error),
            }
        }
        if let Some(site) = self.0.plone_online.as_ref().filter(|site| site.takes(&token)) {
            return site.authenticate_token(text, &token, now).await.map_err(|error| refusal.or(error));
        }
        Err(refusal)
    }

    /// Why a token is refused that no authenticator takes.
    fn unknown(&self, token: &Token<'_>) -> AuthenticationError {
        let Configured { issuers, plone_online, .. } = &*self.0;
        let reads_none = issuers.is_empty() && plone_online.is_none();
        let claim = token.text("iss");
        let knows = issuers.iter().any(|issuer| issuer.rules.is_issuer(token))
            || (plone_online.is_some() && claim.is_none());
        if reads_none || knows {
            return AuthenticationError::Unknown;
        }
        TokenError::Issuer(claim.filter(|claim| is_subject(claim)).map(str::to_owned)).into()
    }
}

impl Configured {
    fn count(&self) -> usize {
        let sites = [self.django.is_some(), self.plone_tickets.is_some(), self.plone_online.is_some()];
        self.issuers.len() + sites.into_iter().filter(|is_there| *is_there).count()
    }
}

/// The client. A problem with it is noted.
fn client(settings: &mut Settings<'_>, http: HttpClient<'_>) -> Result<reqwest::Client, InvalidSetting> {
    http().map_err(|error| settings.invalid(format!("no HTTPS client can be made: {error}")))
}

/// The algorithm that the setting `name` names, if it is there.
fn algorithm(settings: &mut Settings<'_>, name: &str) -> Result<Option<Algorithm>, InvalidSetting> {
    let Some(text) = settings.optional(name) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| settings.invalid(format!("{name} must be {ALGORITHMS}")))
}

/// A public key in PEM, if the setting `name` is there. `named` is the configured algorithm, which counts for an RSA key.
fn public_key(
    settings: &mut Settings<'_>,
    name: &str,
    named: Option<Algorithm>,
) -> Result<Option<VerifyingKey>, InvalidSetting> {
    let Some(text) = settings.optional(name) else { return Ok(None) };
    let rsa = named.filter(|named| named.key_kind() == KeyKind::Rsa).unwrap_or(Algorithm::RS256);
    let key = VerifyingKey::from_pem(&pem_lines(&text), rsa);
    key.map(Some).map_err(|error| settings.invalid(format!("{name} is {error}")))
}

/// What the settings `members` configure: each alone, or as members of the object `name`, which must configure
/// something then. `needs` names its members that do.
fn object<T>(
    settings: &mut Settings<'_>,
    name: &str,
    members: &Members<'_>,
    needs: &str,
    read: impl FnOnce(&mut Settings<'_>) -> Result<Option<T>, InvalidSetting>,
) -> Result<Option<T>, InvalidSetting> {
    match settings.object(name, members, read)? {
        None if settings.optional(name).is_some() => {
            Err(settings.invalid(format!("{name} must have {needs}")))
        }
        configured => Ok(configured),
    }
}

/// A setting that lists secrets: `read` reads them, and `build` makes keys of them. See [`Settings::viewer_secret`].
fn hmac_secret<T: Send + Sync + 'static>(
    settings: &mut Settings<'_>,
    name: &'static str,
    read: impl Fn(&str) -> Result<Secrets, SecretsError> + Send + Sync + 'static,
    build: impl Fn(Secrets) -> T + Send + Sync + 'static,
) -> Result<Option<Secret<T>>, InvalidSetting> {
    let parse = move |list: &str| read(list).map_err(|error| format!("{name}: {error}"));
    settings.viewer_secret(name, parse, move |versions| build(versions.into_iter().collect()))
}

impl fmt::Debug for Authenticators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticators").field("count", &self.0.count()).finish_non_exhaustive()
    }
}

const ALGORITHMS: &str = "RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA (or Ed25519), HS256, \
     HS384 or HS512";
const NONE: &str = "no authenticator is configured: set JWT_ISSUERS, PLONE, DJANGO or SIMPLEJWT, or on a laptop \
     JWT_ISSUER, PLONE_SITE, PLONE_JWT_KEYS, PLONE_TICKET_KEYS, DJANGO_KEYS or SIMPLEJWT_KEYS";
