//! What the local edge is started with.

use std::{net::SocketAddr, path::PathBuf};

use url::{Host, Url};

/// What the local edge is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the edge listens; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Where the bucket listens; port 0 picks a free one.
    pub bucket_listen: SocketAddr,
    /// The folder that is the bucket.
    pub media: PathBuf,
    /// The template whose distribution runs.
    pub template: PathBuf,
    /// Where the throw-away key pair is kept.
    pub state: PathBuf,
    /// The web site behind the edge, for all paths that no other origin of the template answers.
    pub website: Option<Url>,
    /// Further names, without a port, by which browsers ask for the edge.
    pub hosts: Vec<Host>,
    /// Everybody may sign in as a demo viewer, even where other machines can reach the edge.
    pub demo: bool,
    /// The viewer-request function runs as if CloudFront had removed the signature from the request before. AWS does
    /// not document whether it does.
    pub hide_signatures: bool,
    /// The edge also refuses what AWS is only reported to refuse: playlists whose names have characters other than
    /// letters, digits, `.`, `_`, `-` and `~`.
    pub hostile: bool,
    /// Values for the template's parameters.
    pub parameter_overrides: Vec<(String, String)>,
}

impl Options {
    /// Whether the demo sign-in is on: only this machine can reach the edge, or the owner asked for it.
    #[must_use]
    pub fn has_demo(&self) -> bool {
        self.demo || self.listen.ip().to_canonical().is_loopback()
    }
}
