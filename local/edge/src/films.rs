//! The films in the media folder: what a player can play, and what it cannot, with the reason and the cure.
//!
//! A film is a file, a playlist to which no other playlist refers, or an MPD without such a playlist beside it. The work is bounded, because the folder may be
//! large, and links in it may lead anywhere.

mod files;
mod playlists;
#[cfg(test)]
mod tests;

use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use self::{
    files::{File, Files},
    playlists::Playlists,
};

/// The films of a folder.
#[derive(Debug, Eq, PartialEq, Serialize)]
pub(super) struct Films {
    pub(super) films: Vec<Film>,
    /// Whether these are all films: the folder is not larger than what was read.
    pub(super) is_complete: bool,
}

/// A film, by the path at which viewers request it.
#[derive(Debug, Eq, PartialEq, Serialize)]
pub(super) struct Film {
    pub(super) path: String,
    /// Short, for people.
    pub(super) name: String,
    /// The picture beside a manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) poster: Option<String>,
    /// The WebVTT file of pictures beside a manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) thumbnails: Option<String>,
    /// Why nobody can play it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) problem: Option<Problem>,
}

/// Why a film does not play.
#[derive(Debug, Eq, PartialEq, Serialize)]
pub(super) struct Problem {
    pub(super) reason: String,
    pub(super) cure: String,
}

impl Films {
    /// Reads the folder. `is_reachable` decides whether any viewer can be admitted to a path.
    pub(super) fn read(media: &Path, is_reachable: impl Fn(&str) -> bool) -> Self {
        let files = Files::read(media);
        let playlists = Playlists::read(media, &files.playlists);
        let mut films = Vec::new();
        for playlist in playlists.roots() {
            let problem = playlists.problem(media, playlist);
            films.push(Film { problem, ..Film::of_manifest(media, playlist) });
        }
        // Beside a multivariant playlist, it is the same film.
        for mpd in files.mpds.iter().filter(|mpd| !playlists.has(&beside(mpd, "master.m3u8"))) {
            let problem = (!mpd.ends_with(".mpd")).then(|| upper_case("MPDs", ".mpd"));
            films.push(Film { problem, ..Film::of_manifest(media, mpd) });
        }
        let foreign = files.foreign.iter().map(|file| (file, Some(unread(file))));
        for (file, problem) in files.played.iter().map(|file| (file, None)).chain(foreign) {
            if !playlists.refer_to(file) {
                films.push(Film { problem, ..Film::of_file(file) });
            }
        }
        for film in films.iter_mut().filter(|film| !is_reachable(&film.path)) {
            film.problem = Some(out_of_reach(media));
        }
        films.sort_by(|a, b| (a.problem.is_some(), &a.path).cmp(&(b.problem.is_some(), &b.path)));
        let is_complete = files.is_complete && playlists.is_complete && films.len() <= LISTED;
        films.truncate(LISTED);
        Self { films, is_complete }
    }
}

impl Film {
    fn of_file(file: &str) -> Self {
        let name = file.strip_prefix(VIDEO).unwrap_or(file).to_owned();
        Self { path: path_of(file), name, poster: None, thumbnails: None, problem: None }
    }

    /// `video/my-film/master.m3u8` is `my-film`.
    fn of_manifest(media: &Path, file: &str) -> Self {
        let picture = |name: &str| {
            let file = beside(file, name);
            media.join(&file).is_file().then(|| path_of(&file))
        };
        let mut film = Self::of_file(file);
        let (folder, _) = file.rsplit_once('/').unwrap_or_default();
        if let Some(folder) =
            folder.strip_prefix(VIDEO).filter(|_| USUAL_NAMES.iter().any(|name| file.ends_with(name)))
        {
            folder.clone_into(&mut film.name);
        }
        film.poster = picture("poster.jpg");
        film.thumbnails = picture("thumbnails.vtt");
        film
    }
}

/// A file in the same folder.
fn beside(file: &str, name: &str) -> File {
    file.rsplit_once('/').map_or_else(|| name.to_owned(), |(folder, _)| format!("{folder}/{name}"))
}

/// The path at which a viewer requests a file.
fn path_of(file: &str) -> String {
    format!("/{}", utf8_percent_encode(file, OF_PATHS))
}

fn unread(file: &str) -> Problem {
    let name = file.rsplit('/').next().unwrap_or(file);
    let extension = name.rsplit('.').next().unwrap_or(name).to_ascii_lowercase();
    Problem {
        reason: format!("Browsers do not play .{extension} files."),
        cure: format!("Package it: usher package {name}"),
    }
}

fn upper_case(what: &str, extension: &str) -> Problem {
    Problem {
        reason: format!(
            "CloudFront distinguishes upper and lower case: its path for {what} is *{extension}."
        ),
        cure: format!("Write the end of its name in lower case: {extension}"),
    }
}

fn out_of_reach(media: &Path) -> Problem {
    Problem {
        reason: "It is outside of the folder video: no viewer can get a signature for it.".to_owned(),
        cure: format!("Move it into {}.", media.join("video").display()),
    }
}

/// Below it is what viewers can watch.
const VIDEO: &str = "video/";
/// Names that say nothing: then the folder names the film.
const USUAL_NAMES: [&str; 5] =
    ["/master.m3u8", "/index.m3u8", "/playlist.m3u8", "/main.m3u8", "/manifest.mpd"];
/// More than anybody reads.
const LISTED: usize = 1_000;
/// The unreserved characters of RFC 3986, and the slash, stay as they are.
const OF_PATHS: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
