//! A key pair of the test's own.

use std::process::Output;

use tempfile::TempDir;

use crate::program::{stdout, usher};

pub(crate) struct Keys {
    pub(crate) folder: TempDir,
}

impl Keys {
    pub(crate) fn new(kind: &str) -> Self {
        let folder = TempDir::new().unwrap();
        stdout(&usher(&["keygen", "--type", kind, "--out", folder.path().to_str().unwrap()]));
        Self { folder }
    }

    pub(crate) fn private(&self) -> String {
        self.folder.path().join("private_key.pem").to_str().unwrap().to_owned()
    }

    pub(crate) fn public(&self) -> String {
        format!("K1={}", self.folder.path().join("public_key.pem").to_str().unwrap())
    }

    pub(crate) fn sign(&self, more: &[&str]) -> String {
        let private = self.private();
        let mut arguments = vec!["sign", "--key-pair-id", "K1", "--private-key", &private];
        arguments.extend(more);
        stdout(&usher(&arguments)).trim_end().to_owned()
    }

    pub(crate) fn explain(&self, url: &str, more: &[&str]) -> Output {
        let public = self.public();
        let mut arguments = vec!["explain", "--url", url, "--public-key", &public];
        arguments.extend(more);
        usher(&arguments)
    }
}
