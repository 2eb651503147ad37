//! What happened to the references of a playlist, and why.

use std::fmt;

/// Why a reference stays as it is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Left {
    /// Players would read it differently: a backslash, a control character, blank space around it.
    Ambiguous,
    /// It is no URL, or no text.
    Invalid,
    /// It points at the playlist itself, whose query the player repeats.
    Itself,
    /// It is on a host that nothing is signed for.
    OtherHost,
    /// It is neither `http` nor `https`: `data:`, `skd:`, `urn:` and the like.
    OtherScheme,
    /// It is on a host that is signed for, but not below the prefix.
    OutOfScope,
    /// A signature stands in a variable, together with other parameters.
    SignedByVariable,
    /// Its path depends on a variable whose value only the player knows, or nobody.
    UnknownVariable,
}

impl Left {
    const ALL: [(Self, &str); 8] = [
        (Self::Ambiguous, "ambiguous"),
        (Self::Invalid, "invalid"),
        (Self::Itself, "to the playlist itself"),
        (Self::OtherHost, "on another host"),
        (Self::OtherScheme, "of another scheme"),
        (Self::OutOfScope, "outside of the scope"),
        (Self::SignedByVariable, "signed by a variable"),
        (Self::UnknownVariable, "with an unknown variable"),
    ];
}

/// How many references were signed, how many were left, and why.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Summary {
    /// References that received parameters.
    pub signed: usize,
    left: [usize; Left::ALL.len()],
}

impl Summary {
    /// References that stay as they were.
    #[must_use]
    pub fn left(&self) -> usize {
        self.left.iter().sum()
    }

    /// How many of them for each reason that there was.
    pub fn reasons(&self) -> impl Iterator<Item = (Left, usize)> {
        Left::ALL
            .iter()
            .zip(self.left)
            .filter(|(_, count)| *count > 0)
            .map(|((left, _), count)| (*left, count))
    }

    /// Counts one reference.
    pub fn count(&mut self, outcome: Result<(), Left>) {
        match outcome {
            Ok(()) => self.signed += 1,
            Err(reason) => {
                let counts = Left::ALL.iter().zip(&mut self.left);
                for (_, count) in counts.filter(|((left, _), _)| *left == reason) {
                    *count += 1;
                }
            }
        }
    }
}

/// `3 signed, 2 left: 1 on another host, 1 outside of the scope`
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} signed, {} left", self.signed, self.left())?;
        let mut separator = ":";
        for ((_, text), count) in Left::ALL.iter().zip(self.left).filter(|(_, count)| *count > 0) {
            write!(f, "{separator} {count} {text}")?;
            separator = ",";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_its_count() {
        let mut summary = Summary::default();
        assert_eq!(summary.to_string(), "0 signed, 0 left");
        for (left, _) in Left::ALL {
            summary.count(Err(left));
        }
        summary.count(Ok(()));
        summary.count(Err(Left::OutOfScope));
        assert_eq!(
            summary.to_string(),
            "1 signed, 9 left: 1 ambiguous, 1 invalid, 1 to the playlist itself, 1 on another host, \
             1 of another scheme, 2 outside of the scope, 1 signed by a variable, 1 with an unknown variable"
        );
        assert_eq!(summary.left(), 9);
        assert_eq!(summary.reasons().nth(5), Some((Left::OutOfScope, 2)));
    }
}
