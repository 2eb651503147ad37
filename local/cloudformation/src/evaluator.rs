//! CloudFormation's intrinsic functions.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
};

use serde_json::{Map, Value, json};

use super::{Problem, yaml::text};

/// The state of an evaluation.
pub(super) struct Evaluator<'a> {
    parameters: &'a BTreeMap<String, Value>,
    conditions: Option<&'a Map<String, Value>>,
    resources: Option<&'a Map<String, Value>>,
    /// Each condition is evaluated once. Otherwise the time would double with each condition that names the
    /// next one twice.
    evaluated: RefCell<BTreeMap<String, Result<bool, Problem>>>,
    /// How many conditions wait for the present one.
    waiting: Cell<usize>,
    /// Resources that values have referred to.
    referred: RefCell<BTreeSet<String>>,
}

impl<'a> Evaluator<'a> {
    pub(super) fn new(document: &'a Value, parameters: &'a BTreeMap<String, Value>) -> Self {
        let section = |name| document.get(name).and_then(Value::as_object);
        let (conditions, resources) = (section("Conditions"), section("Resources"));
        let (evaluated, referred) = (RefCell::default(), RefCell::default());
        Self { parameters, conditions, resources, evaluated, waiting: Cell::default(), referred }
    }

    /// The resources that values have referred to since the last call.
    pub(super) fn take_referred(&self) -> BTreeSet<String> {
        self.referred.take()
    }

    /// A value in which all functions are evaluated except references to resources; `None` for `AWS::NoValue`.
    pub(super) fn value(&self, value: &Value) -> Result<Option<Value>, Problem> {
        match value {
            Value::Array(items) => {
                let items = items.iter().filter_map(|item| self.value(item).transpose());
                Ok(Some(Value::Array(items.collect::<Result<_, _>>()?)))
            }
            Value::Object(members) => match function(members)? {
                Some((name, argument)) => self.function(name, argument),
                None => {
                    let members = members.iter().filter_map(|(name, value)| {
                        Some(self.value(value).transpose()?.map(|value| (name.clone(), value)))
                    });
                    Ok(Some(Value::Object(members.collect::<Result<_, _>>()?)))
                }
            },
            scalar => Ok(Some(scalar.clone())),
        }
    }

    /// Whether a condition of the template is true.
    pub(super) fn condition(&self, name: &str) -> Result<bool, Problem> {
        if let Some(before) = self.evaluated.borrow().get(name) {
            return before.clone();
        }
        let definition = self.conditions.and_then(|conditions| conditions.get(name));
        let definition = definition.ok_or_else(|| Problem::UnknownCondition(name.to_owned()))?;
        if self.waiting.get() >= MOST_WAITING {
            return Err(Problem::Nested(name.to_owned()));
        }
        // The result until this condition is evaluated: a condition that needs it before that refers to itself.
        let circular = Err(Problem::Circular(name.to_owned()));
        self.evaluated.borrow_mut().insert(name.to_owned(), circular);
        self.waiting.update(|waiting| waiting + 1);
        let truth = self.holds(definition);
        self.waiting.update(|waiting| waiting - 1);
        self.evaluated.borrow_mut().insert(name.to_owned(), truth.clone());
        truth
    }

    /// Evaluates the function of a condition or an assertion.
    pub(super) fn holds(&self, value: &Value) -> Result<bool, Problem> {
        let takes = "conditions, and functions such as Fn::Equals";
        let members = value.as_object().filter(|members| members.len() == 1);
        let (name, argument) =
            members.and_then(|members| members.iter().next()).ok_or_else(|| wrong("a condition", takes))?;
        let list = argument.as_array().map(Vec::as_slice).unwrap_or_default();
        match (name.as_str(), list) {
            ("Condition", _) => {
                let name = argument.as_str().ok_or_else(|| wrong("Condition", "a name"))?;
                self.condition(name)
            }
            ("Fn::And", [_, ..]) => list.iter().try_fold(true, |all, one| Ok(self.holds(one)? && all)),
            ("Fn::Or", [_, ..]) => list.iter().try_fold(false, |any, one| Ok(self.holds(one)? || any)),
            ("Fn::Not", [one]) => Ok(!self.holds(one)?),
            ("Fn::Equals", [left, right]) => Ok(self.comparable(left)? == self.comparable(right)?),
            ("Fn::Contains", [list, one]) => {
                let (list, one) = (self.comparable(list)?, self.comparable(one)?);
                Ok(list.as_array().is_some_and(|list| list.contains(&one)))
            }
            ("Fn::And" | "Fn::Or", _) => Err(wrong(name, "a list of conditions")),
            ("Fn::Not", _) => Err(wrong(name, "a list of one condition")),
            ("Fn::Equals", _) => Err(wrong(name, "two values")),
            ("Fn::Contains", _) => Err(wrong(name, "a list and a value")),
            _ => Err(wrong("a condition", takes)),
        }
    }

