//! The Lambda function behind the API Gateway HTTP API: it authenticates the viewer, issues and clears
//! CloudFront signed cookies for the `video/*` wildcard, and hands out signed URLs for players without
//! cookies.
//!
//! | Request | Answer |
//! |---|---|
//! | `POST /auth/cookies` with a credential | 200, `Set-Cookie` ×3 (×4 with a hash) and when to renew |
//! | `POST /auth/cookies` `{"path":…}` with a credential | the same, for the asset of the path alone |
//! | `DELETE /auth/cookies` | 204, the same cookies cleared |
//! | `POST /auth/urls` `{"path":…}` with a credential | 200 and a signed URL |
//! | anything wrong | `application/problem+json` |

mod answer;
mod asked_path;
mod authenticators;
mod config;
mod cookie_settings;
mod cors;
mod entitlement;
mod handler;
mod http_client;
mod location;
mod origin_rule;
mod origin_secret;
mod record;
mod refusal;
mod remembered_paths;
mod subject;

pub use authenticators::{
    Asked, AuthenticationError, Authenticators, ConnectionError, DJANGO_MAX_AGE_SECONDS, FetchError,
    FetchFailure, HttpClient, JwkSetError, PathClaims, PlainHttp, PloneFailure, PloneRefusal,
    SignedValueError, TicketError, TokenError, Unavailable, claims, django_signed, hmac_keys, plone_ticket,
};
pub use config::Config;
pub use cookie_settings::CookieSettings;
pub use cors::Cors;
pub use entitlement::{Entitlements, Explanation, Facts, NotEntitled, Purpose, WhyNot};
pub use handler::IssueCookies;
pub use http_client::http_client;
pub use location::Location;
pub use origin_secret::OriginSecret;
pub use record::{Issued, Record};
pub use subject::Subject;
