//! Why a request is refused: a variant for each reason, and what the viewer and the log learn about it.

use std::sync::Arc;

use hls_rewrite::{FolderPattern, Preview};
use http::{HeaderValue, header};
use usher_runtime::{Problem, ProblemType, SigningError, ViewerError, with_sources};

use crate::{AuthenticationError, NotEntitled, origin_rule::OriginRefusal, origin_secret::OriginSecretError};

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
    NotEntitled(NotEntitled),
    /// The request may not have come through the distribution.
    OriginSecret(OriginSecretError),
    /// Only playlists have a preview.
    NoPreview,
    /// The path to sign is none of an asset.
    OutsideOfScope {
        /// The pattern over all assets.
        root: FolderPattern,
    },
    /// A page of another origin sent the request, or nobody says which one.
    Page(OriginRefusal),
    /// A preview has another length.
    PreviewSeconds,
    /// The signing key did not sign.
    Signing(Arc<SigningError>),
    /// There is nothing at this path.
    UnknownPath,
    /// CloudFront would not accept the URL.
    Url(cloudfront_signing::Error),
    /// Nobody knows which host the viewer asked.
    Viewer(ViewerError),
}

impl Refusal {
    /// What is refused, for the log.
    pub(crate) fn what(&self) -> &'static str {
        match self {
            Self::Credential(AuthenticationError::Unavailable(_)) => "a credential cannot be verified",
            Self::Credential(_) => "refused a credential",
            Self::NotEntitled(_) => "refused a viewer",
            Self::OriginSecret(OriginSecretError::Unread(_)) => "a request cannot be checked",
            Self::Signing(_) => "nothing was signed",
            _ => "refused a request",
        }
    }

    /// What the viewer does not learn, for the log.
    pub(crate) fn details(&self) -> Option<String> {
        match self {
            Self::Credential(error) => Some(with_sources(error).to_string()),
            Self::NotEntitled(error) => Some(error.to_string()),
            Self::OriginSecret(error) => Some(error.to_string()),
            _ => None,
        }
    }
}

impl From<Refusal> for Problem {
    /// What the viewer learns: what to do, and nothing that would help to forge a request. The log has the rest.
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Body => Self::new(ProblemType::MalformedBody, BODY),
            Refusal::BodyTooLarge { limit } => {
                Self::new(ProblemType::BodyTooLarge, format!("the body has more than {limit} bytes"))
            }
            Refusal::Credential(error) => unauthenticated(&error),
            Refusal::MediaType => Self::new(ProblemType::UnsupportedMediaType, MEDIA_TYPE),
            Refusal::Method { path, allowed } => {
                Self::new(ProblemType::MethodNotAllowed, format!("{path} takes {allowed}"))
                    .header(header::ALLOW, HeaderValue::from_static(allowed))
            }
            Refusal::NotEntitled(_) => {
                Self::new(ProblemType::NotEntitled, "you are signed in, and may not watch this")
            }
            Refusal::NoPreview => Self::new(
                ProblemType::NoPreview,
                "only a playlist (.m3u8) has a preview, and its path has no query",
            ),
            Refusal::OriginSecret(error) => not_from_the_distribution(&error),
            Refusal::OutsideOfScope { root } => Self::new(
                ProblemType::NotAVideo,
                format!("the path is not below {root}, or there are dot segments or broken escapes in it"),
            ),
            Refusal::Page(error) => {
                let problem_type = match error {
                    OriginRefusal::Foreign => ProblemType::ForeignOrigin,
                    OriginRefusal::Unknown => ProblemType::MissingOrigin,
                };
                Self::new(problem_type, error.to_string())
            }
            Refusal::PreviewSeconds => {
                let detail = format!("preview_seconds must be a number from 1 to {}", Preview::LONGEST);
                Self::new(ProblemType::MalformedBody, detail)
            }
            Refusal::Signing(error) => Self::from(&*error),
            Refusal::UnknownPath => Self::new(ProblemType::NotFound, "there is nothing at this path"),
            Refusal::Url(error) => Self::new(ProblemType::UnsignableUrl, error.to_string()),
            Refusal::Viewer(error) => Self::new(ProblemType::NoViewerHost, error.to_string()),
        }
    }
}

fn unauthenticated(error: &AuthenticationError) -> Problem {
    let problem_type = error.problem_type();
    if problem_type == ProblemType::SignInUnavailable {
        return Problem::new(problem_type, "who you are cannot be checked at the moment: try again soon");
    }
    let detail = match problem_type {
        ProblemType::SignInRequired => "sign in first: send Authorization: Bearer",
        ProblemType::AmbiguousCredential => {
            "the request has two different credentials: sign out, then sign in again"
        }
        ProblemType::TokenExpired => "the token has expired: sign in again",
        ProblemType::TokenNotYetValid => {
            "the token is not valid yet: compare the clocks of this server and of the one that issued it"
        }
        ProblemType::TokenTooLarge => "the token is too large: it needs fewer claims, such as groups",
        ProblemType::WrongAudience => "the token is meant for another service than this one",
        ProblemType::WrongIssuer => "the token comes from an issuer that is not known here",
        _ => "the token is not accepted here",
    };
    let challenge = match problem_type {
        ProblemType::SignInRequired => "Bearer",
        _ => INVALID_TOKEN,
    };
    Problem::new(problem_type, detail).header(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
}

fn not_from_the_distribution(error: &OriginSecretError) -> Problem {
    if let OriginSecretError::Unread(_) = error {
        return Problem::new(
            ProblemType::SignInUnavailable,
            "whether the request came through the distribution cannot be checked at the moment: try again soon",
        );
    }
    Problem::new(ProblemType::NotThroughDistribution, "the request did not come through the distribution")
}

const BODY: &str = r#"the body must be a JSON object such as {"path":"/video/m/master.m3u8"}"#;
const INVALID_TOKEN: &str = r#"Bearer error="invalid_token""#;
const MEDIA_TYPE: &str = "the body must be JSON: send Content-Type: application/json";
