//! `usher upload`

use std::{fs, path::Path};

use tempfile::TempDir;

use crate::program::{command, run, told};

#[test]
fn a_dry_run_says_what_would_be_uploaded() {
    let film = TempDir::new().unwrap();
    let folder = film.path().to_str().unwrap();
    fs::write(film.path().join("master.m3u8"), "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\np.m3u8\n").unwrap();
    fs::write(film.path().join("p.m3u8"), "#EXTM3U\n#EXTINF:4,\ns0.ts\n").unwrap();
    fs::write(film.path().join("s0.ts"), "segment").unwrap();
    fs::write(film.path().join(".hidden"), "").unwrap();
    fs::write(film.path().join("seg+1.ts"), "segment").unwrap();
    fs::write(film.path().join("LOW.M3U8"), "#EXTM3U\n").unwrap();
    let mut command = command(&["upload", folder, "s3://films/m", "--any-prefix", "--dry-run"]);
    command.env_clear().env("HOME", folder);
    let (code, stdout, stderr) = told(command.output().unwrap());
    assert_eq!(code, Some(0));
    let playlist = "(application/vnd.apple.mpegurl; no-cache)";
    assert_eq!(
        stdout,
        format!(
            "(dryrun) upload: {folder}/s0.ts to s3://films/m/s0.ts (video/mp2t; max-age=3600, s-maxage=31536000)\n\
             (dryrun) upload: {folder}/seg+1.ts to s3://films/m/seg+1.ts (video/mp2t; max-age=3600, s-maxage=31536000)\n\
             (dryrun) upload: {folder}/LOW.M3U8 to s3://films/m/LOW.M3U8 {playlist}\n\
             (dryrun) upload: {folder}/p.m3u8 to s3://films/m/p.m3u8 {playlist}\n\
             (dryrun) upload: {folder}/master.m3u8 to s3://films/m/master.m3u8 {playlist}\n"
        )
    );
    let left_out =
        format!("warning: {folder}/.hidden was left out: it is hidden, a symbolic link or no regular file\n");
    let not_resigned = "warning: the distribution does not re-sign \"m/LOW.M3U8\": it re-signs what ends in .m3u8 or .mpd, in \
         lower case, so rename the files and what refers to them\n";
    let plus = "warning: URLs must percent-encode characters outside A-Z a-z 0-9 . _ - / in \"m/seg+1.ts\"; S3 reads \
                a + in a path as a space, so write %2B in playlists\n";
    let not_asked = "warning: the bucket was not asked what it holds already: the region of the bucket is unknown: set \
                     AWS_REGION\n";
    assert_eq!(stderr, [&left_out, not_resigned, plus, not_asked].concat());
}

#[test]
fn bad_usage_is_one_line_and_exit_code_2() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path().to_str().unwrap();
    let rows: [(&[&str], &str); 2] = [
        (
            &["upload", folder, "s3://films/m"],
            "nobody could watch what lies below \"m\": the bucket policy opens video/* only (and public/* with \
         PublicPaths), so upload to s3://BUCKET/video/NAME, or say --any-prefix",
        ),
        (&["upload", "/nothing", "s3://films/video/m"], "/nothing is not a folder"),
    ];
    for (arguments, expected) in rows {
        assert_eq!(run(arguments), (Some(2), String::new(), format!("error: {expected}\n")));
    }
}

#[test]
fn without_a_region_or_credentials_nothing_is_uploaded() {
    let film = TempDir::new().unwrap();
    fs::write(film.path().join("s0.ts"), "segment").unwrap();
    let file = film.path().join("film.mp4");
    fs::write(&file, "what no ffmpeg reads").unwrap();
    let upload_of = |source: &Path, region: Option<&str>| {
        let mut command = command(&["upload", source.to_str().unwrap(), "s3://films/video/m"]);
        // Without the machine's own credentials: no profile, no instance metadata.
        command.env_clear().env("HOME", film.path()).env("AWS_EC2_METADATA_DISABLED", "true");
        command.envs(region.map(|region| ("AWS_REGION", region)));
        told(command.output().unwrap())
    };
    let upload = |region: Option<&str>| upload_of(film.path(), region);
    let error = |text: &str| (Some(2), String::new(), format!("error: {text}\n"));
    assert_eq!(upload(None), error("the region of the bucket is unknown: set AWS_REGION"));
    assert_eq!(upload_of(&file, None), upload(None), "before it is packaged");
    assert_eq!(upload_of(&file, Some("eu-central-1")), upload(Some("eu-central-1")), "before it is packaged");
    assert_eq!(
        upload(Some("eu-central-1")),
        error(
            "there are no AWS credentials: set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; if you \
             signed in with `aws login` or `aws sso login`, run \
             `eval \"$(aws configure export-credentials --format env)\"` first"
        )
    );
}
