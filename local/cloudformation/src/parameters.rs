//! The values of a template's parameters.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>

use std::collections::BTreeMap;

use regex_lite::Regex;
use serde_json::Value;

use super::{Problem, yaml::text};

/// Each parameter's value: the given one, otherwise its default. Lists become JSON arrays; numbers become
/// strings, as everywhere in a template.
pub(super) fn values(
    document: &Value,
    overrides: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Value>, Problem> {
    let empty = serde_json::Map::new();
    let parameters = document.get("Parameters").and_then(Value::as_object).unwrap_or(&empty);
    if let Some(unknown) = overrides.keys().find(|name| !parameters.contains_key(*name)) {
        return Err(unknown_parameter(document, unknown));
    }
    let value = |(name, definition): (&String, &Value)| {
        let parameter = Parameter { name, definition };
        Ok((name.clone(), parameter.value(overrides.get(name).cloned())?))
    };
    parameters.iter().map(value).collect()
}

/// Whether there is a parameter of this name, which accepts this value.
pub(super) fn check(document: &Value, name: &str, value: &str) -> Result<(), Problem> {
    let definition = document.get("Parameters").and_then(|parameters| parameters.get(name));
    let definition = definition.ok_or_else(|| unknown_parameter(document, name))?;
    Parameter { name, definition }.value(Some(value.to_owned())).map(drop)
}

fn unknown_parameter(document: &Value, name: &str) -> Problem {
    let names = document.get("Parameters").and_then(Value::as_object).into_iter().flat_map(|all| all.keys());
    let lower = name.to_lowercase();
    let alike = names.map(|known| (strsim::jaro_winkler(&known.to_lowercase(), &lower), known));
    let nearest = alike.max_by(|one, other| one.0.total_cmp(&other.0)).filter(|(alike, _)| *alike > NEAR);
    Problem::UnknownParameter { name: name.to_owned(), nearest: nearest.map(|(_, known)| known.clone()) }
}

struct Parameter<'a> {
    name: &'a str,
    definition: &'a Value,
}

impl Parameter<'_> {
    fn value(&self, given: Option<String>) -> Result<Value, Problem> {
        let value = given
            .or_else(|| text(self.definition.get("Default")?))
            .ok_or_else(|| self.must_be("given: it has no default".to_owned()))?;
        let kind = self.text("Type").unwrap_or_default();
        if kind != "CommaDelimitedList" && !kind.starts_with("List<") {
            self.check(&kind, &value)?;
            return Ok(Value::from(value));
        }
        let items: Vec<&str> = value.split(',').map(str::trim).collect();
        items.iter().try_for_each(|item| self.check(&kind, item))?;
        Ok(items.into())
    }

    fn check(&self, kind: &str, value: &str) -> Result<(), Problem> {
        if let Some(allowed) = self.definition.get("AllowedValues").and_then(Value::as_array) {
            let allowed: Vec<String> = allowed.iter().filter_map(text).collect();
            if !allowed.iter().any(|allowed| allowed == value) {
                return Err(self.must_be(one_of(&allowed)));
            }
        }
        if let Some(pattern) = self.text("AllowedPattern") {
            // The pattern must match the whole value.
            let pattern_matches = Regex::new(&format!("^(?:{pattern})$"))
                .map_err(|_| self.must_be(format!("checked by another AllowedPattern than {pattern}")))?;
            if !pattern_matches.is_match(value) {
                let described = self.text("ConstraintDescription");
                return Err(self.must_be(described.unwrap_or_else(|| format!("of the form {pattern}"))));
            }
        }
        let length = value.chars().count();
        if let Some(most) = self.number("MaxLength").filter(|most| exceeds(length, *most)) {
            return Err(self.must_be(format!("no longer than {most} characters")));
        }
        if let Some(least) = self.number("MinLength").filter(|least| !exceeds(length + 1, *least)) {
            return Err(self.must_be(format!("at least {least} characters long")));
        }
        if kind == "Number" || kind == "List<Number>" { self.check_number(value) } else { Ok(()) }
    }

    fn check_number(&self, value: &str) -> Result<(), Problem> {
        let number = value.parse::<f64>().ok().filter(|number| number.is_finite());
        let is_within = |number: f64| {
            self.number("MinValue").is_none_or(|least| number >= least)
                && self.number("MaxValue").is_none_or(|most| number <= most)
        };
        if number.is_some_and(is_within) { Ok(()) } else { Err(self.must_be(self.range())) }
    }

    fn range(&self) -> String {
        let limits = match (self.text("MinValue"), self.text("MaxValue")) {
            (Some(least), Some(most)) => format!("a number from {least} to {most}"),
            (Some(least), None) => format!("a number of {least} or more"),
            (None, Some(most)) => format!("a number of {most} or less"),
            (None, None) => "a number".to_owned(),
        };
        self.text("ConstraintDescription").unwrap_or(limits)
    }

    fn text(&self, member: &str) -> Option<String> {
        text(self.definition.get(member)?)
    }

    /// A limit may also be written as a string.
    fn number(&self, member: &str) -> Option<f64> {
        self.text(member)?.parse().ok()
    }

    fn must_be(&self, rule: String) -> Problem {
        Problem::Parameter { name: self.name.to_owned(), rule }
    }
}

