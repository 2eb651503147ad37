//! How to trust the certificate authority of `usher serve --tls`.

use std::net::SocketAddr;

use usher_edge::AuthorityFile;

/// How browsers of this machine learn to trust the authority, and where phones find it.
pub(super) fn sentences(authority: &AuthorityFile, listen: SocketAddr) -> String {
    let AuthorityFile { path, fingerprint } = authority;
    let file = path.display();
    let command = match std::env::consts::OS {
        "macos" => {
            format!("security add-trusted-cert -p ssl -k ~/Library/Keychains/login.keychain-db {file}")
        }
        "windows" => format!("certutil -user -addstore Root {file}"),
        _ => format!(
            "mkdir -p ~/.pki/nssdb && certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n usher -i {file} (Chromium)"
        ),
    };
    let phones = match listen.ip() {
        address if address.is_loopback() => String::new(),
        address if address.is_unspecified() => {
            format!(
                "\nphones find it at http://ADDRESS:{}{AUTHORITY}, with the address of this machine",
                listen.port()
            )
        }
        _ => format!("\nphones find it at http://{listen}{AUTHORITY}"),
    };
    format!(
        "browsers warn until you trust the certificate authority {file}\n\
         its fingerprint is {fingerprint} (SHA-256)\n\
         to trust it: {command}\n\
         Firefox, phones, other systems, and how to end the trust: docs/https.md{phones}"
    )
}

const AUTHORITY: &str = "/__usher/authority.crt";
