//! `path` and `paths`: what a site says, in a credential that it signs itself, that its viewer may watch.

use serde_json::{Map, Value};

use super::token::TokenError;

/// What the claims `path` and `paths` mean in a credential.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PathClaims {
    /// Nothing: an issuer that publishes its keys, or Plone, may use these names for anything.
    Foreign,
    /// The site itself signs, and narrows what its viewer may watch.
    Narrowing,
}

impl PathClaims {
    /// The text `path`, or the texts in the list `paths`; nothing without either. An empty list is a list:
    /// nothing of what the entitlements give is left.
    ///
    /// # Errors
    /// [`TokenError::Claim`] for both at once, and for anything but a text or a list of texts: a site that narrows
    /// and is not understood must not give everything.
    pub fn read(self, claims: &Map<String, Value>) -> Result<Option<Vec<String>>, TokenError> {
        if self == Self::Foreign {
            return Ok(None);
        }
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
}
