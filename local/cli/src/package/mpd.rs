//! The MPD (ISO/IEC 23009-1): the segments of the playlists, for players of DASH.
//!
//! Captions are WebVTT in segments, as in HLS: dash.js and shaka-player play them. All segments are in templates, so
//! that Annex I of DASH can sign them all in one place.

use std::io;

use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};

use super::{
    multivariant::{AudioTrack, TextTrack, Variant},
    playlist::Segment,
    rate::Rate,
    track::Track,
};

/// The MPD of all renditions. The first track of a kind that is the default is the main one, as in HLS.
pub(super) fn written(
    variants: &[Variant],
    audio: &[AudioTrack],
    text: &[TextTrack],
    rate: Rate,
) -> io::Result<Vec<u8>> {
    let segments = variants.first().map_or(&[][..], |variant| &variant.segments);
    let lengths = || segments.iter().map(|segment| microseconds(segment.seconds));
    let (whole, longest) = (duration(lengths().sum()), duration(lengths().max().unwrap_or_default()));
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element("MPD")
        .with_attributes([
            ("xmlns", "urn:mpeg:dash:schema:mpd:2011"),
            ("profiles", "urn:mpeg:dash:profile:isoff-live:2011"),
            ("type", "static"),
            ("mediaPresentationDuration", &whole),
            ("minBufferTime", &longest),
        ])
        .write_inner_content(|xml| {
            xml.create_element("Period")
                .with_attributes([("id", "0"), ("start", "PT0S")])
                .write_inner_content(|xml| {
                    pictures(xml, variants, rate)?;
                    let main =
                        audio.iter().position(|audio| audio.track.label.is_default).unwrap_or_default();
                    for (index, audio) in audio.iter().enumerate() {
                        sound(xml, audio, index == main)?;
                    }
                    text.iter().try_for_each(|text| captions(xml, text))
                })?;
            Ok(())
        })?;
    let mut bytes = xml.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

type Xml = Writer<Vec<u8>>;

fn pictures(xml: &mut Xml, variants: &[Variant], rate: Rate) -> io::Result<()> {
    xml.create_element("AdaptationSet")
        .with_attributes([("contentType", "video"), ("mimeType", "video/mp4")])
        .with_attributes(ALIGNED)
        .with_attribute(("frameRate", rate.to_string().as_str()))
        .write_inner_content(|xml| {
            for variant in variants {
                let size = variant.initialization.size;
                let size = size.map(|size| (size.width.to_string(), size.height.to_string()));
                let size = size.iter().flat_map(|(width, height)| {
                    [("width", width.as_str()), ("height", height.as_str()), ("sar", "1:1")]
                });
                xml.create_element("Representation")
                    .with_attributes([
                        ("id", variant.folder.as_str()),
                        ("codecs", &variant.initialization.codec),
                        ("bandwidth", &variant.rates.peak.to_string()),
                    ])
                    .with_attributes(size)
                    .write_inner_content(|xml| {
                        template(xml, &variant.folder, &variant.segments, Some(INITIALIZATION), "m4s")
                    })?;
            }
            Ok(())
        })?;
    Ok(())
}

fn sound(xml: &mut Xml, audio: &AudioTrack, is_main: bool) -> io::Result<()> {
    let AudioTrack { track, initialization, rates, segments } = audio;
    let role = match (is_main, track.label.is_commentary) {
        (true, _) => "main",
        (false, true) => "commentary",
        (false, false) => "alternate",
    };
    xml.create_element("AdaptationSet")
        .with_attributes([("contentType", "audio"), ("mimeType", "audio/mp4")])
        .with_attributes(language(track))
        .with_attributes(ALIGNED)
        .write_inner_content(|xml| {
            property(xml, "AudioChannelConfiguration", CHANNELS, &initialization.channels.to_string())?;
            label(xml, track)?;
            if track.label.describes_pictures {
                property(xml, "Accessibility", AUDIO_PURPOSE, FOR_THE_VISUALLY_IMPAIRED)?;
            }
            property(xml, "Role", ROLE, role)?;
            xml.create_element("Representation")
                .with_attributes([
                    ("id", track.folder.as_str()),
                    ("codecs", &initialization.codec),
                    ("bandwidth", &rates.peak.to_string()),
                ])
                .write_inner_content(|xml| {
                    template(xml, &track.folder, segments, Some(INITIALIZATION), "m4s")
                })?;
            Ok(())
        })?;
    Ok(())
}

fn captions(xml: &mut Xml, text: &TextTrack) -> io::Result<()> {
    let TextTrack { track, rates, segments } = text;
    let role = match (track.label.is_forced, track.label.describes_sounds) {
        (true, _) => "forced-subtitle",
        (false, true) => "caption",
        (false, false) => "subtitle",
    };
    xml.create_element("AdaptationSet")
        .with_attributes([("contentType", "text"), ("mimeType", "text/vtt")])
        .with_attributes(language(track))
        .write_inner_content(|xml| {
            label(xml, track)?;
            property(xml, "Role", ROLE, role)?;
            xml.create_element("Representation")
                .with_attributes([("id", track.folder.as_str()), ("bandwidth", &rates.peak.to_string())])
                .write_inner_content(|xml| template(xml, &track.folder, segments, None, "vtt"))?;
            Ok(())
        })?;
    Ok(())
}

/// The segments of a rendition, as long as its playlist says.
fn template(
    xml: &mut Xml,
    folder: &str,
    segments: &[Segment],
    initialization: Option<&str>,
    extension: &str,
) -> io::Result<()> {
    let initialization = initialization.map(|name| format!("{folder}/{name}"));
    xml.create_element("SegmentTemplate")
        .with_attributes([("timescale", MICROSECONDS), ("startNumber", "0")])
        .with_attributes(initialization.as_deref().map(|name| ("initialization", name)))
        .with_attribute(("media", format!("{folder}/$Number%05d$.{extension}").as_str()))
        .write_inner_content(|xml| {
            xml.create_element("SegmentTimeline").write_inner_content(|xml| {
                let mut start = Some(("t", "0"));
                for run in segments.chunk_by(|a, b| microseconds(a.seconds) == microseconds(b.seconds)) {
                    let length = run.first().map_or(0, |segment| microseconds(segment.seconds)).to_string();
                    let more = (run.len() > 1).then(|| (run.len() - 1).to_string());
                    xml.create_element("S")
                        .with_attributes(start.take())
                        .with_attribute(("d", length.as_str()))
                        .with_attributes(more.as_deref().map(|more| ("r", more)))
                        .write_empty()?;
                }
                Ok(())
            })?;
            Ok(())
        })?;
    Ok(())
}

fn language(track: &Track) -> Option<(&str, &str)> {
    track.label.language.as_ref().map(|language| ("lang", language.tag.as_str()))
}

fn label(xml: &mut Xml, track: &Track) -> io::Result<()> {
    xml.create_element("Label").write_text_content(BytesText::new(&track.name))?;
    Ok(())
}

fn property(xml: &mut Xml, element: &str, scheme: &str, value: &str) -> io::Result<()> {
    xml.create_element(element).with_attributes([("schemeIdUri", scheme), ("value", value)]).write_empty()?;
    Ok(())
}

/// What a playlist says with six decimals.
fn microseconds(seconds: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
    let microseconds = (seconds * 1_000_000.0).round() as u64;
    microseconds
}

fn duration(microseconds: u64) -> String {
    let (seconds, rest) = (microseconds / 1_000_000, microseconds % 1_000_000);
    format!("PT{seconds}.{rest:06}S")
}

const ALIGNED: [(&str, &str); 2] = [("segmentAlignment", "true"), ("startWithSAP", "1")];
const AUDIO_PURPOSE: &str = "urn:tva:metadata:cs:AudioPurposeCS:2007";
const CHANNELS: &str = "urn:mpeg:dash:23003:3:audio_channel_configuration:2011";
const FOR_THE_VISUALLY_IMPAIRED: &str = "1";
const INITIALIZATION: &str = super::encode::INITIALIZATION;
const MICROSECONDS: &str = "1000000";
const ROLE: &str = "urn:mpeg:dash:role:2011";

#[cfg(test)]
mod tests {
    use super::{
        super::{boxes::Initialization, ladder::Size, language::Language, playlist::BitRates, source::Label},
        *,
    };

    fn segments(seconds: &[f64]) -> Vec<Segment> {
        let segment = |(number, &seconds)| Segment { seconds, name: format!("{number:05}.m4s"), part: None };
        seconds.iter().enumerate().map(segment).collect()
    }

    fn variant(width: u32, height: u32, peak: u64, seconds: &[f64]) -> Variant {
        let codec = "avc1.64001f".to_owned();
        Variant {
            folder: format!("{height}p"),
            initialization: Initialization { codec, size: Some(Size { width, height }), channels: 0 },
            rates: BitRates { average: 1, peak },
            segments: segments(seconds),
            key_frames: None,
        }
    }

    fn audio(folder: &str, name: &str, label: Label) -> AudioTrack {
        let codec = "mp4a.40.2".to_owned();
        AudioTrack {
            track: Track { folder: folder.to_owned(), name: name.to_owned(), label },
            initialization: Initialization { codec, size: None, channels: 2 },
            rates: BitRates { average: 1, peak: 128_000 },
            segments: segments(&[6.013_968, 5.990_748]),
        }
    }

    fn text(folder: &str, label: Label) -> TextTrack {
        TextTrack {
            track: Track { folder: folder.to_owned(), name: "English".to_owned(), label },
            rates: BitRates { average: 1, peak: 256 },
            segments: segments(&[6.006, 6.006]),
        }
    }

    fn xml(variants: &[Variant], audio: &[AudioTrack], text: &[TextTrack]) -> String {
        let rate = Rate { numerator: 30_000, denominator: 1_001 };
        String::from_utf8(written(variants, audio, text, rate).expect("an MPD")).expect("UTF-8")
    }

    #[test]
    fn the_mpd_states_what_was_made() {
        let seconds = [6.006, 6.006, 6.006, 2.002];
        let variants = [variant(1280, 720, 2_000_000, &seconds), variant(640, 360, 900_000, &seconds)];
        let sound =
            audio("audio-en", "English", Label { language: Language::read("en"), ..Label::default() });
        let label = Label { language: Language::read("en"), describes_sounds: true, ..Label::default() };
        assert_eq!(
            xml(&variants, &[sound], &[text("subtitles-en", label)]),
            r#"<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" type="static" mediaPresentationDuration="PT20.020000S" minBufferTime="PT6.006000S">
  <Period id="0" start="PT0S">
    <AdaptationSet contentType="video" mimeType="video/mp4" segmentAlignment="true" startWithSAP="1" frameRate="30000/1001">
      <Representation id="720p" codecs="avc1.64001f" bandwidth="2000000" width="1280" height="720" sar="1:1">
        <SegmentTemplate timescale="1000000" startNumber="0" initialization="720p/init.mp4" media="720p/$Number%05d$.m4s">
          <SegmentTimeline>
            <S t="0" d="6006000" r="2"/>
            <S d="2002000"/>
          </SegmentTimeline>
        </SegmentTemplate>
      </Representation>
      <Representation id="360p" codecs="avc1.64001f" bandwidth="900000" width="640" height="360" sar="1:1">
        <SegmentTemplate timescale="1000000" startNumber="0" initialization="360p/init.mp4" media="360p/$Number%05d$.m4s">
          <SegmentTimeline>
            <S t="0" d="6006000" r="2"/>
            <S d="2002000"/>
          </SegmentTimeline>
        </SegmentTemplate>
      </Representation>
    </AdaptationSet>
    <AdaptationSet contentType="audio" mimeType="audio/mp4" lang="en" segmentAlignment="true" startWithSAP="1">
      <AudioChannelConfiguration schemeIdUri="urn:mpeg:dash:23003:3:audio_channel_configuration:2011" value="2"/>
      <Label>English</Label>
      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
      <Representation id="audio-en" codecs="mp4a.40.2" bandwidth="128000">
        <SegmentTemplate timescale="1000000" startNumber="0" initialization="audio-en/init.mp4" media="audio-en/$Number%05d$.m4s">
          <SegmentTimeline>
            <S t="0" d="6013968"/>
            <S d="5990748"/>
          </SegmentTimeline>
        </SegmentTemplate>
      </Representation>
    </AdaptationSet>
    <AdaptationSet contentType="text" mimeType="text/vtt" lang="en">
      <Label>English</Label>
      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="caption"/>
      <Representation id="subtitles-en" bandwidth="256">
        <SegmentTemplate timescale="1000000" startNumber="0" media="subtitles-en/$Number%05d$.vtt">
          <SegmentTimeline>
            <S t="0" d="6006000" r="1"/>
          </SegmentTimeline>
        </SegmentTemplate>
      </Representation>
    </AdaptationSet>
  </Period>
</MPD>
"#
        );
    }

    #[test]
    fn each_track_has_its_role() {
        let sound = [
            audio("audio", "Ships & <Sea>", Label { is_commentary: true, ..Label::default() }),
            audio("audio-2", "Audio", Label { is_default: true, ..Label::default() }),
            audio("audio-3", "Audio 2", Label { describes_pictures: true, ..Label::default() }),
        ];
        let text = [
            text("subtitles", Label { is_forced: true, describes_sounds: true, ..Label::default() }),
            text("subtitles-2", Label::default()),
        ];
        let xml = xml(&[variant(320, 180, 1, &[6.0])], &sound, &text);
        let told: Vec<_> = xml
            .lines()
            .map(str::trim)
            .filter(|line| ["<Label", "<Acc", "<Role"].iter().any(|name| line.starts_with(name)))
            .collect();
        assert_eq!(
            told,
            [
                "<Label>Ships &amp; &lt;Sea&gt;</Label>",
                r#"<Role schemeIdUri="urn:mpeg:dash:role:2011" value="commentary"/>"#,
                "<Label>Audio</Label>",
                r#"<Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>"#,
                "<Label>Audio 2</Label>",
                r#"<Accessibility schemeIdUri="urn:tva:metadata:cs:AudioPurposeCS:2007" value="1"/>"#,
                r#"<Role schemeIdUri="urn:mpeg:dash:role:2011" value="alternate"/>"#,
                "<Label>English</Label>",
                r#"<Role schemeIdUri="urn:mpeg:dash:role:2011" value="forced-subtitle"/>"#,
                "<Label>English</Label>",
                r#"<Role schemeIdUri="urn:mpeg:dash:role:2011" value="subtitle"/>"#,
            ]
        );
    }
}
