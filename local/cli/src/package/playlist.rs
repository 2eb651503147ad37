//! Media playlists (RFC 8216, 4.3.3), and the bit rates of what they list.

use std::fmt::Write as _;

/// A segment of a rendition.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Segment {
    pub(super) seconds: f64,
    pub(super) name: String,
    /// The part of the file, if it is not the whole file: its length, and where it begins.
    pub(super) part: Option<(u64, u64)>,
}

/// The two bit rates of a rendition.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct BitRates {
    pub(super) average: u64,
    pub(super) peak: u64,
}

/// What a media playlist lists.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Content {
    /// Key frames, for players that show pictures while the viewer seeks.
    KeyFrames,
    /// CMAF segments, encrypted.
    Encrypted,
    /// CMAF segments.
    Media,
    /// WebVTT.
    Text,
}

/// The segments of a playlist that ffmpeg or this program wrote.
pub(super) fn segments(playlist: &str) -> Vec<Segment> {
    let (mut segments, mut seconds, mut part) = (Vec::new(), None, None);
    for line in playlist.lines() {
        if let Some(duration) = line.strip_prefix("#EXTINF:") {
            seconds = duration.trim_end_matches(',').parse::<f64>().ok();
        } else if let Some(range) = line.strip_prefix("#EXT-X-BYTERANGE:") {
            part = range
                .split_once('@')
                .and_then(|(length, start)| Some((length.parse().ok()?, start.parse().ok()?)));
        } else if !line.is_empty()
            && !line.starts_with('#')
            && let Some(seconds) = seconds.take()
        {
            segments.push(Segment { seconds, name: line.to_owned(), part: part.take() });
        }
    }
    segments
}

/// The playlist of the segments.
pub(super) fn written(segments: &[Segment], content: Content) -> String {
    let mut text = format!(
        "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n",
        target_duration(segments.iter())
    );
    text += match content {
        Content::KeyFrames => "#EXT-X-I-FRAMES-ONLY\n#EXT-X-MAP:URI=\"init.mp4\"\n",
        // The key does not apply to an initialization section that is declared before it.
        Content::Encrypted => "#EXT-X-MAP:URI=\"init.mp4\"\n#EXT-X-KEY:METHOD=AES-128,URI=\"key.bin\"\n",
        Content::Media => "#EXT-X-MAP:URI=\"init.mp4\"\n",
        Content::Text => "",
    };
    for Segment { seconds, name, part } in segments {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "#EXTINF:{seconds:.6},");
        if let Some((length, start)) = part {
            let _ = writeln!(text, "#EXT-X-BYTERANGE:{length}@{start}");
        }
        text += name;
        text.push('\n');
    }
    text + "#EXT-X-ENDLIST\n"
}

/// `EXT-X-TARGETDURATION`: no segment is longer, when its length is rounded.
fn target_duration<'a>(segments: impl Iterator<Item = &'a Segment>) -> f64 {
    segments.map(|segment| segment.seconds.round()).fold(1.0, f64::max)
}

/// The bit rates of segments with their sizes in bytes. The peak is that of any run of segments between a half and
/// one and a half target durations (RFC 8216, 4.1).
pub(super) fn bit_rates(segments: &[(Segment, u64)]) -> BitRates {
    let target = target_duration(segments.iter().map(|(segment, _)| segment));
    let mut peak: f64 = 0.0;
    for start in 0..segments.len() {
        let (mut seconds, mut bytes) = (0.0, 0);
        for (segment, size) in segments.iter().skip(start) {
            seconds += segment.seconds;
            bytes += size;
            if seconds > target * 1.5 {
                break;
            }
            if seconds >= target * 0.5 {
                peak = peak.max(rate(bytes, seconds));
            }
        }
    }
    let all = segments.iter().map(|(_, size)| size).sum();
    let average = rate(all, segments.iter().map(|(segment, _)| segment.seconds).sum());
    BitRates { average: whole(average), peak: whole(peak.max(average)) }
}

fn rate(bytes: u64, seconds: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a film has fewer than 2^53 bytes")]
    let bits = (bytes * 8) as f64;
    if seconds > 0.0 { bits / seconds } else { 0.0 }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and a rate is positive"
)]
fn whole(rate: f64) -> u64 {
    rate.ceil() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(seconds: f64, name: &str) -> Segment {
        Segment { seconds, name: name.to_owned(), part: None }
    }

    #[test]
    fn a_playlist_reads_as_it_was_written() {
        let segments_of_a_film =
            [segment(6.006, "00000.m4s"), segment(6.006, "00001.m4s"), segment(1.5, "00002.m4s")];
        let text = written(&segments_of_a_film, Content::Encrypted);
        assert_eq!(
            text,
            "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n\
             #EXT-X-MAP:URI=\"init.mp4\"\n#EXT-X-KEY:METHOD=AES-128,URI=\"key.bin\"\n#EXTINF:6.006000,\n00000.m4s\n\
             #EXTINF:6.006000,\n00001.m4s\n#EXTINF:1.500000,\n00002.m4s\n#EXT-X-ENDLIST\n"
        );
        assert_eq!(segments(&text), segments_of_a_film);
        let part = [Segment { part: Some((700, 24)), ..segment(6.0, "00000.m4s") }];
        let text = written(&part, Content::KeyFrames);
        assert_eq!(
            text,
            "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n\
             #EXT-X-I-FRAMES-ONLY\n#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:6.000000,\n#EXT-X-BYTERANGE:700@24\n00000.m4s\n\
             #EXT-X-ENDLIST\n"
        );
        assert_eq!(segments(&text), part);
    }

    #[test]
    fn the_peak_is_that_of_segments_near_the_target_duration() {
        let rates = |sizes: &[(f64, u64)]| {
            let sizes: Vec<_> =
                sizes.iter().map(|&(seconds, bytes)| (segment(seconds, "s"), bytes)).collect();
            let BitRates { average, peak } = bit_rates(&sizes);
            (average, peak)
        };
        assert_eq!(rates(&[(6.0, 600), (6.0, 1_200)]), (1_200, 1_600));
        // The last one is too short to count alone, and counts with the one before it.
        assert_eq!(rates(&[(6.0, 600), (1.0, 1_000)]), (1_829, 1_829));
        assert_eq!(rates(&[(6.0, 600), (4.0, 1_000)]), (1_280, 2_000));
        assert_eq!(rates(&[(0.4, 100)]), (2_000, 2_000));
        assert_eq!(rates(&[]), (0, 0));
    }
}
