//! A report for people, and for programs.

use std::fmt;

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

use super::{Outcome, Report};

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, |_| Style::new())
    }
}

/// A report for a terminal.
struct InColor<'a>(&'a Report);

impl fmt::Display for InColor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(f, Outcome::style)
    }
}

impl Report {
    /// The report in colors, for a terminal.
    #[must_use]
    pub fn in_color(&self) -> impl fmt::Display {
        InColor(self)
    }

    /// Each check with its question, what was found, and what helps.
    fn write(&self, f: &mut fmt::Formatter<'_>, style: fn(Outcome) -> Style) -> fmt::Result {
        writeln!(f, "{}", self.url)?;
        for check in &self.checks {
            let (outcome, style) = (check.outcome.as_str(), style(check.outcome));
            writeln!(f, "{style}{outcome:<10}{style:#}{:<20}{}", check.name, check.question)?;
            writeln!(f, "{:<30}{}", "", check.found)?;
            if let Some(cure) = &check.cure {
                writeln!(f, "{:<30}{style}cure: {cure}{style:#}", "")?;
            }
        }
        let (right, wrong) = (self.count(Outcome::Right), self.count(Outcome::Wrong));
        let (advice, skipped) = (self.count(Outcome::Advice), self.count(Outcome::Skipped));
        let unknown = self.count(Outcome::Unknown);
        write!(
            f,
            "{right} right, {wrong} wrong, {advice} to be improved, {skipped} not made, {unknown} unknown"
        )
    }
}

impl Outcome {
    fn as_str(self) -> &'static str {
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

impl Report {
    /// The report for programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({ "url": self.url, "right": self.is_right(), "checks": self.checks })
    }
}
