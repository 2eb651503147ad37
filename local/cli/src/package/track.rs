//! The names of renditions: of their folders, and those that a player's menu shows.

use super::source::Label;

/// A rendition of sound or captions, as the multivariant playlist names it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Track {
    /// The name of its folder.
    pub(super) folder: String,
    /// Unique among the renditions of a kind.
    pub(super) name: String,
    pub(super) label: Label,
}

/// Names the tracks of a kind, such as `audio`. In the same order.
pub(super) fn named(kind: &str, fallback: &str, labels: Vec<Label>) -> Vec<Track> {
    let mut tracks: Vec<Track> = Vec::new();
    for label in labels {
        let language = label.language.as_ref();
        let folder = language.map_or_else(|| kind.to_owned(), |language| format!("{kind}-{}", language.tag));
        let folder = first_free(&folder, "-", |folder| tracks.iter().any(|track| track.folder == folder));
        let name = language.map_or(fallback, |language| language.name.as_str());
        let is_taken = |name: &str| tracks.iter().any(|track| track.name == name);
        let name = match &label.title {
            Some(title) if is_taken(name) || language.is_none() => {
                if language.is_none() {
                    title.clone()
                } else {
                    format!("{name} ({title})")
                }
            }
            _ => name.to_owned(),
        };
        let name = first_free(&name.replace('"', "'").replace(char::is_control, " "), " ", is_taken);
        tracks.push(Track { folder, name, label });
    }
    tracks
}

/// The text, with the first number that makes it free.
fn first_free(text: &str, separator: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2..).map(|number: u32| format!("{text}{separator}{number}"));
    std::iter::once(text.to_owned()).chain(numbered).find(|name| !is_taken(name)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{super::language::Language, *};

    #[test]
    fn each_track_has_a_name_and_a_folder_that_no_other_has() {
        let label = |language: &str, title: Option<&str>| Label {
            language: Language::read(language),
            title: title.map(str::to_owned),
            ..Label::default()
        };
        let labels = vec![
            label("eng", Some("Stereo")),
            label("eng", Some("Director \"Jo\"")),
            label("eng", None),
            label("und", None),
            label("und", Some("Effects")),
            label("und", None),
        ];
        let tracks = named("audio", "Audio", labels);
        let told: Vec<_> = tracks.iter().map(|track| (track.folder.as_str(), track.name.as_str())).collect();
        assert_eq!(
            told,
            [
                ("audio-en", "English"),
                ("audio-en-2", "English (Director 'Jo')"),
                ("audio-en-3", "English 2"),
                ("audio", "Audio"),
                ("audio-2", "Effects"),
                ("audio-3", "Audio 2"),
            ]
        );
    }
}
