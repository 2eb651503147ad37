//! `path` and `paths`: what a site says, in a credential that it signs itself, that its viewer may watch.
//!
//! Only the site's own keys count. Where an issuer's keys are fetched, and where somebody else has verified a
//! token, these names may mean anything.

use serde_json::{Map, Value};

use super::TokenError;

/// The text `path`, or the texts in the list `paths`; nothing without either. An empty list is a list:
/// nothing of what the entitlements give is left.
///
/// # Errors
/// [`TokenError::Claim`] for both at once, and for what is no text, or no list of texts: a site that narrows
/// and is not understood must not give everything.
pub(super) fn paths(claims: &Map<String, Value>) -> Result<Option<Vec<String>>, TokenError> {
    match (claims.get("path"), claims.get("paths")) {
        (None, None) => Ok(None),
        (Some(Value::String(path)), None) => Ok(Some(vec![path.clone()])),
        (None, Some(Value::Array(paths))) => {
            let paths = paths.iter().map(|path| path.as_str().map(str::to_owned));
            paths.collect::<Option<_>>().map(Some).ok_or(TokenError::Claim("paths"))
        }
        (_, None) => Err(TokenError::Claim("path")),
        (_, Some(_)) => Err(TokenError::Claim("paths")),
    }
}
