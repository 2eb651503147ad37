//! An authenticated viewer.

use std::fmt;

use cloudfront_signing::UnixTime;
use serde_json::{Map, Value};

/// Who the viewer is, for how long, and what is known about them.
#[derive(Clone, Eq, PartialEq)]
pub struct Subject {
    /// The site's or the issuer's name for the viewer, such as `sub`.
    pub id: String,
    /// When the credential ends. Nothing that this function issues for it lasts longer.
    pub expires: UnixTime,
    /// What the credential, or the site itself, says about the viewer: the source of entitlements. Where there is an
    /// `iss`, an authenticator has verified it.
    pub claims: Map<String, Value>,
    /// What the viewer may watch by the site's own word, such as `/video/tenant-a/*`, if the site says so. The viewer
    /// gets no more than this, whatever the entitlements say.
    pub paths: Option<Vec<String>>,
    /// The authenticator that vouches for the viewer, by its name in the audit log.
    pub authenticator: &'static str,
}

/// Without the claims: they may contain names and addresses, which belong in no log.
impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("id", &self.id)
            .field("expires", &self.expires)
            .field("authenticator", &self.authenticator)
            .finish_non_exhaustive()
    }
}
