//! What `sam build` and `sam deploy` need on this machine.

use std::path::Path;

use super::Machine;
use crate::deployment::Finding;

/// Each tool, and how to install it.
pub(super) fn check(machine: &Machine<'_>, architecture: &str) -> Vec<Finding> {
    vec![sam(machine), cargo_lambda(machine), zig(machine), rust_target(machine, architecture)]
}

/// `SAM CLI, version 1.170.0`
fn sam(machine: &Machine<'_>) -> Finding {
    let name = "sam";
    let told = (machine.run)("sam", &["--version"]);
    let Some(version) = told.as_deref().and_then(last_word) else {
        return Finding::wrong(name, NOT_THERE, "pip install aws-sam-cli");
    };
    let mut parts = version.split('.').map_while(|part| part.parse::<u32>().ok());
    match (parts.next(), parts.next()) {
        (Some(major), Some(minor)) if (major, minor) >= READS_FILES => Finding::ok(name, version),
        _ => Finding::wrong(
            name,
            format!(
                "{version} does not read parameters from a file (file://), {}.{} does",
                READS_FILES.0, READS_FILES.1
            ),
            "pip install --upgrade aws-sam-cli",
        ),
    }
}

/// `cargo-lambda 1.9.2 (…)`
fn cargo_lambda(machine: &Machine<'_>) -> Finding {
    let name = "cargo-lambda";
    match (machine.run)("cargo", &["lambda", "--version"]) {
        Some(told) => Finding::ok(name, told.split_whitespace().nth(1).unwrap_or_default()),
        None => Finding::wrong(name, NOT_THERE, "pip install cargo-lambda"),
    }
}

/// cargo-lambda links with it: `zig`, or the Python package.
fn zig(machine: &Machine<'_>) -> Finding {
    let ways: [(&str, &[&str]); 2] = [("zig", &["version"]), ("python3", &["-m", "ziglang", "version"])];
    match ways.into_iter().find_map(|(program, arguments)| (machine.run)(program, arguments)) {
        Some(version) => Finding::ok("zig", version.trim()),
        None => Finding::wrong("zig", NOT_THERE, "pip install ziglang"),
    }
}

fn rust_target(machine: &Machine<'_>, architecture: &str) -> Finding {
    let name = "rust target";
    let target = target(architecture);
    let Some(folder) = (machine.run)("rustc", &["--print", "target-libdir", "--target", target]) else {
        return Finding::wrong(name, "rustc is not on the PATH", "install Rust, see https://rustup.rs");
    };
    if Path::new(folder.trim()).is_dir() {
        Finding::ok(name, target)
    } else if (machine.run)("rustup", &["--version"]).is_some() {
        Finding::ok(name, format!("{target}, which sam build adds by rustup"))
    } else {
        let other = other(architecture);
        let cure = format!("install Rust by rustup, see https://rustup.rs, or set Architecture to {other}");
        Finding::wrong(name, format!("{target} is not installed"), cure)
    }
}

/// Rust's name of a processor of Lambda.
pub(super) fn target(architecture: &str) -> &'static str {
    if architecture == "x86_64" { "x86_64-unknown-linux-gnu" } else { "aarch64-unknown-linux-gnu" }
}

fn other(architecture: &str) -> &'static str {
    if architecture == "x86_64" { "arm64" } else { "x86_64" }
}

fn last_word(told: &str) -> Option<&str> {
    told.split_whitespace().last()
}

const NOT_THERE: &str = "it is not on the PATH";
/// 1.151 does not read `file://`, and 1.153 does.
const READS_FILES: (u32, u32) = (1, 153);

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine whose programs say this.
    fn found(programs: &[(&str, &str)], architecture: &str) -> Vec<Finding> {
        let run = |program: &str, arguments: &[&str]| {
            let line = [&[program], arguments].concat().join(" ");
            programs.iter().find(|(known, _)| *known == line).map(|(_, told)| (*told).to_owned())
        };
        check(&Machine { run: &run, variable: &|_| None, folder: Path::new(".") }, architecture)
    }

    #[test]
    fn a_machine_with_all_of_them_is_ready() {
        let programs = [
            ("sam --version", "SAM CLI, version 1.170.0\n"),
            ("cargo lambda --version", "cargo-lambda 1.9.2 (2026-01-01Z)\n"),
            ("zig version", "0.17.1\n"),
            ("rustc --print target-libdir --target aarch64-unknown-linux-gnu", "/\n"),
        ];
        let expected = [
            Finding::ok("sam", "1.170.0"),
            Finding::ok("cargo-lambda", "1.9.2"),
            Finding::ok("zig", "0.17.1"),
            Finding::ok("rust target", "aarch64-unknown-linux-gnu"),
        ];
        assert_eq!(found(&programs, "arm64"), expected);
    }

    #[test]
    fn a_machine_with_none_of_them_learns_how_to_install_each() {
        let expected = [
            Finding::wrong("sam", NOT_THERE, "pip install aws-sam-cli"),
            Finding::wrong("cargo-lambda", NOT_THERE, "pip install cargo-lambda"),
            Finding::wrong("zig", NOT_THERE, "pip install ziglang"),
            Finding::wrong("rust target", "rustc is not on the PATH", "install Rust, see https://rustup.rs"),
        ];
        assert_eq!(found(&[], "arm64"), expected);
    }

    #[test]
    fn a_tool_may_be_too_old_elsewhere_or_without_the_target() {
        let programs = [
            ("sam --version", "SAM CLI, version 1.151.0\n"),
            ("python3 -m ziglang version", "0.17.1\n"),
            ("rustc --print target-libdir --target x86_64-unknown-linux-gnu", "/nowhere\n"),
        ];
        let old = "1.151.0 does not read parameters from a file (file://), 1.153 does";
        let cure = "install Rust by rustup, see https://rustup.rs, or set Architecture to arm64";
        let [sam, _, zig, target] = &found(&programs, "x86_64")[..] else { panic!("four findings") };
        assert_eq!(sam, &Finding::wrong("sam", old, "pip install --upgrade aws-sam-cli"));
        assert_eq!(zig, &Finding::ok("zig", "0.17.1"));
        assert_eq!(target, &Finding::wrong("rust target", "x86_64-unknown-linux-gnu is not installed", cure));
        let rustup = [&programs[2..], &[("rustup --version", "rustup 1.29.0\n")]].concat();
        let [.., target] = &found(&rustup, "x86_64")[..] else { panic!("four findings") };
        let added = "x86_64-unknown-linux-gnu, which sam build adds by rustup";
        assert_eq!(target, &Finding::ok("rust target", added));
        let [sam, ..] = &found(&[("sam --version", "2.0\n")], "arm64")[..] else { panic!("four findings") };
        assert_eq!(sam, &Finding::ok("sam", "2.0"));
    }
}
