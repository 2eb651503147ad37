//! Reads JSON one level at a time, so that each value keeps its place in the bytes.

use std::{collections::HashSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// The members of an object, in their order; no name occurs twice.
#[derive(Debug)]
pub(super) struct Object<'j> {
    text: &'j str,
    members: Vec<(String, &'j RawValue)>,
}

impl<'j> Object<'j> {
    /// `None` for anything but an object, and for one with the same name twice: readers do not agree on
    /// which of them counts.
    pub(super) fn read(value: &'j RawValue) -> Option<Self> {
        let text = value.get();
        let Members(members) = serde_json::from_str(text).ok()?;
        Some(Self { text, members })
    }

    pub(super) fn get(&self, name: &str) -> Option<&'j RawValue> {
        self.members.iter().find(|(found, _)| found == name).map(|(_, value)| *value)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &'j RawValue> {
        self.members.iter().map(|(_, value)| *value)
    }

    /// Each member's name, and its bytes with the white space around them.
    pub(super) fn members(&self) -> impl Iterator<Item = (&str, &'j str)> {
        let mut rest = self.text.strip_prefix('{').unwrap_or(self.text);
        self.members.iter().map(move |(name, value)| {
            // Behind a value there is nothing but white space up to the delimiter.
            let value = value.get();
            let behind_value = value.as_ptr().addr() + value.len() - rest.as_ptr().addr();
            let (member, following) = rest
                .get(behind_value..)
                .and_then(|behind| behind.find([',', '}']))
                .and_then(|blank| rest.split_at_checked(behind_value + blank))
                .unwrap_or((rest, ""));
            rest = following.strip_prefix(',').unwrap_or_default();
            (name.as_str(), member)
        })
    }
}

/// The elements of an array.
pub(super) fn array(value: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(value.get()).ok()
}

/// What a string means. `None` for other types, and for half a surrogate pair, which is not text.
pub(super) fn string(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}

struct Members<'j>(Vec<(String, &'j RawValue)>);

impl<'de: 'j, 'j> Deserialize<'de> for Members<'j> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor).map(Members)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry::<String, &RawValue>()? {
            members.push(member);
        }
        let names: HashSet<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
        if names.len() < members.len() {
            return Err(A::Error::custom("the same name twice"));
        }
        Ok(members)
    }
}
