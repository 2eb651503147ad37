//! The Lambda function behind the function URL of `/video/*.m3u8`: it reads a playlist from S3 and
//! rewrites every URI in it, per request, so that players which lose cookies still play.
//!
//! | Style | What the viewer gets |
//! |---|---|
//! | `plain` | the playlist as it lies in the bucket, byte for byte |
//! | `inline` | CloudFront's parameters on every URI that is ours, everything else byte for byte |
//! | `define` | the parameters once, in an `EXT-X-DEFINE`, and a reference to them on every such URI |

mod answer;
mod body;
mod caching;
mod config;
pub mod document;
mod expiry;
mod handler;
mod host;
mod host_grants;
mod life;
mod playlist;
mod record;
mod resign;
pub mod rewrite;
mod side_document;
mod signed_host;
mod source;
mod style;
mod survey;

pub use config::{Config, ParameterLife};
pub use handler::ResignManifest;
pub use host::Host;
pub use host_grants::HostGrants;
pub use life::{Life, Lifetimes};
pub use resign::Resigned;
pub use signed_host::SignedHost;
pub use source::{Object, PlaylistSource, SourceError};
pub use style::{Style, UnknownStyle};
pub use survey::{Need, Survey};
