//! The project's own template with one thing changed.

use std::fs;

use tempfile::TempDir;
use usher_edge::Options;

use crate::house::{House, workspace};

/// The template with each line of one cache behavior replaced by the result of `change`, or removed.
pub(crate) fn in_behavior(name: &str, change: impl Fn(&str) -> Option<String>) -> String {
    let template = fs::read_to_string(workspace().join("template.yaml")).unwrap();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut within = None;
    let mut changed = Vec::new();
    for line in template.lines() {
        if within.is_some_and(|start| !line.trim().is_empty() && indent(line) <= start) {
            within = None;
        }
        if line.trim() == name {
            within = Some(indent(line));
        }
        changed.extend(if within.is_some() { change(line) } else { Some(line.to_owned()) });
    }
    let changed = changed.join("\n") + "\n";
    assert_ne!(changed, template, "nothing was changed in {name}");
    changed
}

/// A cache behavior without its trusted key groups.
pub(crate) fn open(name: &str) -> String {
    in_behavior(name, |line| (!line.trim().starts_with("TrustedKeyGroups:")).then(|| line.to_owned()))
}

/// A house behind a changed template.
pub(crate) async fn house_behind(template: &str) -> House {
    house_behind_with(template, |_| {}).await
}

/// The same with options of its own.
pub(crate) async fn house_behind_with(template: &str, choose: impl FnOnce(&mut Options)) -> House {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("template.yaml");
    fs::write(&file, template).unwrap();
    House::with_options(|options| {
        options.template = file;
        choose(options);
    })
    .await
}
