//! Whole playlists: signed with real signatures, read by another reader, requested as by a viewer.
#![expect(clippy::disallowed_methods, reason = "public playlists are files; the crate itself stays pure")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod corpus;
mod pictures;
mod properties;
#[path = "../../../../tests/corpus.rs"]
mod published;
mod reader;
mod signing;
mod written;
