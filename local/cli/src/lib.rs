//! The program `usher`: private video on Amazon CloudFront, from the command line.

pub mod arguments;
mod commands;
mod deployment;
pub mod package;
mod progress;
pub mod upload;

pub use commands::run;
