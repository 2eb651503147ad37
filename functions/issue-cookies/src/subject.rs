//! An authenticated viewer.

use std::fmt;

use cloudfront_signing::UnixTime;
use serde_json::{Map, Value};

/// Who the viewer is, for how long, and what was said of them.
#[derive(Clone, Eq, PartialEq)]
pub struct Subject {
    /// The site's or the issuer's name for the viewer, such as `sub`.
    pub id: String,
    /// When the credential ends; nothing that is issued for it may live longer.
    pub expires: UnixTime,
    /// What the credential, or the site itself, says of the viewer: the source of entitlements. If it has
    /// `iss`, that issuer was verified.
    pub claims: Map<String, Value>,
    /// What the site itself says the viewer may watch, such as `/video/tenant-a/*`, where it does: no more
    /// than this is issued, whatever the entitlements say.
    pub paths: Option<Vec<String>>,
    /// Which authenticator vouches for it, as the audit log names it.
    pub authenticator: &'static str,
}

/// Without the claims: they may hold names, addresses and more that belongs in no log.
impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("id", &self.id)
            .field("expires", &self.expires)
            .field("authenticator", &self.authenticator)
            .finish_non_exhaustive()
    }
}
