//! Sign **and verify** Amazon CloudFront signed URLs and signed cookies.
//!
//! The crate is pure: no clock, environment, disk, network or async. Signing yields a [`Grant`], a
//! signed policy that can be applied as often as wanted: to URLs, to a browser as cookies, to each
//! URI of a playlist. Verification reads the bytes of a request as received and answers
//! [`Admitted`] or a [`Denial`] with CloudFront's own code and message and a reason for people.
//!
//! ```
//! use cloudfront_signing::{
//!     ExactUrl, HashAlgorithm, KeyPairId, CustomPolicy, PrivateKey, Request, Signer, UnixTime, UrlPattern,
//!     Verifier,
//! };
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let der = aws_lc_rs::encoding::AsDer::<aws_lc_rs::encoding::Pkcs8V1Der>::as_der(
//! #     &aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048)?)?;
//! # let pem = pem::encode(&pem::Pem::new("PRIVATE KEY", der.as_ref()));
//! let key = PrivateKey::from_pem(&pem)?;
//! let verifier = Verifier::new([(KeyPairId::new("K2JCJMDEHXQW5F")?, key.public_key())]);
//! let signer = Signer::new(KeyPairId::new("K2JCJMDEHXQW5F")?, key, HashAlgorithm::Sha256);
//!
//! let everything = UrlPattern::new("https://d111111abcdef8.cloudfront.net/video/*")?;
//! let grant = signer.sign(CustomPolicy::new(everything, UnixTime::new(1_790_000_000)?)?)?;
//! let url = grant.url(&ExactUrl::new("https://d111111abcdef8.cloudfront.net/video/m/s001.ts")?)?;
//!
//! let admitted = verifier.verify(&Request::new(&url), UnixTime::new(1_789_999_999)?)?;
//! assert_eq!(admitted.key_pair_id.as_str(), "K2JCJMDEHXQW5F");
//! let denial = verifier.verify(&Request::new(&url), UnixTime::new(1_790_000_000)?).unwrap_err();
//! assert_eq!(denial.code().as_str(), "AccessDenied");
//! # Ok(()) }
//! ```

mod as_sent;
mod characters;
mod cookies;
#[cfg(feature = "verifier")]
mod denial;
mod encoding;
mod error;
mod grant;
mod hash;
mod ip_range;
#[cfg(feature = "verifier")]
mod json;
mod key_problem;
mod parameters;
mod policy;
#[cfg(feature = "verifier")]
mod policy_problem;
mod private_key;
mod public_key;
#[cfg(feature = "verifier")]
mod received;
#[cfg(feature = "verifier")]
mod request;
mod resource;
mod rsa_key;
#[cfg(feature = "set-cookie")]
mod set_cookie;
#[cfg(feature = "rtmp")]
mod stream;
mod target;
mod time;
#[cfg(feature = "verifier")]
mod verifier;
mod wildcard;

pub use as_sent::Change;
pub use cookies::CookieName;
pub use error::Error;
pub use grant::{Grant, KeyPairId, Signer};
pub use hash::HashAlgorithm;
pub use ip_range::IpRange;
pub use key_problem::{Curve, KeyProblem};
pub use parameters::{RESERVED_PARAMETERS, without_reserved_parameters};
pub use policy::{CannedPolicy, CustomPolicy, Policy};
pub use private_key::{KeyAlgorithm, PrivateKey};
pub use public_key::PublicKey;
pub use resource::{ExactUrl, Resource, URL_LIMIT, UrlPattern, resource_covers};
#[cfg(feature = "set-cookie")]
pub use set_cookie::{CookieAttributes, SameSite, clear_cookies};
#[cfg(feature = "rtmp")]
pub use stream::{StreamPattern, StreamUrl, escape_for_flash};
pub use time::UnixTime;
pub use wildcard::matches as wildcard_matches;
#[cfg(feature = "verifier")]
pub use {
    denial::{Check, Denial, DenialCode, Reason},
    policy_problem::PolicyProblem,
    received::ReceivedPolicy,
    request::{Request, SignatureLocation},
    verifier::{Admitted, Verifier},
};

#[cfg(all(doctest, feature = "ecdsa", feature = "set-cookie", feature = "verifier"))]
#[doc = include_str!("../README.md")]
struct Readme;
