//! Usher on a laptop: the local edge, which admits and refuses as CloudFront does, and the command line
//! that signs, explains and rewrites, uploads, and checks a deployment.

pub mod check;
pub mod cli;
mod commands;
mod content_type;
pub mod edge;
mod key_pair;
pub mod template;
pub mod upload;

pub use commands::run;
