//! A function's own program from its start on, between a Runtime API and services over TLS that count: how many
//! connections it opens, and when.
//!
//! Both functions' tests include this.

mod aws;
mod ledger;
mod program;
mod service;

pub(crate) use aws::{kms, secrets_manager};
pub(crate) use ledger::{HANDSHAKE, Phase, phase};
pub(crate) use program::{Program, body};
pub(crate) use service::{Authority, Mood, Service};
