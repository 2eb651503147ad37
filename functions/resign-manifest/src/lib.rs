//! The Lambda function behind the function URL of `/video/*.m3u8`: it reads a playlist from S3 and
//! rewrites every URI in it, per request, so that players which lose cookies still play. It signs nothing that the
//! viewer's own policy does not cover, and nothing for longer.
//!
//! | Style | What the viewer gets |
//! |---|---|
//! | `plain` | the playlist as it lies in the bucket, byte for byte |
//! | `inline` | CloudFront's parameters on every URI that is ours, everything else byte for byte |
//! | `define` | the parameters once, in an `EXT-X-DEFINE`, and a reference to them on every such URI |

mod answer;
mod assets;
mod authority;
mod body;
mod caching;
mod config;
pub mod document;
mod handler;
mod host_grants;
mod plan;
mod playlist;
mod record;
mod resigned;
pub mod rewrite;
mod side_document;
mod signed_host;
mod source;
mod style;
mod warm;

pub use assets::{Assets, FoundAsset, Host};
pub use authority::{Authority, NotAuthorized};
pub use config::Config;
pub use handler::ResignManifest;
pub use host_grants::HostGrants;
pub use plan::{Permission, RequiredGrant, SigningPlan};
pub use resigned::{PolicyCopies, Resigned};
pub use signed_host::SignedHost;
pub use source::{Object, PlaylistSource, SourceError};
pub use style::{Style, UnknownStyle};
