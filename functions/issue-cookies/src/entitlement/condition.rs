//! Conditions: what `if` asks of a claim.

use std::mem;

use serde_json::{Map, Value, json};

use super::{Facts, WhyNot, claim_name::ClaimName};
use crate::location::is_country;

/// What a claim must or must not be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Condition {
    claim: ClaimName,
    test: Test,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Test {
    /// One of the claim's values is one of these.
    Any(Vec<Value>),
    /// The claim is there, its values are of the type of these, and none of them is one of these.
    Not(Vec<Value>),
}

impl Condition {
    /// # Errors
    /// A sentence.
    pub(super) fn parse(name: &str, value: &Value) -> Result<Self, String> {
        let claim = ClaimName::parse(name)?;
        let test = Test::parse(value).ok_or_else(|| {
            format!(
                "the condition on {name} must be a text, a number or a boolean, a list of these, or an object \
                 such as {{\"not\":\"guest\"}}, in which all values are of one type"
            )
        })?;
        let (Test::Any(values) | Test::Not(values)) = &test;
        if claim.is_country() && !values.iter().all(|value| value.as_str().is_some_and(is_country)) {
            return Err("@country is a code of two capital letters, such as \"DE\"".to_owned());
        }
        if claim.is_asn() && !values.iter().all(Value::is_u64) {
            return Err("@asn is a number, such as 3320".to_owned());
        }
        Ok(Self { claim, test })
    }

    pub(super) fn claim(&self) -> &ClaimName {
        &self.claim
    }

    pub(super) fn is_met(&self, viewer: Facts<'_>) -> bool {
        let Some(values) = self.claim.values(viewer) else { return false };
        let is_among = |value: &Value, these: &[Value]| these.iter().any(|one| is_equal(one, value));
        match &self.test {
            Test::Any(these) => values.iter().any(|value| is_among(value, these)),
            Test::Not(these) => {
                let is_like = |value: &Value| these.iter().all(|one| is_of_same_type(one, value));
                values.iter().all(|value| is_like(value) && !is_among(value, these))
            }
        }
    }

    pub(super) fn why_not(&self, viewer: Facts<'_>) -> WhyNot {
        let value = match &self.test {
            Test::Any(these) => one_or_list(these),
            Test::Not(these) => json!({ "not": one_or_list(these) }),
        };
        let condition = Map::from_iter([(self.claim.to_string(), value)]);
        let found = self.claim.values(viewer);
        let found = found.map_or_else(|| "missing".to_owned(), |values| one_or_list(&values).to_string());
        WhyNot::Condition { condition: Value::Object(condition).to_string(), found }
    }
}

impl Test {
    fn parse(value: &Value) -> Option<Self> {
        match value {
            Value::Object(members) => {
                let not = members.get("not").filter(|_| members.len() == 1)?;
                let these = scalars(not)?;
                let first = these.first()?;
                these.iter().all(|one| is_of_same_type(first, one)).then(|| Self::Not(these.clone()))
            }
            value => scalars(value).map(Self::Any),
        }
    }
}

/// One value or a list of some, each a text, a number or a boolean.
fn scalars(value: &Value) -> Option<Vec<Value>> {
    let values = match value {
        Value::Array(values) => values.clone(),
        value => vec![value.clone()],
    };
    let is_scalar = |value: &Value| value.is_string() || value.is_number() || value.is_boolean();
    (!values.is_empty() && values.iter().all(is_scalar)).then_some(values)
}

/// JSON has one type of numbers, so 3 and 3.0 are equal. RFC 8259, section 6, expects of readers the precision of 64-bit
/// floating-point numbers.
fn is_equal(one: &Value, other: &Value) -> bool {
    let is_equal_as_float = || one.is_number() && one.as_f64() == other.as_f64();
    one == other || ((one.is_f64() || other.is_f64()) && is_equal_as_float())
}

fn is_of_same_type(one: &Value, other: &Value) -> bool {
    mem::discriminant(one) == mem::discriminant(other)
}

fn one_or_list(values: &[Value]) -> Value {
    if let [one] = values { one.clone() } else { json!(values) }
}
