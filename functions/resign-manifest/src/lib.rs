//! The Lambda function behind the function URL of `/video/*.m3u8`: it reads a playlist from S3 and
//! rewrites every URI in it, per request, so that players which lose cookies still play.
//!
//! | Style | What the viewer gets |
//! |---|---|
//! | `plain` | the playlist as it lies in the bucket, byte for byte |
//! | `inline` | CloudFront's parameters on every URI that is ours, everything else byte for byte |
//! | `define` | the parameters once, in an `EXT-X-DEFINE`, and a reference to them on every such URI |

mod config;
pub mod document;
mod handler;
mod host;
mod life;
mod resign;
pub mod rewrite;
mod source;
mod style;
mod survey;

pub use config::Config;
pub use handler::ResignManifest;
pub use host::Host;
pub use life::{Life, Lifetimes};
pub use resign::Resigned;
pub use source::{PlaylistSource, SourceError};
pub use style::{Style, UnknownStyle};
pub use survey::{Need, Survey};
