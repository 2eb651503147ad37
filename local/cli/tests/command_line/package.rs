//! `usher package`, as far as it goes without ffmpeg; tests/system/package has the rest.

use std::fs;

use tempfile::TempDir;

use crate::program::{command, told};

#[test]
fn without_ffmpeg_the_line_that_installs_it_is_told() {
    let folder = TempDir::new().unwrap();
    let film = folder.path().join("film.mp4");
    fs::write(&film, "film").unwrap();
    let install = "error: ffprobe is not on the PATH: install it with `sudo apt install ffmpeg` (Debian, Ubuntu), \
                   `brew install ffmpeg` (macOS) or `winget install Gyan.FFmpeg` (Windows)\n";
    for line in [&["package"][..], &["upload"]] {
        let mut command = command(line);
        command.arg(&film).args(if line == ["upload"] { &["s3://films/video/m"][..] } else { &[] });
        command.env("PATH", folder.path()).arg("--media").arg(folder.path());
        // An upload asks for these first.
        command.envs([
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ]);
        assert_eq!(told(command.output().unwrap()), (Some(2), String::new(), install.to_owned()), "{line:?}");
    }
    assert!(!folder.path().join("video").exists());
}

#[test]
fn bad_usage_is_one_line_and_exit_code_2() {
    let folder = TempDir::new().unwrap();
    let film = folder.path().join("film.mp4");
    fs::write(&film, "film").unwrap();
    let film = film.to_str().unwrap();
    let media = folder.path().to_str().unwrap();
    let rows: [(&[&str], &str); 4] = [
        (
            &["package", film, "--media", media, "--name", "a b"],
            "the name \"a b\" must consist of A-Z a-z 0-9 . _ - and must not begin with a dot",
        ),
        (
            &["package", "/nothing.mp4"],
            "/nothing.mp4 cannot be read as a film: No such file or directory (os error 2)",
        ),
        (
            &["package", film, "--download", "--encrypt"],
            "the argument '--download' cannot be used with '--encrypt'",
        ),
        (
            &["upload", film, "s3://films/video/m", "--dry-run"],
            "a dry run takes a folder: package the film with `usher package` first",
        ),
    ];
    for (arguments, expected) in rows {
        let outcome = told(command(arguments).output().unwrap());
        assert_eq!(outcome, (Some(2), String::new(), format!("error: {expected}\n")));
    }
}