    fn function(&self, name: &str, argument: &Value) -> Result<Option<Value>, Problem> {
        let list = || argument.as_array().map(Vec::as_slice);
        match name {
            "Ref" => return self.reference(argument),
            "Fn::If" => return self.choose(list()),
            "Fn::GetAtt" => self.attribute(argument),
            "Fn::Sub" => self.substitute(argument),
            "Fn::Join" => self.join(list()),
            "Fn::Select" => self.select(list()),
            "Fn::Split" => self.split(list()),
            // The function is unknown, so it stays; only its argument is evaluated. Code that needs the value
            // sees that it is not one.
            _ => Ok(json!({ name: self.value(argument)? })),
        }
        .map(Some)
    }

    fn choose(&self, argument: Option<&[Value]>) -> Result<Option<Value>, Problem> {
        match argument {
            Some([Value::String(condition), then, otherwise]) => {
                self.value(if self.condition(condition)? { then } else { otherwise })
            }
            _ => Err(wrong("Fn::If", "a condition and two values")),
        }
    }

    fn reference(&self, argument: &Value) -> Result<Option<Value>, Problem> {
        let name = argument.as_str().ok_or_else(|| wrong("Ref", "a name"))?;
        if name == "AWS::NoValue" {
            return Ok(None);
        }
        let known = self.parameters.get(name).cloned().or_else(|| pseudo_parameter(name).map(Value::from));
        match known {
            Some(value) => Ok(Some(value)),
            None => self.resource(name, json!({ "Ref": name })).map(Some),
        }
    }

    fn attribute(&self, argument: &Value) -> Result<Value, Problem> {
        let takes = || wrong("Fn::GetAtt", "a resource and the name of an attribute");
        let Some([resource, attribute]) = argument.as_array().map(Vec::as_slice) else { return Err(takes()) };
        let (resource, attribute) = resource.as_str().zip(attribute.as_str()).ok_or_else(takes)?;
        self.resource(resource, json!({ "Fn::GetAtt": [resource, attribute] }))
    }

    fn resource(&self, name: &str, symbolic: Value) -> Result<Value, Problem> {
        let is_there = |id: &str| self.resources.is_some_and(|resources| resources.contains_key(id));
        let id = if is_there(name) { Some(name) } else { self.function_of(name) };
        let id = id.ok_or_else(|| Problem::UnknownReference(name.to_owned()))?;
        self.referred.borrow_mut().insert(id.to_owned());
        Ok(symbolic)
    }

    /// The function for which SAM creates a resource of this name: its role, unless the function has one, or
    /// its URL.
    /// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources-function.html>
    fn function_of<'n>(&self, name: &'n str) -> Option<&'n str> {
        let function = |suffix| {
            let id = name.strip_suffix(suffix)?;
            let function = self.resources?.get(id)?;
            (function.get("Type")? == "AWS::Serverless::Function").then_some((id, function))
        };
        let has = |function: &Value, property| {
            function.get("Properties").is_some_and(|properties| properties.get(property).is_some())
        };
        let role = function("Role").filter(|(_, function)| !has(function, "Role"));
        let url = || function("Url").filter(|(_, function)| has(function, "FunctionUrlConfig"));
        role.or_else(url).map(|(id, _)| id)
    }

    fn substitute(&self, argument: &Value) -> Result<Value, Problem> {
        let takes =
            || wrong("Fn::Sub", "a text whose ${…} are closed, or such a text and an object of values");
        let nothing = Map::new();
        let (template, variables) = match argument {
            Value::String(text) => (text.as_str(), &nothing),
            Value::Array(both) => match both.as_slice() {
                [Value::String(text), Value::Object(variables)] => (text.as_str(), variables),
                _ => return Err(takes()),
            },
            _ => return Err(takes()),
        };
        let mut parts = Vec::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').ok_or_else(takes)?;
            parts.push(Value::from(before));
            parts.push(self.variable(name.trim(), variables)?);
            rest = after;
        }
        parts.push(Value::from(rest));
        join("", parts).ok_or_else(|| wrong("Fn::Sub", "texts and numbers as values"))
    }

    fn variable(&self, name: &str, variables: &Map<String, Value>) -> Result<Value, Problem> {
        if let Some(literal) = name.strip_prefix('!') {
            return Ok(Value::from(format!("${{{literal}}}")));
        }
        if let Some(value) = variables.get(name) {
            return self.given("Fn::Sub", value);
        }
        match name.split_once('.') {
            Some((resource, attribute)) => self.attribute(&json!([resource, attribute])),
            None => self.given("Fn::Sub", &json!({ "Ref": name })),
        }
    }

    fn join(&self, argument: Option<&[Value]>) -> Result<Value, Problem> {
        let takes = || wrong("Fn::Join", "a delimiter and a list of texts");
        let Some([Value::String(delimiter), list]) = argument else { return Err(takes()) };
        match self.given("Fn::Join", list)? {
            Value::Array(items) => join(delimiter, items).ok_or_else(takes),
            symbolic if is_function(&symbolic) => Ok(json!({ "Fn::Join": [delimiter, symbolic] })),
            _ => Err(takes()),
        }
    }

    fn select(&self, argument: Option<&[Value]>) -> Result<Value, Problem> {
        let takes = || wrong("Fn::Select", "an index and a list that is longer than that");
        let Some([index, list]) = argument else { return Err(takes()) };
        let index = text(&self.given("Fn::Select", index)?).and_then(|index| index.parse::<usize>().ok());
        let index = index.ok_or_else(takes)?;
        match self.given("Fn::Select", list)? {
            Value::Array(items) => items.into_iter().nth(index).ok_or_else(takes),
            symbolic if is_function(&symbolic) => Ok(json!({ "Fn::Select": [index, symbolic] })),
            _ => Err(takes()),
        }
    }

    fn split(&self, argument: Option<&[Value]>) -> Result<Value, Problem> {
        let takes = || wrong("Fn::Split", "a delimiter and a text");
        let Some([Value::String(delimiter), source]) = argument else { return Err(takes()) };
        match self.given("Fn::Split", source)? {
            Value::String(text) if !delimiter.is_empty() => Ok(text.split(delimiter.as_str()).collect()),
            symbolic if is_function(&symbolic) => Ok(json!({ "Fn::Split": [delimiter, symbolic] })),
            _ => Err(takes()),
        }
    }

    /// A value for a function that requires one.
    fn given(&self, function: &str, value: &Value) -> Result<Value, Problem> {
        self.value(value)?.ok_or_else(|| wrong(function, "a value, and AWS::NoValue is none"))
    }

    /// A value as conditions compare it: all scalars are strings, and there are no resources yet.
    fn comparable(&self, value: &Value) -> Result<Value, Problem> {
        let takes = || wrong("a condition", "parameters and texts, nothing of a resource");
        let value = self.given("a condition", value)?;
        match value {
            Value::Array(items) => {
                items.iter().map(|item| text(item).map(Value::from)).collect::<Option<_>>().ok_or_else(takes)
            }
            scalar => text(&scalar).map(Value::from).ok_or_else(takes),
        }
    }
}

