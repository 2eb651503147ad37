//! samconfig.toml, where `sam build` and `sam deploy` find the stack's name, its region and the file of its parameters.
//!
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-config.html>

use toml_edit::{DocumentMut, Item, TableLike, TomlError, Value};

/// The file, in the folder of template.yaml.
pub(crate) const SAMCONFIG: &str = "samconfig.toml";

/// What the file says for `sam deploy`.
pub(crate) struct SamConfig(DocumentMut);

/// The parameters that the file names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Overrides {
    /// One file, as in `file://deploy/usher.yaml`.
    File(String),
    /// None.
    Nothing,
    /// Values in samconfig.toml itself, or several files.
    Others,
}

/// It is no samconfig.toml.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{SAMCONFIG} is no TOML of tables: {0}")]
pub(crate) struct SamConfigError(String);

impl SamConfig {
    /// Reads the text of the file.
    ///
    /// # Errors
    /// [`SamConfigError`]
    pub(crate) fn parse(text: &str) -> Result<Self, SamConfigError> {
        let document: DocumentMut =
            text.parse().map_err(|error: TomlError| SamConfigError(error.message().to_owned()))?;
        Ok(Self(document))
    }

    /// Where `sam deploy` makes the stack.
    pub(crate) fn stack_name(&self) -> Option<&str> {
        self.setting("stack_name")?.as_str()
    }

    /// The region of the stack. Without one, SAM uses that of the shell.
    pub(crate) fn region(&self) -> Option<&str> {
        self.setting("region")?.as_str()
    }

    /// The parameters of the stack.
    pub(crate) fn overrides(&self) -> Overrides {
        let Some(overrides) = self.setting(OVERRIDES) else { return Overrides::Nothing };
        let texts: Option<Vec<&str>> = match overrides.as_array() {
            Some(list) => list.iter().map(Value::as_str).collect(),
            None => overrides.as_str().map(|text| vec![text]),
        };
        match texts.as_deref() {
            Some([] | [""]) => Overrides::Nothing,
            Some([text]) => text
                .trim()
                .strip_prefix(FILE)
                .map_or(Overrides::Others, |path| Overrides::File(path.to_owned())),
            _ => Overrides::Others,
        }
    }

    /// The text of the file with this stack in it. Everything else stays as it is.
    ///
    /// # Errors
    /// [`SamConfigError`], if a value is where a table must be.
    pub(crate) fn with(
        mut self,
        stack_name: &str,
        region: &str,
        parameter_file: &str,
    ) -> Result<String, SamConfigError> {
        let file = format!("{FILE}{parameter_file}");
        for (name, value) in [("stack_name", stack_name), ("region", region), (OVERRIDES, &file)] {
            self.set(name, value)?;
        }
        Ok(self.0.to_string())
    }

    fn setting(&self, name: &str) -> Option<&Item> {
        let command = |command: &str| self.0.get(DEFAULT)?.get(command)?.get(PARAMETERS)?.get(name);
        COMMANDS.iter().find_map(|name| command(name))
    }

    /// In each command that has the setting; else for all of them. A command's own value counts more.
    fn set(&mut self, name: &str, value: &str) -> Result<(), SamConfigError> {
        let has = |command: &&str| {
            let parameters = self.0.get(DEFAULT).and_then(|of| of.get(command)?.get(PARAMETERS));
            parameters.is_some_and(|parameters| parameters.get(name).is_some())
        };
        let mut commands: Vec<&str> = ["build", "deploy", GLOBAL].into_iter().filter(has).collect();
        // `sam build` takes the processor from the parameters.
        let is_complete = commands.contains(&GLOBAL) || commands == ["build", "deploy"];
        if commands.is_empty() || (name == OVERRIDES && !is_complete) {
            commands.push(GLOBAL);
        }
        for command in commands {
            let mut table: &mut dyn TableLike = self.0.as_table_mut();
            for key in [DEFAULT, command, PARAMETERS] {
                let table_of_tables = key != PARAMETERS;
                let item = table.entry(key).or_insert_with(|| implicit_table(table_of_tables));
                table = item
                    .as_table_like_mut()
                    .ok_or_else(|| SamConfigError(format!("{key} must be a table")))?;
            }
            match table.get_mut(name).and_then(Item::as_value_mut) {
                Some(before) => {
                    // With the comment behind it.
                    let decor = before.decor().clone();
                    *before = value.into();
                    *before.decor_mut() = decor;
                }
                None => drop(table.insert(name, Item::Value(value.into()))),
            }
        }
        Ok(())
    }
}

/// A table whose own header is not written, if it contains nothing but tables.
fn implicit_table(is_implicit: bool) -> Item {
    let mut table = toml_edit::Table::new();
    table.set_implicit(is_implicit);
    Item::Table(table)
}

