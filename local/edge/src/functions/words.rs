//! Names in a function's code that the edge does not have. The edge reports them when it starts, not when a request
//! first reaches them.

/// Names in the code that do not exist here and that the code does not declare itself, outside of comments, strings
/// and regular expressions; modules as `require('x')`. In their order, each once.
pub(super) fn missing(code: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let tokens = tokens(code);
    let own: Vec<&Token> = tokens
        .windows(2)
        .filter_map(|pair| match pair {
            [Token::Word(word), name] if ["const", "function", "let", "var"].contains(&word.as_str()) => {
                Some(name)
            }
            _ => None,
        })
        .collect();
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| !own.contains(token)) {
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        let is_member = before == Some(&Token::Sign('.')) || tokens.get(at + 1) == Some(&Token::Sign(':'));
        let name = match token {
            Token::Word(word) if word == "require" => match (tokens.get(at + 1), tokens.get(at + 2)) {
                (Some(Token::Sign('(')), Some(Token::Text(module))) if module != "crypto" => {
                    format!("require('{module}')")
                }
                _ => continue,
            },
            Token::Word(word) if MISSING.contains(&word.as_str()) && !is_member => word.clone(),
            _ => continue,
        };
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

/// Whether the code is a module. CloudFront's own module `cloudfront`, with key value stores and origins, must be
/// imported.
pub(super) fn has_import(code: &str) -> bool {
    let tokens = tokens(code);
    tokens.iter().enumerate().any(|(at, token)| {
        let is_property = at.checked_sub(1).and_then(|at| tokens.get(at)) == Some(&Token::Sign('.'));
        let is_import = matches!(token, Token::Word(word) if word == "import") && !is_property;
        is_import && tokens.get(at + 1) != Some(&Token::Sign(':'))
    })
}

/// Names that the documentation does not list, and listed ones that the edge lacks: `TextDecoder`,
/// `TextEncoder`.
const MISSING: [&str; 29] = [
    "Atomics",
    "BigInt",
    "Function",
    "Intl",
    "Map",
    "Proxy",
    "Reflect",
    "Set",
    "SharedArrayBuffer",
    "TextDecoder",
    "TextEncoder",
    "URL",
    "URLSearchParams",
    "WeakMap",
    "WeakRef",
    "WeakSet",
    "WebAssembly",
    "XMLHttpRequest",
    "clearImmediate",
    "clearInterval",
    "clearTimeout",
    "eval",
    "fetch",
    "performance",
    "process",
    "queueMicrotask",
    "setImmediate",
    "setInterval",
    "setTimeout",
];

#[derive(Debug, Eq, PartialEq)]
enum Token {
    Word(String),
    /// A string. Text between backticks is read as code.
    Text(String),
    Sign(char),
}

/// An approximation: only a parser can tell the meaning of every `/`.
fn tokens(code: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if is_word(first) {
            let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            tokens.push(Token::Word(rest.get(..length).unwrap_or_default().to_owned()));
            length
        } else if matches!(first, '"' | '\'') || (first == '/' && may_begin_expression(tokens.last())) {
            let length = quoted(rest, first);
            let inner = rest.get(1..length.saturating_sub(1)).unwrap_or_default();
            tokens.push(if first == '/' { Token::Sign(')') } else { Token::Text(inner.to_owned()) });
            length
        } else {
            if !first.is_whitespace() {
                tokens.push(Token::Sign(first));
            }
            first.len_utf8()
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    tokens
}

/// Whether a `/` after this token begins a regular expression rather than a division.
fn may_begin_expression(before: Option<&Token>) -> bool {
    match before {
        None => true,
        Some(Token::Sign(sign)) => !matches!(sign, ')' | ']' | '}'),
        Some(Token::Word(word)) => word == "return",
        Some(Token::Text(_)) => false,
    }
}

/// The length of a quoted text with both quotes, or of the line if it is not closed.
fn quoted(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    let mut in_class = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\n' => return at,
            '\\' => is_escaped = true,
            '[' if quote == '/' => in_class = true,
            ']' => in_class = false,
            _ if c == quote && !in_class => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_and_not_here_is_found() {
        let rows: [(&str, &[&str]); 11] = [
            ("function handler(event) { return event.request; }", &[]),
            ("setTimeout(f, 1); fetch('x'); setTimeout(g, 2)", &["setTimeout", "fetch"]),
            ("var x = eval('1'); new Function('x')", &["eval", "Function"]),
            ("// fetch()\n/* eval */ 'setTimeout' + \"Map\" + /fetch'/.test(a)", &[]),
            ("request.fetch(); var o = { Map: 1 }; o.Map", &[]),
            ("var a = b / c; fetch(); var d = e / f", &["fetch"]),
            ("require('crypto'); require(\"querystring\")", &["require('querystring')"]),
            ("`${fetch(1)}`", &["fetch"]),
            ("a.replace(/[/']/g, fetch)", &["fetch"]),
            ("function process(a) {} process(1); var Map = {}; Map.a", &[]),
            ("prefetch; fetches; $fetch", &[]),
        ];
        for (code, expected) in rows {
            assert_eq!(missing(code), expected, "{code}");
        }
    }

    #[test]
    fn an_import_is_found() {
        assert!(has_import("import cf from 'cloudfront';\nfunction handler(event) {}"));
        assert!(has_import("const cf = await import('cloudfront')"));
        assert!(!has_import("// import it\nvar important = { import: 1 }; important.import"));
    }
}
