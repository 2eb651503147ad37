//! The playlists in the media folder, and the files to which they refer.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    fs,
    io::{self, Read as _},
    path::Path,
};

use hls_rewrite::{Origin, Scan, SkipReason, is_playlist};
use url::Url;

use super::{File, Problem, path_of, upper_case};
use crate::bucket::key_of_path;

/// All playlists, each with its references.
pub(super) struct Playlists {
    all: BTreeMap<File, Content>,
    /// The files to which another playlist refers.
    children: HashSet<File>,
    pub(super) is_complete: bool,
}

/// What a file with the name of a playlist contains.
enum Content {
    NoPlaylist,
    Playlist {
        /// The first reference.
        first: Option<Target>,
        /// The playlists to which it refers.
        playlists: BTreeSet<File>,
    },
}

/// Where a reference points.
enum Target {
    /// At another host.
    Elsewhere,
    Here(File),
}

impl Playlists {
    pub(super) fn read(media: &Path, files: &[File]) -> Self {
        let mut found =
            Self { all: BTreeMap::new(), children: HashSet::new(), is_complete: files.len() <= PLAYLISTS };
        for file in files.iter().take(PLAYLISTS) {
            let text = beginning(&media.join(file)).unwrap_or_default();
            if !is_playlist(&text) {
                found.all.insert(file.clone(), Content::NoPlaylist);
                continue;
            }
            let targets = targets(&text, file);
            for child in targets.iter().filter_map(Target::file).filter(|child| *child != file) {
                found.children.insert(child.clone());
            }
            let playlists = targets.iter().filter_map(Target::file).filter(|child| child.ends_with(".m3u8"));
            let playlists = playlists.cloned().collect();
            let first = targets.into_iter().next();
            found.all.insert(file.clone(), Content::Playlist { first, playlists });
        }
        found
    }

    /// Whether the file is a playlist.
    pub(super) fn has(&self, file: &str) -> bool {
        matches!(self.all.get(file), Some(Content::Playlist { .. }))
    }

    /// Whether a playlist refers to the file.
    pub(super) fn refer_to(&self, file: &str) -> bool {
        self.children.contains(file)
    }

    /// The playlists to which no other refers. Where some refer only to each other, one of them.
    pub(super) fn roots(&self) -> Vec<&File> {
        let mut roots: Vec<&File> = self.all.keys().filter(|file| !self.refer_to(file)).collect();
        let mut reached = HashSet::new();
        for root in &roots {
            self.reach(root, &mut reached);
        }
        for file in self.all.keys() {
            if self.reach(file, &mut reached) {
                roots.push(file);
            }
        }
        roots
    }

    /// Notes all that a player reaches from this playlist; whether it was not reached before.
    fn reach<'p>(&'p self, file: &'p File, reached: &mut HashSet<&'p File>) -> bool {
        if !reached.insert(file) {
            return false;
        }
        let mut next = vec![file];
        while let Some(file) = next.pop() {
            if let Some(Content::Playlist { playlists, .. }) = self.all.get(file) {
                next.extend(playlists.iter().filter(|child| reached.insert(child)));
            }
        }
        true
    }

    /// Why no player plays this playlist, as far as its first references show.
    pub(super) fn problem(&self, media: &Path, file: &File) -> Option<Problem> {
        if !file.ends_with(".m3u8") {
            return Some(upper_case("playlists", ".m3u8"));
        }
        let mut file = file;
        // A multivariant playlist, a media playlist, a segment.
        for _ in 0..2 {
            match self.all.get(file)? {
                Content::NoPlaylist => {
                    return Some(again(format!("{file} is not a playlist: its first line is not #EXTM3U.")));
                }
                Content::Playlist { first: None, .. } => {
                    return Some(again(format!("{file} refers to no other file.")));
                }
                Content::Playlist { first: Some(Target::Here(first)), .. }
                    if !media.join(first).is_file() =>
                {
                    return Some(again(format!("{file} refers to {first}, which does not exist.")));
                }
                Content::Playlist { first: Some(Target::Here(first)), .. } => file = first,
                Content::Playlist { first: Some(Target::Elsewhere), .. } => return None,
            }
        }
        None
    }
}

fn again(reason: String) -> Problem {
    Problem { reason, cure: "Copy the film again, or package it again: usher package FILM.".to_owned() }
}

impl Target {
    fn file(&self) -> Option<&File> {
        match self {
            Self::Elsewhere => None,
            Self::Here(file) => Some(file),
        }
    }
}

/// Where the references of a playlist point, in their order.
fn targets(text: &[u8], file: &str) -> Vec<Target> {
    let mut targets = Vec::new();
    let Ok(url) = Url::parse(HERE).and_then(|here| here.join(&path_of(file))) else { return targets };
    Scan::<()>::read(text, &url, Origin::AsStated, None, |reference| {
        let file =
            reference.path.strip_prefix('/').and_then(key_of_path).filter(|_| reference.origin == HERE);
        targets.push(file.map_or(Target::Elsewhere, Target::Here));
        Err(SkipReason::OtherHost)
    });
    targets
}

/// The beginning of a playlist: it names segments, and this needs no more than some of them.
fn beginning(path: &Path) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    fs::File::open(path)?.take(BEGINNING).read_to_end(&mut text)?;
    Ok(text)
}

/// The origin of the media folder, for URLs that nobody requests.
const HERE: &str = "http://media.invalid";
const BEGINNING: u64 = 256 * 1_024;
const PLAYLISTS: usize = 5_000;
