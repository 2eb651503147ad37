//! Where files are that no option names: in the checkout of the program, or in the current folder if the program came
//! without a checkout.

use std::path::{Path, PathBuf};

/// The template.
pub(super) fn template() -> PathBuf {
    in_checkout(concat!(env!("CARGO_MANIFEST_DIR"), "/../../template.yaml"), "template.yaml")
}

/// The media folder: in a checkout, the sample.
pub(super) fn media() -> PathBuf {
    in_checkout(concat!(env!("CARGO_MANIFEST_DIR"), "/../media"), "media")
}

fn in_checkout(path: &str, otherwise: &str) -> PathBuf {
    if Path::new(path).exists() { path.into() } else { otherwise.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_checkout_files_are_in_the_current_folder() {
        assert_eq!(in_checkout("/no/such/file", "template.yaml"), Path::new("template.yaml"));
        assert!(template().is_file() && media().is_dir());
    }
}
