//! Usher on a laptop: the local edge, which admits and refuses as CloudFront does, and the command line
//! that signs, explains and rewrites.

pub mod cli;
mod commands;
pub mod edge;
mod key_pair;

pub use commands::run;
