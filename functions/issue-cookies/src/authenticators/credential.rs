//! What a request contains to prove who the viewer is.

use aws_lambda_events::event::apigw::ApiGatewayV2httpRequest;
use cookie::Cookie;
use http::header;

/// One credential, by its kind. Nobody has verified it.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Credential<'r> {
    /// A value of Django's `signing`, as bearer.
    SignedValue(&'r str),
    /// The cookie of a Plone site.
    Ticket(&'r str),
    /// A JSON Web Token, as bearer.
    Token(&'r str),
    /// A JSON Web Token of a Plone site, in the cookie of its front end.
    TokenCookie(&'r str),
}

impl<'r> Credential<'r> {
    /// Each bearer; without any, each cookie. A client sends a bearer by intent, and a browser adds cookies to every
    /// request. So an invalid bearer is refused even if there is a valid cookie.
    pub(crate) fn all(request: &'r ApiGatewayV2httpRequest) -> Vec<Self> {
        let headers = request.headers.get_all(header::AUTHORIZATION).iter();
        let headers = headers.filter_map(|value| value.to_str().ok());
        let bearers: Vec<Self> = headers.flat_map(credentials).filter_map(bearer).map(Self::bearer).collect();
        if !bearers.is_empty() {
            return bearers;
        }
        let cookies = request.cookies.iter().flatten();
        cookies.filter_map(|pair| Self::cookie(pair)).collect()
    }

    fn cookie(pair: &'r str) -> Option<Self> {
        let cookie = Cookie::parse(pair).ok()?;
        let value = cookie.value_raw()?;
        match cookie.name() {
            TICKET_COOKIE => Some(Self::Ticket(value)),
            TOKEN_COOKIE => Some(Self::TokenCookie(value)),
            _ => None,
        }
    }

    /// Which kind counts, where there are several: the smallest. Volto's cookie ends with the token in it, and a browser
    /// may send an old `__ac` beside it.
    pub(crate) fn rank(&self) -> u8 {
        match self {
            Self::SignedValue(_) | Self::Token(_) => 0,
            Self::TokenCookie(_) => 1,
            Self::Ticket(_) => 2,
        }
    }

    /// A token contains no colon, and a signed value contains two.
    fn bearer(value: &'r str) -> Self {
        if value.contains(':') { Self::SignedValue(value) } else { Self::Token(value) }
    }

    /// Whether a browser adds it to every request, from a page of another site too.
    pub(crate) fn is_ambient(&self) -> bool {
        matches!(self, Self::Ticket(_) | Self::TokenCookie(_))
    }
}

/// The credentials in one header: API Gateway joins several headers by commas. A comma before anything but another
/// bearer belongs to the credential, such as a name that Django signed.
fn credentials(header: &str) -> Vec<&str> {
    let mut credentials = Vec::new();
    let mut begin = 0;
    for (comma, _) in header.match_indices(',') {
        let (before, after) = (header.get(begin..comma), header.get(comma + 1..));
        if let (Some(before), Some(after)) = (before, after)
            && bearer(after.trim_start()).is_some()
        {
            credentials.push(before);
            begin = comma + 1;
        }
    }
    credentials.extend(header.get(begin..));
    credentials
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, value) = authorization.trim_start().split_once(' ')?;
    let value = value.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !value.is_empty()).then_some(value)
}

/// The name that plone.session and Zope give it.
const TICKET_COOKIE: &str = "__ac";
/// The name that Volto gives the cookie with the token of plone.restapi.
/// <https://6.docs.plone.org/volto/>
const TOKEN_COOKIE: &str = "auth_token";
