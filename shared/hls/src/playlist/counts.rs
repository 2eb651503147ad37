//! What happened to the references of a playlist, and why.

use std::fmt;

/// Why a reference stays as it is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum SkipReason {
    /// Players read it in different ways: a control character, an odd quote, a backslash that may name a host.
    Ambiguous,
    /// It is not a URL, or not text.
    Invalid,
    /// It points at the playlist itself: the player repeats the query that it sent.
    Itself,
    /// The viewer's own policy does not cover it, and `COMMON_ASSETS` does not either.
    NotCovered,
    /// It is a playlist or MPD whose name does not end in `.m3u8` or `.mpd`, which the distribution does not sign.
    NotResigned,
    /// It is on a host for which nothing is signed.
    OtherHost,
    /// It is on a signed host, but by `http` instead of `https` or the other way round.
    OtherProtocol,
    /// It is neither `http` nor `https`: `data:`, `skd:`, `urn:` and the like.
    OtherScheme,
    /// It is on a signed host, but not below the prefix.
    OutOfScope,
    /// The player adds the query of the MPD's URL to it (ISO/IEC 23009-1, Annex I).
    SignedByPlayer,
    /// A variable contains a signature together with other parameters.
    SignedByVariable,
    /// It is in an unknown tag.
    UnknownTag,
    /// Its path depends on a variable whose value only the player knows, or that has no value.
    UnknownVariable,
}

impl SkipReason {
    /// All reasons.
    pub const ALL: [Self; 13] = [
        Self::Ambiguous,
        Self::Invalid,
        Self::Itself,
        Self::NotCovered,
        Self::NotResigned,
        Self::OtherHost,
        Self::OtherProtocol,
        Self::OtherScheme,
        Self::OutOfScope,
        Self::SignedByPlayer,
        Self::SignedByVariable,
        Self::UnknownTag,
        Self::UnknownVariable,
    ];

    /// The reason as a part of a sentence, such as `on another host`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ambiguous => "ambiguous",
            Self::Invalid => "invalid",
            Self::Itself => "to the playlist itself",
            Self::NotCovered => "not covered by the viewer's policy",
            Self::NotResigned => "to a playlist or MPD whose name does not end in .m3u8 or .mpd",
            Self::OtherHost => "on another host",
            Self::OtherProtocol => "on this host by the other protocol, http or https",
            Self::OtherScheme => "of another scheme",
            Self::OutOfScope => "outside of the scope",
            Self::SignedByPlayer => "signed by the player",
            Self::SignedByVariable => "signed by a variable",
            Self::UnknownTag => "in an unknown tag",
            Self::UnknownVariable => "with an unknown variable",
        }
    }

    /// Whether the reference may be correct as it is: nothing of it is on this host, or the player adds the
    /// signature.
    #[must_use]
    pub fn is_expected(self) -> bool {
        matches!(self, Self::Itself | Self::OtherHost | Self::OtherScheme | Self::SignedByPlayer)
    }
}

/// How many references were signed, how many were left, and why.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct RewriteCounts {
    /// References that received parameters.
    pub signed: usize,
    left: [usize; SkipReason::ALL.len()],
}

impl RewriteCounts {
    /// References that stay as they were.
    #[must_use]
    pub fn left(&self) -> usize {
        self.left.iter().sum()
    }

    /// How many stay as they were, for each reason that occurred.
    pub fn reasons(&self) -> impl Iterator<Item = (SkipReason, usize)> {
        SkipReason::ALL.into_iter().zip(self.left).filter(|(_, count)| *count > 0)
    }

    /// Counts references of one outcome.
    pub fn count(&mut self, outcome: Result<(), SkipReason>, references: usize) {
        match outcome {
            Ok(()) => self.signed += references,
            Err(reason) => {
                let counts = SkipReason::ALL.iter().zip(&mut self.left);
                for (_, count) in counts.filter(|(skip, _)| **skip == reason) {
                    *count += references;
                }
            }
        }
    }
}

/// `3 signed, 2 left: 1 on another host, 1 outside of the scope`
impl fmt::Display for RewriteCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} signed, {} left", self.signed, self.left())?;
        let mut separator = ":";
        for (reason, count) in self.reasons() {
            write!(f, "{separator} {count} {}", reason.as_str())?;
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
        let mut counts = RewriteCounts::default();
        assert_eq!(counts.to_string(), "0 signed, 0 left");
        for reason in SkipReason::ALL {
            counts.count(Err(reason), 1);
        }
        counts.count(Ok(()), 3);
        counts.count(Err(SkipReason::OutOfScope), 1);
        assert_eq!(
            counts.to_string(),
            "3 signed, 14 left: 1 ambiguous, 1 invalid, 1 to the playlist itself, \
             1 not covered by the viewer's policy, 1 to a playlist or MPD whose name does not end in \
             .m3u8 or .mpd, \
             1 on another host, 1 on this host by the other protocol, http or https, 1 of another scheme, \
             2 outside of the scope, 1 signed by the player, 1 signed by a variable, 1 in an unknown tag, 1 with an unknown variable"
        );
        assert_eq!(counts.left(), 14);
        assert_eq!(counts.reasons().nth(8), Some((SkipReason::OutOfScope, 2)));
    }
}
