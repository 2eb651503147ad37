//! What can be wrong with a template, or with the values for its parameters.

use std::fmt;

/// Why a template cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub struct TemplateError {
    /// The template's name.
    pub template: String,
    /// The place in the template, such as `Resources/Bucket`, if the problem has one.
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
    /// The condition refers to itself through others.
    #[error("the condition {0} depends on itself")]
    Circular(String),
    /// The template is empty.
    #[error("it is empty")]
    Empty,
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    File(String),
    /// A function's argument has another form than the function requires.
    #[error("{function} takes {takes}")]
    Function {
        /// Which one.
        function: String,
        /// The form that it requires.
        takes: &'static str,
    },
    /// Too many conditions refer to each other in a chain.
    #[error("the condition {0} is nested too deeply in others")]
    Nested(String),
    /// A parameter does not accept its value.
    #[error("the parameter {name} must be {rule}")]
    Parameter {
        /// Which one.
        name: String,
        /// What it accepts. Never the value: it may be a secret.
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
    #[error("there is no parameter {name}{}", perhaps(nearest.as_deref()))]
    UnknownParameter {
        /// The name that was given.
        name: String,
        /// The parameter that has nearly this name, if one does.
        nearest: Option<String>,
    },
    /// A value refers to something that is not in the template.
    #[error("it refers to {0}, which is neither a parameter nor a resource")]
    UnknownReference(String),
    /// A file gives a parameter something that no parameter can be.
    #[error("the value of {0} is neither a text nor a number nor a list of them")]
    Value(String),
    /// The file is not YAML.
    #[error("{0}")]
    Yaml(String),
}

fn perhaps(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| format!(", but {nearest}"))
}
