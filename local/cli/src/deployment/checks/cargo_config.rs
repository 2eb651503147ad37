//! `target-cpu=native` in a configuration of Cargo: the functions would be built for the processor of this machine, and
//! end with an illegal instruction on that of Lambda.
//!
//! <https://doc.rust-lang.org/cargo/reference/config.html#hierarchical-structure>

use std::path::PathBuf;

use toml_edit::{DocumentMut, Item, Value};

use super::{Machine, tools::target};
use crate::deployment::{Finding, draft};

const NAME: &str = "cargo config";

pub(super) fn check(machine: &Machine<'_>, architecture: &str) -> Finding {
    let target = target(architecture);
    let of_target = format!("CARGO_TARGET_{}_RUSTFLAGS", target.to_ascii_uppercase().replace('-', "_"));
    let variables = ["CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS", &of_target];
    let is_native = |name: &&&str| (machine.variable)(name).is_some_and(|flags| is_native(&flags));
    if let Some(variable) = variables.iter().find(is_native) {
        return Finding::wrong(
            NAME,
            format!("the variable {variable} has {NATIVE}, {CONSEQUENCE}"),
            "unset it",
        );
    }
    for file in files(machine) {
        let text = match draft::read(&file) {
            Ok(None) => continue,
            Ok(Some(text)) => text,
            Err(error) => {
                return Finding::unknown(NAME, format!("{} cannot be read", file.display()), error);
            }
        };
        // Cargo itself says what is wrong with its file.
        let document: DocumentMut = text.parse().unwrap_or_default();
        if has_native(&document, target) {
            let found = format!("{} has {NATIVE}, {CONSEQUENCE}", file.display());
            return Finding::wrong(NAME, found, "remove it there");
        }
    }
    Finding::ok(NAME, format!("no {NATIVE}"))
}

/// The files in the folder, in those above it, and in Cargo's own.
fn files(machine: &Machine<'_>) -> Vec<PathBuf> {
    let home = (machine.variable)("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from((machine.variable)("HOME")?).join(".cargo")));
    let folders = machine.folder.ancestors().map(|folder| folder.join(".cargo")).chain(home);
    folders.flat_map(|folder| [folder.join("config.toml"), folder.join("config")]).collect()
}

/// `build.rustflags`, and `rustflags` of the target or of a `cfg(…)`, which may be the target's.
fn has_native(document: &DocumentMut, target: &str) -> bool {
    let of_build = document.get("build").and_then(|build| build.get("rustflags"));
    let targets = document.get("target").and_then(Item::as_table_like);
    let of_targets = targets.into_iter().flat_map(|targets| targets.iter());
    let of_targets = of_targets.filter(|(name, _)| *name == target || name.starts_with("cfg("));
    let flags = of_build.into_iter().chain(of_targets.filter_map(|(_, target)| target.get("rustflags")));
    flags.filter_map(Item::as_value).any(|flags| match flags {
        Value::Array(list) => list.iter().filter_map(Value::as_str).any(is_native),
        other => other.as_str().is_some_and(is_native),
    })
}

fn is_native(flags: &str) -> bool {
    flags.contains(NATIVE)
}

const NATIVE: &str = "target-cpu=native";
const CONSEQUENCE: &str = "by which the functions would not run on Lambda's processor";

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use tempfile::TempDir;

    use super::*;

    fn found(folder: &Path, architecture: &str, variables: &[(&str, &str)]) -> Finding {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        check(&Machine { run: &|_, _| None, variable: &variable, folder }, architecture)
    }

    #[test]
    fn flags_for_this_processor_alone_are_found_in_each_file_that_cargo_reads() {
        let folder = TempDir::new().expect("a folder");
        let inner = folder.path().join("a/b");
        let home = folder.path().join("home");
        let file = |folder: &Path, name: &str, text: &str| {
            fs::create_dir_all(folder.join(".cargo")).expect("a folder");
            fs::write(folder.join(".cargo").join(name), text).expect("a file");
        };
        fs::create_dir_all(&inner).expect("a folder");
        let home_text = home.join(".cargo").display().to_string();
        let with_home = [("CARGO_HOME", home_text.as_str())];
        let ok = Finding::ok(NAME, "no target-cpu=native");
        assert_eq!(found(&inner, "arm64", &with_home), ok);

        let rows = [
            ("[build]\nrustflags = '-C target-cpu=native'\n", true, true),
            ("[build]\nrustflags = ['-C', 'target-cpu=native']\n", true, true),
            ("[target.x86_64-unknown-linux-gnu]\nrustflags = ['-Ctarget-cpu=native']\n", false, true),
            ("[target.'cfg(all())']\nrustflags = ['-Ctarget-cpu=native']\n", true, true),
            ("target.aarch64-unknown-linux-gnu.rustflags = ['-Ctarget-cpu=native']\n", true, false),
            ("# target-cpu=native\n[build]\nrustflags = ['-C', 'target-cpu=neoverse-n1']\n", false, false),
            ("no TOML: target-cpu=native", false, false),
        ];
        for (text, arm64, x86_64) in rows {
            file(&folder.path().join("a"), "config.toml", text);
            let at = folder.path().join("a/.cargo/config.toml");
            let wrong = format!("{} has target-cpu=native, {CONSEQUENCE}", at.display());
            let wrong = Finding::wrong(NAME, wrong, "remove it there");
            for (architecture, is_wrong) in [("arm64", arm64), ("x86_64", x86_64)] {
                let expected = if is_wrong { &wrong } else { &ok };
                assert_eq!(&found(&inner, architecture, &with_home), expected, "{text} {architecture}");
            }
        }
        file(&folder.path().join("a"), "config.toml", "");
        file(&home, "config", "build.rustflags = 'target-cpu=native'");
        assert!(found(&inner, "arm64", &with_home).is_wrong(), "CARGO_HOME");
        let home_text = home.display().to_string();
        assert!(found(&inner, "arm64", &[("HOME", &home_text)]).is_wrong(), "HOME");
    }

    #[test]
    fn flags_may_be_in_the_environment_too() {
        let folder = TempDir::new().expect("a folder");
        let variables = [
            "RUSTFLAGS",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_BUILD_RUSTFLAGS",
            "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUSTFLAGS",
        ];
        for variable in variables {
            let found = found(folder.path(), "arm64", &[(variable, "-C target-cpu=native")]);
            let expected = format!("the variable {variable} has target-cpu=native, {CONSEQUENCE}");
            assert_eq!(found, Finding::wrong(NAME, expected, "unset it"));
        }
    }
}
