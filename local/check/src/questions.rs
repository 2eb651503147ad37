//! The questions of a report, as an owner would ask them: each is answered by several findings, in one line.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Finding, Outcome, Report};

/// What an owner wants to know, in the order of the report.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Question {
    /// Whether everything is closed to strangers.
    OnlyViewers,
    /// Whether viewers get cookies, and lose them when they sign out.
    SignIn,
    /// Whether a browser keeps the cookies and sends them to the videos.
    Cookies,
    /// Whether a page plays.
    PlaysByCookies,
    /// Whether a player without cookies plays.
    PlaysByUrl,
    /// Whether a signature opens what it is for, and nothing beyond.
    NothingMore,
    /// Whether gzip arrives.
    Compression,
    /// Whether answers without a body arrive without a pause.
    EmptyAnswers,
    /// Whether CloudFront and browsers keep what they may, and nothing else.
    Caches,
    /// Whether the viewer-request function and those behind it learn who asks.
    KnownViewer,
    /// Whether pages of other origins may do what they should, and nothing else.
    OtherPages,
    /// Whether names of files may have characters that a URL encodes.
    Names,
    /// Whether the deployment has the time of this machine.
    Clocks,
}

/// A question with what was found.
#[derive(Clone, Debug, Serialize)]
pub struct Answered<'a> {
    /// The answer, as it should be.
    #[serde(rename = "question")]
    pub title: &'static str,
    /// What came of it.
    pub outcome: Outcome,
    /// What is not as it should be; else why it was not made; else what is worth reading.
    pub found: String,
    /// What helps, where something should be different.
    pub cures: Vec<&'a str>,
    /// All that was found.
    pub findings: Vec<&'a Finding>,
}

impl Question {
    fn title(self) -> &'static str {
        match self {
            Self::OnlyViewers => "Only viewers get videos",
            Self::SignIn => "Viewers sign in and out",
            Self::Cookies => "Browsers keep the cookies",
            Self::PlaysByCookies => "A film plays by cookies",
            Self::PlaysByUrl => "A film plays by a signed URL",
            Self::NothingMore => "Nobody gets more than granted",
            Self::Compression => "Playlists come compressed",
            Self::EmptyAnswers => "Empty answers end at once",
            Self::Caches => "Caches keep what they may",
            Self::KnownViewer => "The functions know the viewer",
            Self::OtherPages => "Other pages read what they may",
            Self::Names => "Names with spaces and plus play",
            Self::Clocks => "Clocks agree",
        }
    }
}

impl Report {
    /// The questions, each with its findings.
    #[must_use]
    pub fn questions(&self) -> Vec<Answered<'_>> {
        let mut questions: BTreeMap<Question, Vec<&Finding>> = BTreeMap::new();
        for finding in &self.findings {
            questions.entry(finding.question).or_default().push(finding);
        }
        questions.into_iter().map(|(question, findings)| Answered::new(question, findings)).collect()
    }

    /// How many questions came out so.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> usize {
        self.questions().iter().filter(|question| question.outcome == outcome).count()
    }
}

impl<'a> Answered<'a> {
    fn new(question: Question, findings: Vec<&'a Finding>) -> Self {
        let is_any = |outcome| findings.iter().any(|finding| finding.outcome == outcome);
        let order = [Outcome::Wrong, Outcome::Unknown, Outcome::Advice, Outcome::Right];
        let outcome = order.into_iter().find(|outcome| is_any(*outcome)).unwrap_or(Outcome::Skipped);
        let found = match outcome {
            Outcome::Wrong | Outcome::Advice => off(&findings),
            Outcome::Unknown | Outcome::Skipped => not_made(&findings, outcome),
            Outcome::Right => right(&findings),
        };
        let mut cures: Vec<&str> = Vec::new();
        for cure in findings.iter().filter_map(|finding| finding.cure.as_deref()) {
            if !cures.contains(&cure) {
                cures.push(cure);
            }
        }
        Self { title: question.title(), outcome, found, cures, findings }
    }
}

