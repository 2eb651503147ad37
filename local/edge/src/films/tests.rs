use std::{fs, path::Path};

use super::*;

/// A multivariant playlist, its media playlist with one segment, and what else a packager writes.
const FILM: [(&str, &str); 3] = [
    ("master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv0/playlist.m3u8\n"),
    ("v0/playlist.m3u8", "#EXTM3U\n#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:6,\ns1.m4s\n#EXT-X-ENDLIST\n"),
    ("v0/init.mp4", "x"),
];

fn folder_with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let media = tempfile::tempdir().unwrap();
    for (file, text) in files {
        write(media.path(), file, text);
    }
    media
}

fn write(media: &Path, file: &str, text: &str) {
    let path = media.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn write_film(media: &Path, folder: &str) {
    for (file, text) in FILM {
        write(media, &format!("{folder}/{file}"), text);
    }
}

fn read(media: &Path) -> Films {
    Films::read(media, |path| path.starts_with("/video/"))
}

/// Path, name and reason of each film.
fn listed(media: &Path) -> Vec<(String, String, Option<String>)> {
    let films = read(media).films.into_iter();
    films.map(|film| (film.path, film.name, film.problem.map(|problem| problem.reason))).collect()
}

fn plays(path: &str, name: &str) -> (String, String, Option<String>) {
    (path.to_owned(), name.to_owned(), None)
}

#[test]
fn a_playlist_to_which_no_other_refers_is_a_film() {
    let media = folder_with(&[
        ("video/media-only.m3u8", "#EXTM3U\n#EXTINF:6,\ns1.ts\n"),
        ("video/s1.ts", "x"),
        ("video/two/a.m3u8", "#EXTM3U\n#EXTINF:6,\nsegment.mp4\n"),
        ("video/two/segment.mp4", "x"),
    ]);
    write_film(media.path(), "video/one");
    write_film(media.path(), "video/deep/er");
    assert_eq!(
        listed(media.path()),
        [
            plays("/video/deep/er/master.m3u8", "deep/er"),
            plays("/video/media-only.m3u8", "media-only.m3u8"),
            plays("/video/one/master.m3u8", "one"),
            plays("/video/two/a.m3u8", "two/a.m3u8"),
        ]
    );
}

#[test]
fn files_that_browsers_play_are_films_and_their_paths_are_encoded() {
    let media = folder_with(&[
        ("video/film.mp4", "x"),
        ("video/a b/F#1+ü.MP4", "x"),
        ("video/clip.webm", "x"),
        ("video/notes.txt", "x"),
        ("video/._film.mp4", "x"),
        ("video/.hidden/film.mp4", "x"),
    ]);
    assert_eq!(
        listed(media.path()),
        [
            plays("/video/a%20b/F%231%2B%C3%BC.MP4", "a b/F#1+ü.MP4"),
            plays("/video/clip.webm", "clip.webm"),
            plays("/video/film.mp4", "film.mp4"),
        ]
    );
}

#[test]
fn what_does_not_play_has_a_reason_and_a_cure() {
    let media = folder_with(&[
        ("film.mp4", "x"),
        ("video/film.mkv", "x"),
        ("video/Film.MPD", "x"),
        ("video/gone/master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv0.m3u8\n"),
        ("video/half/master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv0.m3u8\n"),
        ("video/half/v0.m3u8", "#EXTM3U\n#EXTINF:6,\ns1.ts\n"),
        ("video/empty.m3u8", ""),
        ("video/new.m3u8", "#EXTM3U\n"),
        ("video/Loud.M3U8", "#EXTM3U\n#EXTINF:6,\nfilm.mkv\n"),
    ]);
    let video = media.path().join("video");
    let again = "Copy the film again, or package it again: usher package FILM.";
    let expected = [
        (
            "/film.mp4",
            "It is outside of the folder video: no viewer can get a signature for it.",
            format!("Move it into {}.", video.display()),
        ),
        (
            "/video/Film.MPD",
            "CloudFront distinguishes upper and lower case: its path for MPDs is *.mpd.",
            "Write the end of its name in lower case: .mpd".to_owned(),
        ),
        (
            "/video/Loud.M3U8",
            "CloudFront distinguishes upper and lower case: its path for playlists is *.m3u8.",
            "Write the end of its name in lower case: .m3u8".to_owned(),
        ),
        (
            "/video/empty.m3u8",
            "video/empty.m3u8 is not a playlist: its first line is not #EXTM3U.",
            again.to_owned(),
        ),
        (
            "/video/gone/master.m3u8",
            "video/gone/master.m3u8 refers to video/gone/v0.m3u8, which does not exist.",
            again.to_owned(),
        ),
        (
            "/video/half/master.m3u8",
            "video/half/v0.m3u8 refers to video/half/s1.ts, which does not exist.",
            again.to_owned(),
        ),
        ("/video/new.m3u8", "video/new.m3u8 refers to no other file.", again.to_owned()),
    ];
    let films = read(media.path()).films;
    let found: Vec<_> = films
        .iter()
        .filter_map(|Film { path, problem, .. }| {
            problem.as_ref().map(|Problem { reason, cure }| (path.as_str(), reason.as_str(), cure.clone()))
        })
        .collect();
    assert_eq!(found, expected);

    fs::rename(video.join("Loud.M3U8"), video.join("loud.txt")).unwrap();
    let foreign = read(media.path()).films.into_iter().find(|film| film.path == "/video/film.mkv").unwrap();
    let expected = Problem {
        reason: "Browsers do not play .mkv files.".to_owned(),
        cure: "Package it: usher package film.mkv".to_owned(),
    };
    assert_eq!(foreign.problem, Some(expected));
}

#[test]
fn playlists_that_refer_only_to_each_other_are_one_film() {
    let report =
        |other: &str| format!("#EXTM3U\n#EXTINF:6,\ns1.ts\n#EXT-X-RENDITION-REPORT:URI=\"{other}\"\n");
    let media = folder_with(&[
        ("video/live/a.m3u8", &report("b.m3u8")),
        ("video/live/b.m3u8", &report("a.m3u8")),
        ("video/live/s1.ts", "x"),
        ("video/elsewhere.m3u8", "#EXTM3U\n#EXTINF:6,\nhttps://cdn.example.com/s1.ts\n"),
    ]);
    assert_eq!(
        listed(media.path()),
        [plays("/video/elsewhere.m3u8", "elsewhere.m3u8"), plays("/video/live/a.m3u8", "live/a.m3u8")]
    );
}

#[test]
fn an_mpd_is_a_film_unless_it_lies_beside_a_multivariant_playlist() {
    let media = folder_with(&[
        ("video/one/manifest.mpd", "x"),
        ("video/two/manifest.mpd", "x"),
        ("video/two/poster.jpg", "x"),
        ("video/two/more.mpd", "x"),
        ("video/film.mpd", "x"),
        ("video/broken/manifest.mpd", "x"),
        ("video/broken/master.m3u8", "x"),
    ]);
    write_film(media.path(), "video/one");
    let broken = "video/broken/master.m3u8 is not a playlist: its first line is not #EXTM3U.".to_owned();
    assert_eq!(
        listed(media.path()),
        [
            plays("/video/broken/manifest.mpd", "broken"),
            plays("/video/film.mpd", "film.mpd"),
            plays("/video/one/master.m3u8", "one"),
            plays("/video/two/manifest.mpd", "two"),
            plays("/video/two/more.mpd", "two/more.mpd"),
            ("/video/broken/master.m3u8".to_owned(), "broken".to_owned(), Some(broken)),
        ]
    );
    let film = read(media.path()).films.into_iter().find(|film| film.name == "two").unwrap();
    assert_eq!(film.poster, Some("/video/two/poster.jpg".to_owned()));
}

#[test]
fn a_film_has_the_pictures_beside_it() {
    let media = folder_with(&[("video/one/poster.jpg", "x"), ("video/one/thumbnails.vtt", "x")]);
    write_film(media.path(), "video/one");
    assert_eq!(
        read(media.path()).films,
        [Film {
            path: "/video/one/master.m3u8".to_owned(),
            name: "one".to_owned(),
            poster: Some("/video/one/poster.jpg".to_owned()),
            thumbnails: Some("/video/one/thumbnails.vtt".to_owned()),
            problem: None,
        }]
    );
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_end() {
    use std::os::unix::fs::symlink;

    let (media, elsewhere) = (folder_with(&[]), folder_with(&[]));
    write_film(media.path(), "video/one");
    write_film(elsewhere.path(), "film");
    let video = media.path().join("video");
    symlink(elsewhere.path().join("film"), video.join("linked")).unwrap();
    symlink(&video, video.join("one/circle")).unwrap();
    symlink(&video, elsewhere.path().join("film/back")).unwrap();
    symlink(video.join("itself"), video.join("itself")).unwrap();
    symlink(elsewhere.path().join("gone.mp4"), video.join("gone.mp4")).unwrap();
    // Whoever opens it waits for its writer.
    assert!(std::process::Command::new("mkfifo").arg(video.join("pipe.m3u8")).status().unwrap().success());
    assert_eq!(
        listed(media.path()),
        [plays("/video/linked/master.m3u8", "linked"), plays("/video/one/master.m3u8", "one")]
    );
    assert!(read(media.path()).is_complete);
}

#[test]
fn an_empty_folder_has_no_films() {
    let media = folder_with(&[]);
    assert_eq!(read(media.path()), Films { films: Vec::new(), is_complete: true });
}

#[test]
fn a_folder_that_is_too_large_is_read_in_part() {
    let media = folder_with(&[]);
    for number in 0..=LISTED {
        write(media.path(), &format!("video/{number}.mp4"), "");
    }
    let Films { films, is_complete } = read(media.path());
    assert_eq!((films.len(), is_complete), (LISTED, false));
}
