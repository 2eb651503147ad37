//! `usher serve`

use std::{fs, thread, time::Duration};

use tempfile::TempDir;

use crate::{program::error_line, serving::Serving};

#[test]
fn serve_says_what_is_missing() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (nowhere, state) = (path("nowhere"), path("state"));
    let serve = |more: &[&str]| {
        let mut arguments = vec!["serve", "--listen", "127.0.0.1:0", "--bucket-listen", "127.0.0.1:0"];
        arguments.extend(more);
        error_line(&arguments)
    };
    assert_eq!(
        serve(&["--state", &state, "--media", &nowhere]),
        format!("error: the media folder {nowhere} is not a folder")
    );
    assert_eq!(
        serve(&["--state", &state, "--template", &nowhere]),
        format!("error: {nowhere} cannot be read: No such file or directory (os error 2)")
    );
    // Other machines could reach the demo sign-in, so it is off, and no other issuer is configured.
    assert_eq!(
        error_line(&["--listen", "0.0.0.0:0", "--bucket-listen", "127.0.0.1:0", "--state", &state]),
        "error: issue-cookies: the configuration cannot be used: no authenticator is configured: set JWT_ISSUERS, PLONE, DJANGO or SIMPLEJWT, or on a laptop JWT_ISSUER, \
         PLONE_SITE, PLONE_JWT_KEYS, PLONE_TICKET_KEYS, DJANGO_KEYS or SIMPLEJWT_KEYS; the \
         demo sign-in is off, since others can reach 0.0.0.0:0: to let everybody there sign in, add --demo"
    );
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (arguments, option) in [
        (["--listen", &address, "--bucket-listen", "127.0.0.1:0"], "--listen"),
        (["--listen", "127.0.0.1:0", "--bucket-listen", &address], "--bucket-listen"),
    ] {
        assert_eq!(
            error_line(&arguments),
            format!(
                "error: cannot listen on {address}: Address already in use (os error 98); choose another port with \
                 {option}"
            )
        );
    }
    fs::create_dir(folder.path().join("damaged")).unwrap();
    fs::write(folder.path().join("damaged/private_key.pem"), "not a key").unwrap();
    let damaged = path("damaged");
    assert_eq!(
        serve(&["--state", &damaged]),
        format!(
            "error: the key pair in the state folder cannot be used: {damaged}/private_key.pem: this is not a \
             PEM file: it should start with -----BEGIN …-----"
        )
    );
    fs::create_dir(folder.path().join("broken")).unwrap();
    fs::write(folder.path().join("broken/authority.pem"), "not a certificate").unwrap();
    let broken = path("broken");
    assert_eq!(
        serve(&["--state", &broken, "--tls"]),
        format!(
            "error: {broken}/authority_key.pem is missing: remove {broken}/authority.pem and \
             {broken}/authority_key.pem, and the next start makes another authority, which every device then has to \
             trust"
        )
    );
}

#[test]
fn with_tls_the_first_line_has_https_and_the_card_is_followed_by_what_to_trust() {
    let serving = Serving::start(&["--tls"], &[]);
    assert!(serving.url.starts_with("https://127.0.0.1:"), "{}", serving.url);
    assert!(serving.bucket_url.starts_with("http://127.0.0.1:"), "{}", serving.bucket_url);
    let said = serving.stderr("to end the trust");
    let (card, trust) = said.split_once("\n\n").unwrap();
    assert!(card.contains("  Player     https://127.0.0.1:PORT/__usher/player\n"), "{card}");
    let lines: Vec<_> = trust.lines().collect();
    let state = serving.state();
    assert_eq!(
        lines[0],
        format!("browsers warn until you trust the certificate authority {}/authority.pem", state.display())
    );
    assert!(lines[1].starts_with("its fingerprint is ") && lines[1].ends_with(" (SHA-256)"), "{}", lines[1]);
}

fn card(media: &str) -> String {
    format!(
        "
  Player     http://127.0.0.1:PORT/__usher/player
  Inspector  http://127.0.0.1:PORT/__usher/
  Media      {media}
  Viewers    everybody, by the demo sign-in

"
    )
}

const REFUSED: &str = "403 refused  GET /video/clock-ts/master.m3u8 (TIME ms): MissingKey: the request is not signed: neither \
    its URL nor its cookies name a key pair id\n";

#[test]
fn a_card_and_a_line_for_each_request_go_to_standard_error() {
    let media = concat!(env!("CARGO_MANIFEST_DIR"), "/../media");
    let media = fs::canonicalize(media).unwrap();
    let expected = card(&format!("{}, 2 films", media.display())) + REFUSED;
    // A file is no terminal.
    let serving = Serving::start(&[], &[]);
    assert!(serving.bucket_url.starts_with("http://127.0.0.1:"), "{}", serving.bucket_url);
    serving.request("/video/clock-ts/master.m3u8?usher-style=plain");
    assert_eq!(serving.stderr("key pair id\n"), expected);

    let colored = Serving::start(&[], &[("CLICOLOR_FORCE", "1")]);
    colored.request("/video/clock-ts/master.m3u8");
    let text = colored.stderr("key pair id\n");
    assert!(text.contains("\u{1b}[31m403 refused "), "{text:?}");

    let plain = Serving::start(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]);
    plain.request("/video/clock-ts/master.m3u8");
    assert_eq!(plain.stderr("key pair id\n"), expected);
}

#[test]
fn quiet_says_nothing_and_verbose_says_more() {
    let quiet = Serving::start(&["--quiet"], &[]);
    quiet.request("/video/clock-ts/master.m3u8");
    thread::sleep(Duration::from_millis(200));
    assert_eq!(quiet.stderr(""), "");

    let verbose = Serving::start(&["--verbose"], &[]);
    verbose.request("/video/clock-ts/master.m3u8");
    let text = verbose.stderr("key pair id\n");
    assert!(text.contains("not modelled here, though the template sets it: "), "{text}");
}

#[cfg(target_os = "linux")]
#[test]
fn open_opens_the_player() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = TempDir::new().unwrap();
    let (browser, opened) = (folder.path().join("xdg-open"), folder.path().join("opened"));
    fs::write(&browser, format!("#!/bin/sh\necho \"$1\" >{}\n", opened.display())).unwrap();
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o700)).unwrap();
    let path = format!("{}:/usr/bin:/bin", folder.path().display());
    let serving = Serving::start(&["--open", "--quiet"], &[("PATH", &path)]);
    let expected = format!("{}/__usher/player\n", serving.url);
    for _ in 0..100 {
        if fs::read_to_string(&opened).is_ok_and(|text| text == expected) {
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("no browser was opened: {:?}", fs::read_to_string(&opened));
}
