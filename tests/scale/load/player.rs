//! A player without a picture: it loads what a player loads, at the same times.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep_until};
use url::Url;

use crate::{
    session::{Session, read},
    stream::{SEGMENT_BYTES, TARGET_SECONDS},
    tally::{Kind, Tally},
};

/// It starts three segments before the end. It reloads once per target duration, or after half of one if the
/// playlist has not grown. <https://www.rfc-editor.org/rfc/rfc8216#section-6.3.4>
pub(crate) struct Player {
    session: Session,
    tally: Arc<Tally>,
    /// The segment that it waits for.
    next: Option<u64>,
    buffer: Buffer,
}

/// The amount that has been loaded, and that has been played.
#[derive(Default)]
struct Buffer {
    /// When playback started, without the time of stalls.
    since: Option<Instant>,
    loaded: Duration,
}

impl Player {
    pub(crate) fn new(session: Session, tally: Arc<Tally>) -> Self {
        tally.key(&session.key);
        Self { session, tally, next: None, buffer: Buffer::default() }
    }

    pub(crate) async fn play_until(mut self, end: Instant) {
        let target = Duration::from_secs(TARGET_SECONDS);
        loop {
            let asked = Instant::now();
            let fresh = match self.fresh_segments().await {
                Ok(fresh) => fresh,
                Err(sentence) => return self.tally.failed(sentence),
            };
            let wait = if fresh.is_empty() { target / 2 } else { target };
            for (number, url) in fresh {
                if let Err(sentence) = self.load_segment(number, url).await {
                    return self.tally.failed(sentence);
                }
            }
            if asked + wait >= end {
                return self.stood_still(self.buffer.stall(Instant::now()));
            }
            sleep_until(asked + wait).await;
        }
    }

    async fn fresh_segments(&mut self) -> Result<Vec<(u64, Url)>, String> {
        let playlist = self.get(Kind::Playlist, self.session.playlist.clone()).await?;
        let segments = segments(&String::from_utf8_lossy(&playlist), &self.session.playlist)?;
        let behind = segments.len().saturating_sub(SEGMENTS_BEHIND);
        let first = self.next.or(segments.get(behind).map(|(number, _)| *number)).unwrap_or_default();
        match segments.first() {
            Some((oldest, _)) if *oldest > first => {
                Err(format!("segment {first} is gone: a player is too late"))
            }
            _ => Ok(segments.into_iter().filter(|(number, _)| *number >= first).collect()),
        }
    }

    async fn load_segment(&mut self, number: u64, url: Url) -> Result<(), String> {
        let bytes = self.get(Kind::Segment, url).await?;
        if bytes.len() != SEGMENT_BYTES {
            return Err(format!("segment {number} has {} bytes", bytes.len()));
        }
        self.next = Some(number + 1);
        let stall = self.buffer.add(Instant::now());
        self.stood_still(stall);
        Ok(())
    }

    async fn get(&self, kind: Kind, url: Url) -> Result<Vec<u8>, String> {
        let asked = Instant::now();
        let told = |error: &dyn std::fmt::Display| format!("{}: {error}", self.session.playlist.path());
        let (response, status) = self.session.get(url.clone()).await.map_err(|error| told(&error))?;
        let x_cache =
            response.headers().get("x-cache").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let bytes = read(response).await.map_err(|error| told(&error))?;
        self.tally.answer(kind, x_cache.as_deref().unwrap_or_default(), asked.elapsed());
        if status != reqwest::StatusCode::OK {
            return Err(format!("{status} for {}: {}", url.path(), String::from_utf8_lossy(&bytes)));
        }
        Ok(bytes)
    }

    fn stood_still(&self, stall: Duration) {
        if !stall.is_zero() {
            self.tally.stall(stall);
        }
    }
}

impl Buffer {
    /// Adds a segment, and returns how long playback stalled before it.
    fn add(&mut self, now: Instant) -> Duration {
        let stall = self.stall(now);
        self.since = Some(self.since.map_or(now, |since| since + stall));
        self.loaded += Duration::from_secs(TARGET_SECONDS);
        stall
    }

    fn stall(&self, now: Instant) -> Duration {
        self.since.map_or(Duration::ZERO, |since| (now - since).saturating_sub(self.loaded))
    }
}

/// The segments of a media playlist, by their numbers.
fn segments(playlist: &str, base: &Url) -> Result<Vec<(u64, Url)>, String> {
    let number = playlist.lines().find_map(|line| line.strip_prefix("#EXT-X-MEDIA-SEQUENCE:"));
    let first: u64 = number.and_then(|number| number.parse().ok()).ok_or("a playlist has no number")?;
    let uris = playlist.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let urls = uris.map(|uri| base.join(uri).map_err(|error| format!("{uri}: {error}")));
    (first..).zip(urls).map(|(number, url)| Ok((number, url?))).collect()
}

/// How many segments before the end players start.
const SEGMENTS_BEHIND: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_picture_stands_still_when_all_that_was_loaded_is_shown() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut buffer = Buffer::default();
        let stalls = [0, 1, 8, 15, 16].map(|second| buffer.add(at(second)).as_secs());
        assert_eq!(stalls, [0, 0, 0, 3, 0]);
        assert_eq!(buffer.stall(at(30)).as_secs(), 7);
    }

    #[test]
    fn segments_are_counted_from_the_media_sequence() {
        let base = Url::parse("http://h/video/live/playlist.m3u8?Policy=p").unwrap();
        let playlist =
            "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:4.000,\na.ts?Policy=q\n#EXTINF:4.000,\nb.ts\n";
        let url = |url| Url::parse(url).unwrap();
        let expected = [(7, url("http://h/video/live/a.ts?Policy=q")), (8, url("http://h/video/live/b.ts"))];
        assert_eq!(segments(playlist, &base).unwrap(), expected);
    }
}
