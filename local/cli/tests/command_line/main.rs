//! The command line as a user sees it: standard output, standard error, exit code. A file per command.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

mod check;
mod checkout;
#[path = "../../../../tests/corpus.rs"]
mod corpus;
mod doctor;
mod entitle;
mod explain;
mod init;
mod keygen;
mod keys;
mod package;
mod program;
mod rewrite;
mod serve;
mod serving;
mod sign;
mod sign_cookies;
mod terminal;
mod upload;
mod usage;
mod vectors;

const SEGMENT: &str = "https://d111111abcdef8.cloudfront.net/video/m/s001.ts";
