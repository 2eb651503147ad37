//! What INIT does ahead of the first request: it opens connections, and has each key sign once.
//!
//! A viewer would wait for that: the first TLS connection to KMS takes 0.7 s and more at the share of a processor that
//! 256 MB buy. INIT has a whole processor, whatever the memory. It must end within ten seconds:
//! <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib>
//!
//! A connection stays in the pool of its HTTP client, where the next request finds it, for 90 seconds at most: the
//! default of hyper, which the AWS SDK and reqwest leave as it is. The other side may close it sooner, while Lambda has
//! the instance frozen between two requests for example. Then the client opens a new one: nothing fails, but a viewer
//! waits again. Each client has a pool of its own, so what is opened here are the connections of the clients that answer
//! requests. A playlist that needs several signatures at once opens more.

use std::{error::Error, time::Duration};

use futures::future::{BoxFuture, FutureExt as _, join_all};
use tokio::time::timeout;

use crate::with_sources;

/// One thing that INIT does ahead of the first request.
pub struct Warming<'a> {
    what: String,
    limit: Duration,
    work: BoxFuture<'a, Result<(), String>>,
}

impl<'a> Warming<'a> {
    /// Does `work` for at most `limit`. The log names it `what`. Neither `what` nor the error may hold a secret.
    pub fn new<E: Into<Box<dyn Error + Send + Sync>>>(
        what: impl Into<String>,
        limit: Duration,
        work: impl Future<Output = Result<(), E>> + Send + 'a,
    ) -> Self {
        let work = work.map(|outcome| outcome.map_err(|error| with_sources(&*error.into()))).boxed();
        Self { what: what.into(), limit, work }
    }

    async fn run(self) {
        let Self { what, limit, work } = self;
        let error = match timeout(limit, work).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error,
            Err(_) => format!("it took more than {limit:?}"),
        };
        tracing::warn!(error, "{what}: not ready at the start, the first request asks again");
    }
}

/// Does all of it at the same time, so that it takes no longer than the longest limit.
///
/// Nothing here fails: the log gets a warning, and the first request does what was not done.
pub async fn warm<'a>(all: impl IntoIterator<Item = Warming<'a>>) {
    join_all(all.into_iter().map(Warming::run)).await;
}

/// How long INIT waits for the keeper of a key: KMS or Secrets Manager.
///
/// Before that, settings may have waited two seconds for Secrets Manager, and then keys two more. So INIT ends after
/// seven of its ten seconds, even where nobody answers. A call to AWS has two seconds with all of its tries, which
/// leaves a slow one enough for two calls.
pub const KEY_LIMIT: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use std::{
        future,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use tokio::sync::Barrier;

    use super::*;

    #[tokio::test]
    async fn what_hangs_or_fails_ends_and_holds_nothing_up() {
        let (limit, long) = (Duration::from_millis(10), Duration::from_secs(60));
        let done = AtomicUsize::new(0);
        // Neither goes on before the other is there: one after the other, both would end at their limits.
        let both = Barrier::new(2);
        let works = || async {
            both.wait().await;
            done.fetch_add(1, Ordering::SeqCst);
            Ok::<_, String>(())
        };
        let hangs = || Warming::new("KMS", limit, future::pending::<Result<(), String>>());
        let fails = Warming::new("S3", limit, future::ready(Err("refused")));
        warm([
            hangs(),
            fails,
            hangs(),
            Warming::new("one", long, works()),
            Warming::new("two", long, works()),
        ])
        .await;
        assert_eq!(done.load(Ordering::SeqCst), 2);
    }
}
