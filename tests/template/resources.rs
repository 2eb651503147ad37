//! The resources of an evaluated template, and what their values refer to.

use serde_json::Value;
use usher_cloudformation::Stack;

/// A resource that a deployment would create.
pub(crate) struct Resource<'a> {
    pub(crate) id: &'a str,
    pub(crate) whole: &'a Value,
}

impl<'a> Resource<'a> {
    pub(crate) fn property(&self, name: &str) -> &'a Value {
        &self.whole["Properties"][name]
    }
}

/// The resources of one type.
pub(crate) fn resources<'a>(stack: &'a Stack, kind: &'a str) -> impl Iterator<Item = Resource<'a>> {
    let all = stack.resources().map(|(id, whole)| Resource { id, whole });
    all.filter(move |resource| resource.whole["Type"] == kind)
}

/// A reference to a parameter or a resource.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Reference<'a> {
    pub(crate) name: &'a str,
    pub(crate) attribute: Option<&'a str>,
}

/// The resource of one type to which a value refers.
pub(crate) fn referred<'a>(stack: &'a Stack, value: &'a Value, kind: &'a str) -> Option<Resource<'a>> {
    let names: Vec<&str> = references(value).into_iter().map(|reference| reference.name).collect();
    resources(stack, kind).find(|resource| names.iter().any(|name| id_of(name, resource.id)))
}

/// SAM creates a function's URL and role, and names them after the function.
pub(crate) fn id_of(name: &str, id: &str) -> bool {
    name.strip_prefix(id).is_some_and(|rest| matches!(rest, "" | "Role" | "Url"))
}

/// Everything to which a value refers, with `Ref`, `Fn::GetAtt` and `Fn::Sub`.
pub(crate) fn references(value: &Value) -> Vec<Reference<'_>> {
    let mut found = Vec::new();
    collect(value, &mut found);
    found
}

fn collect<'a>(value: &'a Value, found: &mut Vec<Reference<'a>>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(members) => {
            for (name, argument) in members {
                match (name.as_str(), argument) {
                    ("Ref", Value::String(name)) => found.push(Reference { name, attribute: None }),
                    ("Fn::GetAtt", Value::Array(both)) => {
                        if let [Value::String(name), Value::String(attribute)] = both.as_slice() {
                            found.push(Reference { name, attribute: Some(attribute) });
                        }
                    }
                    ("Fn::Sub", Value::String(text)) => found.extend(variables(text)),
                    ("Fn::Sub", Value::Array(both)) => {
                        if let [Value::String(text), own @ Value::Object(_)] = both.as_slice() {
                            found.extend(variables(text).filter(|variable| own.get(variable.name).is_none()));
                            collect(own, found);
                        }
                    }
                    (_, argument) => collect(argument, found),
                }
            }
        }
        _ => {}
    }
}

/// The references `${Name}` and `${Name.Attribute}` in a text; `${!Name}` is text.
fn variables(text: &str) -> impl Iterator<Item = Reference<'_>> {
    let names = text.split("${").skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
    names.filter(|name| !name.starts_with('!')).map(|name| match name.split_once('.') {
        Some((name, attribute)) => Reference { name, attribute: Some(attribute) },
        None => Reference { name, attribute: None },
    })
}

/// The items of an array; otherwise the value itself, unless it is null: in policies, a single string means a
/// list of one.
pub(crate) fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        Value::Null => &[],
        one => std::slice::from_ref(one),
    }
}
