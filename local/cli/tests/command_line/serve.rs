//! `usher serve`

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use tempfile::TempDir;

use crate::program::{command, error_line};

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
        "error: issue-cookies: the configuration cannot be used: no authenticator is configured: set JWT_ISSUER, \
         PLONE_SITE, PLONE_JWT_KEYS, PLONE_TICKET_KEYS, DJANGO_KEYS or SIMPLEJWT_KEYS; the \
         demo sign-in is off, since others can reach 0.0.0.0:0: to let everybody there sign in, add --demo"
    );
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert_eq!(
        error_line(&["--listen", &address, "--state", &state]),
        format!("error: cannot listen on {address}: Address already in use (os error 98)")
    );
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
fn with_tls_the_first_line_has_https_and_the_next_ones_say_what_to_trust() {
    let state = TempDir::new().unwrap();
    let state_path = state.path().to_str().unwrap();
    let ports = ["--listen", "127.0.0.1:0", "--bucket-listen", "127.0.0.1:0"];
    let mut serving = command(&[&["serve", "--tls", "--state", state_path][..], &ports].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(serving.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().starts_with("listening on https://127.0.0.1:"));
    assert!(lines.next().unwrap().starts_with("bucket on http://127.0.0.1:"));
    let said = BufReader::new(serving.stderr.take().unwrap()).lines().map(Result::unwrap);
    let trust: Vec<_> = said.skip_while(|line| !line.starts_with("browsers warn")).take(2).collect();
    serving.kill().unwrap();
    serving.wait().unwrap();
    assert_eq!(
        trust[0],
        format!("browsers warn until you trust the certificate authority {state_path}/authority.pem")
    );
    assert!(trust[1].starts_with("its fingerprint is ") && trust[1].ends_with(" (SHA-256)"), "{}", trust[1]);
}
