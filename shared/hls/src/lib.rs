//! Re-signs HLS playlists for Amazon CloudFront: finds each URI in a playlist, decides which signed policy it gets,
//! and inserts the query parameters. Every other byte stays as it is.
//!
//! | Step | Type |
//! |---|---|
//! | find the URIs of a playlist, and which assets they point at | [`Scan`], [`Assets`], [`AssetTree`] |
//! | decide what this viewer gets | [`Authority`], [`Permission`], [`SigningPlan`] |
//! | write the playlist in a style | [`SignedPlaylist`], [`Style`] |
//! | the same for WebVTT files whose cues are pictures | [`Scan::read_pictures`] |
//! | end a playlist after a few seconds | [`Preview`] |
//! | the same for asset lists and steering manifests, which are JSON | [`SideDocument`], [`document`] |
//!
//! The crate is pure: it reads no clock, environment, disk or network, and the caller signs.

mod asset_tree;
mod assets;
mod authority;
pub mod document;
mod media_type;
mod path_pattern;
mod plan;
mod playlist;
mod policy_copy;
mod preview;
mod side_document;
mod signed_playlist;
mod style;
mod viewer_host;
mod viewer_policy;

pub use asset_tree::{Asset, AssetTree};
pub use assets::{Assets, FoundAsset, Host};
pub use authority::{Authority, NotAuthorized, policy_of_copy};
pub use media_type::media_type;
pub use path_pattern::{FolderPattern, NotAFolderPattern, NotAPathPattern, PathPattern};
pub use plan::{Permission, RequiredGrant, SigningPlan};
pub use playlist::{
    Definitions, InsertionPoint, Origin, PlaylistInfo, Reference, ReferenceKind, References, RewriteCounts,
    Scan, SkipReason, is_playlist, is_replaced, is_signature, is_web_vtt, rewrite,
};
pub use policy_copy::{
    POLICY_COPY_PREFIX, copied_policy, needs_policy_copy, policy_copy, without_policy_copy,
};
pub use preview::{NoPreview, Preview};
pub use side_document::SideDocument;
pub use signed_playlist::{PolicyCopies, SignedPlaylist, nested_parameters};
pub use style::{Style, UnknownStyle};
pub use viewer_host::is_viewer_host;
pub use viewer_policy::ViewerPolicy;
