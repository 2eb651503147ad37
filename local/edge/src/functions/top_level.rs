//! Whether a function's code keeps nothing at its top level that can change: only functions and values.
//!
//! It reads lines, not JavaScript. Code of another form is not wrong: each of its runs gets a new realm.

/// What the code declares at its top level.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct TopLevel<'a> {
    /// The names of `const` and `var`.
    pub(super) values: Vec<&'a str>,
    /// The functions, each as it is written.
    pub(super) functions: Vec<&'a str>,
}

impl<'a> TopLevel<'a> {
    /// `None` if a line is not recognised. Recognised are empty lines, comments of one line, `var` and `const` of a
    /// literal in one line, and functions: from `function name(parameters) {` to the next line that is not indented,
    /// which must be `}`.
    pub(super) fn read(code: &'a str) -> Option<Self> {
        // In JavaScript these end a line too.
        if code.contains(['\r', '\u{2028}', '\u{2029}']) {
            return None;
        }
        let mut top_level = Self { values: Vec::new(), functions: Vec::new() };
        let mut rest = code;
        while !rest.is_empty() {
            let length = rest.find('\n').map_or(rest.len(), |end| end + 1);
            let (line, after) = rest.split_at_checked(length)?;
            let line = line.trim_end();
            if begins_function(line) {
                let length = function_length(rest)?;
                let (function, after) = rest.split_at_checked(length)?;
                top_level.functions.push(function.trim_end());
                rest = after;
                continue;
            }
            if !line.is_empty() && !line.starts_with("//") {
                top_level.values.push(declared(line)?);
            }
            rest = after;
        }
        Some(top_level)
    }
}

fn begins_function(line: &str) -> bool {
    let line = line.strip_prefix("async ").unwrap_or(line);
    let parts = line.strip_prefix("function ").and_then(|line| line.strip_suffix(") {"));
    parts.and_then(|line| line.split_once('(')).is_some_and(|(name, parameters)| {
        is_name(name) && (parameters.is_empty() || parameters.split(", ").all(is_name))
    })
}

/// The length of the lines up to the one that is `}`.
fn function_length(code: &str) -> Option<usize> {
    let mut length = 0;
    for (at, line) in code.split_inclusive('\n').enumerate() {
        length += line.len();
        match line.trim_end() {
            "}" => return Some(length),
            text if at == 0 || text.is_empty() || line.starts_with([' ', '\t']) => {}
            _ => return None,
        }
    }
    None
}

/// The name in `var name = literal;`.
fn declared(line: &str) -> Option<&str> {
    let line = line.strip_prefix("const ").or_else(|| line.strip_prefix("var "))?;
    let (name, value) = line.strip_suffix(';')?.split_once(" = ")?;
    (is_name(name) && is_literal(value)).then_some(name)
}

/// Numbers, words such as `true`, strings without an escape, and arrays of them.
fn is_literal(value: &str) -> bool {
    let mut rest = value;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' => {
                let Some(end) = rest.get(1..).and_then(|inner| inner.find(first)) else { return false };
                if rest.get(..=end).is_some_and(|text| text.contains('\\')) {
                    return false;
                }
                end + 2
            }
            '[' | ']' | ',' | ' ' => 1,
            '0'..='9' | '-' | 'a'..='z' => {
                let word = rest.split([',', ' ', ']']).next().unwrap_or_default();
                let digits = word.strip_prefix('-').unwrap_or(word);
                let is_number = !digits.is_empty() && digits.bytes().all(|c| c.is_ascii_digit() || c == b'.');
                if !is_number && !["false", "null", "true"].contains(&word) {
                    return false;
                }
                word.len()
            }
            _ => return false,
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    true
}

fn is_name(text: &str) -> bool {
    let is_letter = |c: u8| c.is_ascii_alphabetic() || c == b'_' || c == b'$';
    text.bytes().next().is_some_and(is_letter) && text.bytes().all(|c| is_letter(c) || c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_and_values_are_recognised() {
        let code = "// A comment.\nvar A = ['x', \"y's\"];\n\nconst B = -1.5; \nvar $c = true;\n\
                    function handler(event) {\n  return a(event);\n\n\t}\n}\nasync function a(b, _c) {\n}";
        assert_eq!(
            TopLevel::read(code),
            Some(TopLevel {
                values: vec!["A", "B", "$c"],
                functions: vec![
                    "function handler(event) {\n  return a(event);\n\n\t}\n}",
                    "async function a(b, _c) {\n}"
                ],
            })
        );
    }

    #[test]
    fn whatever_else_is_not_recognised() {
        let codes = [
            "let a = 1;",
            "var a;",
            "var a = 1, b = 2;",
            "var a = {};",
            "var a = [b];",
            "var a = b();",
            "var a = 'x\\'y';",
            "var a = 'x\\'; // ';",
            "// A comment.\rlet a = 1;",
            "// A comment.\u{2028}let a = 1;",
            "var a = 'x' + 'y';",
            "var a = function () {};",
            "var a = /x/g;",
            "const a = `x`;",
            "a = 1;",
            "  var a = 1;",
            "/* a comment\n*/",
            "class A {\n}",
            "handler.last = 1;",
            "const handler = (event) => event.request;",
            "function handler(event) { return event.request; }",
            "function handler(event) {\n  return event.request;\n} var a = 1;",
            "function handler(event = {}) {\n}",
            "function handler(event) {\n`\nx`\n}",
            "function handler(event) {",
            "function handler(event) {\n}\n  var a = 1;",
            "function* all() {\n}",
        ];
        for code in codes {
            assert_eq!(TopLevel::read(code), None, "{code}");
        }
    }
}
