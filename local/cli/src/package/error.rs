//! Why a film is not packaged.

use std::{io, path::PathBuf};

/// Why a film is not packaged, or not completely.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// ffmpeg gave up.
    #[error("ffmpeg could not make {step}: {reason}; the same command goes on from there")]
    Ffmpeg {
        /// What it was to make.
        step: String,
        /// Its own words.
        reason: String,
    },
    /// A file or folder cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The folder has another origin.
    #[error(
        "{} exists, and `usher package` did not make it: choose another name with --name, or move the folder away",
        .0.display()
    )]
    Foreign(PathBuf),
    /// A playlist names what is not there, or a file is not what it should be.
    #[error("{} is not as it should be: {what}; remove the folder, and run the command again", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// Another process works in the folder.
    #[error("another `usher package` is making {} at this moment", .0.display())]
    Locked(PathBuf),
    /// ffmpeg is not installed.
    #[error(
        "{0} is not on the PATH: install it with `sudo apt install ffmpeg` (Debian, Ubuntu), `brew install ffmpeg` \
         (macOS) or `winget install Gyan.FFmpeg` (Windows)"
    )]
    Missing(&'static str),
    /// The name of the folder.
    #[error("the name {0:?} must consist of A-Z a-z 0-9 . _ - and must not begin with a dot")]
    Name(String),
    /// A live recording, a raw stream, or a picture.
    #[error(
        "{} does not say how long it is: `ffmpeg -fflags +genpts -i FILM -c copy whole.mkv` writes it anew; package whole.mkv",
        .0.display()
    )]
    NoDuration(PathBuf),
    /// ffmpeg was built without libx264.
    #[error("this ffmpeg cannot write H.264, because it was built without libx264: install a complete one")]
    NoEncoder,
    /// Nothing to see.
    #[error("{} has no video stream: there is no picture to make a film of", .0.display())]
    NoVideo(PathBuf),
    /// The package of another film.
    #[error("{} is the package of another film, {film:?}: choose another name with --name", folder.display())]
    OtherFilm {
        /// The folder.
        folder: PathBuf,
        /// The name of the file that it was made of.
        film: String,
    },
    /// No film.
    #[error("{} cannot be read as a film: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Too small, or too short.
    #[error("{} is too {what} to be a film", path.display())]
    TooLittle {
        /// The file.
        path: PathBuf,
        /// Its size or length.
        what: String,
    },
}

impl PackageError {
    /// Whether something broke on the way, so that the same command may go on later.
    #[must_use]
    pub fn is_interruption(&self) -> bool {
        matches!(self, Self::Ffmpeg { .. } | Self::File { .. } | Self::Invalid { .. } | Self::Locked(_))
    }
}
