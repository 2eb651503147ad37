//! Reads JSON one level at a time, so that each value keeps its place in the bytes.

use std::{collections::HashSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::DocumentError;

/// The members of an object, in their order. A name with half a surrogate pair is not text, and no name that
/// this module looks for.
#[derive(Debug)]
pub(super) struct JsonObject<'j> {
    text: &'j str,
    members: Vec<(Option<String>, &'j RawValue)>,
}

impl<'j> JsonObject<'j> {
    /// `None` for anything but an object.
    pub(super) fn read(value: &'j RawValue) -> Option<Self> {
        let text = value.get();
        let Members(members) = serde_json::from_str(text).ok()?;
        Some(Self { text, members })
    }

    /// The object, if no name appears twice in it.
    pub(super) fn unambiguous(self) -> Result<Self, DocumentError> {
        let mut names = HashSet::new();
        let all_differ =
            self.members.iter().filter_map(|(name, _)| name.as_ref()).all(|name| names.insert(name));
        if all_differ { Ok(self) } else { Err(DocumentError::NameTwice) }
    }

    pub(super) fn get(&self, name: &str) -> Option<&'j RawValue> {
        self.all(name).next()
    }

    /// Each value under the name.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &'j RawValue> {
        self.members.iter().filter(move |(found, _)| found.as_deref() == Some(name)).map(|(_, value)| *value)
    }

    /// The object under the name, if it is one.
    pub(super) fn object(&self, name: &str) -> Result<Option<Self>, DocumentError> {
        self.get(name).and_then(Self::read).map(Self::unambiguous).transpose()
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &'j RawValue> {
        self.members.iter().map(|(_, value)| *value)
    }

    /// Each member's name, and its bytes with the white space around them.
    pub(super) fn members(&self) -> impl Iterator<Item = (Option<&str>, &'j str)> {
        let mut rest = self.text.strip_prefix('{').unwrap_or(self.text);
        self.members.iter().map(move |(name, value)| {
            // After a value there is only white space up to the delimiter.
            let value = value.get();
            let behind_value = value.as_ptr().addr() + value.len() - rest.as_ptr().addr();
            let (member, following) = rest
                .get(behind_value..)
                .and_then(|behind| behind.find([',', '}']))
                .and_then(|blank| rest.split_at_checked(behind_value + blank))
                .unwrap_or((rest, ""));
            rest = following.strip_prefix(',').unwrap_or_default();
            (name.as_deref(), member)
        })
    }
}

/// The elements of an array.
pub(super) fn array(value: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(value.get()).ok()
}

/// The text of a string, without escapes. `None` for other types, and for half a surrogate pair, which is not
/// text.
pub(super) fn string(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}

struct Members<'j>(Vec<(Option<String>, &'j RawValue)>);

impl<'de: 'j, 'j> Deserialize<'de> for Members<'j> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor).map(Members)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Vec<(Option<String>, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some((name, value)) = map.next_entry::<&RawValue, &RawValue>()? {
            members.push((string(name), value));
        }
        Ok(members)
    }
}
