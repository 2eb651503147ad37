//! CloudFormation templates as data: read, given parameters, and evaluated as CloudFormation does for a
//! deployment.
//!
//! Values that exist only after a deployment stay symbolic: a reference to a resource is `{"Ref": "Bucket"}` or
//! `{"Fn::GetAtt": ["Bucket", "Arn"]}`, and a string with such references is `{"Fn::Join": ["", […]]}`. The
//! caller decides what they mean when it runs something.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>

mod error;
mod evaluator;
mod parameter_file;
mod parameters;
mod stack;
mod yaml;

use std::{fs, path::Path};

use serde_json::Value;

pub use self::{
    error::{Problem, TemplateError},
    parameter_file::{parameter_file, protected},
    stack::Stack,
};

/// A template in CloudFormation's long form.
#[derive(Clone, Debug)]
pub struct Template {
    name: String,
    document: Value,
}

impl Template {
    /// Reads a template from a file.
    ///
    /// # Errors
    /// The file cannot be read, or is not YAML.
    pub fn read(path: &Path) -> Result<Self, TemplateError> {
        let name = path.display().to_string();
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(&name, &text),
            Err(error) => Err(TemplateError::new(name, Problem::File(error.to_string()))),
        }
    }

    /// Reads a template from YAML or JSON; `name` appears in errors.
    ///
    /// # Errors
    /// It is not YAML, or not a template.
    pub fn parse(name: &str, text: &str) -> Result<Self, TemplateError> {
        let document = yaml::long_form(text).map_err(|problem| TemplateError::new(name, problem))?;
        Ok(Self { name: name.to_owned(), document })
    }

    /// The whole template as JSON, with `!Ref` as `{"Ref": …}`, `!GetAtt A.B` as `{"Fn::GetAtt": ["A", "B"]}`,
    /// and so on.
    #[must_use]
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Whether the template has a parameter of this name, which accepts this value.
    ///
    /// # Errors
    /// [`Problem::UnknownParameter`], [`Problem::Parameter`]
    pub fn check_parameter(&self, name: &str, value: &str) -> Result<(), Problem> {
        parameters::check(&self.document, name, value)
    }

    /// The resources that CloudFormation would create with these values for parameters, and defaults for the
    /// others. It does not check the rules: [`Stack::check_rules`] does.
    ///
    /// # Errors
    /// A value that its parameter does not accept, or a function that cannot be evaluated.
    pub fn with_parameters<N: AsRef<str>, V: AsRef<str>>(
        &self,
        overrides: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Stack, TemplateError> {
        let overrides =
            overrides.into_iter().map(|(name, value)| (name.as_ref().to_owned(), value.as_ref().to_owned()));
        Stack::new(&self.name, &self.document, &overrides.collect())
    }
}

#[cfg(test)]
mod tests;
