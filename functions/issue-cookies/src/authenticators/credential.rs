//! What a request brings to prove who the viewer is.

use std::collections::HashMap;

use aws_lambda_events::event::apigw::ApiGatewayV2httpRequest;
use cookie::Cookie;
use http::header;
use usher_runtime::Settings;

use super::jwt::Unverified;

/// One credential, not verified yet.
#[derive(Clone, Eq, PartialEq)]
pub(crate) enum Credential<'r> {
    /// Claims that API Gateway's JWT authorizer put into the event.
    Gateway(&'r HashMap<String, String>),
    /// A value of Django's `signing`, as bearer.
    SignedValue(&'r str),
    /// The cookie of a Plone site.
    Ticket(&'r str),
    /// A JSON Web Token, as bearer.
    Token {
        /// The whole token.
        token: &'r str,
        /// What it says of itself: that decides who verifies it.
        unverified: Unverified,
    },
}

impl<'r> Credential<'r> {
    /// What API Gateway verified, if `gateway` says that this function lies behind its authorizer; else each
    /// bearer; else each cookie. A bearer is there by intent, a cookie comes along by itself: one that is
    /// refused is not made good by the other.
    pub(crate) fn all(request: &'r ApiGatewayV2httpRequest, gateway: Gateway) -> Vec<Self> {
        let authorizer = request.request_context.authorizer.as_ref();
        if let (Gateway::Trusted, Some(jwt)) = (gateway, authorizer.and_then(|all| all.jwt.as_ref())) {
            return vec![Self::Gateway(&jwt.claims)];
        }
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

    /// No part of a token has a colon, and every signed value has two.
    fn bearer(value: &'r str) -> Self {
        if value.contains(':') {
            Self::SignedValue(value)
        } else {
            Self::Token { token: value, unverified: Unverified::read(value) }
        }
    }

    /// Whether a browser sends it by itself, for a page of another site too.
    pub(crate) fn is_ambient(&self) -> bool {
        matches!(self, Self::Ticket(_))
    }
}

/// Whether this function lies behind API Gateway's JWT authorizer. Who can invoke it directly writes the
/// event himself, claims and all, so only the configuration may say so.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Gateway {
    /// Its claims count.
    Trusted,
    /// There is none: claims in an event count for nothing.
    Absent,
}

impl Gateway {
    /// Reads `API_GATEWAY_AUTHORIZER`, which can only be `jwt`.
    pub(crate) fn read(settings: &mut Settings<'_>) -> Option<Self> {
        match settings.optional("API_GATEWAY_AUTHORIZER").as_deref() {
            None => Some(Self::Absent),
            Some("jwt") => Some(Self::Trusted),
            Some(_) => {
                settings.problem("API_GATEWAY_AUTHORIZER must be jwt, or absent");
                None
            }
        }
    }
}

/// What stands in one header: API Gateway joins several by commas. A comma before anything but another
/// bearer belongs to the credential, such as a name that Django has signed.
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
