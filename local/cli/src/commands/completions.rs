//! `usher completions`

use clap::CommandFactory as _;

use super::Outcome;
use crate::arguments::{Cli, Completions};

pub(super) fn run(arguments: &Completions) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "usher", &mut script);
    Outcome { stdout: script, ..Outcome::default() }
}
