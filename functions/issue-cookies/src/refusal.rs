//! Why a request is refused: a variant for each reason, and what the viewer and the log learn about it.

use std::sync::Arc;

use http::{HeaderValue, StatusCode, header};
use usher_runtime::{Problem, SigningError, ViewerError};

use crate::{
    AuthenticationError, NotEntitled, cookie_settings::HostNotCovered, origin_rule::OriginRefusal,
    origin_secret::OriginSecretError,
};

/// Why a request is refused.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The body is not the JSON of a request.
    Body,
    /// The body has more bytes than any request needs.
    BodyTooLarge {
        /// How many it may have.
        limit: usize,
    },
    /// The credential is missing or not accepted.
    Credential(AuthenticationError),
    /// A browser would not keep cookies for the host that the viewer asked.
    Host(HostNotCovered),
    /// The body is not called JSON.
    MediaType,
    /// The path has other methods.
    Method {
        /// The path.
        path: String,
        /// Its methods, as `Allow` lists them.
        allowed: &'static str,
    },
    /// The viewer is signed in, and may not watch this.
    NotEntitled {
        /// The viewer.
        subject: String,
        /// Who vouches for the viewer.
        authenticator: &'static str,
        /// For the log.
        error: NotEntitled,
    },
    /// The request may not have come through the distribution.
    OriginSecret(OriginSecretError),
    /// The path to sign is none of an asset.
    OutsideOfScope {
        /// The pattern over all assets.
        everything: String,
    },
    /// A page of another origin sent the request, or nobody says which one.
    Page(OriginRefusal),
    /// The signing key did not sign.
    Signing(Arc<SigningError>),
    /// There is nothing at this path.
    UnknownPath,
    /// CloudFront would not accept the URL.
    Url(cloudfront_signing::Error),
    /// Nobody knows which host the viewer asked.
    Viewer(ViewerError),
}

impl From<Refusal> for Problem {
    /// What the viewer learns: what to do, and nothing that would help to forge a request. The log has the rest.
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Body => Self::new(StatusCode::BAD_REQUEST, BODY),
            Refusal::BodyTooLarge { limit } => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body has more than {limit} bytes"))
            }
            Refusal::Credential(error) => unauthenticated(&error),
            Refusal::Host(error) => Self::new(StatusCode::BAD_REQUEST, error.to_string()),
            Refusal::MediaType => Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, MEDIA_TYPE),
            Refusal::Method { path, allowed } => {
                Self::new(StatusCode::METHOD_NOT_ALLOWED, format!("{path} takes {allowed}"))
                    .header(header::ALLOW, HeaderValue::from_static(allowed))
            }
            Refusal::NotEntitled { subject, authenticator, error } => {
                tracing::info!(subject, authenticator, %error, "refused a viewer");
                Self::new(StatusCode::FORBIDDEN, "you are signed in, and may not watch this")
            }
            Refusal::OriginSecret(error) => not_from_the_distribution(&error),
            Refusal::OutsideOfScope { everything } => Self::new(
                StatusCode::FORBIDDEN,
                format!(
                    "the path is not below {everything}, or there are dot segments or broken escapes in it"
                ),
            ),
            Refusal::Page(error) => Self::new(StatusCode::FORBIDDEN, error.to_string()),
            Refusal::Signing(error) => Self::from(&*error),
            Refusal::UnknownPath => Self::new(StatusCode::NOT_FOUND, "there is nothing at this path"),
            Refusal::Url(error) => Self::new(StatusCode::BAD_REQUEST, error.to_string()),
            Refusal::Viewer(error) => Self::new(StatusCode::BAD_REQUEST, error.to_string()),
        }
    }
}

fn unauthenticated(error: &AuthenticationError) -> Problem {
    if let AuthenticationError::Unavailable(_) = error {
        tracing::error!(%error, "a credential cannot be verified");
        return Problem::unavailable("who you are cannot be checked at the moment: try again soon");
    }
    tracing::info!(%error, "refused a credential");
    let (detail, challenge) = match error {
        AuthenticationError::Missing => ("sign in first: send Authorization: Bearer", "Bearer"),
        AuthenticationError::Ambiguous => {
            ("the request has two different credentials: sign out, then sign in again", INVALID_TOKEN)
        }
        error if error.is_expired() => ("the token has expired: sign in again", INVALID_TOKEN),
        _ => ("the token is not accepted here", INVALID_TOKEN),
    };
    Problem::new(StatusCode::UNAUTHORIZED, detail)
        .header(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
}

fn not_from_the_distribution(error: &OriginSecretError) -> Problem {
    if let OriginSecretError::Unread(_) = error {
        tracing::error!(%error, "a request cannot be checked");
        return Problem::unavailable(
            "whether the request came through the distribution cannot be checked at the moment: try again soon",
        );
    }
    tracing::info!(%error, "refused a request");
    Problem::new(StatusCode::FORBIDDEN, "the request did not come through the distribution")
}

const BODY: &str = r#"the body must be a JSON object such as {"path":"/video/m/master.m3u8"}"#;
const INVALID_TOKEN: &str = r#"Bearer error="invalid_token""#;
const MEDIA_TYPE: &str = "the body must be JSON: send Content-Type: application/json";
