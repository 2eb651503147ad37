//! The log of a request of any method: one line when its answer is ready, at level ERROR for a 5xx.
//!
//! The asset's name is the only part that a viewer chose. The line contains no query, and so no signature. In AWS,
//! this record is in the log only; the inspector of `usher serve` shows it, too.

use std::time::{Duration, Instant};

use tracing::Level;

use hls_rewrite::RewriteCounts;
use usher_runtime::ProblemType;

/// What the function has done.
#[derive(Debug)]
#[non_exhaustive]
pub struct Record {
    started: Instant,
    pub(crate) asset: Option<String>,
    /// How the playlist is returned.
    pub style: Option<&'static str>,
    /// Private-key operations.
    pub signatures: usize,
    pub(crate) bytes_in: usize,
    pub(crate) fetch: Duration,
    pub(crate) sign: Duration,
    pub(crate) rewrite: Duration,
    /// How many references were signed, and how many were left.
    pub references: RewriteCounts,
    /// What kind of problem the answer is. The log does not have it.
    pub problem_type: Option<ProblemType>,
    /// Why there is no playlist, in more detail than the viewer receives.
    pub error: Option<String>,
}

/// An event whose level is known only at run time; `tracing` requires a constant.
macro_rules! event_at {
    ($level:expr, $($event:tt)*) => {
        match $level {
            Level::ERROR => tracing::error!($($event)*),
            _ => tracing::info!($($event)*),
        }
    };
}

impl Record {
    pub(crate) fn start() -> Self {
        Self {
            started: Instant::now(),
            asset: None,
            style: None,
            signatures: 0,
            bytes_in: 0,
            fetch: Duration::ZERO,
            sign: Duration::ZERO,
            rewrite: Duration::ZERO,
            references: RewriteCounts::default(),
            problem_type: None,
            error: None,
        }
    }

    /// Adds the time of `encode` to the time of the rewriting.
    pub(crate) fn time_encoding<T>(&mut self, encode: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let encoded = encode();
        self.rewrite += started.elapsed();
        encoded
    }

    /// Writes the line. The asset is written as quoted text, so that a line end in it stays inside the quotes.
    pub(crate) fn write(&self, status: i64, bytes_out: usize) {
        event_at!(
            if status >= 500 { Level::ERROR } else { Level::INFO },
            asset = self.asset,
            style = self.style,
            status,
            signed = self.references.signed,
            left = self.references.left(),
            left_because = self.left_because(),
            signatures = self.signatures,
            bytes_in = self.bytes_in,
            bytes_out,
            fetch_us = microseconds(self.fetch),
            sign_us = microseconds(self.sign),
            rewrite_us = microseconds(self.rewrite),
            total_us = microseconds(self.started.elapsed()),
            error = self.error,
            "playlist"
        );
    }

    /// Why references were left, and how many for each reason.
    #[must_use]
    pub fn left_because(&self) -> Option<String> {
        let reasons = self.references.reasons().map(|(left, count)| format!("{count} {left:?}"));
        let reasons = reasons.collect::<Vec<_>>().join(", ");
        (!reasons.is_empty()).then_some(reasons)
    }
}

fn microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
