//! Which style a viewer gets.

use cloudfront_signing::SignatureLocation;
use url::form_urlencoded;

/// How a viewer receives a playlist.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Style {
    /// CloudFront's parameters once, in an `EXT-X-DEFINE`, and a reference to them on every URI. Many players
    /// do not support variables, so a player gets it only when it requests it.
    Define,
    /// CloudFront's parameters on every URI.
    Inline {
        /// Whether the query names the style: then nested playlists are requested in the same style.
        asked_for: bool,
    },
    /// As in the bucket.
    Plain,
}

/// The query names a style that does not exist.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{PARAMETER} must be plain, inline or define")]
pub struct UnknownStyle;

impl Style {
    /// The query's `usher-style`. Without it, `plain` if the request carries cookies: they can be renewed, but
    /// CloudFront rejects a URI with parameters after they expire. Otherwise `inline`.
    ///
    /// # Errors
    /// [`UnknownStyle`]
    pub fn choose(query: &str, signature: Option<SignatureLocation>) -> Result<Self, UnknownStyle> {
        let asked = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == PARAMETER);
        match asked.as_ref().map(|(_, style)| style.as_ref()) {
            Some("define") => Ok(Self::Define),
            Some("inline") => Ok(Self::Inline { asked_for: true }),
            Some("plain") => Ok(Self::Plain),
            Some(_) => Err(UnknownStyle),
            None if signature == Some(SignatureLocation::Cookies) => Ok(Self::Plain),
            None => Ok(Self::Inline { asked_for: false }),
        }
    }

    /// The style's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Define => "define",
            Self::Inline { .. } => "inline",
            Self::Plain => "plain",
        }
    }

    /// The parameter that nested playlist URIs receive beside the signature.
    #[must_use]
    pub fn kept_parameter(self) -> Option<&'static str> {
        match self {
            Self::Define => Some("usher-style=define"),
            Self::Inline { asked_for: true } => Some("usher-style=inline"),
            Self::Inline { asked_for: false } | Self::Plain => None,
        }
    }
}

const PARAMETER: &str = "usher-style";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_comes_first_then_the_credential() {
        let rows = [
            ("", Some(SignatureLocation::Cookies), Ok(Style::Plain)),
            ("", Some(SignatureLocation::Url), Ok(Style::Inline { asked_for: false })),
            ("", None, Ok(Style::Inline { asked_for: false })),
            (
                "x=1&usher-style=inline",
                Some(SignatureLocation::Cookies),
                Ok(Style::Inline { asked_for: true }),
            ),
            ("usher-style=plain", Some(SignatureLocation::Url), Ok(Style::Plain)),
            ("usher-style=define", Some(SignatureLocation::Cookies), Ok(Style::Define)),
            ("usher-style=fancy", None, Err(UnknownStyle)),
        ];
        for (query, credential, style) in rows {
            assert_eq!(Style::choose(query, credential), style, "{query} {credential:?}");
        }
    }
}