/// A function is an object with one member.
fn function(members: &Map<String, Value>) -> Result<Option<(&str, &Value)>, Problem> {
    let found = members.iter().find(|(name, _)| *name == "Ref" || name.starts_with("Fn::"));
    match found {
        Some((name, _)) if members.len() > 1 => Err(wrong(name, "no other member beside it")),
        found => Ok(found.map(|(name, argument)| (name.as_str(), argument))),
    }
}

/// Whether a value is a reference that could not be evaluated, or a function of one.
fn is_function(value: &Value) -> bool {
    value.as_object().is_some_and(|members| matches!(function(members), Ok(Some(_))))
}

/// One string if all items are known; otherwise `{"Fn::Join": ["", […]]}` with adjacent known items joined;
/// `None` if an item is a list or null. References are joined with delimiters as strings are.
fn join(delimiter: &str, items: Vec<Value>) -> Option<Value> {
    let mut parts: Vec<Value> = Vec::new();
    let mut add = |part: Value| match (parts.last_mut(), part) {
        (Some(Value::String(before)), Value::String(text)) => before.push_str(&text),
        (_, part) => parts.push(part),
    };
    for (position, item) in items.into_iter().enumerate() {
        if position > 0 {
            add(Value::from(delimiter));
        }
        match nested(item) {
            Ok(inner) => inner.into_iter().for_each(&mut add),
            Err(symbolic) if is_function(&symbolic) => add(symbolic),
            Err(scalar) => add(Value::from(text(&scalar)?)),
        }
    }
    parts.retain(|part| part.as_str() != Some(""));
    Some(match parts.as_slice() {
        [] => Value::from(""),
        [only] => only.clone(),
        _ => json!({ "Fn::Join": ["", parts] }),
    })
}

/// The parts of a string with references in it, as [`join`] returns it.
fn nested(item: Value) -> Result<Vec<Value>, Value> {
    let parts = item.get("Fn::Join").and_then(|join| match join.as_array().map(Vec::as_slice) {
        Some([Value::String(delimiter), Value::Array(parts)]) if delimiter.is_empty() => Some(parts.clone()),
        _ => None,
    });
    parts.ok_or(item)
}

fn wrong(function: &str, takes: &'static str) -> Problem {
    Problem::Function { function: function.to_owned(), takes }
}

/// The values of the account and the stack here.
fn pseudo_parameter(name: &str) -> Option<&'static str> {
    Some(match name {
        "AWS::AccountId" => "000000000000",
        "AWS::Partition" => "aws",
        "AWS::Region" => "us-east-1",
        "AWS::StackId" => "arn:aws:cloudformation:us-east-1:000000000000:stack/usher/local",
        "AWS::StackName" => "usher",
        "AWS::URLSuffix" => "amazonaws.com",
        _ => return None,
    })
}

/// A limit, because each waiting condition takes some of the program's stack.
const MOST_WAITING: usize = 100;
