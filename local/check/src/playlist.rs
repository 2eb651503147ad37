//! A playlist's references, as a player finds them.

use quick_m3u8::{HlsLine, Reader, config::ParsingOptionsBuilder, tag::AttributeValue};
use url::Url;

/// What a playlist names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Reference {
    pub(super) kind: HlsFile,
    pub(super) url: Url,
}

/// What a player fetches from the URL of a reference, as far as the checks distinguish it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum HlsFile {
    Key,
    Map,
    Playlist,
    Segment,
}

/// The references over http and https, in their order.
pub(super) fn references(playlist: &str, base: &Url) -> Vec<Reference> {
    // Some packagers end lines as the first Macintoshes did.
    let playlist = playlist.replace("\r\n", "\n").replace('\r', "\n");
    let mut reader = Reader::from_str(&playlist, ParsingOptionsBuilder::new().build());
    let mut references = Vec::new();
    // Of what the reader cannot read, the rest is left: a player would stop, too.
    while let Ok(Some(line)) = reader.read_line() {
        let found = match line {
            HlsLine::Uri(text) => Some((None, text.trim().to_owned())),
            HlsLine::UnknownTag(tag) => kind_of_tag(tag.name()).and_then(|kind| {
                let list = tag.value()?.try_as_ordered_attribute_list().ok()?;
                let (_, value) = list.iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("URI"))?;
                Some((Some(kind), text_of(value)?))
            }),
            _ => None,
        };
        // A blank line or an indented comment is no URI, even where the reader returns it as one.
        let Some((kind, text)) = found.filter(|(_, text)| !text.is_empty() && !text.starts_with('#')) else {
            continue;
        };
        let Ok(url) = base.join(&text) else { continue };
        if matches!(url.scheme(), "http" | "https") {
            let by_path = if names_playlist(url.path()) { HlsFile::Playlist } else { HlsFile::Segment };
            references.push(Reference { kind: kind.unwrap_or(by_path), url });
        }
    }
    references
}

/// In quotes, as it should be, or as packagers write it.
fn text_of(value: &AttributeValue<'_>) -> Option<String> {
    let text = match value {
        AttributeValue::Quoted(text) => text,
        AttributeValue::Unquoted(text) => std::str::from_utf8(text.0).ok()?.trim().trim_matches('\''),
    };
    Some(text.to_owned())
}

/// Whether players expect a playlist under this name, whoever re-signs it.
fn names_playlist(path: &str) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    ["m3u8", "m3u"].iter().any(|one| extension.eq_ignore_ascii_case(one))
}

/// Whether the behavior `/video/*.m3u8`, which is case-sensitive, sends it to the function.
pub(super) fn is_resigned(path: &str) -> bool {
    path.ends_with(".m3u8")
}

fn kind_of_tag(name: &str) -> Option<HlsFile> {
    match name {
        "-X-KEY" | "-X-SESSION-KEY" => Some(HlsFile::Key),
        "-X-MAP" => Some(HlsFile::Map),
        "-X-MEDIA" | "-X-I-FRAME-STREAM-INF" => Some(HlsFile::Playlist),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_told_by_their_tags() {
        let playlist = "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"a\",URI=\"a/p.m3u8?x=1\"\n\
            #EXT-X-STREAM-INF:BANDWIDTH=1\nv/p.m3u8\n\n#EXT-X-STREAM-INF:BANDWIDTH=2\nLOW.M3U8\n#EXT-X-KEY:METHOD=AES-128,URI=\"/k.bin\"\n\
            #EXT-X-SESSION-KEY:METHOD=SAMPLE-AES,URI=\"skd://k\"\n#EXT-X-MAP:URI=\"init.mp4\"\n\
            #EXT-X-START:TIME-OFFSET=1\n#EXTINF:4,\n s1.m4s \n";
        let base = Url::parse("https://h/video/m/p.m3u8?Policy=x").expect("a URL");
        let found: Vec<(HlsFile, String)> = references(playlist, &base)
            .into_iter()
            .map(|reference| (reference.kind, reference.url.to_string()))
            .collect();
        let expected = [
            (HlsFile::Playlist, "https://h/video/m/a/p.m3u8?x=1"),
            (HlsFile::Playlist, "https://h/video/m/v/p.m3u8"),
            (HlsFile::Playlist, "https://h/video/m/LOW.M3U8"),
            (HlsFile::Key, "https://h/k.bin"),
            (HlsFile::Map, "https://h/video/m/init.mp4"),
            (HlsFile::Segment, "https://h/video/m/s1.m4s"),
        ];
        assert_eq!(found, expected.map(|(kind, url)| (kind, url.to_owned())));
    }
}
