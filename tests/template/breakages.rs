//! The template with one thing broken at a time: the expected rules report it, and no others.

mod access;
mod behaviors;
mod functions;
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
        let (before, after) =
            TEMPLATE.split_once(behind).unwrap_or_else(|| panic!("{broken}: no {behind:?}"));
        assert!(after.contains(text), "{broken}: no {text:?} behind {behind:?}");
        let changed = format!("{before}{behind}{}", after.replacen(text, becomes, 1));
        let expected = refused.iter().map(|sentence| (*sentence).to_owned());
        assert_eq!(refusals(&changed, &shown_by), expected.collect(), "{broken}");
    }
}
