//! Makes a film playable: one folder with renditions for HLS and DASH, captions, a poster and thumbnails, made by
//! ffmpeg.
//!
//! Each step makes its output under a temporary name, and renames it when it is whole; the MPD and the multivariant
//! playlist come last. A record of the source and of each step lets a second run go on where the first one stopped.

mod boxes;
mod captions;
mod encode;
mod encryption;
mod error;
mod ffmpeg;
mod ladder;
mod language;
mod mpd;
mod multivariant;
mod name;
mod playlist;
mod rate;
mod record;
mod run;
mod source;
mod step;
mod thumbnails;
mod track;

pub(crate) use self::run::HIDDEN;
pub use self::{
    error::PackageError,
    name::name_of,
    run::{Packaged, Request, package},
    step::Told,
};
