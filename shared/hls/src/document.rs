//! Adds query parameters to the URIs of the JSON documents that a playlist refers to, and touches no
//! other byte.
//!
//! | Document | What is signed |
//! |---|---|
//! | asset list ([RFC 8216bis], appendix D) | `ASSETS[].URI` |
//! | steering manifest ([Content Steering]) | `RELOAD-URI` |
//! | its `PATHWAY-CLONES[].URI-REPLACEMENT` (and RFC 8216bis, 7.3) | `PARAMS`, `PER-VARIANT-URIS`, `PER-RENDITION-URIS` |
//!
//! Every other document stays as it is. So does a relative URI where the specification requires an absolute
//! one: hls.js resolves it against the player's page, which may be on another host. A document that cannot be
//! parsed with certainty is rejected, see [`DocumentError`]: a player may find a clone in it that this module
//! does not find. The module is pure: it knows nothing of keys, grants or hosts.
//!
//! # Parameters of pathway clones
//!
//! A player that switches to a pathway clone adds `PARAMS` to the query of each playlist of the base pathway,
//! and replaces parameters of the same name. So a clone whose `HOST` is ours gets its own signature in
//! `PARAMS`. A clone without `HOST` keeps the host of its base, which is not in this document; it gets no
//! parameters.
//!
//! # Signatures that would reach another host
//!
//! A clone with another host inherits the query of its base, including our signature, and the player would send
//! it to the other host. [`CloneParameters::Withheld`] empties the signature there, however the clone is
//! written: an object replaces `PARAMS` that is no object, and the clone needs no readable `ID`. hls.js before
//! 1.7 also adds `PARAMS` to the URIs of `PER-VARIANT-URIS`: a clone with such a URI on another host gets no
//! parameters.
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
    /// The host is ours: add these query parameters.
    Signed(String),
    /// The host is another's: empty the signature that it inherits from the base pathway.
    Withheld,
}

/// Why the URIs in a document are unknown. Players may still read it: browsers replace bytes that are not UTF-8
/// with U+FFFD, and Android reads text that only resembles JSON.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// An object that may hold URIs contains a name twice; parsers do not agree on which value counts.
    #[error("an object in the document has the same name twice")]
    NameTwice,
    /// The bytes are not UTF-8.
    #[error("the document is not UTF-8 from byte {valid_up_to} on")]
    NotUtf8 {
        /// How many bytes are valid.
        valid_up_to: usize,
    },
    /// The text is not JSON.
    #[error("the document is not JSON at line {line}, column {column}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// The document is larger than the limit.
    #[error("the document has more than the {limit} bytes that are read")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
}

/// The document with its URIs signed; `None` if it is neither an asset list nor a steering manifest.
///
/// `sign` receives a URI without JSON's escapes and returns it with its parameters, or `None` to keep it.
/// `clone_parameters` receives the `HOST` of a pathway clone, or its JSON if that is no string. Signing twice
/// equals signing once.
///
/// # Errors
/// [`DocumentError`]; then the document must not be sent to a viewer who receives our signatures.
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
    // JSON does not allow it, but browsers and Android ignore it.
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

/// Recognises a document by its members: neither kind contains its name, and an upload only guesses the types
/// of S3 objects. Clones come first, because they could send a signature to another host.
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

/// Whether a URI may be relative in its place: only then does every player resolve it against the document.
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

    /// Signs the URI if it can. Returns whether it got its parameters.
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

/// In bytes: far more than an asset list or a steering manifest has.
const LARGEST: usize = 1_024 * 1_024;
