//! Where private video lives, by the functions' settings.

use hls_rewrite::AssetTree;

use crate::{InvalidSetting, Settings};

/// Reads `RESOURCE_PATH` (default `/video/*`) and `SCOPE_DEPTH` (default 1).
///
/// # Errors
/// [`InvalidSetting`]
pub fn asset_tree(settings: &mut Settings<'_>) -> Result<AssetTree, InvalidSetting> {
    let path = settings.optional("RESOURCE_PATH").unwrap_or_else(|| "/video/*".to_owned());
    let depth = settings.parsed("SCOPE_DEPTH", 1, "a number of path segments")?;
    AssetTree::new(&path, depth).map_err(|problem| settings.invalid(format!("RESOURCE_PATH: {problem}")))
}
