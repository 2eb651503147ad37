//! What can be wrong with a template, or with the values for its parameters.

use std::fmt;

/// Why a template cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub struct TemplateError {
    /// The template's name.
    pub template: String,
    /// Where in it, such as `Resources/Bucket`, if the problem has a place.
    pub place: Option<String>,
    /// What is wrong.
    pub problem: Problem,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.problem, &self.place) {
            (problem @ Problem::File(_), _) => write!(f, "{} {problem}", self.template),
            (problem, Some(place)) => write!(f, "{}: {place}: {problem}", self.template),
            (problem, None) => write!(f, "{}: {problem}", self.template),
        }
    }
}

impl TemplateError {
    pub(super) fn new(template: impl Into<String>, problem: Problem) -> Self {
        Self { template: template.into(), place: None, problem }
    }

    pub(super) fn at(self, section: &str, name: &str) -> Self {
        Self { place: Some(format!("{section}/{name}")), ..self }
    }
}

/// What is wrong with it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A resource refers to one whose condition is false.
    #[error("it refers to {0}, which is not there with these parameters")]
    Absent(String),
    /// Conditions that ask for each other.
    #[error("the condition {0} depends on itself")]
    Circular(String),
    /// It has nothing in it.
    #[error("it is empty")]
    Empty,
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    File(String),
    /// A function's argument is not of its form.
    #[error("{function} takes {takes}")]
    Function {
        /// Which one.
        function: String,
        /// What it takes.
        takes: &'static str,
    },
    /// A condition for which too many others wait.
    #[error("the condition {0} is nested too deeply in others")]
    Nested(String),
    /// A parameter does not take its value.
    #[error("the parameter {name} must be {rule}")]
    Parameter {
        /// Which one.
        name: String,
        /// What it takes. Never the value: it may be a secret.
        rule: String,
    },
    /// A rule of the template is violated.
    #[error("{description} (rule {rule})")]
    Rule {
        /// Its name.
        rule: String,
        /// Its `AssertDescription`.
        description: String,
    },
    /// There is no such condition.
    #[error("there is no condition {0}")]
    UnknownCondition(String),
    /// There is no such parameter.
    #[error("there is no parameter {0}")]
    UnknownParameter(String),
    /// It refers to something that the template does not have.
    #[error("it refers to {0}, which is neither a parameter nor a resource")]
    UnknownReference(String),
    /// It is no YAML.
    #[error("{0}")]
    Yaml(String),
}
