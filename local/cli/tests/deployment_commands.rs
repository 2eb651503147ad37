//! `usher check` and `usher upload` as a user sees them: standard output, standard error, exit code.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

fn usher(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
    command.args(arguments).stdin(Stdio::null()).env_remove("USHER_BEARER");
    command
}

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    told(usher(arguments).output().unwrap())
}

fn told(output: Output) -> (Option<i32>, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// `usher serve`, which stops when it is dropped.
struct Serving {
    child: Child,
    url: String,
    bucket_url: String,
    _state: TempDir,
}

impl Serving {
    fn start() -> Self {
        let state = TempDir::new().unwrap();
        let folder = state.path().to_str().unwrap();
        let anywhere = "127.0.0.1:0";
        let mut serve =
            usher(&["serve", "--listen", anywhere, "--bucket-listen", anywhere, "--state", folder]);
        let mut child = serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut address =
            |before: &str| lines.next().unwrap().unwrap().strip_prefix(before).unwrap().to_owned();
        let (url, bucket_url) = (address("listening on "), address("bucket on "));
        Self { child, url, bucket_url, _state: state }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn what_is_served_here_is_right() {
    let serving = Serving::start();
    let (code, stdout, stderr) =
        run(&["check", &serving.url, "--bucket-url", &serving.bucket_url, "--output", "json"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report.get("right"), Some(&Value::Bool(true)));

    let (code, stdout, _) = run(&["check", &serving.url]);
    assert_eq!(code, Some(0), "{stdout}");
    let last = stdout.lines().last().unwrap();
    assert_eq!(last, "29 right, 0 wrong, 0 to be improved, 7 not made, 0 unknown");
}

#[test]
fn what_is_wrong_is_told_with_its_cure_and_exit_code_1() {
    let serving = Serving::start();
    let folder = TempDir::new().unwrap();
    let token = folder.path().join("token");
    fs::write(&token, "not-a-token\n").unwrap();
    let rows = [
        (usher(&["check", &serving.url, "--bearer-file", token.to_str().unwrap()]), "a file"),
        (usher(&["check", &serving.url]), "the environment"),
    ];
    for (mut command, from) in rows {
        let (code, stdout, stderr) = told(command.env("USHER_BEARER", "not-a-token").output().unwrap());
        assert_eq!((code, stderr.as_str()), (Some(1), ""), "{from}");
        let mut lines = stdout.lines().skip_while(|line| !line.starts_with("wrong"));
        assert_eq!(lines.next(), Some("wrong     sign-in             401: the token is not accepted here"));
        let cure = "                              cure: the credential is not taken: compare its issuer, audience and \
                    expiry with the parameters that say who may watch (JwtIssuer, JwtAudience, PloneSite, \
                    DjangoKeysArn, …)";
        assert_eq!(lines.next(), Some(cure));
        assert!(!stdout.contains("not-a-token"), "{from}");
    }
}

#[test]
fn bad_usage_is_one_line_and_exit_code_2() {
    let folder = TempDir::new().unwrap();
    let empty = folder.path().join("empty");
    fs::write(&empty, "").unwrap();
    let (empty, folder) = (empty.to_str().unwrap(), folder.path().to_str().unwrap());
    let rows: [(&[&str], &str); 10] = [
        (
            &["check", "http://127.0.0.1:1"],
            "http://127.0.0.1:1/ does not answer: Connection refused (os error 111)",
        ),
        (
            &["check", "https://h/video"],
            "https://h/video is not where a distribution stands: give its protocol and host, such as \
             https://video.example.com",
        ),
        (&["check", "h"], "invalid value 'h' for '<URL>': relative URL without a base"),
        (
            &["check", "https://h", "--playlist", "p.m3u8"],
            "invalid value 'p.m3u8' for '--playlist <PATH>': it is no path such as /video/m/master.m3u8",
        ),
        (
            &["check", "https://h", "--origin", "https://h/"],
            "invalid value 'https://h/' for '--origin <ORIGIN>': must be written as a browser sends it: https://h",
        ),
        (
            &["check", "https://h", "--bearer-file", empty],
            "the bearer token is empty, or has characters that cannot stand in a header",
        ),
        (
            &["check", "https://h", "--cookie-file", empty],
            "the cookies are not one line such as __ac=…, as a browser sends them",
        ),
        (
            &["check", "https://h", "--bearer-file", empty, "--cookie-file", empty],
            "the argument '--bearer-file <FILE>' cannot be used with '--cookie-file <FILE>'",
        ),
        (
            &["upload", folder, "s3://films/m"],
            "nobody could watch what lies below \"m\": the bucket policy opens video/* only, so upload to \
             s3://BUCKET/video/NAME, or say --any-prefix",
        ),
        (&["upload", "/nothing", "s3://films/video/m"], "/nothing is not a folder"),
    ];
    for (arguments, expected) in rows {
        assert_eq!(run(arguments), (Some(2), String::new(), format!("error: {expected}\n")));
    }
}

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
    let (code, stdout, stderr) = run(&["upload", folder, "s3://films/m", "--any-prefix", "--dry-run"]);
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
    let not_resigned = "warning: the distribution does not re-sign \"m/LOW.M3U8\": it re-signs playlists whose name ends in .m3u8, in \
         lower case, so rename the files and what refers to them\n";
    let plus = "warning: URLs must percent-encode characters outside A-Z a-z 0-9 . _ - / in \"m/seg+1.ts\"; S3 reads \
                a + in a path as a space, so write %2B in playlists\n";
    assert_eq!(stderr, [&left_out, not_resigned, plus].concat());
}

#[test]
fn without_a_region_or_credentials_nothing_is_uploaded() {
    let film = TempDir::new().unwrap();
    fs::write(film.path().join("s0.ts"), "segment").unwrap();
    let upload = |region: Option<&str>| {
        let mut command = usher(&["upload", film.path().to_str().unwrap(), "s3://films/video/m"]);
        // Without the machine's own credentials: no profile, no instance metadata.
        command.env_clear().env("HOME", film.path()).env("AWS_EC2_METADATA_DISABLED", "true");
        command.envs(region.map(|region| ("AWS_REGION", region)));
        told(command.output().unwrap())
    };
    let error = |text: &str| (Some(2), String::new(), format!("error: {text}\n"));
    assert_eq!(upload(None), error("the region of the bucket is unknown: set AWS_REGION"));
    assert_eq!(
        upload(Some("eu-central-1")),
        error(
            "there are no AWS credentials: set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; if you \
             signed in with `aws login` or `aws sso login`, run \
             `eval \"$(aws configure export-credentials --format env)\"` first"
        )
    );
}
