//! Progress on standard error: a bar with the time that is left, or a line now and then where no terminal shows it.

use std::{
    io::{IsTerminal as _, stderr},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

/// What is counted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Unit {
    /// Bytes, with their rate.
    Bytes,
    /// Parts of the whole.
    Parts,
}

/// A bar, or lines.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    started: Instant,
    told: Instant,
    unit: Unit,
}

impl Progress {
    /// Progress towards `all` units.
    pub(crate) fn new(all: u64, unit: Unit) -> Self {
        let bar = stderr().is_terminal().then(|| {
            let template = match unit {
                Unit::Bytes => {
                    "{bar:24} {percent:>3} %  {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left  {msg}"
                }
                Unit::Parts => "{bar:24} {percent:>3} %  {eta} left  {msg}",
            };
            // A wrong template would fail in the test below; the default bar would still show.
            let style =
                ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(all).with_style(style.progress_chars("=> "))
        });
        Self { bar, started: Instant::now(), told: Instant::now(), unit }
    }

    /// Whether a terminal shows the bar.
    pub(crate) fn has_bar(&self) -> bool {
        self.bar.is_some()
    }

    /// Shows how much is done, and what is being done.
    pub(crate) fn set(&mut self, done: u64, all: u64, message: &str) {
        match &self.bar {
            Some(bar) => {
                bar.set_length(all);
                bar.set_message(message.to_owned());
                bar.set_position(done);
            }
            None if self.told.elapsed() >= EVERY => {
                self.told = Instant::now();
                eprintln!("{}", line(done, all, self.started.elapsed(), self.unit, message));
            }
            None => {}
        }
    }

    /// Removes the bar.
    pub(crate) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn line(done: u64, all: u64, elapsed: Duration, unit: Unit, message: &str) -> String {
    #[expect(clippy::cast_precision_loss, reason = "it is told to people")]
    let (part, rate) = (done as f64 / all.max(1) as f64, done as f64 / elapsed.as_secs_f64().max(0.001));
    let left = if part > 0.0 { elapsed.as_secs_f64() * (1.0 / part - 1.0) } else { 0.0 };
    let percent = (part * 100.0).floor();
    let rate = match unit {
        Unit::Bytes => format!(", {:.1} MB/s", rate / 1e6),
        Unit::Parts => String::new(),
    };
    let left = if part > 0.0 { format!(", {} left", clock(left)) } else { String::new() };
    format!("{percent} %{rate}{left}: {message}")
}

/// The time as people say it.
fn clock(seconds: f64) -> String {
    match seconds {
        ..60.0 => format!("{} s", seconds.ceil()),
        ..3_600.0 => format!("{} min", (seconds / 60.0).ceil()),
        _ => format!("{:.1} h", seconds / 3_600.0),
    }
}

const EVERY: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_much_is_done_and_how_long_it_takes() {
        let minute = Duration::from_secs(60);
        let rows = [
            (line(0, 100, minute, Unit::Parts, "360p"), "0 %: 360p"),
            (line(50, 200, minute, Unit::Parts, "720p"), "25 %, 3 min left: 720p"),
            (
                line(90_000_000, 120_000_000, minute, Unit::Bytes, "9 of 12 files"),
                "75 %, 1.5 MB/s, 20 s left: 9 of 12 files",
            ),
            (line(1, 100, minute, Unit::Parts, "1080p"), "1 %, 1.6 h left: 1080p"),
        ];
        for (told, expected) in rows {
            assert_eq!(told, expected);
        }
    }
}
