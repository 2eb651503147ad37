//! `usher serve`

mod card;
mod line;
mod trust;

use std::io::{self, Write as _};

use anstream::{AutoStream, ColorChoice};
use usher_edge::Options;
use usher_runtime::system_clock;

use self::card::Card;
use super::InputError;
use crate::arguments::Serve;

/// Runs the edge until it is interrupted.
pub(super) fn run(arguments: &Serve) -> Result<(), InputError> {
    init_logging(arguments);
    let options = Options::from(arguments);
    let failed = |error: io::Error| InputError::new(format!("the edge cannot run: {error}"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(failed)?;
    runtime.block_on(async {
        let mut running = usher_edge::start(&options, &|name| std::env::var(name).ok(), system_clock())
            .await
            .map_err(|error| InputError::new(error.to_string()))?;
        if !arguments.quiet {
            running.on_request(|record| print(&line::of(record)));
        }
        let card = Card::new(&running, &options);
        if !arguments.quiet {
            print(&card.to_string());
        }
        if arguments.verbose && !running.not_modelled.is_empty() {
            let list = running.not_modelled.join(", ");
            print(&format!("not modelled here, though the template sets it: {list}"));
        }
        if let (false, Some(authority)) = (arguments.quiet, &running.authority) {
            print(&trust::sentences(authority, running.address));
        }
        // After the card: who has read these lines may send requests, and each of them has a line.
        let mut stdout = io::stdout();
        writeln!(stdout, "listening on {}", running.url()).map_err(failed)?;
        writeln!(stdout, "bucket on http://{}", running.bucket_address).map_err(failed)?;
        stdout.flush().map_err(failed)?;
        if arguments.open
            && let Err(error) = open::that_detached(card.player())
        {
            print(&format!("warning: no browser can be opened ({error}): open {}", card.player()));
        }
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted.map_err(failed),
            () = running.stopped() => Err(InputError::new("the edge stopped")),
        }
    })
}

/// By default, what is wrong; the functions' log has more.
fn init_logging(arguments: &Serve) {
    let default =
        if arguments.verbose { "warn,usher=info,issue_cookies=info,resign_manifest=info" } else { "warn" };
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| default.into()),
        )
        .with_writer(io::stderr)
        .with_ansi(AutoStream::choice(&io::stderr()) != ColorChoice::Never)
        .init();
}

/// Prints a line on standard error, in colours if it is a terminal. The edge runs on if nobody reads it.
fn print(line: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}
