//! The files in the media folder whose names say that they are video.

use std::{
    collections::{HashSet, VecDeque},
    fs::{self, DirEntry},
    path::Path,
};

/// A file, by its path below the media folder, with `/` between the names.
pub(super) type File = String;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub(super) playlists: Vec<File>,
    pub(super) mpds: Vec<File>,
    /// Each is a whole film.
    pub(super) played: Vec<File>,
    /// Films in containers that browsers do not read.
    pub(super) foreign: Vec<File>,
    pub(super) is_complete: bool,
}

impl Files {
    /// Folder by folder, so that playlists come before their many segments. It reads each folder once, because links
    /// can make circles, and real folders before linked ones.
    pub(super) fn read(media: &Path) -> Self {
        let mut files = Self::default();
        let (mut folders, mut links) = (VecDeque::from([media.to_owned()]), VecDeque::new());
        let (mut seen, mut left) = (HashSet::new(), ENTRIES);
        while let Some(folder) = folders.pop_front().or_else(|| links.pop_front()) {
            if !folder.canonicalize().is_ok_and(|real| seen.insert(real)) {
                continue;
            }
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                if left == 0 {
                    return files;
                }
                left -= 1;
                match kind(&entry) {
                    Some(Kind::Folder) => folders.push_back(entry.path()),
                    Some(Kind::LinkedFolder) => links.push_back(entry.path()),
                    Some(Kind::File) => files.note(media, &entry.path()),
                    None => {}
                }
            }
        }
        files.is_complete = true;
        files
    }

    fn note(&mut self, media: &Path, path: &Path) {
        let Some(extension) = path.extension().and_then(|extension| extension.to_str()) else { return };
        let extension = extension.to_ascii_lowercase();
        let is_among = |all: &[&str]| all.contains(&extension.as_str());
        // A browser cannot request a name that is not UTF-8.
        let Some(file) = below(media, path) else { return };
        match () {
            () if extension == "m3u8" => self.playlists.push(file),
            () if is_among(&PLAYED) => self.played.push(file),
            () if extension == "mpd" => self.mpds.push(file),
            () if is_among(&FOREIGN) => self.foreign.push(file),
            () => {}
        }
    }
}

/// What an entry of a folder is.
enum Kind {
    File,
    Folder,
    LinkedFolder,
}

/// Nothing for what is hidden, and for what is neither a file nor a folder: reading a pipe would wait for its writer.
fn kind(entry: &DirEntry) -> Option<Kind> {
    if entry.file_name().as_encoded_bytes().starts_with(b".") {
        return None;
    }
    let own = entry.file_type().ok()?;
    // Only a link costs a further look.
    let file_type = if own.is_symlink() { fs::metadata(entry.path()).ok()?.file_type() } else { own };
    match () {
        () if file_type.is_file() => Some(Kind::File),
        () if !file_type.is_dir() => None,
        () if own.is_symlink() => Some(Kind::LinkedFolder),
        () => Some(Kind::Folder),
    }
}

fn below(media: &Path, path: &Path) -> Option<File> {
    let names: Option<Vec<&str>> = path.strip_prefix(media).ok()?.iter().map(|name| name.to_str()).collect();
    names.map(|names| names.join("/"))
}

/// What every browser plays, if it knows the codecs.
const PLAYED: [&str; 2] = ["mp4", "webm"];
const FOREIGN: [&str; 9] = ["avi", "flv", "m2ts", "m4v", "mkv", "mov", "mpeg", "mpg", "wmv"];
/// How many entries of folders are looked at: hundreds of films with their segments, in less than a second.
const ENTRIES: usize = 200_000;
