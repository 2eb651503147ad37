//! The function as its URL calls it: an event in, a whole response out, and S3's protocol to the bucket.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod authority;
mod bucket;
mod caching;
mod documents;
mod encoding;
mod faults;
mod function;
mod hosts;
#[expect(dead_code, reason = "the tests of issue-cookies ask for more")]
#[path = "../../../../shared/runtime/tests/start/mod.rs"]
mod lambda;
mod log;
mod other_manifests;
mod playlists;
mod preview;
mod refusals;
mod start;
