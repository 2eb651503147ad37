//! Playlists that other projects publish. They are too many for the repository.

use std::{
    env,
    path::{Path, PathBuf},
};

/// The folder `corpus` of the folder that `USHER_SHARED` names; without that setting, of `shared` beside the checkout,
/// where it may be missing: the caller skips the test, and a note on standard error names it.
pub(crate) fn corpus(test: &str) -> Option<PathBuf> {
    let named = env::var_os("USHER_SHARED");
    let checkout =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().find(|folder| folder.join("Cargo.lock").exists());
    let folder = checkout?.join(named.as_deref().unwrap_or("../shared".as_ref())).join("corpus");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(named.is_none(), "{test}: USHER_SHARED has no folder {}", folder.display());
    eprintln!("skipped: {test}: {} is missing (set USHER_SHARED)", folder.display());
    None
}
