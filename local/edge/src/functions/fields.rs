//! Headers, parameters and cookies as a function sees them: an object of names, each with one or more values.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html#functions-event-structure-query-header-cookie>

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
    ser::SerializeMap as _,
};
use serde_json::{Value, json};

/// Fields in the order of the object that holds them, each with all its values.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Fields(Vec<(String, Vec<FieldValue>)>);

/// One value; a cookie in a response may also have attributes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct FieldValue {
    pub(super) value: String,
    pub(super) attributes: Option<String>,
}

impl Fields {
    /// Adds a value to the values of a name.
    pub(super) fn add(&mut self, name: &str, value: impl Into<String>) {
        let value = FieldValue { value: value.into(), attributes: None };
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) => values.push(value),
            None => self.0.push((name.to_owned(), vec![value])),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &[FieldValue])> {
        self.0.iter().map(|(name, values)| (name.as_str(), values.as_slice()))
    }

    pub(super) fn values(&self, name: &str) -> &[FieldValue] {
        self.iter().find(|(known, _)| *known == name).map_or(&[], |(_, values)| values)
    }

    /// Whether both have the same values. The order of names does not matter: an object puts numbers first.
    pub(super) fn has_same(&self, others: &Self) -> bool {
        self.0.len() == others.0.len() && self.iter().all(|(name, values)| others.values(name) == values)
    }

    /// Reads what a function returned at `path`. An error names the place that is wrong.
    pub(super) fn read(path: &str, fields: Option<Returned>) -> Result<Self, String> {
        let Some(Returned(fields)) = fields else { return Err(format!("{path} must be an object")) };
        let read = |(name, field): (String, Value)| {
            let values = values(&format!("{path}[{name:?}]"), &field)?;
            Ok((name, values))
        };
        fields.into_iter().map(read).collect::<Result<_, _>>().map(Self)
    }
}

/// If there is `multiValue`, only it counts. AWS does not document what a `value` beside it does.
fn values(path: &str, field: &Value) -> Result<Vec<FieldValue>, String> {
    let one = |path: &str, field: &Value| {
        let text = |name: &str| match field.get(name) {
            Some(Value::String(text)) => Ok(Some(text.clone())),
            None => Ok(None),
            Some(_) => Err(format!("{path}.{name} must be a string")),
        };
        let value = text("value")?.ok_or_else(|| format!("{path}.value must be a string"))?;
        Ok(FieldValue { value, attributes: text("attributes")? })
    };
    match field.get("multiValue") {
        None => Ok(vec![one(path, field)?]),
        Some(Value::Array(all)) if !all.is_empty() => {
            let path = |at| format!("{path}.multiValue[{at}]");
            all.iter().enumerate().map(|(at, field)| one(&path(at), field)).collect()
        }
        Some(_) => Err(format!("{path}.multiValue must be an array with something in it")),
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, values) in self.iter() {
            let all: Vec<Value> = values.iter().map(|one| json!({ "value": one.value })).collect();
            let field = match all.as_slice() {
                [one] => one.clone(),
                all => json!({ "value": values.first().map(|one| &one.value), "multiValue": all }),
            };
            map.serialize_entry(name, &field)?;
        }
        map.end()
    }
}

/// The members of an object that a function returned, in their order.
#[derive(Debug)]
pub(super) struct Returned(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Returned {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Returned;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Returned(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}
