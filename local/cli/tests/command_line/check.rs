//! `usher check`

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    program::{command, run, told},
    serving::Serving,
};

#[test]
fn what_is_served_here_is_right() {
    let serving = Serving::start(&[], &[]);
    let (code, stdout, stderr) =
        run(&["check", &serving.url, "--bucket-url", &serving.bucket_url, "--output", "json"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report.get("right"), Some(&Value::Bool(true)));

    let (code, stdout, _) = run(&["check", &serving.url]);
    assert_eq!(code, Some(0), "{stdout}");
    let last = stdout.lines().last().unwrap();
    assert_eq!(last, "13 right, 0 wrong, 0 to be improved, 0 not made");
    assert_eq!(stdout.lines().count(), 15, "{stdout}");

    let (code, stdout, _) = run(&["check", &serving.url, "--verbose"]);
    assert_eq!(code, Some(0), "{stdout}");
    let clock = [
        "right     Clocks agree                     they are within 60 seconds",
        "  right     clock                 do this machine and the deployment agree on the time?",
        "                                  they are within 60 seconds",
        "13 right, 0 wrong, 0 to be improved, 0 not made",
    ];
    assert!(stdout.ends_with(&(clock.join("\n") + "\n")), "{stdout}");
}

#[test]
fn a_name_that_leads_elsewhere_is_checked_at_the_distribution() {
    let serving = Serving::start(&["--host", "www.invalid"], &[]);
    let (_, port) = serving.url.rsplit_once(':').unwrap();
    let url = format!("http://www.invalid:{port}");
    let (code, stdout, stderr) = run(&["check", &url, "--distribution", "127.0.0.1"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");
    // Only on a laptop, segments may come without Cache-Control.
    assert_eq!(stdout.lines().last(), Some("12 right, 0 wrong, 1 to be improved, 0 not made"));

    let (code, stdout, stderr) = run(&["check", &url]);
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    assert!(stderr.starts_with(&format!("error: {url}/ does not answer: ")), "{stderr}");
    let (code, _, stderr) = run(&["check", &url, "--distribution", "d.invalid"]);
    assert_eq!(code, Some(2));
    assert!(stderr.starts_with("error: d.invalid cannot be found: "), "{stderr}");
}

#[test]
fn what_is_wrong_is_told_with_its_cure_and_exit_code_1() {
    let serving = Serving::start(&[], &[]);
    let folder = TempDir::new().unwrap();
    let token = folder.path().join("token");
    fs::write(&token, "not-a-token\n").unwrap();
    let rows = [
        (command(&["check", &serving.url, "--bearer-file", token.to_str().unwrap()]), "a file"),
        (command(&["check", &serving.url]), "the environment"),
    ];
    for (mut command, from) in rows {
        let (code, stdout, stderr) = told(command.env("USHER_BEARER", "not-a-token").output().unwrap());
        assert_eq!((code, stderr.as_str()), (Some(1), ""), "{from}");
        let mut lines = stdout.lines().skip_while(|line| !line.starts_with("wrong"));
        assert_eq!(
            lines.next(),
            Some("wrong     Viewers sign in and out          sign-in: 401: the token is not accepted here")
        );
        let cure = "          cure: the credential is not accepted: compare its issuer, audience and expiry with the \
                    parameters that say who may watch (JwtIssuers, Plone, Django, Simplejwt)";
        assert_eq!(lines.next(), Some(cure));
        assert!(!stdout.contains("not-a-token"), "{from}");
    }
}

#[test]
fn bad_usage_is_one_line_and_exit_code_2() {
    let folder = TempDir::new().unwrap();
    let empty = folder.path().join("empty");
    fs::write(&empty, "").unwrap();
    let empty = empty.to_str().unwrap();
    let rows: [(&[&str], &str); 8] = [
        (
            &["check", "http://127.0.0.1:1"],
            "http://127.0.0.1:1/ does not answer: Connection refused (os error 111)",
        ),
        (
            &["check", "https://h/video"],
            "https://h/video is not where a distribution stands: give its protocol and host, such as \
             https://video.example.com",
        ),
        (&["check", "h"], "invalid value 'h' for '<URL>': it is no URL such as https://video.example.com"),
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
    ];
    for (arguments, expected) in rows {
        assert_eq!(run(arguments), (Some(2), String::new(), format!("error: {expected}\n")));
    }
}
