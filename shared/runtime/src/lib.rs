//! What both functions of Usher stand on: configuration read once, where the signing key lives, the
//! grant cache, what the viewer-request function passes on, and answers in `problem+json`.

mod clock;
mod config;
mod grants;
mod key;
mod kms;
mod problem;
mod scope;
mod viewer;

pub use clock::{Clock, system_clock};
pub use config::{ConfigError, Settings, SigningConfig};
pub use grants::Grants;
pub use key::{KeySource, LocalKey, SigningError, SigningKey};
pub use kms::KmsKey;
pub use problem::Problem;
pub use scope::Scope;
pub use viewer::{Viewer, ViewerError, ViewerProtocol, is_viewer_host};
