//! The resources that CloudFormation would create.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{Problem, TemplateError, evaluator::Evaluator, parameters, yaml::text};

/// A template with a value for each parameter: its functions are evaluated, and resources and outputs whose
/// condition is false are removed.
#[derive(Clone, Debug)]
pub struct Stack {
    name: String,
    parameters: BTreeMap<String, Value>,
    resources: Map<String, Value>,
    globals: Value,
    outputs: Map<String, Value>,
    violated: Option<Problem>,
}

impl Stack {
    pub(super) fn new(
        name: &str,
        document: &Value,
        overrides: &BTreeMap<String, String>,
    ) -> Result<Self, TemplateError> {
        let parameters =
            parameters::values(document, overrides).map_err(|problem| TemplateError::new(name, problem))?;
        let reader = Reader { name, document, evaluator: Evaluator::new(document, &parameters) };
        reader.each("Conditions", |condition, _| reader.evaluator.condition(condition).map(drop))?;
        let absent = reader.absent()?;
        let resources = reader.evaluated("Resources", &absent)?;
        let outputs = reader.evaluated("Outputs", &absent)?;
        let globals = Value::Object(reader.evaluated("Globals", &absent)?);
        let violated = reader.violated()?;
        Ok(Self { name: name.to_owned(), parameters, resources, globals, outputs, violated })
    }

    /// Every resource with its logical id.
    pub fn resources(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.resources.iter().map(|(id, resource)| (id.as_str(), resource))
    }

    /// A resource by its logical id, if it exists with these parameters.
    #[must_use]
    pub fn resource(&self, id: &str) -> Option<&Value> {
        self.resources.get(id)
    }

    /// The settings that SAM applies to all functions.
    #[must_use]
    pub fn globals(&self) -> &Value {
        &self.globals
    }

    /// The outputs.
    #[must_use]
    pub fn outputs(&self) -> &Map<String, Value> {
        &self.outputs
    }

    /// A parameter's value: a string, or an array of strings.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&Value> {
        self.parameters.get(name)
    }

    /// A scalar as CloudFormation writes it into a string, whatever its type: parameters are always strings.
    #[must_use]
    pub fn text(scalar: &Value) -> Option<String> {
        text(scalar)
    }

    /// Whether CloudFormation would start the deployment.
    ///
    /// # Errors
    /// The first rule that the parameters violate.
    pub fn check_rules(&self) -> Result<(), TemplateError> {
        match &self.violated {
            Some(problem) => Err(self.error(problem.clone())),
            None => Ok(()),
        }
    }

    pub(crate) fn error(&self, problem: Problem) -> TemplateError {
        TemplateError::new(&self.name, problem)
    }
}

/// A template with the values of its parameters.
struct Reader<'a> {
    name: &'a str,
    document: &'a Value,
    evaluator: Evaluator<'a>,
}

impl Reader<'_> {
    /// Calls a function with each member of a section, and adds the place to its error.
    fn each(
        &self,
        section: &str,
        mut act: impl FnMut(&String, &Value) -> Result<(), Problem>,
    ) -> Result<(), TemplateError> {
        let members = self.document.get(section).and_then(Value::as_object).into_iter().flatten();
        for (id, member) in members {
            act(id, member).map_err(|problem| TemplateError::new(self.name, problem).at(section, id))?;
        }
        Ok(())
    }

    /// The resources whose condition is false.
    fn absent(&self) -> Result<BTreeSet<String>, TemplateError> {
        let mut absent = BTreeSet::new();
        self.each("Resources", |id, resource| {
            absent.extend((!self.is_there(resource)?).then(|| id.clone()));
            Ok(())
        })?;
        Ok(absent)
    }

    /// The members of a section that exist. None of them may refer to a resource that does not.
    fn evaluated(
        &self,
        section: &str,
        absent: &BTreeSet<String>,
    ) -> Result<Map<String, Value>, TemplateError> {
        let mut there = Map::new();
        self.each(section, |id, member| {
            if self.is_there(member)? {
                there.insert(id.clone(), self.evaluator.value(member)?.unwrap_or_default());
            }
            match self.evaluator.take_referred().intersection(absent).next() {
                Some(other) => Err(Problem::Absent(other.clone())),
                None => Ok(()),
            }
        })?;
        Ok(there)
    }

    /// The first rule that the parameters violate.
    fn violated(&self) -> Result<Option<Problem>, TemplateError> {
        let mut violated = None;
        self.each("Rules", |rule, definition| {
            let found = violation(&self.evaluator, rule, definition)?;
            violated = violated.take().or(found);
            Ok(())
        })?;
        Ok(violated)
    }

    /// Whether a resource or an output exists: it may have a condition.
    fn is_there(&self, member: &Value) -> Result<bool, Problem> {
        match member.get("Condition").and_then(Value::as_str) {
            Some(condition) => self.evaluator.condition(condition),
            None => Ok(true),
        }
    }
}

fn violation(evaluator: &Evaluator<'_>, rule: &str, definition: &Value) -> Result<Option<Problem>, Problem> {
    if let Some(condition) = definition.get("RuleCondition")
        && !evaluator.holds(condition)?
    {
        return Ok(None);
    }
    for assertion in definition.get("Assertions").and_then(Value::as_array).into_iter().flatten() {
        if !evaluator.holds(assertion.get("Assert").unwrap_or(&Value::Null))? {
            let description = assertion.get("AssertDescription").and_then(Value::as_str).unwrap_or_default();
            return Ok(Some(Problem::Rule { rule: rule.to_owned(), description: description.to_owned() }));
        }
    }
    Ok(None)
}
