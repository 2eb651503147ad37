//! What the function does before it takes its first request.

use usher_runtime::warm;

use crate::ResignManifest;

impl ResignManifest {
    /// Opens connections to the bucket and to the keepers of keys, and has each key sign once. It takes three seconds at
    /// most, and does not fail: see [`usher_runtime::warm`].
    pub async fn warm(&self) {
        let folder = self.config.tree.everything();
        // The folder of all videos, below which the function may read. It is an object only where somebody made it one.
        let bucket = self.source.warming(folder.trim_start_matches('/').trim_end_matches('*'));
        warm(self.grants.warmings().into_iter().chain([bucket])).await;
    }
}
