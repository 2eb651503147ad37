//! Adds query parameters to the URIs of the JSON documents that a playlist refers to, and touches no
//! other byte.
//!
//! | Document | What is signed |
//! |---|---|
//! | asset list ([RFC 8216bis], appendix D) | `ASSETS[].URI` |
//! | steering manifest ([Content Steering]) | `RELOAD-URI` |
//! | its `PATHWAY-CLONES[].URI-REPLACEMENT` (and RFC 8216bis, 7.3) | `PARAMS`, `PER-VARIANT-URIS`, `PER-RENDITION-URIS` |
//!
//! Every other document is left to its reader. So is a relative URI where the specification wants an
//! absolute one: hls.js resolves it against the player's page, which may stand on another host. What
//! cannot be taken apart for certain is refused, see [`DocumentError`]: a player may find a clone in it
//! that we do not. The module is pure: it knows nothing of keys, grants or hosts.
//!
//! # Parameters of pathway clones
//!
//! A player that switches to a pathway clone puts `PARAMS` into the query of each playlist of the base
//! pathway, over parameters of the same name. So a clone whose `HOST` is ours carries its own there.
//! A clone without `HOST` keeps the host of its base, which this document does not tell; it gets none.
//!
//! # Parameters that would go astray
//!
//! A clone with another host inherits the query of its base, our signature in it, and the player would
//! send that to the other host. [`CloneParameters::Withheld`] empties the signature there, whatever else
//! the clone is like: `PARAMS` that is no object gives way to one, and a clone needs no readable `ID`.
//! hls.js before 1.7 adds `PARAMS` to the URIs of `PER-VARIANT-URIS`, too: a clone with one that is not
//! ours gets none.
//!
//! [Content Steering]: https://datatracker.ietf.org/doc/html/draft-pantos-content-steering
//! [RFC 8216bis]: https://datatracker.ietf.org/doc/html/draft-pantos-hls-rfc8216bis

mod object;
mod splice;
mod steering;
#[cfg(test)]
mod tests;

use serde_json::value::RawValue;

use self::{
    object::{JsonObject, array, string},
    splice::Splice,
};

/// A document with its URIs signed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rewritten {
    /// Which of the two it is.
    pub kind: DocumentKind,
    /// Its bytes.
    pub json: Vec<u8>,
}

/// The documents that hold URIs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DocumentKind {
    /// What `X-ASSET-LIST` of an interstitial points at.
    AssetList,
    /// What `SERVER-URI` of `EXT-X-CONTENT-STEERING` points at.
    SteeringManifest,
}

impl DocumentKind {
    /// The media type that Apple's [authoring specification] names.
    ///
    /// [authoring specification]: https://developer.apple.com/documentation/http-live-streaming/hls-authoring-specification-for-apple-devices
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::AssetList => "application/json",
            Self::SteeringManifest => "application/vnd.apple.steering-list",
        }
    }
}

/// What the URIs of a pathway clone get in their query.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CloneParameters {
    /// The host is ours: these query parameters.
    Signed(String),
    /// The host is another's: a signature that comes with the base pathway is emptied.
    Withheld,
}

/// Why nothing is known of the URIs in a document. Players may know: browsers put U+FFFD for what is not
/// UTF-8, Android reads what only resembles JSON.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// An object that is read for its URIs has a name twice; readers do not agree on which counts.
    #[error("an object in the document has the same name twice")]
    NameTwice,
    /// They are not even text.
    #[error("the document is not UTF-8 from byte {valid_up_to} on")]
    NotUtf8 {
        /// How many bytes are.
        valid_up_to: usize,
    },
    /// They break the grammar.
    #[error("the document is not JSON at line {line}, column {column}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// It is more than is taken apart in memory.
    #[error("the document has more than the {limit} bytes that are read")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
}

