//! Why an MPD is not rewritten.

/// The XML cannot be read with certainty, so its URIs are unknown. Players may read it nevertheless, each in its own
/// way: an MPD that is refused must not be sent to a viewer who receives our signatures.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MpdError {
    /// An element has the same attribute twice; readers do not agree on which value counts.
    #[error("an element of the MPD has the same attribute twice at {0}")]
    AttributeTwice(Position),
    /// There is a document type declaration. It could define entities, which change what a URI is.
    #[error("the MPD has a document type declaration at {0}, which is not read: remove it")]
    Doctype(Position),
    /// The root element is not `MPD`.
    #[error("the document is not an MPD: its root element is not <MPD>")]
    NotMpd,
    /// The bytes are not UTF-8.
    #[error("the MPD is not UTF-8 from byte {valid_up_to} on")]
    NotUtf8 {
        /// How many bytes are valid.
        valid_up_to: usize,
    },
    /// The XML declaration names an encoding other than UTF-8.
    #[error("the MPD declares an encoding other than UTF-8")]
    OtherEncoding,
    /// A second element follows the root element.
    #[error("the MPD has a second root element at {0}")]
    SeveralRoots(Position),
    /// The text is not well-formed XML.
    #[error("the MPD is not well-formed XML at {0}")]
    Syntax(Position),
    /// The elements are nested too deeply.
    #[error("the elements of the MPD are nested more than {limit} deep")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// The MPD is larger than the limit.
    #[error("the MPD has more than the {limit} bytes that are read")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The `BaseURL` elements and representations make too many combinations.
    #[error("the references and BaseURL elements of the MPD combine to more than {limit} URLs")]
    TooManyUrls {
        /// The limit.
        limit: usize,
    },
    /// The document ends within an element.
    #[error("the MPD ends before its elements are closed")]
    Unclosed,
    /// An entity that is none of XML's five, or a character reference to no character.
    #[error("the MPD has an unknown entity at {0}")]
    UnknownEntity(Position),
}

/// A place in the text, for people.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in bytes, from 1.
    pub column: usize,
}

impl Position {
    pub(crate) fn of(text: &str, at: usize) -> Self {
        let before = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        Self { line, column }
    }
}

/// `line 3, column 14`
impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}
