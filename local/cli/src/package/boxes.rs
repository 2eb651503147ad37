//! The boxes of MP4 (ISO/IEC 14496-12) that say what an initialization section and a segment contain.

use std::ops::Range;

use super::ladder::Size;

/// What the initialization section of a rendition says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Initialization {
    /// As in `CODECS`, by RFC 6381.
    pub(super) codec: String,
    /// Of a picture.
    pub(super) size: Option<Size>,
    /// Of sound.
    pub(super) channels: u8,
}

impl Initialization {
    /// Reads the only track of an initialization section.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let table = descend(bytes, &[b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd"])?;
        let entries = table.get(8..)?;
        if let Some(entry) = child(entries, b"avc1") {
            let profile = child(entry.get(VISUAL..)?, b"avcC")?.get(1..4)?;
            let codec = base16ct::lower::encode_string(profile);
            let size = Size { width: u16_at(entry, 24)?.into(), height: u16_at(entry, 26)?.into() };
            return Some(Self { codec: format!("avc1.{codec}"), size: Some(size), channels: 0 });
        }
        let entry = child(entries, b"mp4a")?;
        let (object_type, channels) = audio_format(child(entry.get(AUDIO..)?, b"esds")?.get(4..)?)?;
        Some(Self { codec: format!("mp4a.40.{object_type}"), size: None, channels })
    }
}

/// The bytes of a segment that hold its first frame: the fragment's header, and the frame behind it.
pub(super) fn first_frame(segment: &[u8]) -> Option<Range<usize>> {
    let (start, fragment) = boxes(segment).find(|(_, found)| found.kind == *b"moof")?;
    let track = child(fragment.payload, b"traf")?;
    let header = child(track, b"tfhd")?;
    let run = child(track, b"trun")?;
    let (header_flags, run_flags) = (u32_at(header, 0)?, u32_at(run, 0)?);
    // Fields that are there only if a flag says so, each of four or eight bytes.
    let size = if run_flags & 0x200 == 0 {
        let before = [(0x1, 8), (0x2, 4), (0x8, 4)];
        u32_at(header, 8 + length_of(header_flags, &before))?
    } else {
        u32_at(run, 8 + length_of(run_flags, &[(0x1, 4), (0x4, 4), (0x100, 4)]))?
    };
    let offset = if run_flags & 0x1 == 0 { return None } else { u32_at(run, 8)? };
    let end = start.checked_add(usize::try_from(offset.checked_add(size)?).ok()?)?;
    (end <= segment.len()).then_some(start..end)
}

/// The object type (2 is AAC-LC) and the channels of MPEG-4 audio, from an `ES_Descriptor` (ISO/IEC 14496-1). The entry's
/// own number of channels is always 2.
fn audio_format(descriptors: &[u8]) -> Option<(u8, u8)> {
    let stream = descriptor(descriptors, 0x03)?;
    let decoder = descriptor(stream.get(3..)?, 0x04)?;
    // Five bits of object type, four of the sample rate, four of channels.
    let specific = u16_at(descriptor(decoder.get(13..)?, 0x05)?, 0)?.to_be_bytes();
    let [first, second] = specific;
    Some((first >> 3, second >> 3 & 0x0f))
}

/// The content of the first descriptor, if it has this tag. Its length has seven bits a byte.
fn descriptor(bytes: &[u8], tag: u8) -> Option<&[u8]> {
    let (&found, mut rest) = bytes.split_first()?;
    let mut length = 0;
    loop {
        let (&byte, behind) = rest.split_first()?;
        rest = behind;
        length = length << 7 | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    (found == tag).then(|| rest.get(..length)).flatten()
}

struct Found<'a> {
    kind: [u8; 4],
    payload: &'a [u8],
}

/// The boxes one after another, with the place where each begins.
fn boxes(bytes: &[u8]) -> impl Iterator<Item = (usize, Found<'_>)> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let rest = bytes.get(start..)?;
        let kind = rest.get(4..8)?.try_into().ok()?;
        let (header, length) = match u32_at(rest, 0)? {
            0 => (8, rest.len()),
            1 => (16, usize::try_from(u64::from_be_bytes(rest.get(8..16)?.try_into().ok()?)).ok()?),
            length => (8, usize::try_from(length).ok()?),
        };
        let found = Found { kind, payload: rest.get(header..length)? };
        let place = start;
        start += length;
        Some((place, found))
    })
}

