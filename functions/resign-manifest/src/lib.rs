//! The Lambda function behind the function URL of `/video/*.m3u8`: it reads a playlist from S3 and
//! rewrites every URI in it, per request, so that players which lose cookies still play.
//!
//! | Style | What the viewer gets |
//! |---|---|
//! | `plain` | the playlist as it lies in the bucket, byte for byte |
//! | `inline` | CloudFront's parameters on every URI of the same host, everything else byte for byte |

mod config;
mod handler;
mod resign;
pub mod rewrite;
mod source;
mod style;

pub use config::Config;
pub use handler::ResignManifest;
pub use resign::Resign;
pub use source::{PlaylistSource, SourceError};
pub use style::{Style, UnknownStyle};
