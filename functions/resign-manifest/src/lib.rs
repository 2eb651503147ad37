//! The Lambda function behind the function URL of `/video/*.m3u8`: it reads a playlist from S3 and rewrites every
//! URI in it, per request, so that players which lose cookies still play. It signs nothing beyond the viewer's own
//! policy, neither in what it covers nor in how long it lasts.
//!
//! | Style | What the viewer gets |
//! |---|---|
//! | `plain` | the playlist as it is in the bucket, byte for byte |
//! | `inline` | CloudFront's parameters on every URI that is ours, everything else byte for byte |
//! | `define` | the parameters once, in an `EXT-X-DEFINE`, and a reference to them on every such URI |

mod answer;
mod body;
mod caching;
mod config;
mod handler;
mod host_grants;
mod other_manifest;
mod playlist;
mod preview;
mod record;
mod signed_host;
mod source;
mod warm;

pub use config::Config;
pub use handler::ResignManifest;
pub use host_grants::HostGrants;
pub use record::Record;
pub use signed_host::SignedHost;
pub use source::{PlaylistSource, SourceError, StoredObject};
