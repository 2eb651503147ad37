//! What the services were asked, in the order in which each of them was.

use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex},
};

/// The line of a TLS handshake that was completed.
pub(crate) const HANDSHAKE: &str = "TLS handshake";

/// What each service saw in one phase: handshakes and requests.
pub(crate) type Phase = BTreeMap<&'static str, Vec<String>>;

/// The phase in which these services saw these things, and no other service anything.
pub(crate) fn phase(services: &[(&'static str, &[&str])]) -> Phase {
    let lines = |lines: &[&str]| lines.iter().map(ToString::to_string).collect();
    services.iter().map(|(service, seen)| (*service, lines(seen))).collect()
}

#[derive(Clone, Default)]
pub(crate) struct Ledger(Arc<Mutex<Phase>>);

impl Ledger {
    pub(crate) fn note(&self, service: &'static str, line: String) {
        self.0.lock().unwrap().entry(service).or_default().push(line);
    }

    /// What was noted since the last time.
    pub(crate) fn take(&self) -> Phase {
        mem::take(&mut self.0.lock().unwrap())
    }
}
