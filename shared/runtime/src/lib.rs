//! What both functions of Usher stand on: configuration read once, where the signing key lives, the
//! grant cache, what the viewer-request function passes on, and answers in `problem+json`.

mod asset_tree;
mod aws;
mod clock;
mod config;
mod grants;
mod key;
mod key_source;
mod kms;
mod logging;
mod object_key;
mod origin;
mod pem_lines;
mod periods;
mod problem;
mod problem_type;
mod secret_text;
mod secrets;
mod secrets_manager;
mod site;
mod viewer;
mod viewer_origin;
mod warm;
mod with_sources;

pub use asset_tree::asset_tree;
pub use aws::{sdk_defaults, sdk_environment};
pub use clock::{Clock, system_clock};
pub use config::{ConfigError, InvalidSetting, Settings, SigningConfig, all_valid};
pub use grants::{Asker, Granted, Grants, shared_expiry};
pub use key::{LocalKey, Signature, SigningError, SigningKey, UnusableKey};
pub use key_source::KeySource;
pub use kms::KmsKey;
pub use logging::init_logging;
pub use object_key::object_key;
pub use origin::{Origin, OriginError, is_loopback};
pub use pem_lines::pem_lines;
pub use problem::Problem;
pub use problem_type::ProblemType;
pub use secrets::{Secret, SecretUnread, StoredSecrets};
pub use secrets_manager::SecretsManagerKey;
pub use site::{domain_matches, is_public_suffix, site};
pub use viewer::{Viewer, ViewerError, ViewerHost, ViewerProtocol};
pub use viewer_origin::ViewerOrigin;
pub use warm::{KEY_LIMIT, Warming, warm};
pub use with_sources::with_sources;
