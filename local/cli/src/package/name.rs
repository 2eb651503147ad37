//! The name of a film's folder: letters that no URL must percent-encode.

use std::path::Path;

/// A name for the folder of this film, made of the name of its file.
#[must_use]
pub fn name_of(film: &Path) -> String {
    let stem = film.file_stem().unwrap_or_default().to_string_lossy();
    let mut name = String::new();
    for letter in stem.chars() {
        match letter {
            'A'..='Z' | 'a'..='z' | '0'..='9' | '.' | '_' => name.push(letter),
            _ => match plain(letter) {
                "-" if name.ends_with('-') => {}
                letters => name.push_str(letters),
            },
        }
    }
    let name = name.trim_matches(['-', '.']);
    if name.is_empty() { "film".to_owned() } else { name.to_owned() }
}

/// Whether a folder may have this name.
pub(super) fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !name.is_empty() && !name.starts_with('.') && name.bytes().all(is_plain)
}

/// What stands for a letter outside of ASCII.
fn plain(letter: char) -> &'static str {
    match letter {
        'ä' | 'æ' => "ae",
        'ö' | 'œ' => "oe",
        'ü' => "ue",
        'Ä' | 'Æ' => "Ae",
        'Ö' | 'Œ' => "Oe",
        'Ü' => "Ue",
        'ß' => "ss",
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ą' => "a",
        'ç' | 'ć' | 'č' => "c",
        'è' | 'é' | 'ê' | 'ë' | 'ę' | 'ě' => "e",
        'ì' | 'í' | 'î' | 'ï' => "i",
        'ł' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ø' => "o",
        'ř' => "r",
        'ś' | 'š' => "s",
        'ù' | 'ú' | 'û' | 'ů' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        'À' | 'Á' | 'Â' | 'Ã' | 'Å' => "A",
        'Ç' | 'Č' => "C",
        'È' | 'É' | 'Ê' | 'Ë' => "E",
        'Ò' | 'Ó' | 'Ô' | 'Õ' | 'Ø' => "O",
        'Š' => "S",
        'Ž' => "Z",
        _ => "-",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_only_what_no_url_encodes() {
        let rows = [
            ("film.mp4", "film"),
            ("/films/My Film (2026) 'final'.mov", "My-Film-2026-final"),
            ("-i.mp4", "i"),
            ("..hidden.mp4", "hidden"),
            ("Über uns.mp4", "Ueber-uns"),
            ("映画.mp4", "film"),
            ("a.b_c-d.mkv", "a.b_c-d"),
            ("100%+?#.mp4", "100"),
        ];
        for (film, expected) in rows {
            assert_eq!(name_of(Path::new(film)), expected, "{film}");
            assert!(is_name(expected));
        }
        for name in ["", ".hidden", "a/b", "a b", "..", "ü"] {
            assert!(!is_name(name), "{name}");
        }
    }
}
