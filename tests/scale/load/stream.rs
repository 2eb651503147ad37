//! A live stream without an encoder: a playlist that advances, and segments of one size.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

/// A stream that is being written.
pub(crate) struct Stream {
    folder: PathBuf,
}

impl Stream {
    /// Writes the first window below a media folder.
    pub(crate) fn start(media: &Path) -> io::Result<Self> {
        let folder = media.join("video/live");
        fs::create_dir_all(&folder)?;
        let stream = Self { folder };
        (0..WINDOW).try_for_each(|number| stream.write_segment(number))?;
        stream.write_playlist(0)?;
        Ok(stream)
    }

    /// Adds a segment each target duration.
    pub(crate) async fn go_on(self, end: Instant) -> io::Result<()> {
        let mut next = Instant::now() + Duration::from_secs(TARGET_SECONDS);
        let mut first = 1;
        while next < end {
            sleep_until(next).await;
            self.write_segment(first + WINDOW - 1)?;
            self.write_playlist(first)?;
            // Players may still request segments of an older playlist.
            if let Some(old) = first.checked_sub(WINDOW) {
                fs::remove_file(self.folder.join(name(old)))?;
            }
            first += 1;
            next += Duration::from_secs(TARGET_SECONDS);
        }
        Ok(())
    }

    fn write_playlist(&self, first: u64) -> io::Result<()> {
        let mut playlist = format!(
            "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:{TARGET_SECONDS}\n#EXT-X-MEDIA-SEQUENCE:{first}\n"
        );
        for number in first..first + WINDOW {
            playlist.push_str(&format!("#EXTINF:{TARGET_SECONDS}.000,\n{}\n", name(number)));
        }
        self.write("playlist.m3u8", playlist.as_bytes())
    }

    fn write_segment(&self, number: u64) -> io::Result<()> {
        self.write(&name(number), &[0x47; SEGMENT_BYTES])
    }

    /// In one step, so that nobody reads half of the file.
    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let unfinished = self.folder.join(format!("{name}.unfinished"));
        fs::write(&unfinished, bytes)?;
        fs::rename(unfinished, self.folder.join(name))
    }
}

fn name(number: u64) -> String {
    format!("segment{number:05}.ts")
}

pub(crate) const PLAYLIST: &str = "/video/live/playlist.m3u8";
pub(crate) const TARGET_SECONDS: u64 = 4;
pub(crate) const SEGMENT_BYTES: usize = 200_000;
/// How many segments a playlist has.
const WINDOW: u64 = 6;
