//! `usher serve`

use std::{
    io::{self, IsTerminal as _, Write as _},
    net::SocketAddr,
};

use usher_edge::{AuthorityFile, Options};
use usher_runtime::system_clock;

use super::InputError;
use crate::arguments::Serve;

/// Runs the edge until it is interrupted.
pub(super) fn run(arguments: &Serve) -> Result<(), InputError> {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| "warn,usher=info,issue_cookies=info,resign_manifest=info".into()),
        )
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
    let options = Options::from(arguments);
    let failed = |error: io::Error| InputError::new(format!("the edge cannot run: {error}"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(failed)?;
    runtime.block_on(async {
        let mut running = usher_edge::start(&options, &|name| std::env::var(name).ok(), system_clock())
            .await
            .map_err(|error| InputError::new(error.to_string()))?;
        let mut stdout = io::stdout();
        writeln!(stdout, "listening on {}", running.url()).map_err(failed)?;
        writeln!(stdout, "bucket on http://{}", running.bucket_address).map_err(failed)?;
        stdout.flush().map_err(failed)?;
        if !running.not_modelled.is_empty() {
            eprintln!("not modelled here, though the template sets it: {}", running.not_modelled.join(", "));
        }
        if !options.has_demo() {
            eprintln!(
                "the demo sign-in is off, since others can reach {}: --demo switches it on",
                running.address
            );
        }
        if let Some(authority) = &running.authority {
            eprintln!("{}", trust(authority, running.address));
        }
        let url = running.url();
        eprintln!("open {url}/__usher/player to sign in and play; {url}/__usher/ shows each request");
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted.map_err(failed),
            () = running.stopped() => Err(InputError::new("the edge stopped")),
        }
    })
}

/// How browsers of this machine learn to trust the authority, and where phones find it.
fn trust(authority: &AuthorityFile, listen: SocketAddr) -> String {
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
