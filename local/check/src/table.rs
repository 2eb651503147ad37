//! A report for people, and for programs.

use std::fmt;

use serde_json::{Value, json};

use super::{Outcome, Report};

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.url)?;
        for check in &self.checks {
            let outcome = check.outcome.as_str();
            writeln!(f, "{outcome:<10}{:<20}{}", check.name, check.found)?;
            if let Some(cure) = &check.cure {
                writeln!(f, "{:<30}cure: {cure}", "")?;
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
}

impl Report {
    /// The report for programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({ "url": self.url, "right": self.is_right(), "checks": self.checks })
    }
}
