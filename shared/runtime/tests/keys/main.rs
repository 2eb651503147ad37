//! Keys that AWS keeps, asked through the real SDK, against stand-ins that answer as the tests want.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod key_pair;
mod kms;
mod secrets;
mod secrets_manager;
mod service;
mod vault;
