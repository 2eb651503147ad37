//! The inspector: the last requests, what the edge and the functions decided and why, live.

mod record;
mod shown;
mod told;

use std::{
    collections::VecDeque,
    convert::Infallible,
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use axum::response::sse::{Event, KeepAlive, Sse};
use cloudfront_signing::{Denial, Reason};
use futures::{Stream, StreamExt as _, stream};
use hls_rewrite::without_policy_copy;
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;

pub(super) use self::told::Told;
pub use self::{
    record::{CheckRecord, PolicyRecord, Record},
    told::{Issued, Playlist},
};

/// Keeps the last records, and sends new ones to every open inspector.
pub(super) struct Inspector {
    kept: Mutex<Kept>,
    live: broadcast::Sender<Arc<Record>>,
    pub(super) listener: Arc<Listener>,
}

/// Gets each record before the viewer gets the answer.
#[derive(Default)]
pub(super) struct Listener(OnceLock<Box<Call>>);

type Call = dyn Fn(&Record) + Send + Sync;

impl Listener {
    /// The first listener stays.
    pub(super) fn set(&self, listener: impl Fn(&Record) + Send + Sync + 'static) {
        let _ = self.0.set(Box::new(listener));
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Listener").finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Kept {
    records: VecDeque<Arc<Record>>,
    /// What was issued, which outlasts the record of the request: requests with a signature do not name their viewer.
    issued: VecDeque<Grant>,
}

/// A policy, and who received it. Viewers share policies.
#[derive(Eq, PartialEq)]
struct Grant {
    resource: String,
    expires_at: u64,
    viewer: String,
}

impl Default for Inspector {
    fn default() -> Self {
        Self { kept: Mutex::default(), live: broadcast::Sender::new(KEPT), listener: Arc::default() }
    }
}

impl Inspector {
    pub(super) fn note(&self, mut record: Record) {
        let mut kept = self.kept();
        record.number = kept.records.back().map_or(1, |latest| latest.number + 1);
        kept.learn(&record);
        if record.viewers.is_empty() {
            record.viewers = kept.viewers_of(&record);
        }
        let record = Arc::new(record);
        push(&mut kept.records, Arc::clone(&record));
        // No inspector may be open.
        let _ = self.live.send(Arc::clone(&record));
        drop(kept);
        if let Some(listener) = self.listener.0.get() {
            listener(&record);
        }
    }

    /// The last records, then each new one, as server-sent events.
    pub(super) fn events(&self) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
        // Both under the lock, so that no record is lost or sent twice.
        let kept = self.kept();
        let live = BroadcastStream::new(self.live.subscribe());
        let replayed: Vec<Arc<Record>> = kept.records.iter().cloned().collect();
        drop(kept);
        // A reader that is too slow loses records instead of delaying the edge.
        let records = stream::iter(replayed).chain(live.filter_map(|record| async { record.ok() }));
        let events = records.filter_map(|record| async move {
            Event::default().event("request").json_data(&*record).ok().map(Ok)
        });
        Sse::new(events).keep_alive(KeepAlive::default())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn learn(&mut self, record: &Record) {
        let Some(issued) = &record.issued else { return };
        let Some(viewer) = record.viewers.first() else { return };
        for resource in &issued.resources {
            let grant =
                Grant { resource: resource.clone(), expires_at: issued.expires_at, viewer: viewer.clone() };
            if !self.issued.contains(&grant) {
                push(&mut self.issued, grant);
            }
        }
    }

    /// To whom a signature with the policy of this request was issued.
    fn viewers_of(&self, record: &Record) -> Vec<String> {
        let Some(policy) = record.policy.as_ref().filter(|policy| policy.is_signed) else {
            return Vec::new();
        };
        let is_of = |grant: &&Grant| {
            grant.expires_at == policy.expires_at && policy.resource.as_ref() == Some(&grant.resource)
        };
        self.issued.iter().filter(is_of).map(|grant| grant.viewer.clone()).collect()
    }
}

/// Adds one, and drops the oldest of too many.
fn push<T>(kept: &mut VecDeque<T>, one: T) {
    if kept.len() == KEPT {
        kept.pop_front();
    }
    kept.push_back(one);
}

/// Why a request was refused, without the copy of the signature that its URL may contain.
pub(super) fn reason_of(denial: &Denial) -> String {
    match &denial.reason {
        Reason::NotCovered { resource, url } => {
            Reason::NotCovered { resource: resource.clone(), url: without_policy_copy(url) }.to_string()
        }
        reason => reason.to_string(),
    }
}

const KEPT: usize = 200;

#[cfg(test)]
mod tests {
    use cloudfront_signing::UnixTime;
    use http::HeaderMap;

    use super::*;

    fn record(target: &str) -> Record {
        Record::new("GET", target, &HeaderMap::new(), UnixTime::new(0).expect("seconds"))
    }

    #[test]
    fn the_last_records_are_kept() {
        let inspector = Inspector::default();
        for _ in 0..=KEPT {
            inspector.note(record("/"));
        }
        let numbers: Vec<u64> = inspector.kept().records.iter().map(|record| record.number).collect();
        assert_eq!(numbers, (2..=201).collect::<Vec<u64>>());
    }
}