fn child<'a>(bytes: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    boxes(bytes).find_map(|(_, found)| (found.kind == *kind).then_some(found.payload))
}

fn descend<'a>(bytes: &'a [u8], path: &[&[u8; 4]]) -> Option<&'a [u8]> {
    path.iter().try_fold(bytes, |bytes, kind| child(bytes, kind))
}

fn length_of(flags: u32, fields: &[(u32, usize)]) -> usize {
    fields.iter().filter(|(flag, _)| flags & flag != 0).map(|(_, length)| length).sum()
}

fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(offset..offset.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(offset..offset.checked_add(4)?)?.try_into().ok()?))
}

/// The fields of an `AudioSampleEntry` and of a `VisualSampleEntry` before their boxes.
const AUDIO: usize = 28;
const VISUAL: usize = 78;

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(kind: &[u8; 4], payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len() + 8).expect("a short box");
        [&length.to_be_bytes(), kind.as_slice(), payload].concat()
    }

    fn initialization(entry: &[u8]) -> Vec<u8> {
        let table = [&[0, 0, 0, 0, 0, 0, 0, 1], entry].concat();
        let media = boxed(b"minf", &boxed(b"stbl", &boxed(b"stsd", &table)));
        let ftyp = boxed(b"ftyp", b"cmf2");
        [ftyp, boxed(b"moov", &[boxed(b"mvhd", &[0; 4]), boxed(b"trak", &boxed(b"mdia", &media))].concat())]
            .concat()
    }

    #[test]
    fn codecs_come_from_the_initialization_section() {
        let mut visual = vec![0; VISUAL];
        visual[24..28].copy_from_slice(&[2, 0x80, 1, 0x68]);
        let avc = [visual, boxed(b"avcC", &[1, 0x64, 0x00, 0x1e, 0xff])].concat();
        let expected = Initialization {
            codec: "avc1.64001e".to_owned(),
            size: Some(Size { width: 640, height: 360 }),
            channels: 0,
        };
        assert_eq!(Initialization::read(&initialization(&boxed(b"avc1", &avc))), Some(expected));

        let mut audio = vec![0; AUDIO];
        audio[17] = 2;
        let specific = [0x05, 0x80, 0x80, 0x80, 0x02, 0x11, 0x88];
        let decoder = [&[0x04, 20], [0; 13].as_slice(), &specific].concat();
        let stream = [&[0, 0, 0, 0, 0x03, 25, 0, 0, 0], decoder.as_slice()].concat();
        let mp4a = [audio, boxed(b"esds", &stream)].concat();
        let expected = Initialization { codec: "mp4a.40.2".to_owned(), size: None, channels: 1 };
        assert_eq!(Initialization::read(&initialization(&boxed(b"mp4a", &mp4a))), Some(expected));
    }

    #[test]
    fn the_first_frame_ends_where_the_run_says() {
        let fragment = |tfhd: &[u8], trun: &[u8]| {
            boxed(b"moof", &boxed(b"traf", &[boxed(b"tfhd", tfhd), boxed(b"trun", trun)].concat()))
        };
        let big =
            |numbers: &[u32]| numbers.iter().flat_map(|number| number.to_be_bytes()).collect::<Vec<u8>>();
        let styp = boxed(b"styp", b"msdh");
        // Sizes in the run: flags, count, offset, first sample's flags, then duration and size of each sample.
        let sizes = fragment(&big(&[0x0002_0000, 1]), &big(&[0x0305, 2, 100, 0, 40, 7, 40, 3]));
        // One size for all, in the header: flags, track, duration, size.
        let size = fragment(&big(&[0x0002_0018, 1, 40, 9]), &big(&[0x0001, 1, 100]));
        for (fragment, end) in [(sizes, 107), (size, 109)] {
            let segment = [styp.clone(), fragment, vec![0; 200]].concat();
            assert_eq!(first_frame(&segment), Some(styp.len()..styp.len() + end));
        }
    }

    #[test]
    fn broken_boxes_are_none() {
        let whole = initialization(&boxed(b"avc1", &[0; VISUAL]));
        for length in 0..=whole.len() {
            assert_eq!(Initialization::read(&whole[..length]), None);
            assert_eq!(first_frame(&whole[..length]), None);
        }
        assert_eq!(
            Initialization::read(&[
                0, 0, 0, 1, b'm', b'o', b'o', b'v', 255, 255, 255, 255, 255, 255, 255, 255
            ]),
            None
        );
    }
}
