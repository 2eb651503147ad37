//! `usher keygen`

use std::fs;

use crate::{keys::Keys, program::error_line};

#[test]
fn a_key_pair_is_private_and_never_overwritten() {
    let keys = Keys::new("rsa");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(keys.private()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let folder = keys.folder.path().to_str().unwrap();
    let before = fs::read(keys.private()).unwrap();
    assert_eq!(
        error_line(&["keygen", "--out", folder]),
        format!("error: {folder} already holds a key: nothing was overwritten")
    );
    assert_eq!(fs::read(keys.private()).unwrap(), before);
}

#[test]
fn a_type_that_cloudfront_does_not_accept_is_refused() {
    assert_eq!(
        error_line(&["keygen", "--type", "dsa", "--out", "unused"]),
        "error: invalid value 'dsa' for '--type <rsa|ecdsa>': the type of a key is rsa or ecdsa"
    );
}
