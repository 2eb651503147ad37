//! Claims as JSON: an object in which no name appears twice, since readers differ on which one counts.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::{Map, Value};

/// What a credential says about the viewer.
#[derive(Clone, Eq, PartialEq)]
pub struct UniqueClaims(pub Map<String, Value>);

impl<'de> Deserialize<'de> for UniqueClaims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ClaimsVisitor)
    }
}

struct ClaimsVisitor;

impl<'de> Visitor<'de> for ClaimsVisitor {
    type Value = UniqueClaims;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<UniqueClaims, A::Error> {
        let mut claims = Map::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if claims.insert(name, value).is_some() {
                return Err(A::Error::custom("a claim appears twice"));
            }
        }
        Ok(UniqueClaims(claims))
    }
}

/// A claim that somebody else wrote, for a person: JSON on one line, without invisible characters, and not too long.
#[must_use]
pub fn shown(claim: &Value) -> String {
    let json = claim.to_string();
    let mut characters = json.chars();
    let mut shown = String::new();
    for character in characters.by_ref().take(SHOWN_LIMIT) {
        match character {
            '"' | '\'' | '\\' => shown.push(character),
            other => shown.extend(other.escape_debug()),
        }
    }
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

/// Whether a text can name a viewer: in a log line, and in the path of a request to the site.
pub(super) fn is_subject(text: &str) -> bool {
    (1..=SUBJECT_LIMIT).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// How many characters of a claim are shown at most.
const SHOWN_LIMIT: usize = 255;
/// How many bytes the name of a viewer has at most.
pub(super) const SUBJECT_LIMIT: usize = 255;
/// Clocks differ: a credential may begin so many seconds from now.
pub(super) const LEEWAY: u64 = 60;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_claim_is_shown_on_one_line_with_an_end() {
        let rows = [
            (json!(["account", "it's"]), r#"["account","it's"]"#.to_owned()),
            (json!("a\"\\\n\u{7f}\u{202e}\u{2028}ü"), r#""a\"\\\n\u{7f}\u{202e}\u{2028}ü""#.to_owned()),
            (json!({"video": true}), r#"{"video":true}"#.to_owned()),
            (json!("a".repeat(253)), format!("\"{}\"", "a".repeat(253))),
            (json!("ü".repeat(254)), format!("\"{}…", "ü".repeat(254))),
        ];
        for (claim, expected) in rows {
            assert_eq!(shown(&claim), expected);
        }
    }
}
