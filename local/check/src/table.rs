//! A report for people, and for programs.

use std::fmt;

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

use super::{Finding, Outcome, Report, questions::Answered};

/// How much a report says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Detail {
    /// Each question, and each finding under it.
    Findings,
    /// Each question in one line, and what cures it where something should be different.
    Questions,
}

/// A report for people.
pub struct Text<'a> {
    report: &'a Report,
    detail: Detail,
    style: fn(Outcome) -> Style,
}

impl Report {
    /// The report for people.
    #[must_use]
    pub fn text(&self, detail: Detail) -> Text<'_> {
        Text { report: self, detail, style: |_| Style::new() }
    }

    /// The report for programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({ "url": self.url, "right": self.is_right(), "questions": self.questions() })
    }
}

impl Text<'_> {
    /// In colors, for a terminal.
    #[must_use]
    pub fn in_color(self) -> Self {
        Self { style: Outcome::style, ..self }
    }

    fn question(&self, f: &mut fmt::Formatter<'_>, question: &Answered<'_>) -> fmt::Result {
        let (outcome, style) = (question.outcome.of_question(), (self.style)(question.outcome));
        let line = format!("{:<33}{}", question.title, question.found);
        writeln!(f, "{style}{outcome:<10}{style:#}{}", line.trim_end())?;
        match self.detail {
            Detail::Questions => question
                .cures
                .iter()
                .try_for_each(|cure| writeln!(f, "{:<10}{style}cure: {cure}{style:#}", "")),
            Detail::Findings => question.findings.iter().try_for_each(|finding| self.finding(f, finding)),
        }
    }

    fn finding(&self, f: &mut fmt::Formatter<'_>, finding: &Finding) -> fmt::Result {
        let (outcome, style) = (finding.outcome.of_finding(), (self.style)(finding.outcome));
        writeln!(f, "  {style}{outcome:<10}{style:#}{:<22}{}", finding.name, finding.asked)?;
        writeln!(f, "{:<34}{}", "", finding.found)?;
        match &finding.cure {
            Some(cure) => writeln!(f, "{:<34}{style}cure: {cure}{style:#}", ""),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.report.url)?;
        let questions = self.report.questions();
        questions.iter().try_for_each(|question| self.question(f, question))?;
        let count = |outcome| self.report.count(outcome);
        let (right, wrong, advice) = (count(Outcome::Right), count(Outcome::Wrong), count(Outcome::Advice));
        let not_made = count(Outcome::Skipped) + count(Outcome::Unknown);
        write!(f, "{right} right, {wrong} wrong, {advice} to be improved, {not_made} not made")
    }
}

impl Outcome {
    fn of_question(self) -> &'static str {
        match self {
            // The reason stands beside it.
            Self::Unknown => "not made",
            other => other.of_finding(),
        }
    }

    fn of_finding(self) -> &'static str {
        match self {
            Self::Advice => "advice",
            Self::Right => "right",
            Self::Skipped => "not made",
            Self::Unknown => "unknown",
            Self::Wrong => "wrong",
        }
    }

    fn style(self) -> Style {
        match self {
            Self::Advice => AnsiColor::Yellow.on_default(),
            Self::Right => AnsiColor::Green.on_default(),
            Self::Skipped => Style::new().dimmed(),
            Self::Unknown | Self::Wrong => AnsiColor::Red.on_default().bold(),
        }
    }
}
