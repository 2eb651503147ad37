//! The examples of samconfig.toml.

use serde_json::Value;

use crate::parameter_sets::ParameterSet;

/// Each environment that has parameters.
pub(crate) fn examples() -> Vec<ParameterSet> {
    let environments: Value = toml::from_str(include_str!("../../samconfig.toml")).expect("TOML");
    let environments = environments.as_object().expect("a table").iter();
    let examples = environments.filter_map(|(name, environment)| {
        let overrides = environment["deploy"]["parameters"]["parameter_overrides"].as_array()?;
        let overrides = overrides.iter().map(|one| parameter(one.as_str().expect("a text")));
        Some(ParameterSet { name: format!("--config-env {name}"), overrides: overrides.collect() })
    });
    examples.collect()
}

/// `Name=value`, where the value may be in quotes.
fn parameter(text: &str) -> (String, String) {
    let (name, value) = text.trim().split_once('=').expect("Name=value");
    let unquoted = ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
    (name.to_owned(), unquoted.unwrap_or(value).to_owned())
}
