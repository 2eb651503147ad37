//! What a function's log says about a request. In AWS only the log has it; here the inspector shows it.

use serde::Serialize;
use serde_json::Value;
use usher_runtime::ProblemType;

use super::shown::without_secrets;

/// What a function did, as an extension of its response. The edge removes it before it answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    /// The path in the body of the request.
    pub(super) asked: Option<String>,
    pub(super) viewer: Option<String>,
    pub(super) authenticator: Option<&'static str>,
    pub(super) issued: Option<Issued>,
    pub(super) playlist: Option<Playlist>,
    /// The URI of the problem's type.
    pub(super) problem: Option<String>,
    pub(super) reason: Option<String>,
}

/// What a viewer received.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Issued {
    /// `cookies` or `url`.
    pub by: &'static str,
    /// The resources of the policies.
    pub resources: Vec<String>,
    /// In Unix seconds.
    pub expires_at: u64,
}

/// How a playlist was returned.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Playlist {
    /// `plain`, `inline` or `define`.
    pub style: &'static str,
    /// References with a signature.
    pub signed: usize,
    /// References without one, and why.
    pub left: Option<String>,
}

impl Told {
    /// What `issue-cookies` says about a request with this body.
    pub(crate) fn by_issue_cookies(record: issue_cookies::Record, body: Option<&str>) -> Self {
        let by = record.issued.map(|issued| match issued {
            issue_cookies::Issued::Cookies => "cookies",
            issue_cookies::Issued::Url => "url",
        });
        Self {
            asked: body.and_then(asked),
            viewer: record.subject,
            authenticator: record.authenticator,
            issued: by.zip(record.expires).map(|(by, expires_at)| Issued {
                by,
                resources: record.resources,
                expires_at,
            }),
            playlist: None,
            problem: record.problem_type.map(ProblemType::uri),
            reason: record.error.or(record.detail),
        }
    }

    /// What `resign-manifest` says about a request.
    pub(crate) fn by_resign_manifest(record: resign_manifest::Record) -> Self {
        let left = record.left_because();
        let playlist = record.style.filter(|_| record.problem_type.is_none());
        Self {
            playlist: playlist.map(|style| Playlist { style, signed: record.references.signed, left }),
            problem: record.problem_type.map(ProblemType::uri),
            reason: record.error,
            ..Self::default()
        }
    }
}

fn asked(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    let path = body.get("path")?.as_str().filter(|path| path.len() <= PATH_LIMIT)?;
    Some(without_secrets(path))
}

const PATH_LIMIT: usize = 1_024;
