//! A folder with template.yaml, on a machine whose tools the test chooses.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::program::{command, told};

/// The folder, and beside it the programs on the PATH.
pub(crate) struct Checkout(TempDir);

impl Checkout {
    /// With the template and the samconfig.toml of this checkout, and all tools.
    pub(crate) fn new() -> Self {
        let checkout = Self(TempDir::new().unwrap());
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for name in ["template.yaml", "samconfig.toml"] {
            checkout.write(name, &fs::read_to_string(root.join(name)).unwrap());
        }
        for (program, line) in TOOLS {
            checkout.write_tool(program, line);
        }
        checkout
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join("checkout").join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.path(name)).ok()
    }

    /// A program that prints one line.
    pub(crate) fn write_tool(&self, program: &str, line: &str) {
        let path = self.tools().join(program);
        fs::create_dir_all(self.tools()).unwrap();
        fs::write(&path, format!("#!/bin/sh\necho '{line}'\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub(crate) fn remove_tool(&self, program: &str) {
        fs::remove_file(self.tools().join(program)).unwrap();
    }

    /// `usher` in the folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(arguments);
        let home = self.0.path().join("home");
        command.current_dir(self.path("")).env("PATH", self.tools()).env("CARGO_HOME", home);
        for variable in [
            "AWS_REGION",
            "AWS_DEFAULT_REGION",
            "CARGO",
            "RUSTFLAGS",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_BUILD_RUSTFLAGS",
        ] {
            command.env_remove(variable);
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        told(self.command(arguments).output().unwrap())
    }

    fn tools(&self) -> PathBuf {
        self.0.path().join("tools")
    }
}

const TOOLS: [(&str, &str); 4] = [
    ("sam", "SAM CLI, version 1.170.0"),
    ("cargo", "cargo-lambda 1.9.2 (2026-01-01Z)"),
    ("zig", "0.17.1"),
    // The folder of the target.
    ("rustc", "/"),
];
