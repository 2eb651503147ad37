//! The Lambda function behind the API Gateway HTTP API: it authenticates the viewer, issues and clears
//! CloudFront signed cookies for the `video/*` wildcard, and hands out signed URLs for players without
//! cookies.
//!
//! | Request | Answer |
//! |---|---|
//! | `POST /auth/cookies` with a credential | 200, `Set-Cookie` ×3 (×4 with a hash) and when to renew |
//! | `DELETE /auth/cookies` | 204, the same cookies cleared |
//! | `POST /auth/urls` `{"path":…}` with a credential | 200 and a signed URL |
//! | anything wrong | `application/problem+json` |

mod answer;
mod authenticators;
mod config;
mod cookie_settings;
mod cors;
mod entitlement;
mod handler;
mod http_client;
mod origin_rule;
mod origin_secret;
mod refusal;
mod remembered_paths;
mod subject;
mod urls;

pub use authenticators::{
    AuthenticationError, Authenticators, ConnectionError, FetchError, FetchFailure, HttpClient, JwkSetError,
    PlainHttp, PloneFailure, PloneRefusal, SignedValueError, TicketError, TokenError, Unavailable, claims,
    django_signed, hmac_keys, plone_ticket,
};
pub use config::Config;
pub use cookie_settings::CookieSettings;
pub use cors::Cors;
pub use entitlement::{Entitlements, NotEntitled};
pub use handler::IssueCookies;
pub use http_client::http_client;
pub use origin_secret::OriginSecret;
pub use subject::Subject;
