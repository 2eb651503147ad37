//! What a check found, and what helps.

use std::fmt;

/// One line of `usher doctor`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Finding {
    name: &'static str,
    verdict: Verdict,
    found: String,
}

/// What a check came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    Ok,
    /// It could not be checked here.
    Unknown,
    /// It works, but not at once, or not for everybody.
    Warning,
    Wrong,
}

/// The name of the finding about a secret that does not exist yet.
pub(crate) const PLACEHOLDER_NAME: &str = "secret";

/// All that `usher doctor` checked.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Findings(pub(crate) Vec<Finding>);

impl Finding {
    pub(crate) fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Ok, found: found.into() }
    }

    /// `cure` says what helps.
    pub(crate) fn wrong(name: &'static str, found: impl fmt::Display, cure: impl fmt::Display) -> Self {
        Self::with_cure(name, Verdict::Wrong, found, cure)
    }

    /// `cure` says how to find out.
    pub(crate) fn unknown(name: &'static str, found: impl fmt::Display, cure: impl fmt::Display) -> Self {
        Self::with_cure(name, Verdict::Unknown, found, cure)
    }

    /// `cure` says what to do about it.
    pub(crate) fn warning(name: &'static str, found: impl fmt::Display, cure: impl fmt::Display) -> Self {
        Self::with_cure(name, Verdict::Warning, found, cure)
    }

    pub(crate) fn is_wrong(&self) -> bool {
        self.verdict == Verdict::Wrong
    }

    pub(crate) fn is_warning(&self) -> bool {
        self.verdict == Verdict::Warning
    }

    /// Whether it says that a secret does not exist yet.
    pub(crate) fn is_placeholder(&self) -> bool {
        self.name == PLACEHOLDER_NAME
    }

    /// What was found, and the cure.
    pub(crate) fn found(&self) -> &str {
        &self.found
    }

    fn with_cure(
        name: &'static str,
        verdict: Verdict,
        found: impl fmt::Display,
        cure: impl fmt::Display,
    ) -> Self {
        Self { name, verdict, found: format!("{found}: {cure}") }
    }
}

impl Findings {
    pub(crate) fn is_wrong(&self) -> bool {
        self.0.iter().any(Finding::is_wrong)
    }

    fn count(&self, verdict: Verdict) -> usize {
        self.0.iter().filter(|finding| finding.verdict == verdict).count()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = self.verdict.word();
        // What a library says may have several lines.
        let found: Vec<&str> = self.found.split_whitespace().collect();
        write!(f, "{verdict:<8} {:<12} {}", self.name, found.join(" "))
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.0 {
            writeln!(f, "{finding}")?;
        }
        let [ok, warnings, wrong, unknown] =
            [Verdict::Ok, Verdict::Warning, Verdict::Wrong, Verdict::Unknown]
                .map(|verdict| self.count(verdict));
        write!(f, "{ok} ok, {wrong} wrong, {warnings} to be considered, {unknown} unknown")
    }
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Wrong => "wrong",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_line_and_the_last_line_counts_them() {
        let findings = Findings(vec![
            Finding::ok("sam", "1.170.0"),
            Finding::wrong("zig", "it is not there", "install it"),
            Finding::warning("domain", "a record\nis there", "switch it later"),
            Finding::unknown("issuer", "no answer", "try again"),
        ]);
        let expected = "ok       sam          1.170.0\n\
                        wrong    zig          it is not there: install it\n\
                        warning  domain       a record is there: switch it later\n\
                        unknown  issuer       no answer: try again\n\
                        1 ok, 1 wrong, 1 to be considered, 1 unknown";
        assert_eq!(findings.to_string(), expected);
        assert!(findings.is_wrong());
        let Findings(mut others) = findings;
        others.remove(1);
        assert!(!Findings(others).is_wrong());
    }
}
