//! The inspector: the last requests, what the edge decided and why, live.

use std::{
    collections::VecDeque,
    convert::Infallible,
    sync::{Mutex, MutexGuard, PoisonError},
};

use axum::response::sse::{Event, KeepAlive, Sse};
use cloudfront_signing::{Admitted, Denial, Reason, ReceivedPolicy, SignatureLocation, UnixTime};
use futures::{Stream, StreamExt as _, stream};
use hls_rewrite::without_policy_copy;
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;

/// One request.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Record {
    pub(super) number: u64,
    pub(super) time: String,
    pub(super) method: String,
    pub(super) target: String,
    pub(super) behavior: Option<String>,
    pub(super) origin: &'static str,
    pub(super) restricted: bool,
    pub(super) credential: Option<&'static str>,
    pub(super) verdict: &'static str,
    pub(super) code: Option<&'static str>,
    pub(super) message: Option<&'static str>,
    pub(super) reason: Option<String>,
    pub(super) policy: Option<PolicyRecord>,
    pub(super) key_pair_id: Option<String>,
    pub(super) status: u16,
    pub(super) bytes: Option<u64>,
    pub(super) milliseconds: f64,
}

/// What a policy says.
#[derive(Clone, Debug, Serialize)]
pub(super) struct PolicyRecord {
    resource: Option<String>,
    expires_at: u64,
    not_before: Option<u64>,
    ip_address: Option<String>,
}

impl Record {
    pub(super) fn new(method: &str, target: &str, now: UnixTime) -> Self {
        let time = i64::try_from(now.seconds()).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        Self {
            number: 0,
            time: time.map(|time| time.to_string()).unwrap_or_default(),
            method: method.to_owned(),
            target: without_secrets(target),
            behavior: None,
            origin: "usher",
            restricted: false,
            credential: None,
            verdict: "open",
            code: None,
            message: None,
            reason: None,
            policy: None,
            key_pair_id: None,
            status: 0,
            bytes: None,
            milliseconds: 0.0,
        }
    }

    pub(super) fn admitted(&mut self, admitted: &Admitted) {
        self.verdict = "admitted";
        self.credential = Some(name(admitted.signature_location));
        self.key_pair_id = Some(admitted.key_pair_id.to_string());
        self.policy = Some(policy_record(&admitted.policy));
    }

    /// The request is refused for another reason than its signature.
    pub(super) fn rejected(&mut self, reason: &str) {
        self.verdict = "refused";
        self.reason = Some(reason.to_owned());
    }

    pub(super) fn refused(&mut self, denial: &Denial) {
        self.verdict = "refused";
        self.credential = denial.signature_location.map(name);
        self.code = Some(denial.code().as_str());
        self.message = Some(denial.code().message());
        self.reason = Some(reason_of(denial));
        self.key_pair_id.clone_from(&denial.key_pair_id);
        self.policy = denial.policy.as_ref().map(policy_record);
    }
}

/// Keeps the last records, and sends new ones to every open inspector.
pub(super) struct Inspector {
    last: Mutex<VecDeque<Record>>,
    live: broadcast::Sender<Record>,
}

impl Default for Inspector {
    fn default() -> Self {
        Self { last: Mutex::default(), live: broadcast::Sender::new(KEPT) }
    }
}

impl Inspector {
    pub(super) fn note(&self, mut record: Record) {
        let mut last = self.last();
        record.number = last.back().map_or(1, |latest| latest.number + 1);
        if last.len() == KEPT {
            last.pop_front();
        }
        last.push_back(record.clone());
        // No inspector may be open.
        let _ = self.live.send(record);
    }

    /// The last records, then each new one, as server-sent events.
    pub(super) fn events(&self) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
        // Both under the lock, so that no record is lost or sent twice.
        let last = self.last();
        let live = BroadcastStream::new(self.live.subscribe());
        let replayed: Vec<Record> = last.iter().cloned().collect();
        drop(last);
        // A reader that is too slow loses records instead of delaying the edge.
        let records = stream::iter(replayed).chain(live.filter_map(|record| async { record.ok() }));
        let events = records.filter_map(|record| async move {
            Event::default().event("request").json_data(record).ok().map(Ok)
        });
        Sse::new(events).keep_alive(KeepAlive::default())
    }

    fn last(&self) -> MutexGuard<'_, VecDeque<Record>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
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

fn name(location: SignatureLocation) -> &'static str {
    match location {
        SignatureLocation::Cookies => "cookies",
        SignatureLocation::Url => "url",
    }
}

fn policy_record(policy: &ReceivedPolicy) -> PolicyRecord {
    PolicyRecord {
        resource: policy.resource.clone(),
        expires_at: policy.date_less_than.seconds(),
        not_before: policy.date_greater_than.map(UnixTime::seconds),
        ip_address: policy.ip_address.map(|range| range.to_string()),
    }
}

/// Anyone who reads a signature can use it: the inspector shows that there is one, not its value.
fn without_secrets(target: &str) -> String {
    let (path, Some(query)) =
        target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)))
    else {
        return target.to_owned();
    };
    let shown: Vec<String> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, value)) if may_be_secret(name, value) => format!("{name}=…"),
            _ => pair.to_owned(),
        })
        .collect();
    format!("{path}?{}", shown.join("&"))
}

/// By its name, in any spelling, or by its length: only secrets are that long.
fn may_be_secret(name: &str, value: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let by_name = ["policy", "signature", "token", "%"].iter().any(|part| name.contains(part));
    by_name || value.len() > 40
}

const KEPT: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_signature_is_shown() {
        let target = "/video/m/s.ts?x=1&Policy=abc&amp;Signature=def&%53ignature=ghi&Key-Pair-Id=K1";
        assert_eq!(
            without_secrets(target),
            "/video/m/s.ts?x=1&Policy=…&amp;Signature=…&%53ignature=…&Key-Pair-Id=K1"
        );
    }

    #[test]
    fn the_last_records_are_kept() {
        let inspector = Inspector::default();
        for _ in 0..=KEPT {
            inspector.note(Record::new("GET", "/", UnixTime::new(0).expect("seconds")));
        }
        let numbers: Vec<u64> = inspector.last().iter().map(|record| record.number).collect();
        assert_eq!(numbers, (2..=201).collect::<Vec<u64>>());
    }
}
