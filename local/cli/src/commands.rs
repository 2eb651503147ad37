//! The commands: each takes its arguments and returns an outcome; only this file prints and exits.

mod check;
mod completions;
mod doctor;
mod entitle;
mod explain;
mod init;
mod input;
mod keygen;
mod man;
mod package;
mod rewrite;
mod serve;
mod sign;
mod sign_cookies;
mod upload;

use std::{
    io::{Read as _, Write as _},
    process::ExitCode,
};

use crate::arguments::{Cli, Command};

/// Bad input: one line on standard error, exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct InputError(String);

impl InputError {
    fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

impl From<cloudfront_signing::Error> for InputError {
    fn from(error: cloudfront_signing::Error) -> Self {
        Self(error.to_string())
    }
}

/// The output of a command.
#[derive(Debug, Default, Eq, PartialEq)]
struct Outcome {
    stdout: Vec<u8>,
    warnings: Vec<String>,
    refused: bool,
    /// What failed after the command had begun.
    failure: Option<String>,
}

impl Outcome {
    fn line(text: impl Into<String>) -> Self {
        Self { stdout: (text.into() + "\n").into_bytes(), ..Self::default() }
    }

    /// Exit code 1, and a line on standard error.
    fn failure(sentence: impl Into<String>) -> Self {
        Self { failure: Some(sentence.into()), ..Self::default() }
    }
}

/// Runs a command: exit code 0 for done or admitted, 1 for refused or failed on the way, 2 for bad input.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    let outcome = match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Serve(arguments) => serve::run(&arguments).map(|()| Outcome::default()),
        Command::Sign(arguments) => sign::run(&arguments),
        Command::SignCookies(arguments) => sign_cookies::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Entitle(arguments) => entitle::run(&arguments),
        Command::Rewrite(arguments) => {
            let mut playlist = Vec::new();
            std::io::stdin()
                .read_to_end(&mut playlist)
                .map_err(|error| InputError::new(format!("standard input cannot be read: {error}")))
                .and_then(|_| rewrite::run(&arguments, &playlist))
        }
        Command::Keygen(arguments) => keygen::run(&arguments),
        Command::Init(arguments) => init::run(&arguments),
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Package(arguments) => package::run(&arguments),
        Command::Upload(arguments) => upload::run(&arguments),
        Command::Completions(arguments) => Ok(completions::run(&arguments)),
        Command::Man(arguments) => man::run(&arguments),
    };
    let outcome = outcome.and_then(|outcome| match std::io::stdout().write_all(&outcome.stdout) {
        Ok(()) => Ok(outcome),
        Err(error) => Err(InputError::new(format!("standard output cannot be written: {error}"))),
    });
    match outcome {
        Ok(outcome) => {
            for warning in &outcome.warnings {
                eprintln!("warning: {warning}");
            }
            if let Some(failure) = &outcome.failure {
                eprintln!("error: {failure}");
            }
            ExitCode::from(u8::from(outcome.refused || outcome.failure.is_some()))
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}
