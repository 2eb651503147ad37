//! The files to upload, their headers, and their order.

use std::{
    fs::{self, DirEntry},
    io,
    path::{Path, PathBuf},
};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use usher_edge::content_type;

use super::{Destination, UploadError};
use crate::package::HIDDEN;

/// A folder's files in the order in which they are uploaded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Plan {
    /// The destination.
    pub destination: Destination,
    /// Media first, then media playlists, multivariant playlists and MPDs last.
    pub uploads: Vec<Upload>,
    /// Hidden files, symbolic links and what is neither file nor folder.
    pub left_out: Vec<PathBuf>,
}

/// One file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Upload {
    /// The path of the file.
    pub file: PathBuf,
    /// Its key in the bucket.
    pub key: String,
    /// Its `Content-Type`.
    pub content_type: &'static str,
    /// Its `Cache-Control`.
    pub cache_control: &'static str,
    /// Its `Content-Disposition`, for what viewers may save.
    pub content_disposition: Option<String>,
    /// Its length.
    pub bytes: u64,
    pub(super) turn: Turn,
}

/// The turn of a file: no file is uploaded before the files that it names.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Turn {
    /// Files that name no others: segments, keys, subtitles; and the JSON that playlists name.
    Media,
    MediaPlaylist,
    /// Also an MPD, which names segments and subtitles.
    MultivariantPlaylist,
}

impl Plan {
    /// Reads a folder.
    ///
    /// # Errors
    /// [`UploadError`], before anything is uploaded.
    pub fn read(folder: &Path, destination: Destination) -> Result<Self, UploadError> {
        if !folder.is_dir() {
            return Err(UploadError::NotFolder(folder.to_owned()));
        }
        let mut plan = Self { destination, uploads: Vec::new(), left_out: Vec::new() };
        let mut folders = vec![(folder.to_owned(), String::new())];
        while let Some((folder, path)) = folders.pop() {
            let failed = |source| UploadError::File { path: folder.clone(), source };
            for entry in fs::read_dir(&folder).map_err(failed)? {
                plan.add(&entry.map_err(failed)?, &path, &mut folders)?;
            }
        }
        if plan.uploads.is_empty() {
            return Err(UploadError::Empty(folder.to_owned()));
        }
        plan.uploads.sort_by(|a, b| (a.turn, &a.key).cmp(&(b.turn, &b.key)));
        plan.left_out.sort();
        Ok(plan)
    }

    /// The size of all files in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.uploads.iter().map(|upload| upload.bytes).sum()
    }

    fn add(
        &mut self,
        entry: &DirEntry,
        parent: &str,
        folders: &mut Vec<(PathBuf, String)>,
    ) -> Result<(), UploadError> {
        let file = entry.path();
        let failed = |source| UploadError::File { path: file.clone(), source };
        let name = entry.file_name().into_string().map_err(|_| UploadError::Name(file.clone()))?;
        let path = format!("{parent}{name}");
        // The type of the entry itself, not of the target of a link, which may be anywhere.
        let kind = entry.file_type().map_err(failed)?;
        if name == HIDDEN && parent.is_empty() {
            // What `usher package` keeps for itself.
        } else if name.starts_with('.') || !(kind.is_dir() || kind.is_file()) {
            self.left_out.push(file);
        } else if kind.is_dir() {
            folders.push((file, path + "/"));
        } else {
            let bytes = entry.metadata().map_err(failed)?.len();
            if bytes > PUT_LIMIT {
                return Err(UploadError::TooLarge(file));
            }
            let content_type = content_type(&path);
            let turn = turn(&file, content_type).map_err(failed)?;
            let key = self.destination.key(&path);
            self.uploads.push(Upload {
                content_disposition: content_disposition(&key),
                key,
                content_type,
                cache_control: cache_control(content_type),
                file,
                bytes,
                turn,
            });
        }
        Ok(())
    }
}

fn turn(file: &Path, content_type: &str) -> io::Result<Turn> {
    match content_type {
        PLAYLIST => {}
        MPD => return Ok(Turn::MultivariantPlaylist),
        _ => return Ok(Turn::Media),
    }
    let playlist = fs::read(file)?;
    let is_multivariant =
        playlist.split(|&byte| byte == b'\n').any(|line| line.starts_with(b"#EXT-X-STREAM-INF:"));
    Ok(if is_multivariant { Turn::MultivariantPlaylist } else { Turn::MediaPlaylist })
}

/// A browser that opens the URL of an MP4 saves it, under the name of the film. Players ignore the header.
///
/// <https://www.rfc-editor.org/rfc/rfc6266>
fn content_disposition(key: &str) -> Option<String> {
    let mut names = key.rsplit('/');
    let file = names.next().filter(|file| file.ends_with(".mp4"))?;
    // What `usher package --download` calls the film in its folder.
    let folder = names.next().filter(|_| file == "film.mp4");
    let name = folder.map_or_else(|| file.to_owned(), |folder| format!("{folder}.mp4"));
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    Some(if is_plain {
        format!("attachment; filename=\"{name}\"")
    } else {
        format!("attachment; filename*=UTF-8''{}", utf8_percent_encode(&name, NON_ALPHANUMERIC))
    })
}

/// How long browsers and CloudFront may keep a file.
fn cache_control(content_type: &str) -> &'static str {
    let is_media = ["audio/", "image/", "video/"].iter().any(|kind| content_type.starts_with(kind));
    match content_type {
        // These files never change: live packagers give new numbers to new segments. Not `private`, because CloudFront
        // would not keep them; CloudFront's cache answers only requests with a valid signature. An hour, because films
        // should not stay for a year in the browser of a shared computer.
        _ if is_media => MEDIA,
        "application/mp4" | "text/vtt" => MEDIA,
        // A player requests a key of 16 bytes once per film: a browser's cache must not keep it.
        "application/octet-stream" => "no-store",
        // Live playlists change every few seconds, and any playlist may be replaced. Viewers get the function's
        // own header; this one is for readers of the object itself.
        _ => "no-cache",
    }
}

/// An hour in a browser, a year in CloudFront.
const MEDIA: &str = "max-age=3600, s-maxage=31536000";
pub(super) const PLAYLIST: &str = "application/vnd.apple.mpegurl";
pub(super) const MPD: &str = "application/dash+xml";
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html>
const PUT_LIMIT: u64 = 5 * 1_024 * 1_024 * 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_mp4_is_saved_under_the_name_of_its_film() {
        for (key, expected) in [
            ("video/my-film/film.mp4", Some(r#"attachment; filename="my-film.mp4""#)),
            ("video/downloads/my-film.mp4", Some(r#"attachment; filename="my-film.mp4""#)),
            ("video/über/film.mp4", Some("attachment; filename*=UTF-8''%C3%BCber%2Emp4")),
            ("video/a/\"b\".mp4", Some("attachment; filename*=UTF-8''%22b%22%2Emp4")),
            ("video/my-film/360p/s1.m4s", None),
            ("video/my-film/master.m3u8", None),
        ] {
            assert_eq!(content_disposition(key).as_deref(), expected, "{key}");
        }
    }
}
