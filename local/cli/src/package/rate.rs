//! Frame rates, and the length of the segments that follow from them.

use std::fmt;

/// Frames per second, as a fraction.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Rate {
    pub(super) numerator: u32,
    pub(super) denominator: u32,
}

impl Rate {
    /// Reads ffprobe's `30000/1001`; its `0/0` says that it does not know.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (numerator, denominator) = text.split_once('/')?;
        let rate = Self { numerator: numerator.parse().ok()?, denominator: denominator.parse().ok()? };
        (rate.numerator > 0 && rate.denominator > 0).then_some(rate)
    }

    pub(super) fn per_second(self) -> f64 {
        f64::from(self.numerator) / f64::from(self.denominator)
    }

    /// The constant rate of the renditions: a usual rate beside the source's average, and never more than 60.
    pub(super) fn of_renditions(self) -> Self {
        let mut rate = self;
        while rate.per_second() > MOST {
            rate.denominator = rate.denominator.saturating_mul(2);
        }
        let distance = |usual: &Self| (usual.per_second() / rate.per_second() - 1.0).abs();
        let nearest = USUAL.into_iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
        nearest.filter(|usual| distance(usual) < NEAR).unwrap_or(rate)
    }

    /// How many frames lie between two key frames: those of two seconds, or a little more.
    pub(super) fn key_frame_interval(self) -> u32 {
        let (frames, seconds) = (u64::from(self.numerator), u64::from(self.denominator));
        let interval = (KEY_FRAME_SECONDS * frames).div_ceil(seconds).max(1);
        u32::try_from(interval).unwrap_or(u32::MAX)
    }

    /// The length of a segment in microseconds: three intervals, which is six seconds or a little more. ffmpeg ends a
    /// segment at the first key frame that is not before a multiple of this time.
    pub(super) fn segment_microseconds(self) -> u64 {
        let frames = INTERVALS_PER_SEGMENT * u64::from(self.key_frame_interval());
        frames * 1_000_000 * u64::from(self.denominator) / u64::from(self.numerator)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}

const fn rate(numerator: u32, denominator: u32) -> Rate {
    Rate { numerator, denominator }
}

const INTERVALS_PER_SEGMENT: u64 = 3;
const KEY_FRAME_SECONDS: u64 = 2;
/// 60, and what cameras call 60.
const MOST: f64 = 60.5;
/// A phone's 29.87 is meant to be 29.97.
const NEAR: f64 = 0.005;
const USUAL: [Rate; 8] = [
    rate(24_000, 1_001),
    rate(24, 1),
    rate(25, 1),
    rate(30_000, 1_001),
    rate(30, 1),
    rate(50, 1),
    rate(60_000, 1_001),
    rate(60, 1),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renditions_have_a_usual_rate_that_is_not_above_sixty() {
        let rows = [
            ("25/1", "25/1", 50, 6_000_000),
            ("30000/1001", "30000/1001", 60, 6_006_000),
            ("24000/1001", "24000/1001", 48, 6_006_000),
            ("2987/100", "30000/1001", 60, 6_006_000),
            ("119880/1000", "60000/1001", 120, 6_006_000),
            ("240/1", "60/1", 120, 6_000_000),
            ("15/1", "15/1", 30, 6_000_000),
            ("147/10", "147/10", 30, 6_122_448),
            ("1/2", "1/2", 1, 6_000_000),
        ];
        for (source, expected, interval, segment) in rows {
            let rate = Rate::read(source).expect("a rate").of_renditions();
            assert_eq!(rate.to_string(), expected, "{source}");
            assert_eq!(
                (rate.key_frame_interval(), rate.segment_microseconds()),
                (interval, segment),
                "{source}"
            );
        }
        assert_eq!([Rate::read("0/0"), Rate::read("25"), Rate::read("a/b")], [None; 3]);
    }
}
