//! Re-signs DASH manifests (MPDs, [ISO/IEC 23009-1]) for Amazon CloudFront: finds each URI in an MPD, decides which
//! signed policy it gets, and inserts the query parameters. Every other byte stays as it is.
//!
//! | Step | Type |
//! |---|---|
//! | find the URIs of an MPD, and which assets they point at | [`Scan`], [`hls_rewrite::Assets`] |
//! | decide what this viewer gets | [`hls_rewrite::Permission`], [`Scan::plan`] |
//! | write the MPD in a style | [`SignedMpd`], [`hls_rewrite::Style`] |
//!
//! The crate is pure: it reads no clock, environment, disk or network, and the caller signs.
//!
//! # Where URIs are
//!
//! | Element | Where | Signed as |
//! |---|---|---|
//! | `SegmentTemplate` | `media`, `initialization`, `index`, `bitstreamSwitching` | media |
//! | `SegmentURL` | `media`, `index` | media |
//! | `Initialization`, `RepresentationIndex`, `BitstreamSwitching` | `sourceURL` | media |
//! | `BaseURL` | text, if it is the address of a file: of a segment that names none itself | media |
//! | `InitializationSet` | `initialization` | media |
//! | `UTCTiming` of the MPD, `http-…` schemes | each URL in `value` | media |
//! | property `urn:dvb:dash:fontdownload:2014` | `dvb:url` | media |
//! | `CryptoPeriod` in `ContentProtection` (ISO/IEC 23001-7 and 23009-4) | `keyUriTemplate`, `IVUriTemplate` | a key |
//! | `Location`, `ImportedMPD` | text | a manifest |
//! | properties `urn:mpeg:dash:chaining:2016`, `…:fallback:2016` | each URL in `value` | a manifest |
//! | `AlternativeMPD`, `InsertPresentation`, `ReplacePresentation`, `OverwritePresentation` in `Event` | `uri`, `url` | a manifest |
//! | `PatchLocation`, `ContentSteering` | text | a document |
//! | any element | `xlink:href` | a document |
//!
//! These stay as they are, and are not counted:
//!
//! | Where | Why |
//! |---|---|
//! | `BaseURL` of a folder | readers drop its query when they resolve against it (RFC 3986, section 5.2.2) |
//! | licence URLs in `ContentProtection` (`Laurl`, `laurl`, `pro`) | a licence server has its own authorization |
//! | other content of `Event` (callbacks, SCTE-35, messages) | nothing that plays; a callback goes to whoever counts |
//! | `Reporting`, `ClientDataReporting`, `ContentSteering@proxyServerURL` | a player sends data to them |
//! | `ProgramInformation`, `Source`, `Copyright`, `Label` | for people |
//! | `UTCTiming` in `ProducerReferenceTime` | says which clock was used |
//! | `schemeIdUri`, `profiles`, `xmlns`, other values of properties | identifiers |
//!
//! # What a URI is relative to
//!
//! A URI of segments is relative to the `BaseURL`s of every representation that may use it, in all alternatives, and
//! `$RepresentationID$` and `$Bandwidth$` are those of the representation. It is signed only if each of these readings
//! is in the same asset: otherwise a player could send the signature of one host to another. With an alternative on a
//! host that is not ours, relative URIs stay unsigned. To have them signed, name the host in `SIGNED_HOSTS` and write
//! absolute URIs, or write no alternatives.
//!
//! Players do not agree on whether `Location` replaces the URL of the request: shaka-player resolves against it,
//! dash.js does not. Both must lead to the same asset. The same is true for a `BaseURL` in a CDATA section, or with
//! another prefix than the root element, which some players do not read.
//!
//! # The style `define`
//!
//! A property of Annex I at the end of the MPD holds the parameters of all segments. It applies to every request for a
//! segment, so it is written only if all segments get the same grant and nothing else in the MPD would receive it or
//! would need it: no event, image, remote element, parameters of the author, or `BaseURL` of a file. Otherwise the MPD
//! is signed inline. An author's `useMPDUrlQuery` stays in force: the player then adds the query of the MPD's URL, and
//! segments count as [`SkipReason::SignedByPlayer`](hls_rewrite::SkipReason::SignedByPlayer).
//!
//! # What is refused
//!
//! An MPD that is not well-formed, or that two readers may read in two ways, is an [`MpdError`].
//!
//! [ISO/IEC 23009-1]: https://www.iso.org/standard/83314.html

mod description;
mod duration;
mod error;
mod outline;
mod reader;
mod resolver;
mod scan;
mod signed_mpd;
mod template;
mod written;

pub use error::{MpdError, Position};
pub use scan::{Scan, is_mpd};
pub use signed_mpd::SignedMpd;
