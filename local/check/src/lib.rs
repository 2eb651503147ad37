//! Checks a deployment, or `usher serve`: it asks what a viewer, a stranger and an attacker would ask, and
//! says of each answer whether it is right, and what cures it where it is not.
//!
//! It knows nothing but what CloudFront answers, as a viewer does. Of a refusal CloudFront tells a code and
//! not the reason; the reason is found in the policy that was sent, which anybody can read.

mod answer;
mod caches;
mod compression;
mod credential;
mod cross_origin;
mod cure;
mod deployment;
mod empty_answers;
mod jar;
mod names;
mod other_manifests;
mod playback;
mod playlist;
mod policy;
mod questions;
mod report;
mod sign_in;
mod signed_playlists;
mod signed_urls;
mod strangers;
mod table;
mod tampering;
mod viewer_request_function;
mod walk;

pub use self::{
    credential::{Credential, CredentialError},
    questions::{Answered, Question},
    report::{Finding, Outcome, Report},
    table::{Detail, Text},
};

use hls_rewrite::PathPattern;
use url::Url;
use usher_runtime::{Clock, Origin};

use self::{
    compression::compression, cross_origin::cross_origin, deployment::Deployment, names::names,
    playback::playback, sign_in::sign_in, signed_urls::signed_urls, strangers::strangers,
    tampering::tampering,
};

/// What is checked, and as whom.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where viewers go: protocol, host and port.
    pub url: Url,
    /// Where the same host answers plain http; nothing where viewers themselves use it.
    pub plain_url: Option<Url>,
    /// The path of a playlist that the viewer may watch.
    pub playlist: String,
    /// The bucket's own address.
    pub bucket_url: Option<Url>,
    /// The HTTP API's own address.
    pub api_url: Option<Url>,
    /// The viewer's credential; without one, the demo identity provider of `usher serve` is asked.
    pub credential: Option<Credential>,
    /// The origin of a player page on another host, where viewers sign in.
    pub origin: Option<Origin>,
    /// The origin of a cast receiver, which plays by signed URLs.
    pub receiver_origin: Option<Origin>,
    /// Path patterns of what every viewer may get, whatever their policy covers.
    pub common_assets: Vec<PathPattern>,
}

/// Why nothing can be checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// No HTTP client.
    #[error("there is no HTTP client: {0}")]
    Client(reqwest::Error),
    /// A path, a query, or no host.
    #[error(
        "{0} is not where a distribution stands: give its protocol and host, such as https://video.example.com"
    )]
    NotAnOrigin(Url),
    /// Anybody on the way could read the viewer's credential.
    #[error("a credential is not sent to {0} over http: write https")]
    Plaintext(Url),
    /// Nobody answers.
    #[error("{url} does not answer: {reason}")]
    Unreachable {
        /// Where.
        url: Url,
        /// Why not.
        reason: String,
    },
}

/// Checks everything, one question after the other.
///
/// # Errors
/// [`CheckError`] where there is nobody to ask. Everything else is in the report.
pub async fn run(
    options: &Options,
    client: reqwest::ClientBuilder,
    clock: &Clock,
) -> Result<Report, CheckError> {
    let deployment = Deployment::open(options, client, clock)?;
    let mut report = Report::new(deployment.base());
    strangers(&deployment, &mut report).await?;
    let viewer = sign_in(&deployment, &mut report).await;
    let asset = playback(&deployment, viewer.as_ref(), &mut report).await;
    tampering(&deployment, viewer.as_ref(), &asset, &mut report).await;
    let signed = signed_urls(&deployment, viewer.as_ref(), &mut report).await;
    cross_origin(&deployment, viewer.as_ref(), &asset, &signed, &mut report).await;
    let played = [asset.played, signed.played].concat();
    report.note(compression(&deployment, &played).await);
    report.note(caches::hits(&deployment, &played).await);
    report.note(empty_answers::not_modified(&deployment, &played).await);
    report.note(empty_answers::head(&deployment, &played).await);
    names(&deployment, viewer.as_ref(), &mut report).await;
    sign_in::sign_out(&deployment, viewer.as_ref(), &mut report).await;
    deployment.judge_auth_answers(&mut report);
    Ok(report)
}
