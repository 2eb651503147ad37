//! Languages: BCP 47, as HLS has it, from the ISO 639-2 of containers and from the names of files.

/// A language, as it is written in `LANGUAGE`, and its own name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Language {
    pub(super) tag: String,
    pub(super) name: String,
}

impl Language {
    /// Reads what a container or a file's name says: `ger`, `de`, `pt-BR`. `und` is no language.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut subtags = text.split(['-', '_']);
        let primary = subtags.next()?.to_ascii_lowercase();
        let is_primary =
            (2..=3).contains(&primary.len()) && primary.bytes().all(|byte| byte.is_ascii_lowercase());
        if !is_primary || ["und", "mis", "mul", "zxx"].contains(&primary.as_str()) {
            return None;
        }
        let known =
            LANGUAGES.iter().find(|(tag, codes, _)| *tag == primary || codes.contains(&primary.as_str()));
        let mut tag = known.map_or(primary, |(tag, ..)| (*tag).to_owned());
        let mut rest = Vec::new();
        for subtag in subtags {
            let is_subtag =
                (2..=8).contains(&subtag.len()) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric());
            if !is_subtag {
                return None;
            }
            rest.push(if subtag.len() == 2 { subtag.to_ascii_uppercase() } else { subtag.to_owned() });
        }
        let name = known.map_or(tag.as_str(), |(.., name)| name);
        let name = if rest.is_empty() { name.to_owned() } else { format!("{name} ({})", rest.join("-")) };
        for subtag in rest {
            tag = tag + "-" + &subtag;
        }
        Some(Self { tag, name })
    }
}

/// The code of ISO 639-1, those of ISO 639-2, and the language's own name.
const LANGUAGES: [(&str, &[&str], &str); 44] = [
    ("ar", &["ara"], "العربية"),
    ("bg", &["bul"], "Български"),
    ("bn", &["ben"], "বাংলা"),
    ("ca", &["cat"], "Català"),
    ("cs", &["ces", "cze"], "Čeština"),
    ("cy", &["cym", "wel"], "Cymraeg"),
    ("da", &["dan"], "Dansk"),
    ("de", &["deu", "ger"], "Deutsch"),
    ("el", &["ell", "gre"], "Ελληνικά"),
    ("en", &["eng"], "English"),
    ("es", &["spa"], "Español"),
    ("et", &["est"], "Eesti"),
    ("eu", &["eus", "baq"], "Euskara"),
    ("fa", &["fas", "per"], "فارسی"),
    ("fi", &["fin"], "Suomi"),
    ("fr", &["fra", "fre"], "Français"),
    ("ga", &["gle"], "Gaeilge"),
    ("gl", &["glg"], "Galego"),
    ("he", &["heb"], "עברית"),
    ("hi", &["hin"], "हिन्दी"),
    ("hr", &["hrv"], "Hrvatski"),
    ("hu", &["hun"], "Magyar"),
    ("id", &["ind"], "Indonesia"),
    ("is", &["isl", "ice"], "Íslenska"),
    ("it", &["ita"], "Italiano"),
    ("ja", &["jpn"], "日本語"),
    ("ko", &["kor"], "한국어"),
    ("lt", &["lit"], "Lietuvių"),
    ("lv", &["lav"], "Latviešu"),
    ("nl", &["nld", "dut"], "Nederlands"),
    ("no", &["nor"], "Norsk"),
    ("pl", &["pol"], "Polski"),
    ("pt", &["por"], "Português"),
    ("ro", &["ron", "rum"], "Română"),
    ("ru", &["rus"], "Русский"),
    ("sk", &["slk", "slo"], "Slovenčina"),
    ("sl", &["slv"], "Slovenščina"),
    ("sr", &["srp"], "Српски"),
    ("sv", &["swe"], "Svenska"),
    ("th", &["tha"], "ไทย"),
    ("tr", &["tur"], "Türkçe"),
    ("uk", &["ukr"], "Українська"),
    ("vi", &["vie"], "Tiếng Việt"),
    ("zh", &["zho", "chi"], "中文"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_written_as_in_bcp_47() {
        let rows = [
            ("eng", Some(("en", "English"))),
            ("ger", Some(("de", "Deutsch"))),
            ("deu", Some(("de", "Deutsch"))),
            ("DE", Some(("de", "Deutsch"))),
            ("pt-br", Some(("pt-BR", "Português (BR)"))),
            ("zh_Hant", Some(("zh-Hant", "中文 (Hant)"))),
            ("gsw", Some(("gsw", "gsw"))),
            ("und", None),
            ("", None),
            ("final", None),
            ("e1", None),
            ("en-", None),
        ];
        for (text, expected) in rows {
            let read = Language::read(text);
            let read = read.as_ref().map(|language| (language.tag.as_str(), language.name.as_str()));
            assert_eq!(read, expected, "{text}");
        }
    }
}
