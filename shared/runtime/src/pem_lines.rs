//! PEM as settings have it: files of settings, and forms of consoles, have one line for a value.

use zeroize::Zeroizing;

/// The text with its lines, where the two characters `\n` (or the four `\r\n`) divide them. A backslash cannot mean
/// anything else in PEM. The parser ignores quotes around it.
#[must_use]
pub fn pem_lines(text: &str) -> Zeroizing<String> {
    // As long as the text, so that no part of it stays behind in memory.
    let mut lines = Zeroizing::new(String::with_capacity(text.len()));
    for (number, line) in text.split(r"\n").enumerate() {
        if number > 0 {
            lines.push('\n');
        }
        lines.push_str(line.trim_end_matches(r"\r"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_characters_divide_lines() {
        let rows = [
            ("a\nb\n", "a\nb\n"),
            ("a\r\nb", "a\r\nb"),
            (r"a\nb\n", "a\nb\n"),
            (r"a\r\nb\r\n", "a\nb\n"),
            (r#""a\nb""#, "\"a\nb\""),
            ("", ""),
        ];
        for (text, lines) in rows {
            assert_eq!(*pem_lines(text), lines, "{text}");
        }
    }
}
