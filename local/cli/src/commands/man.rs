//! `usher man`

use clap::{Command, CommandFactory as _};

use super::{InputError, Outcome};
use crate::arguments::{Cli, Man};

pub(super) fn run(arguments: &Man) -> Result<Outcome, InputError> {
    let mut usher = Cli::command();
    usher.build();
    let command = match &arguments.command {
        None => usher,
        Some(name) => usher.find_subcommand(name).cloned().ok_or_else(|| unknown(name, &usher))?,
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut page)
        .map_err(|error| InputError::new(format!("the manual page cannot be written: {error}")))?;
    Ok(Outcome { stdout: page, ..Outcome::default() })
}

fn unknown(name: &str, usher: &Command) -> InputError {
    let names: Vec<&str> =
        usher.get_subcommands().map(Command::get_name).filter(|name| *name != "help").collect();
    InputError(format!("usher has no command {name:?}: it has {}", names.join(", ")))
}
