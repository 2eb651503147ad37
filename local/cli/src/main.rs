//! `usher`: the local edge and the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    match usher::arguments::parse(std::env::args_os()) {
        Ok(cli) => usher::run(cli),
        Err(exit_code) => exit_code,
    }
}
