//! `usher serve`

use std::fs;

use tempfile::TempDir;

use crate::program::error_line;

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
}
