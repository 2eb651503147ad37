//! Whole MPDs: signed with real signatures, read by another reader, requested as by a viewer.
#![expect(clippy::disallowed_methods, reason = "public MPDs are files; the crate itself stays pure")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bases;
mod corpus;
mod define;
mod properties;
#[path = "../../../../tests/corpus.rs"]
mod published;
mod reader;
mod signing;
mod written;
