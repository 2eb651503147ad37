//! A file with a template's parameters, as `sam deploy` takes it by `--parameter-overrides file://NAME.yaml`: a YAML
//! mapping of names and values.

use serde_json::Value;

use super::{
    Problem,
    yaml::{self, text},
};

/// The parameters in a file, in their order, as SAM passes them on: a list as its entries with commas between them, a
/// boolean as Python writes it (`True`), nothing as an empty value. SAM removes quotes around a text, and the backslash
/// before a quote or a space: [`protected`] is the reverse.
///
/// # Errors
/// [`Problem::Yaml`], [`Problem::Empty`], or [`Problem::Value`] for a value that is none of these.
pub fn parameter_file(yaml: &str) -> Result<Vec<(String, String)>, Problem> {
    let members = yaml::members(yaml)?;
    let value = |(name, value): (String, Value)| {
        let given = given(&value).ok_or_else(|| Problem::Value(name.clone()))?;
        Ok((name, unprotected(&given)))
    };
    members.into_iter().map(value).collect()
}

fn given(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::Bool(true) => Some("True".to_owned()),
        Value::Bool(false) => Some("False".to_owned()),
        Value::Array(items) => {
            let items: Option<Vec<String>> =
                items.iter().map(|item| Some(given(item)?.trim().to_owned())).collect();
            Some(items?.into_iter().filter(|item| !item.is_empty()).collect::<Vec<_>>().join(","))
        }
        other => text(other),
    }
}

/// A text of which SAM makes this value.
#[must_use]
pub fn protected(value: &str) -> String {
    (0..TIMES).fold(value.to_owned(), |value, _| {
        let escape = |value: String, escaped: &&str| value.replace(escaped, &format!("\\{escaped}"));
        let escaped = ESCAPED.iter().fold(value.clone(), escape);
        if is_quoted(&value) { format!("\"{escaped}\"") } else { escaped }
    })
}

fn unprotected(text: &str) -> String {
    (0..TIMES).fold(text.to_owned(), |text, _| {
        let within = if is_quoted(&text) { text.get(1..text.len() - 1).unwrap_or_default() } else { &text };
        let unescape = |text: String, escaped: &&str| text.replace(escaped, escaped.trim_start_matches('\\'));
        ESCAPED.iter().fold(within.to_owned(), unescape)
    })
}

fn is_quoted(text: &str) -> bool {
    ['"', '\''].into_iter().any(|quote| text.starts_with(quote) && text.ends_with(quote))
}

/// SAM does this to the parameters of a file, and then to all parameters.
const TIMES: usize = 2;
/// In SAM's order.
const ESCAPED: [&str; 3] = ["\\ ", "\\\"", "\\'"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_in_their_order() {
        let yaml = "# a comment\nPlone: '{\"site\": \"https://example.com\"}'\nDomainName: video.example.com # another\n\
                    CookieTtlSeconds: 3600\nAllowedOrigins: [https://a.example, https://b.example]\nWebAclArn:\n\
                    Lines: |\n  one\n  two\n";
        let expected = [
            ("Plone", "{\"site\": \"https://example.com\"}"),
            ("DomainName", "video.example.com"),
            ("CookieTtlSeconds", "3600"),
            ("AllowedOrigins", "https://a.example,https://b.example"),
            ("WebAclArn", ""),
            ("Lines", "one\ntwo\n"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(parameter_file(yaml), Ok(expected.to_vec()));
    }

    #[test]
    fn sam_removes_quotes_and_backslashes_that_are_not_protected() {
        // Each row is what SAM 1.170 makes of the value in YAML.
        let rows = [
            (r#"A: '"x"'"#, "x"),
            (r#"A: "'x'""#, "x"),
            (r"A: 'a\ b'", "a b"),
            (r"A: 'a\b'", r"a\b"),
            (r#"A: '"''x''"'"#, "x"),
            (r#"A: '{"a": "b\\"c"}'"#, r#"{"a": "b"c"}"#),
            (r#"A: '{"a": "b\\\"c"}'"#, r#"{"a": "b\"c"}"#),
            (r#"A: '{"a": "b\"c"}'"#, r#"{"a": "b"c"}"#),
        ];
        for (yaml, expected) in rows {
            let expected = vec![("A".to_owned(), expected.to_owned())];
            assert_eq!(parameter_file(yaml), Ok(expected), "{yaml}");
        }
        for value in ["", "x", "\"", "'x'", "\"x\"", r#"{"a": "b\"c\\"}"#, r"\ \' ", r#"\\""#, "\"a\\\""] {
            assert_eq!(unprotected(&protected(value)), value, "{value}");
        }
    }

    #[test]
    fn what_sam_could_not_pass_on_is_an_error_that_names_the_parameter() {
        let rows = [
            ("", "it is empty"),
            ("# nothing\n", "it is empty"),
            ("- a", "it must be a mapping of names and values"),
            (
                "Plone: {site: https://example.com}",
                "the value of Plone is neither a text nor a number nor a list of them",
            ),
            ("A: [{b: c}]", "the value of A is neither a text nor a number nor a list of them"),
        ];
        for (yaml, expected) in rows {
            assert_eq!(
                parameter_file(yaml).map_err(|error| error.to_string()),
                Err(expected.to_owned()),
                "{yaml}"
            );
        }
        assert!(matches!(parameter_file("A: 1\nA: 2"), Err(Problem::Yaml(_))), "a name appears twice");
    }
}
