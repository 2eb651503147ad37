//! The function as API Gateway calls it: an event in, a whole response out.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod algorithms;
mod ambiguous;
mod asked;
mod assets;
mod cookies;
mod cors;
mod direct;
mod django;
mod entitlements;
mod function;
mod jwks;
mod keys;
#[path = "../../../../shared/runtime/tests/start/mod.rs"]
mod lambda;
mod log;
mod paths;
mod plone_offline;
mod plone_online;
mod plone_site;
mod provider;
mod providers;
mod refusals;
mod secrets;
mod settings;
mod simplejwt;
mod start;
mod tokens;
mod urls;
#[expect(dead_code, reason = "the tests of the runtime ask for more")]
#[path = "../../../../shared/runtime/tests/keys/vault.rs"]
mod vault;
