//! What was found, one finding after the other.

use serde::Serialize;

use super::Question;

/// What one look at the deployment found.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Finding {
    /// Two or three words.
    pub name: &'static str,
    /// The question of the report to which it belongs.
    #[serde(skip)]
    pub question: Question,
    /// What was asked.
    pub asked: &'static str,
    /// What came of it.
    pub outcome: Outcome,
    /// What was found, or why nothing was looked for.
    pub found: String,
    /// What helps, where something should be different.
    pub cure: Option<String>,
    /// Whether what was found is worth reading where it is right.
    #[serde(skip)]
    pub(super) is_telling: bool,
}

/// What came of a finding, or of a question.
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

/// All findings about a deployment, in the order in which they were made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    /// Where viewers go.
    pub url: String,
    /// Each finding.
    pub findings: Vec<Finding>,
}

/// A finding that has not been made.
#[derive(Clone, Copy)]
pub(super) struct Probe {
    name: &'static str,
    question: Question,
    asked: &'static str,
    is_telling: bool,
}

impl Report {
    pub(super) fn new(url: &str) -> Self {
        Self { url: url.to_owned(), findings: Vec::new() }
    }

    /// Whether everything was looked at that was asked for, and nothing is wrong.
    #[must_use]
    pub fn is_right(&self) -> bool {
        !self.findings.iter().any(|finding| matches!(finding.outcome, Outcome::Unknown | Outcome::Wrong))
    }

    pub(super) fn note(&mut self, finding: Finding) {
        self.findings.push(finding);
    }
}

impl Question {
    /// Something to look at for this question.
    pub(super) const fn probe(self, name: &'static str, asked: &'static str) -> Probe {
        Probe { name, question: self, asked, is_telling: false }
    }
}

impl Probe {
    /// What it finds is worth reading where it is right.
    pub(super) const fn telling(self) -> Self {
        Self { is_telling: true, ..self }
    }

    pub(super) fn right(self, found: impl Into<String>) -> Finding {
        self.finding(Outcome::Right, found.into(), None)
    }

    pub(super) fn advice(self, found: impl Into<String>, cure: impl Into<String>) -> Finding {
        self.finding(Outcome::Advice, found.into(), Some(cure.into()))
    }

    pub(super) fn wrong(self, found: impl Into<String>, cure: impl Into<String>) -> Finding {
        self.finding(Outcome::Wrong, found.into(), Some(cure.into()))
    }

    pub(super) fn skipped(self, why: impl Into<String>) -> Finding {
        self.finding(Outcome::Skipped, why.into(), None)
    }

    pub(super) fn unknown(self, why: impl Into<String>) -> Finding {
        self.finding(Outcome::Unknown, why.into(), None)
    }

    /// Wrong where there are problems, each with its cure; else right.
    pub(super) fn judge(self, found: impl Into<String>, problems: &Problems) -> Finding {
        if problems.is_empty() {
            return self.right(found);
        }
        self.wrong(problems.found(), problems.cures())
    }

    /// The same, where what is not as it should be works all the same.
    pub(super) fn advise(self, found: impl Into<String>, problems: &Problems) -> Finding {
        if problems.is_empty() {
            return self.right(found);
        }
        self.advice(problems.found(), problems.cures())
    }

    fn finding(self, outcome: Outcome, found: String, cure: Option<String>) -> Finding {
        let Self { name, question, asked, is_telling } = self;
        Finding { name, question, asked, outcome, found, cure, is_telling }
    }
}

/// What is not as it should be in one finding; a cure that helps with several stands there once.
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

    fn found(&self) -> String {
        let mut found: Vec<&str> = self.found.iter().map(String::as_str).take(SHOWN).collect();
        let more = format!("and {} more", self.found.len().saturating_sub(SHOWN));
        if self.found.len() > SHOWN {
            found.push(&more);
        }
        found.join("; ")
    }

    fn cures(&self) -> String {
        self.cures.join("; ")
    }
}

/// Of several problems of one kind, as many are enough.
const SHOWN: usize = 3;
