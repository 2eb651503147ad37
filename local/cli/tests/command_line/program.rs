//! The program, run with arguments.

use std::process::{Command, Output, Stdio};

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
    command.args(arguments).stdin(Stdio::null()).env_remove("USHER_BEARER");
    command
}

pub(crate) fn usher(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

pub(crate) fn stdout(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A refused input: nothing on standard output, one line on standard error, exit code 2.
pub(crate) fn error_line(arguments: &[&str]) -> String {
    let output = usher(arguments);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (output.status.code(), output.stdout.len(), stderr.lines().count()),
        (Some(2), 0, 1),
        "{stderr}"
    );
    stderr.trim_end().to_owned()
}

/// The exit code, standard output and standard error.
pub(crate) fn told(output: Output) -> (Option<i32>, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

pub(crate) fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    told(usher(arguments))
}
