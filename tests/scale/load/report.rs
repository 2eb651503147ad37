//! The cost of both runs, side by side, and their checks.

use crate::{
    edge::FunctionLog,
    stream::TARGET_SECONDS,
    tally::{Answers, Counts},
};

/// The results of a run.
pub(crate) struct Run {
    pub(crate) seconds: u64,
    pub(crate) counts: Counts,
    pub(crate) function: FunctionLog,
    /// The processor time of `usher serve`.
    pub(crate) processor: Option<f64>,
}

impl Run {
    /// The most invocations that the cache allows: one request per key and TTL, and one more, since the first may
    /// come between two.
    fn most_invocations(&self) -> u64 {
        let keys = u64::try_from(self.counts.keys.len()).unwrap_or(u64::MAX);
        keys * self.seconds.div_ceil(TTL_SECONDS) + keys
    }

    /// The function reads a playlist for each invocation; CloudFront reads each segment that is not in its
    /// cache.
    fn bucket_reads(&self) -> u64 {
        self.function.invocations + self.counts.segments.misses
    }

    fn answers(&self) -> u64 {
        self.counts.playlists.all + self.counts.segments.all
    }

    /// The time within which this percentage of the playlists arrived.
    fn milliseconds(&self, hundredths: usize) -> f64 {
        let mut times = self.counts.times.clone();
        times.sort_unstable();
        let at = (times.len() * hundredths / 100).min(times.len().saturating_sub(1));
        times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
    }

    fn processor_milliseconds(&self) -> String {
        self.processor.map_or("unknown".to_owned(), |seconds| {
            format!("{:.2}", seconds * 1_000.0 / float(self.answers()).max(1.0))
        })
    }
}

pub(crate) fn print(players: u32, cached: &Run, uncached: &Run) {
    let keys = cached.counts.keys.len();
    println!(
        "{players} players of one live stream, by cookies and by signed URLs in turn; {keys} keys in the cache"
    );
    println!("{:44}{:>12}{:>12}", "", "cached", "not cached");
    let row = |name: &str, value: &dyn Fn(&Run) -> String| {
        println!("{name:44}{:>12}{:>12}", value(cached), value(uncached));
    };
    row("seconds", &|run| run.seconds.to_string());
    row("requests", &|run| run.answers().to_string());
    row("  of playlists", &|run| run.counts.playlists.all.to_string());
    row("  of segments", &|run| run.counts.segments.all.to_string());
    row("invocations of resign-manifest", &|run| run.function.invocations.to_string());
    row("  a second", &|run| format!("{:.1}", float(run.function.invocations) / float(run.seconds)));
    println!("{:44}{:>12}{:>12}", "  at most", cached.most_invocations(), "");
    row("S3 reads", &|run| run.bucket_reads().to_string());
    row("  a second", &|run| format!("{:.1}", float(run.bucket_reads()) / float(run.seconds)));
    row("signatures", &|run| run.function.signatures.to_string());
    row("Hits of playlists, %", &|run| share(run.counts.playlists));
    row("Hits of segments, %", &|run| share(run.counts.segments));
    row("processor time of usher serve, ms an answer", &Run::processor_milliseconds);
    row("a playlist took, ms: median", &|run| format!("{:.1}", run.milliseconds(50)));
    row("  99 of 100 at most", &|run| format!("{:.1}", run.milliseconds(99)));
    row("players that failed", &|run| run.counts.failures.len().to_string());
    row("stalls", &|run| run.counts.stalls.len().to_string());
}

/// No request is refused and no player stalls, and the function is invoked as often as the cache allows: without it,
/// once per request.
pub(crate) fn check(cached: &Run, uncached: &Run) -> Result<(), String> {
    for run in [cached, uncached] {
        if let Some(failure) = run.counts.failures.first() {
            return Err(format!("{} players failed, the first one by: {failure}", run.counts.failures.len()));
        }
    }
    if let Some(longest) = cached.counts.stalls.iter().max() {
        return Err(format!("{} stalls, the longest one of {longest:?}", cached.counts.stalls.len()));
    }
    let (is, most) = (cached.function.invocations, cached.most_invocations());
    if is == 0 || is > most {
        return Err(format!("{is} invocations, where there may be {most}"));
    }
    let (is, asked) = (uncached.function.invocations, uncached.counts.playlists.all);
    if is == asked { Ok(()) } else { Err(format!("{is} invocations without a cache for {asked} playlists")) }
}

fn share(answers: Answers) -> String {
    format!("{:.1}", 100.0 * float(answers.hits) / float(answers.all).max(1.0))
}

/// The counts of a run are far below the largest `u32`.
fn float(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

/// The TTL that resign-manifest gives to a live playlist.
const TTL_SECONDS: u64 = TARGET_SECONDS / 2;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn run(seconds: u64, keys: &[&str], invocations: u64, playlists: u64) -> Run {
        let counts = Counts {
            playlists: Answers { all: playlists, ..Answers::default() },
            keys: keys.iter().map(|key| (*key).to_owned()).collect(),
            ..Counts::default()
        };
        Run { seconds, counts, function: FunctionLog { invocations, signatures: 0 }, processor: None }
    }

    #[test]
    fn a_key_is_asked_for_once_per_ttl_and_once_more() {
        assert_eq!(run(20, &["a", "b"], 0, 0).most_invocations(), 22);
        assert_eq!(run(21, &["a"], 0, 0).most_invocations(), 12);
    }

    #[test]
    fn what_must_hold_is_checked() {
        let uncached = || run(12, &["a"], 30, 30);
        assert_eq!(check(&run(20, &["a"], 11, 60), &uncached()), Ok(()));
        assert_eq!(
            check(&run(20, &["a"], 12, 60), &uncached()),
            Err("12 invocations, where there may be 11".into())
        );
        assert_eq!(
            check(&run(20, &["a"], 11, 60), &run(12, &["a"], 29, 30)),
            Err("29 invocations without a cache for 30 playlists".into())
        );
        let mut stalled = run(20, &["a"], 11, 60);
        stalled.counts.stalls.push(Duration::from_secs(2));
        assert_eq!(check(&stalled, &uncached()), Err("1 stalls, the longest one of 2s".into()));
        let mut refused = run(20, &["a"], 11, 60);
        refused.counts.failures.push("403 for /p".into());
        assert_eq!(
            check(&refused, &uncached()),
            Err("1 players failed, the first one by: 403 for /p".into())
        );
    }
}
