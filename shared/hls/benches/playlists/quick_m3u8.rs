//! The same rewriting with quick-m3u8: read, set each URI, write. It resolves no URI, and signs all of them.

use quick_m3u8::{
    HlsLine, Reader, Writer,
    config::{ParsingOptions, ParsingOptionsBuilder},
    tag::{KnownTag, hls::Tag},
};

/// Reads every tag that quick-m3u8 knows, as its README does.
pub(crate) fn all_tags() -> ParsingOptions {
    ParsingOptions::default()
}

/// Reads only the tags of a Media Playlist that hold a URI.
pub(crate) fn few_tags() -> ParsingOptions {
    ParsingOptionsBuilder::new()
        .with_parsing_for_key()
        .with_parsing_for_map()
        .with_parsing_for_part()
        .with_parsing_for_preload_hint()
        .with_parsing_for_rendition_report()
        .build()
}

pub(crate) fn rewrite(playlist: &[u8], parameters: &str, options: ParsingOptions, out: &mut Vec<u8>) {
    out.clear();
    let mut reader = Reader::from_bytes(playlist, options);
    let mut writer = Writer::new(out);
    while let Some(line) = reader.read_line().expect("a playlist") {
        writer.write_line(signed(line, parameters)).expect("a vector takes everything");
    }
}

fn signed<'a>(line: HlsLine<'a>, parameters: &str) -> HlsLine<'a> {
    let sign = |uri: &str| [uri, "?", parameters].concat();
    match line {
        HlsLine::Uri(uri) => HlsLine::uri(sign(&uri)),
        HlsLine::KnownTag(KnownTag::Hls(Tag::Key(mut tag))) => {
            if let Some(uri) = tag.uri().map(sign) {
                tag.set_uri(uri);
            }
            tag.into()
        }
        HlsLine::KnownTag(KnownTag::Hls(Tag::Map(mut tag))) => {
            tag.set_uri(sign(tag.uri()));
            tag.into()
        }
        HlsLine::KnownTag(KnownTag::Hls(Tag::Part(mut tag))) => {
            tag.set_uri(sign(tag.uri()));
            tag.into()
        }
        HlsLine::KnownTag(KnownTag::Hls(Tag::PreloadHint(mut tag))) => {
            tag.set_uri(sign(tag.uri()));
            tag.into()
        }
        HlsLine::KnownTag(KnownTag::Hls(Tag::RenditionReport(mut tag))) => {
            tag.set_uri(sign(tag.uri()));
            tag.into()
        }
        other => other,
    }
}
