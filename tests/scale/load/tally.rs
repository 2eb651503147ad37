//! The counts of all players together.

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// The kind of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Playlist,
    Segment,
}

/// Answers, by the first word of `X-Cache`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Answers {
    pub(crate) all: u64,
    pub(crate) hits: u64,
    pub(crate) misses: u64,
}

/// What has been counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) playlists: Answers,
    pub(crate) segments: Answers,
    /// The times of playlists.
    pub(crate) times: Vec<Duration>,
    pub(crate) keys: BTreeSet<String>,
    pub(crate) failures: Vec<String>,
    pub(crate) stalls: Vec<Duration>,
}

/// Counts for many tasks.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<Counts>);

impl Tally {
    pub(crate) fn answer(&self, kind: Kind, x_cache: &str, time: Duration) {
        let mut counts = self.lock();
        let answers = match kind {
            Kind::Playlist => &mut counts.playlists,
            Kind::Segment => &mut counts.segments,
        };
        answers.all += 1;
        answers.hits += u64::from(x_cache.starts_with("Hit "));
        answers.misses += u64::from(x_cache.starts_with("Miss "));
        if kind == Kind::Playlist {
            counts.times.push(time);
        }
    }

    pub(crate) fn key(&self, key: &str) {
        self.lock().keys.insert(key.to_owned());
    }

    pub(crate) fn failed(&self, sentence: String) {
        self.lock().failures.push(sentence);
    }

    pub(crate) fn stall(&self, stall: Duration) {
        self.lock().stalls.push(stall);
    }

    pub(crate) fn counts(&self) -> Counts {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        // A task that panicked while it counted has left complete numbers.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
