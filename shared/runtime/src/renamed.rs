//! Sentences about settings, in the words of whoever wrote them.

/// A sentence in which `other` replaces each name, such as `JWT_ISSUER`, for which it has another one.
#[must_use]
pub fn renamed(sentence: &str, other: impl Fn(&str) -> Option<String>) -> String {
    let is_of_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let words = sentence.split_inclusive(|character| !is_of_name(character));
    let renamed = words.map(|word| {
        let name = word.trim_end_matches(|character| !is_of_name(character));
        other(name).map_or_else(|| word.to_owned(), |other| word.replacen(name, &other, 1))
    });
    renamed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complete_names_are_replaced_and_the_rest_stays_as_it_is() {
        let other = |name: &str| (name == "A_KEY").then(|| "key".to_owned());
        let rows = [
            ("A_KEY is missing (or A_KEYS, or A_KEY)", "key is missing (or A_KEYS, or key)"),
            ("LIST[0]: A_KEY: entry 1, \"é\"; A_KEY", "LIST[0]: key: entry 1, \"é\"; key"),
            ("", ""),
        ];
        for (sentence, expected) in rows {
            assert_eq!(renamed(sentence, other), expected);
        }
    }
}
