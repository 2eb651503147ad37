//! What an error says, with what stands behind it: the outermost sentence alone, "dispatch failure" say, tells
//! a person nothing.

use std::{error::Error, iter};

/// The error and its sources, with colons between them.
#[must_use]
pub fn with_sources(error: &(dyn Error + 'static)) -> String {
    let all = iter::successors(Some(error), |error| (*error).source());
    all.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the key cannot be read")]
    struct Outer(#[source] Middle);

    #[derive(Debug, thiserror::Error)]
    #[error("the file is not open")]
    struct Middle(#[source] std::fmt::Error);

    #[test]
    fn each_source_stands_behind_what_it_caused() {
        assert_eq!(
            with_sources(&Outer(Middle(std::fmt::Error))),
            "the key cannot be read: the file is not open: an error occurred when formatting an argument"
        );
    }
}
