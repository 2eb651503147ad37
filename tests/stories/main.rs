//! Stories: the whole edge in process, real handlers, real signatures, the real S3 protocol, over a socket.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

mod authority;
mod bad_input;
mod cache;
mod check;
mod edge;
mod functions;
mod house;
mod inspector;
mod laptop;
mod manifests;
mod playlists;
mod protections;
mod purposes;
mod three_answers;
mod tls;
mod upload;
mod viewers;
mod viewing;
mod website;
