//! The options of the local edge.

use std::{net::SocketAddr, path::PathBuf};

use url::{Host, Url};

/// The options of the local edge.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the edge listens; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Where the bucket listens; port 0 picks a free one.
    pub bucket_listen: SocketAddr,
    /// The folder that the bucket serves.
    pub media: PathBuf,
    /// The template whose distribution runs.
    pub template: PathBuf,
    /// Where the throw-away key pair and the certificate authority are kept.
    pub state: PathBuf,
    /// The web site behind the edge, for all paths that no other origin of the template answers.
    pub website: Option<Url>,
    /// Further host names, without a port, at which browsers request the edge.
    pub hosts: Vec<Host>,
    /// The edge speaks HTTPS, with a certificate of its own authority in the state folder.
    pub tls: bool,
    /// Everyone may sign in as a demo viewer, even if other machines can reach the edge.
    pub demo: bool,
    /// The viewer-request function runs as if CloudFront had removed the signature from the request first. AWS does
    /// not document whether it does.
    pub hide_signatures: bool,
    /// The edge also rejects what AWS is only reported to reject: playlists whose names contain characters other
    /// than letters, digits, `.`, `_`, `-` and `~`.
    pub hostile: bool,
    /// Values for the template's parameters.
    pub parameter_overrides: Vec<(String, String)>,
}

impl Options {
    /// Whether the demo sign-in is on: only this machine can reach the edge, or the options switch it on.
    #[must_use]
    pub fn has_demo(&self) -> bool {
        self.demo || self.listen.ip().to_canonical().is_loopback()
    }
}
