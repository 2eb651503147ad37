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
        let cookies = request.cookies.iter().flatten().filter_map(|pair| Cookie::parse(pair.as_str()).ok());
        let tickets = cookies.filter(|cookie| cookie.name() == TICKET_COOKIE);
        tickets.filter_map(|cookie| cookie.value_raw().map(Self::Ticket)).collect()
    }

    /// A token contains no colon, and a signed value contains two.
    fn bearer(value: &'r str) -> Self {
        if value.contains(':') { Self::SignedValue(value) } else { Self::Token(value) }
    }

    /// Whether a browser adds it to every request, from a page of another site too.
    pub(crate) fn is_ambient(&self) -> bool {
        matches!(self, Self::Ticket(_))
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
