//! What the function does before its first request.

use usher_runtime::warm;

use crate::ResignManifest;

impl ResignManifest {
    /// Opens connections to the bucket and to the services that hold keys, and signs once with each key. It takes at
    /// most three seconds, and does not fail: see [`usher_runtime::warm`].
    pub async fn warm(&self) {
        // The folder of all videos, below which the function may read. It rarely exists as an object.
        let bucket = self.source.warming(self.config.tree.root().folder().trim_start_matches('/'));
        warm(self.grants.warmings().into_iter().chain([bucket])).await;
    }
}
