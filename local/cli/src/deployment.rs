//! A deployment before there is one: what `usher init` asks and writes, and what `usher doctor` checks.

mod answers;
mod checks;
mod draft;
mod finding;
mod next;
mod parameter_file;
mod questions;
mod samconfig;

use serde_json::Value;

pub(crate) use self::{
    answers::{PLACEHOLDER, SECRET_PARAMETER, cognito_issuer, secret_members},
    checks::{Machine, examine, judge, region, stack_name},
    draft::{Draft, Written, read},
    finding::{Finding, Findings},
    next::next_steps,
    parameter_file::text as parameter_file_text,
    questions::{Questions, QuestionsError, Regions},
    samconfig::{Overrides, SAMCONFIG, SamConfig},
};

/// A stack that `sam deploy` could make.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Deployment {
    /// The stack's name, if one is chosen.
    pub(crate) stack_name: Option<String>,
    /// Its region, if one is chosen.
    pub(crate) region: Option<String>,
    /// The parameters that do not have their defaults, in the order of the file.
    pub(crate) parameters: Vec<(String, String)>,
}

impl Deployment {
    /// The value that the file gives a parameter, if it is not empty.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let (_, value) = self.parameters.iter().find(|(known, _)| known == name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    /// The value of a parameter that is JSON, if it is not empty.
    pub(crate) fn json(&self, name: &str) -> Option<Value> {
        serde_json::from_str(self.parameter(name)?).ok()
    }

    /// The objects in `JwtIssuers`.
    pub(crate) fn issuers(&self) -> Vec<Value> {
        if let Some(Value::Array(issuers)) = self.json("JwtIssuers") { issuers } else { Vec::new() }
    }

    /// Where the parameters of a stack are.
    pub(crate) fn parameter_file(stack_name: &str) -> String {
        format!("deploy/{stack_name}.yaml")
    }
}