/// The document with its URIs signed; `None` where it is neither an asset list nor a steering manifest.
///
/// `sign` takes a URI as it is meant (without JSON's escapes) and answers it with its parameters, or
/// nothing to leave it. `clone_parameters` takes the `HOST` of a pathway clone, or its JSON where that is no
/// text. Signing twice equals signing
/// once.
///
/// # Errors
/// [`DocumentError`]; the document must not be handed out beside our signatures then.
///
/// ```
/// use hls_rewrite::document::{DocumentKind, rewrite};
///
/// let list = br#"{"ASSETS": [{"URI": "https:\/\/media.example.com\/video\/ad\/a.m3u8", "DURATION": 15}]}"#;
/// let signed = rewrite(list, &mut |uri| Some(format!("{uri}?Expires=1")), &mut |_| None)?
///     .ok_or("neither")?;
/// assert_eq!(signed.kind, DocumentKind::AssetList);
/// assert_eq!(
///     signed.json,
///     br#"{"ASSETS": [{"URI": "https:\/\/media.example.com\/video\/ad\/a.m3u8?Expires=1", "DURATION": 15}]}"#
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn rewrite(
    json: &[u8],
    sign: &mut dyn FnMut(&str) -> Option<String>,
    clone_parameters: &mut dyn FnMut(&str) -> Option<CloneParameters>,
) -> Result<Option<Rewritten>, DocumentError> {
    if json.len() > LARGEST {
        return Err(DocumentError::TooLarge { limit: LARGEST });
    }
    let whole =
        str::from_utf8(json).map_err(|error| DocumentError::NotUtf8 { valid_up_to: error.valid_up_to() })?;
    // Against the grammar, but browsers and Android pass over it.
    let text = whole.strip_prefix('\u{FEFF}').unwrap_or(whole);
    let document: &RawValue = serde_json::from_str(text)
        .map_err(|error| DocumentError::Syntax { line: error.line(), column: error.column() })?;
    let Some((kind, members)) = JsonObject::read(document).and_then(recognise) else {
        return Ok(None);
    };
    let members = members.unambiguous()?;
    let mut rewriter = Rewriter { splice: Splice::new(whole), sign, clone_parameters };
    match kind {
        DocumentKind::AssetList => rewriter.asset_list(&members)?,
        DocumentKind::SteeringManifest => rewriter.steering_manifest(&members)?,
    }
    Ok(Some(Rewritten { kind, json: rewriter.splice.finish() }))
}

/// By its members: neither has a name in it, and the types of S3 objects are what an upload guessed. Clones
/// come first: they are where a signature could go astray.
fn recognise(members: JsonObject<'_>) -> Option<(DocumentKind, JsonObject<'_>)> {
    let has = |name| members.get(name).is_some();
    if has("PATHWAY-CLONES") {
        Some((DocumentKind::SteeringManifest, members))
    } else if members.all("ASSETS").any(|assets| array(assets).is_some()) {
        Some((DocumentKind::AssetList, members))
    } else if has("PATHWAY-PRIORITY") || has("RELOAD-URI") {
        Some((DocumentKind::SteeringManifest, members))
    } else {
        None
    }
}

struct Rewriter<'j, 'f> {
    splice: Splice<'j>,
    sign: &'f mut dyn FnMut(&str) -> Option<String>,
    clone_parameters: &'f mut dyn FnMut(&str) -> Option<CloneParameters>,
}

/// Whether a URI may be relative in its place: only then is its base the document.
#[derive(Clone, Copy, Eq, PartialEq)]
enum UriForm {
    Absolute,
    Relative,
}

impl<'j> Rewriter<'j, '_> {
    fn asset_list(&mut self, members: &JsonObject<'j>) -> Result<(), DocumentError> {
        let assets = members.get("ASSETS").and_then(array).unwrap_or_default();
        for asset in assets.into_iter().filter_map(JsonObject::read) {
            if let Some(uri) = asset.unambiguous()?.get("URI") {
                self.uri(uri, UriForm::Absolute);
            }
        }
        Ok(())
    }

    /// Whether the URI got its parameters.
    fn uri(&mut self, value: &'j RawValue, form: UriForm) -> bool {
        let Some(uri) = string(value) else { return false };
        let resolvable = form == UriForm::Relative || is_absolute(&uri);
        let Some(signed) = resolvable.then(|| (self.sign)(&uri)).flatten() else { return false };
        self.splice.string(value, &uri, &signed);
        true
    }
}

fn is_absolute(uri: &str) -> bool {
    ["http://", "https://"]
        .into_iter()
        .any(|scheme| uri.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
}

/// Far more than an asset list or a steering manifest has.
const LARGEST: usize = 1_024 * 1_024;
