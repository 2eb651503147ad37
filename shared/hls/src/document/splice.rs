//! Replaces parts of a text and copies everything else. The parts are values that borrow from the text.

use std::ops::Range;

use serde_json::{Value, value::RawValue};

/// A text and its changes. No two changes overlap.
pub(super) struct Splice<'j> {
    text: &'j str,
    changes: Vec<(Range<usize>, String)>,
}

impl<'j> Splice<'j> {
    pub(super) fn new(text: &'j str) -> Self {
        Self { text, changes: Vec::new() }
    }

    /// Writes `new` for the string `value`, which means `old`. Where `new` only adds to the end of `old`, the
    /// escapes before it stay.
    pub(super) fn string(&mut self, value: &'j RawValue, old: &str, new: &str) {
        let place = self.place(value);
        match new.strip_prefix(old) {
            Some("") => {}
            Some(added) => {
                let quote = place.end - 1;
                self.changes.push((quote..quote, escaped(added)));
            }
            None => self.changes.push((place, quoted(new))),
        }
    }

    /// Writes `json` for `value`.
    pub(super) fn value(&mut self, value: &'j RawValue, json: String) {
        let place = self.place(value);
        self.changes.push((place, json));
    }

    /// Writes `json` after `value`.
    pub(super) fn behind(&mut self, value: &'j RawValue, json: String) {
        let end = self.place(value).end;
        self.changes.push((end..end, json));
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.changes.sort_by_key(|(place, _)| place.start);
        let added: usize = self.changes.iter().map(|(_, json)| json.len()).sum();
        let mut out = Vec::with_capacity(self.text.len() + added);
        let mut at = 0;
        for (place, json) in &self.changes {
            out.extend_from_slice(self.text.get(at..place.start).unwrap_or_default().as_bytes());
            out.extend_from_slice(json.as_bytes());
            at = place.end;
        }
        out.extend_from_slice(self.text.get(at..).unwrap_or_default().as_bytes());
        out
    }

    /// A raw value borrows from the text that it was read from.
    fn place(&self, value: &'j RawValue) -> Range<usize> {
        let json = value.get();
        let start = json.as_ptr().addr() - self.text.as_ptr().addr();
        start..start + json.len()
    }
}

/// `text` as a JSON string.
pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn escaped(text: &str) -> String {
    let quoted = quoted(text);
    let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.unwrap_or_default().to_owned()
}
