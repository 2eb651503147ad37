//! Checks and what came of them.

use serde::Serialize;

/// One question, and the answer to it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Check {
    /// Two or three words.
    pub name: &'static str,
    /// What was asked.
    pub question: &'static str,
    /// What came of it.
    pub outcome: Outcome,
    /// What was found, or why nothing was looked for.
    pub found: String,
    /// What helps, where something should be different.
    pub cure: Option<String>,
}

/// What came of a check.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It works, and could be better.
    Advice,
    /// It could not be told, because of something else that is wrong or missing.
    Unknown,
    /// As it should be.
    Right,
    /// Nobody asked for it, or it does not apply here.
    Skipped,
    /// Not as it should be.
    Wrong,
}

/// All checks of a deployment, in their order.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Report {
    /// Where viewers go.
    pub url: String,
    /// Each check.
    pub checks: Vec<Check>,
}

/// A check that has not been made.
#[derive(Clone, Copy)]
pub(super) struct Question {
    pub(super) name: &'static str,
    pub(super) text: &'static str,
}

impl Report {
    pub(super) fn new(url: &str) -> Self {
        Self { url: url.to_owned(), checks: Vec::new() }
    }

    /// Whether everything was looked at that was asked for, and nothing is wrong.
    #[must_use]
    pub fn is_right(&self) -> bool {
        !self.checks.iter().any(|check| matches!(check.outcome, Outcome::Unknown | Outcome::Wrong))
    }

    /// How many checks came out so.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> usize {
        self.checks.iter().filter(|check| check.outcome == outcome).count()
    }

    pub(super) fn note(&mut self, check: Check) {
        self.checks.push(check);
    }
}

impl Question {
    pub(super) const fn new(name: &'static str, text: &'static str) -> Self {
        Self { name, text }
    }

    pub(super) fn right(self, found: impl Into<String>) -> Check {
        self.check(Outcome::Right, found.into(), None)
    }

    pub(super) fn advice(self, found: impl Into<String>, cure: impl Into<String>) -> Check {
        self.check(Outcome::Advice, found.into(), Some(cure.into()))
    }

    pub(super) fn wrong(self, found: impl Into<String>, cure: impl Into<String>) -> Check {
        self.check(Outcome::Wrong, found.into(), Some(cure.into()))
    }

    pub(super) fn skipped(self, why: impl Into<String>) -> Check {
        self.check(Outcome::Skipped, why.into(), None)
    }

    pub(super) fn unknown(self, why: impl Into<String>) -> Check {
        self.check(Outcome::Unknown, why.into(), None)
    }

    /// Wrong where there are problems, each with its cure; else right.
    pub(super) fn judge(self, found: impl Into<String>, problems: &Problems) -> Check {
        if problems.found.is_empty() {
            return self.right(found);
        }
        let mut found: Vec<&str> = problems.found.iter().map(String::as_str).take(SHOWN).collect();
        let more = format!("and {} more", problems.found.len().saturating_sub(SHOWN));
        if problems.found.len() > SHOWN {
            found.push(&more);
        }
        self.wrong(found.join("; "), problems.cures.join("; "))
    }

    fn check(self, outcome: Outcome, found: String, cure: Option<String>) -> Check {
        Check { name: self.name, question: self.text, outcome, found, cure }
    }
}

/// What is not as it should be in one check; a cure that helps with several stands there once.
#[derive(Default)]
pub(super) struct Problems {
    found: Vec<String>,
    cures: Vec<String>,
}

impl Problems {
    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(super) fn add(&mut self, found: impl Into<String>, cure: impl Into<String>) {
        self.found.push(found.into());
        let cure = cure.into();
        if !self.cures.contains(&cure) {
            self.cures.push(cure);
        }
    }
}

/// Of several problems of one kind, as many are enough.
const SHOWN: usize = 3;