impl Default for SamConfig {
    /// What `sam deploy` needs besides, if there is no file.
    fn default() -> Self {
        Self(NEW.parse().unwrap_or_default())
    }
}

const COMMANDS: [&str; 2] = ["deploy", GLOBAL];
const DEFAULT: &str = "default";
const FILE: &str = "file://";
const GLOBAL: &str = "global";
const OVERRIDES: &str = "parameter_overrides";
const PARAMETERS: &str = "parameters";

const NEW: &str = r#"version = 0.1

[default.global.parameters]

[default.deploy.parameters]
capabilities = "CAPABILITY_IAM"
confirm_changeset = true
resolve_s3 = true
"#;

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> (Option<String>, Option<String>, Overrides) {
        let config = SamConfig::parse(text).expect("TOML");
        let text = |value: Option<&str>| value.map(str::to_owned);
        (text(config.stack_name()), text(config.region()), config.overrides())
    }

    fn with(text: &str) -> Result<String, SamConfigError> {
        SamConfig::parse(text)?.with("films", "eu-central-1", "deploy/films.yaml")
    }

    #[test]
    fn what_deploy_says_counts_before_what_all_commands_say() {
        let global = "[default.global.parameters]\nstack_name = 'a'\nregion = 'us-east-1'\n";
        assert_eq!(told(""), (None, None, Overrides::Nothing));
        assert_eq!(told(global), (Some("a".to_owned()), Some("us-east-1".to_owned()), Overrides::Nothing));
        let both = format!("{global}[default.deploy.parameters]\nstack_name = 'b'\n");
        assert_eq!(told(&both).0, Some("b".to_owned()));
    }

    #[test]
    fn parameters_are_in_one_file_or_elsewhere() {
        let rows = [
            ("'file://deploy/a.yaml'", Overrides::File("deploy/a.yaml".to_owned())),
            ("['file://deploy/a.yaml']", Overrides::File("deploy/a.yaml".to_owned())),
            ("''", Overrides::Nothing),
            ("[]", Overrides::Nothing),
            ("'A=b'", Overrides::Others),
            ("['file://deploy/a.yaml', 'A=b']", Overrides::Others),
            ("3", Overrides::Others),
        ];
        for (value, expected) in rows {
            let text = format!("[default.deploy.parameters]\nparameter_overrides = {value}\n");
            assert_eq!(told(&text).2, expected, "{value}");
        }
    }

    #[test]
    fn without_a_file_it_is_small() {
        let text = SamConfig::default().with("usher", "eu-central-1", "deploy/usher.yaml");
        let expected = r#"version = 0.1

[default.global.parameters]
stack_name = "usher"
region = "eu-central-1"
parameter_overrides = "file://deploy/usher.yaml"

[default.deploy.parameters]
capabilities = "CAPABILITY_IAM"
confirm_changeset = true
resolve_s3 = true
"#;
        assert_eq!(text.as_deref(), Ok(expected));
    }

    #[test]
    fn the_rest_of_a_file_stays_as_it_is() {
        let text = "# ours\nversion = 0.1\n[default.deploy.parameters]\nstack_name = 'a' # the name\nprofile = 'p'\n\
                    [other.deploy.parameters]\nstack_name = 'o'\n";
        let expected = "# ours\nversion = 0.1\n[default.deploy.parameters]\nstack_name = \"films\" # the name\nprofile = 'p'\n\n\
                        [default.global.parameters]\nregion = \"eu-central-1\"\n\
                        parameter_overrides = \"file://deploy/films.yaml\"\n\
                        [other.deploy.parameters]\nstack_name = 'o'\n";
        let once = with(text).expect("a table");
        assert_eq!(once, expected);
        assert_eq!(with(&once), Ok(once.clone()), "the same again");
    }

    #[test]
    fn parameters_of_deploy_alone_are_given_to_build_too() {
        let text = "[default.deploy.parameters]\nparameter_overrides = 'A=b'\n";
        let expected = "[default.deploy.parameters]\nparameter_overrides = \"file://deploy/films.yaml\"\n\n\
                        [default.global.parameters]\nstack_name = \"films\"\nregion = \"eu-central-1\"\n\
                        parameter_overrides = \"file://deploy/films.yaml\"\n";
        assert_eq!(with(text).as_deref(), Ok(expected));
    }

    #[test]
    fn what_is_no_toml_of_tables_is_an_error() {
        let error = with("[default").map_err(|error| error.to_string());
        assert!(error.is_err_and(|error| error.starts_with("samconfig.toml is no TOML of tables: ")));
        assert_eq!(with("default = 3"), Err(SamConfigError("default must be a table".to_owned())));
    }
}
