//! How long the parameters in a playlist live: whoever was admitted may finish the film.
//!
//! | Playlist | Segments and maps | Playlists, keys and documents |
//! |---|---|---|
//! | VOD | the programme (in whole hours) and a pause, or a session if that is longer | the same |
//! | live | what the playlist holds, since older segments are gone, and a little more | a session |
//! | Multivariant | | a session |
//!
//! Keys live as long in a live playlist as in the Multivariant Playlist, where `EXT-X-SESSION-KEY` repeats
//! them: the two must be the same bytes.

use crate::rewrite::{Facts, Kind};

/// Which of the two lives of a playlist a reference has.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Life {
    /// As long as someone watches.
    Session,
    /// As long as a live playlist can hold the segment.
    Window,
}

/// The settings behind the lives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Lifetimes {
    /// A session, in seconds.
    pub session: u64,
    /// What is added to the length of a programme, for who pauses, in seconds.
    pub pause_margin: u64,
    /// The expiry bucket, in seconds, at least one.
    pub bucket: u64,
}

impl Life {
    /// The life of what a playlist of these facts refers to.
    #[must_use]
    pub fn of(kind: Kind, facts: &Facts) -> Self {
        // A delta update does not tell how long the whole is.
        let live = facts.segments > 0 && !facts.ended && !facts.skips;
        if live && kind == Kind::Media { Self::Window } else { Self::Session }
    }
}

impl Lifetimes {
    /// A life in seconds, at least. Whole buckets: renditions and reloads that differ by a fraction of a
    /// second get the same parameters.
    #[must_use]
    pub fn seconds(&self, life: Life, facts: &Facts) -> u64 {
        self.needed(life, facts).next_multiple_of(self.bucket)
    }

    fn needed(&self, life: Life, facts: &Facts) -> u64 {
        let held = whole_seconds(facts.seconds);
        match life {
            Life::Session if facts.ended => {
                // Renditions of one programme differ by parts of a segment.
                let programme = held.min(LONGEST).next_multiple_of(HOUR);
                self.session.max(programme.saturating_add(self.pause_margin)).min(LONGEST)
            }
            Life::Session => self.session,
            Life::Window => {
                // Not the sum alone: it changes with each reload, and the parameters would change with it.
                let segments = u64::try_from(facts.segments).unwrap_or(u64::MAX);
                let at_most = segments.saturating_mul(facts.target_seconds.saturating_add(1));
                let margin = LIVE_MARGIN.max(facts.target_seconds.saturating_mul(3));
                held.max(at_most).saturating_add(margin).min(LONGEST)
            }
        }
    }
}

fn whole_seconds(seconds: f64) -> u64 {
    std::time::Duration::try_from_secs_f64(seconds.ceil()).map_or(LONGEST, |duration| duration.as_secs())
}

/// For a request that is on its way while the playlist moves on.
const LIVE_MARGIN: u64 = 60;

const HOUR: u64 = 3_600;

/// A year: a programme that claims to be longer is none.
const LONGEST: u64 = 31_536_000;

#[cfg(test)]
mod tests {
    use super::*;

    const LIFETIMES: Lifetimes = Lifetimes { session: 21_600, pause_margin: 3_600, bucket: 300 };

    fn lives(facts: &Facts) -> [u64; 4] {
        [Kind::Media, Kind::Key, Kind::Playlist, Kind::Document]
            .map(|kind| LIFETIMES.seconds(Life::of(kind, facts), facts))
    }

    #[test]
    fn the_life_of_a_live_segment_does_not_change_with_each_reload() {
        let reload = |seconds| Facts { seconds, segments: 40, target_seconds: 6, ..Facts::default() };
        for seconds in [239.9, 240.0, 240.1] {
            assert_eq!(lives(&reload(seconds)), [600, 21_600, 21_600, 21_600], "{seconds}");
        }
    }

    #[test]
    fn a_life_fits_the_programme() {
        let media = Facts { segments: 3, target_seconds: 4, ..Facts::default() };
        let vod = |seconds| Facts { seconds, ended: true, ..media.clone() };
        let live = |seconds| Facts { seconds, ..media.clone() };
        let rows = [
            ("a short film", vod(600.0), [21_600; 4]),
            ("a long film", vod(18_000.0), [21_600; 4]),
            ("its other rendition", vod(18_000.4), [25_200; 4]),
            ("a very long one", vod(86_399.9), [90_000; 4]),
            ("its other rendition", vod(86_390.0), [90_000; 4]),
            ("a nonsensical one", vod(1e300), [31_536_000; 4]),
            ("live", live(12.5), [300, 21_600, 21_600, 21_600]),
            (
                "live with long segments",
                Facts { target_seconds: 90, ..live(90.0) },
                [600, 21_600, 21_600, 21_600],
            ),
            ("live with a long window", live(300.0), [600, 21_600, 21_600, 21_600]),
            ("an event of a day", live(86_400.0), [86_700, 21_600, 21_600, 21_600]),
            ("a delta update", Facts { skips: true, ..live(12.0) }, [21_600; 4]),
            ("a Multivariant Playlist", Facts::default(), [21_600; 4]),
        ];
        for (name, facts, expected) in rows {
            assert_eq!(lives(&facts), expected, "{name}");
        }
    }
}