/// What is wrong or could be better. What could not be told follows from it, or is less.
fn off(findings: &[&Finding]) -> String {
    let off = findings.iter().filter(|finding| finding.cure.is_some());
    off.map(|finding| format!("{}: {}", finding.name, finding.found)).collect::<Vec<_>>().join("; ")
}

/// What could not be told, by its reason. A question that could not be told at all needs no names.
fn not_made(findings: &[&Finding], outcome: Outcome) -> String {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for finding in findings.iter().filter(|finding| finding.outcome == outcome) {
        match reasons.iter_mut().find(|(reason, _)| *reason == finding.found) {
            Some((_, names)) => names.push(finding.name),
            None => reasons.push((&finding.found, vec![finding.name])),
        }
    }
    match reasons.as_slice() {
        [(reason, names)] if names.len() == findings.len() => (*reason).to_owned(),
        reasons => {
            let each = reasons.iter().map(|(reason, names)| format!("{}: {reason}", names.join(", ")));
            each.collect::<Vec<_>>().join("; ")
        }
    }
}

/// What is worth reading of what is right, and what was not made beside it.
fn right(findings: &[&Finding]) -> String {
    let telling = findings.iter().filter(|finding| finding.is_telling && finding.outcome == Outcome::Right);
    let mut parts: Vec<String> = telling.map(|finding| finding.found.clone()).collect();
    let skipped = not_made(findings, Outcome::Skipped);
    if !skipped.is_empty() {
        parts.push(format!("not made: {skipped}"));
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(name: &'static str, outcome: Outcome, found: &str) -> Finding {
        let cure = matches!(outcome, Outcome::Advice | Outcome::Wrong).then(|| "do it".to_owned());
        let (question, asked) = (Question::Caches, "is it so?");
        Finding { name, question, asked, outcome, found: found.to_owned(), cure, is_telling: name == "told" }
    }

    #[test]
    fn a_question_is_as_right_as_the_worst_of_its_findings() {
        use Outcome::{Advice, Right, Skipped, Unknown, Wrong};
        type Made<'a> = (&'static str, Outcome, &'a str);
        type Row<'a> = (&'a [Made<'a>], Outcome, &'a str, &'a [&'a str]);
        let rows: [Row<'_>; 7] = [
            (&[("a", Right, "200"), ("told", Right, "for an hour")], Right, "for an hour", &[]),
            (
                &[("told", Right, "1"), ("b", Skipped, "no"), ("c", Skipped, "no"), ("d", Skipped, "never")],
                Right,
                "1; not made: b, c: no; d: never",
                &[],
            ),
            (&[("a", Right, "200"), ("b", Advice, "old")], Advice, "b: old", &["do it"]),
            (&[("a", Unknown, "no"), ("b", Unknown, "no")], Unknown, "no", &[]),
            (&[("a", Right, "200"), ("b", Unknown, "no"), ("c", Skipped, "x")], Unknown, "b: no", &[]),
            (
                &[("a", Unknown, "no"), ("b", Wrong, "open"), ("c", Wrong, "wide open")],
                Wrong,
                "b: open; c: wide open",
                &["do it"],
            ),
            (&[("a", Skipped, "no")], Skipped, "no", &[]),
        ];
        for (findings, outcome, found, cures) in rows {
            let findings = findings.iter().map(|(name, outcome, found)| finding(name, *outcome, found));
            let report = Report { url: "https://h".to_owned(), findings: findings.collect() };
            let questions = report.questions();
            let [question] = questions.as_slice() else { panic!("{questions:?}") };
            assert_eq!(
                (question.outcome, question.found.as_str(), question.cures.as_slice()),
                (outcome, found, cures)
            );
            assert_eq!(report.count(outcome), 1);
        }
    }
}
