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

mod authenticator;
mod config;
mod handler;
mod urls;

pub use authenticator::{AuthenticationError, JwtAuthenticator, Subject};
pub use config::Config;
pub use handler::IssueCookies;