/// From 0, which has nothing in common, to 1, which is the same.
const NEAR: f64 = 0.9;

fn exceeds(length: usize, limit: f64) -> bool {
    u32::try_from(length).map_or(true, |length| f64::from(length) > limit)
}

fn one_of(allowed: &[String]) -> String {
    let shown: Vec<&str> =
        allowed.iter().map(|value| if value.is_empty() { "empty" } else { value.as_str() }).collect();
    match shown.as_slice() {
        [only] => (*only).to_owned(),
        shown => format!("one of {}", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({"Parameters": {
            "Choice": {"Type": "String", "Default": "a", "AllowedValues": ["a", "b", ""]},
            "Host": {
                "Type": "String", "Default": "", "AllowedPattern": "([a-z.]+)?",
                "ConstraintDescription": "a host name, or empty",
            },
            "List": {"Type": "CommaDelimitedList", "Default": "x", "AllowedPattern": "[a-z]*"},
            "Least": {"Type": "Number", "Default": 1, "MinValue": 1},
            "Most": {"Type": "Number", "Default": 1, "MaxValue": 9},
            "Number": {"Type": "Number", "Default": 60, "MinValue": 60, "MaxValue": "86400"},
            "Seconds": {
                "Type": "Number", "Default": 1, "MinValue": 1, "ConstraintDescription": "1 second or more",
            },
            "Text": {"Type": "String", "Default": "", "MinLength": 0, "MaxLength": 4},
        }})
    }

    fn with(name: &str, value: &str) -> Result<Value, String> {
        let overrides = BTreeMap::from([(name.to_owned(), value.to_owned())]);
        values(&document(), &overrides)
            .map(|mut values| values.remove(name).expect("the parameter"))
            .map_err(|problem| problem.to_string())
    }

    #[test]
    fn without_overrides_the_defaults_count() {
        let expected = [
            ("Choice", json!("a")),
            ("Host", json!("")),
            ("Least", json!("1")),
            ("List", json!(["x"])),
            ("Most", json!("1")),
            ("Number", json!("60")),
            ("Seconds", json!("1")),
            ("Text", json!("")),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value));
        assert_eq!(values(&document(), &BTreeMap::new()), Ok(BTreeMap::from(expected)));
    }

    #[test]
    fn a_value_within_its_limits_is_taken() {
        let rows = [
            ("Choice", "b", json!("b")),
            ("Choice", "", json!("")),
            ("Host", "a.example", json!("a.example")),
            ("List", "a, b", json!(["a", "b"])),
            ("List", "", json!([""])),
            ("Number", "86400", json!("86400")),
            ("Text", "äöüß", json!("äöüß")),
        ];
        for (name, value, expected) in rows {
            assert_eq!(with(name, value), Ok(expected), "{name}={value}");
        }
    }

    #[test]
    fn a_value_outside_them_is_an_error_that_names_the_parameter() {
        let rows = [
            ("Nothing", "", "there is no parameter Nothing"),
            ("Choise", "a", "there is no parameter Choise, but Choice"),
            ("number", "60", "there is no parameter number, but Number"),
            ("Choice", "c", "the parameter Choice must be one of a, b, empty"),
            ("Host", "a.example/", "the parameter Host must be a host name, or empty"),
            ("Host", "x\na.example", "the parameter Host must be a host name, or empty"),
            ("List", "a,B", "the parameter List must be of the form [a-z]*"),
            ("Least", "0", "the parameter Least must be a number of 1 or more"),
            ("Most", "10", "the parameter Most must be a number of 9 or less"),
            ("Number", "59", "the parameter Number must be a number from 60 to 86400"),
            ("Number", "86401", "the parameter Number must be a number from 60 to 86400"),
            ("Number", "many", "the parameter Number must be a number from 60 to 86400"),
            ("Number", "NaN", "the parameter Number must be a number from 60 to 86400"),
            ("Seconds", "0", "the parameter Seconds must be 1 second or more"),
            ("Text", "12345", "the parameter Text must be no longer than 4 characters"),
        ];
        for (name, value, sentence) in rows {
            assert_eq!(with(name, value), Err(sentence.to_owned()), "{name}={value}");
            let alone = check(&document(), name, value).map_err(|problem| problem.to_string());
            assert_eq!(alone, Err(sentence.to_owned()), "{name}={value}");
        }
        assert_eq!(check(&document(), "Host", "a.example"), Ok(()));
    }

    #[test]
    fn a_parameter_without_a_default_must_be_given() {
        let document = json!({"Parameters": {"Domain": {"Type": "String", "MinLength": 3}}});
        let sentence = |given: Option<&str>| {
            let overrides = given.map(|value| ("Domain".to_owned(), value.to_owned())).into_iter().collect();
            values(&document, &overrides).map_err(|problem| problem.to_string())
        };
        assert_eq!(sentence(None), Err("the parameter Domain must be given: it has no default".to_owned()));
        assert_eq!(
            sentence(Some("ab")),
            Err("the parameter Domain must be at least 3 characters long".to_owned())
        );
        assert_eq!(sentence(Some("abc")), Ok(BTreeMap::from([("Domain".to_owned(), json!("abc"))])));
    }
}
