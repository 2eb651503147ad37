//! Signatures and keys that others have made.

use std::path::{Path, PathBuf};

pub(crate) fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors")
}
