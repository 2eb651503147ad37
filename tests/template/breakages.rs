//! The template with one thing broken at a time: the expected rules report it, and no others.

mod access;
mod behaviors;
mod functions;
mod lengths;
mod names;
mod operation;
mod origins;

use crate::{TEMPLATE, parameter_sets, rules::refusals};

/// What is broken; the change: a text of the template, the first text after it that is replaced, and its
/// replacement; and all sentences of the rules.
type Breakage = (&'static str, &'static str, &'static str, &'static str, &'static [&'static str]);

/// Tries each breakage with the sets of parameters that show it.
fn each_is_refused(breakages: &[Breakage], sets: &[&str]) {
    let mut shown_by = parameter_sets::all();
    shown_by.retain(|set| sets.contains(&set.name.as_str()));
    assert_eq!(shown_by.len(), sets.len());
    for (broken, behind, text, becomes, refused) in breakages {
        let expected = refused.iter().map(|sentence| (*sentence).to_owned());
        assert_eq!(refusals(&changed(behind, text, becomes), &shown_by), expected.collect(), "{broken}");
    }
}

/// The template with another text in place of the first `text` after `behind`.
pub(crate) fn changed(behind: &str, text: &str, becomes: &str) -> String {
    let (before, after) = TEMPLATE.split_once(behind).unwrap_or_else(|| panic!("there is no {behind:?}"));
    assert!(after.contains(text), "there is no {text:?} behind {behind:?}");
    format!("{before}{behind}{}", after.replacen(text, becomes, 1))
}
