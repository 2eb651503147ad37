//! Runs ffmpeg and ffprobe. No shell reads a file's name, and `file:` before it keeps ffmpeg from reading it as an
//! option or a URL.

use std::{
    ffi::{OsStr, OsString},
    io::{self, BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Command, Stdio},
    thread,
};

use super::{
    PackageError,
    source::{self, Source},
};

/// ffmpeg's name for a file.
pub(super) fn named(file: &Path) -> OsString {
    let mut name = OsString::from("file:");
    name.push(file);
    name
}

/// What ffprobe says about a film.
pub(super) fn probe(film: &Path) -> Result<Source, PackageError> {
    let output = Command::new(FFPROBE)
        .args(["-v", "error", "-print_format", "json", "-show_format", "-show_streams"])
        .arg(named(film))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| not_run(FFPROBE, error))?;
    if !output.status.success() {
        let reason = last_words(&String::from_utf8_lossy(&output.stderr), film);
        return Err(PackageError::Unreadable { path: film.to_owned(), reason });
    }
    source::read(film, &output.stdout)
}

/// Whether ffmpeg has a filter.
pub(super) fn has_filter(name: &str) -> Result<bool, PackageError> {
    let output = Command::new(FFMPEG)
        .args(["-hide_banner", "-v", "error", "-filters"])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| not_run(FFMPEG, error))?;
    let listed = String::from_utf8_lossy(&output.stdout);
    Ok(listed.lines().any(|line| line.split_whitespace().nth(1) == Some(name)))
}

/// Runs ffmpeg in a folder, and tells how many seconds of the film it has made.
pub(super) fn run(
    step: &str,
    film: &Path,
    arguments: &[OsString],
    folder: &Path,
    made: &mut dyn FnMut(f64),
) -> Result<(), PackageError> {
    let mut ffmpeg = Command::new(FFMPEG)
        .args(["-nostdin", "-hide_banner", "-v", "error", "-nostats", "-progress", "pipe:1", "-y"])
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| not_run(FFMPEG, error))?;
    let stderr = ffmpeg.stderr.take();
    let words = thread::spawn(move || {
        let mut words = Vec::new();
        // A broken pipe leaves fewer words.
        let _ = stderr.map(|mut stderr| stderr.read_to_end(&mut words));
        String::from_utf8_lossy(&words).into_owned()
    });
    for line in ffmpeg.stdout.take().into_iter().flat_map(|stdout| BufReader::new(stdout).lines()) {
        let line = line.unwrap_or_default();
        if let Some(microseconds) =
            line.strip_prefix("out_time_us=").and_then(|time| time.parse::<f64>().ok())
        {
            made(microseconds / 1_000_000.0);
        }
    }
    let status = ffmpeg.wait().map_err(|error| not_run(FFMPEG, error))?;
    let words = words.join().unwrap_or_default();
    if status.success() {
        return Ok(());
    }
    if words.contains("Unknown encoder 'libx264'") {
        return Err(PackageError::NoEncoder);
    }
    let reason = match last_words(&words, film) {
        reason if reason.is_empty() => status.to_string(),
        reason => reason,
    };
    Err(PackageError::Ffmpeg { step: step.to_owned(), reason })
}

fn not_run(program: &'static str, error: io::Error) -> PackageError {
    if error.kind() == io::ErrorKind::NotFound {
        PackageError::Missing(program)
    } else {
        PackageError::File { path: program.into(), source: error }
    }
}

/// The last line that says something: the ones before it are about damaged frames, and the very last about the end.
fn last_words(words: &str, film: &Path) -> String {
    let line = words.lines().map(str::trim).rfind(|line| !line.is_empty() && !ENDINGS.contains(line));
    let line = line.unwrap_or_default();
    // `[mp4 @ 0x55d0c8] …`
    let line = line.strip_prefix('[').and_then(|line| line.split_once("] ")).map_or(line, |(_, line)| line);
    let name = named(film);
    let line = line.strip_prefix(&*OsStr::to_string_lossy(&name)).unwrap_or(line);
    line.trim_start_matches([':', ' ']).chars().take(LONGEST).collect()
}

const ENDINGS: [&str; 2] = ["Conversion failed!", "Error opening output files: Invalid argument"];
const FFMPEG: &str = "ffmpeg";
const FFPROBE: &str = "ffprobe";
const LONGEST: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ffmpeg_explains_itself_in_one_line() {
        let film = Path::new("/films/my film.mp4");
        let rows = [
            (
                "file:/films/my film.mp4: Invalid data found when processing input\n",
                "Invalid data found when processing input",
            ),
            (
                "[h264 @ 0x55] error while decoding MB\n[mp4 @ 0x7f] No space left on device\nConversion failed!\n",
                "No space left on device",
            ),
            ("", ""),
        ];
        for (words, expected) in rows {
            assert_eq!(last_words(words, film), expected);
        }
    }

    #[test]
    fn a_film_is_named_so_that_it_is_no_option() {
        assert_eq!(named(Path::new("-y.mp4")), "file:-y.mp4");
    }
}
