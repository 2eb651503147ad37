//! `usher serve`

use std::io::{self, IsTerminal as _, Write as _};

use usher_edge::Options;
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
        writeln!(stdout, "listening on http://{}", running.address).map_err(failed)?;
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
        eprintln!(
            "open http://{}/__usher/player to sign in and play; http://{}/__usher/ shows each request",
            running.address, running.address
        );
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted.map_err(failed),
            () = running.stopped() => Err(InputError::new("the edge stopped")),
        }
    })
}
