//! The function as API Gateway calls it: an event in, a whole response out.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod cookies;
mod cors;
mod function;
mod keys;
mod log;
mod refusals;
mod tokens;
mod urls;
