//! What is done once in five minutes.

use std::sync::Arc;

use moka::{future::Cache, policy::EvictionPolicy};

use crate::Clock;

/// Periods of five minutes, and what the work of the current one has given.
///
/// They are counted from the epoch, as expiry buckets are, not from an instance's start: all instances begin
/// the next one together.
pub(crate) struct Periods<T> {
    clock: Clock,
    done: Cache<u64, T>,
}

impl<T: Clone + Send + Sync + 'static> Periods<T> {
    pub(crate) fn new(clock: Clock) -> Self {
        // LRU: the default policy would keep a period that was much asked, and not let the next one in.
        let done = Cache::builder().max_capacity(1).eviction_policy(EvictionPolicy::lru()).build();
        Self { clock, done }
    }

    /// Whoever comes first in a period does the work, and those who come meanwhile wait for the same outcome.
    /// If the work fails, whoever comes next does it again.
    ///
    /// # Errors
    /// As the work.
    pub(crate) async fn once<E>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T, Arc<E>>
    where
        E: Send + Sync + 'static,
    {
        let period = (self.clock)().seconds() / PERIOD_SECONDS;
        // Boxed: cache and work make a future of a type too deep for those who await this one.
        Box::pin(self.done.try_get_with(period, work)).await
    }
}

const PERIOD_SECONDS: u64 = 300;
