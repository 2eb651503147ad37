//! The ladder: which sizes a film gets, none larger than its source.

/// The size of a picture.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Size {
    pub(super) width: u32,
    pub(super) height: u32,
}

/// A rendition of the picture.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Rung {
    pub(super) size: Size,
    /// The most that the encoder may write, for up to 30 frames a second.
    pub(super) kilobits: u32,
}

impl Rung {
    /// The height that a picture of 16:9 would have, as in `1080p`.
    pub(super) fn name(&self) -> String {
        let (long, short) = self.size.sides();
        format!("{}p", short.max((long * 9).div_ceil(16)))
    }
}

impl Size {
    /// The size at which the picture fits into the box, never larger than it is. H.264 needs even numbers.
    pub(super) fn within(self, outer: Self) -> Self {
        let (width, height) = (f64::from(self.width), f64::from(self.height));
        let factor = (f64::from(outer.width) / width).min(f64::from(outer.height) / height).min(1.0);
        Self { width: even(width * factor, self.width), height: even(height * factor, self.height) }
    }

    fn is_within(self, outer: Self) -> bool {
        self.width <= outer.width && self.height <= outer.height
    }

    /// A box that lies as the picture does.
    pub(super) fn turned_as(self, picture: Self) -> Self {
        if picture.height > picture.width { Self { width: self.height, height: self.width } } else { self }
    }

    fn sides(self) -> (u32, u32) {
        (self.width.max(self.height), self.width.min(self.height))
    }
}

/// The renditions of a source, the largest first: the source's own size, and each step below it.
pub(super) fn ladder(source: Size) -> Vec<Rung> {
    let boxes = STEPS.map(|(width, height, kilobits)| (Size { width, height }.turned_as(source), kilobits));
    let mut rungs: Vec<Rung> = Vec::new();
    for (index, (outer, kilobits)) in boxes.into_iter().enumerate() {
        let size = source.within(outer);
        // A smaller box would hold the source, too.
        let is_roomy = boxes.get(index + 1).is_some_and(|(next, _)| size.is_within(*next));
        let is_step =
            rungs.last().is_none_or(|last| size.sides().0 * 100 <= last.size.sides().0 * STEP_PERCENT);
        if !is_roomy && is_step {
            rungs.push(Rung { size, kilobits });
        }
    }
    rungs
}

fn even(length: f64, most: u32) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is at most `most`, and positive"
    )]
    let nearest = (length / 2.0).round() as u32 * 2;
    nearest.min(most & !1).max(2)
}

/// A rendition that is hardly smaller than the next one helps nobody.
const STEP_PERCENT: u32 = 85;
/// The boxes into which renditions fit, and the peak of their bit rates, near those of
/// <https://developer.apple.com/documentation/http-live-streaming/hls-authoring-specification-for-apple-devices>.
const STEPS: [(u32, u32, u32); 5] =
    [(1_920, 1_080, 6_000), (1_280, 720, 3_500), (960, 540, 2_000), (640, 360, 900), (416, 234, 350)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_rendition_is_larger_than_the_source() {
        let rows: [((u32, u32), &str); 12] = [
            ((3_840, 2_160), "1080p 1920x1080, 720p 1280x720, 540p 960x540, 360p 640x360, 234p 416x234"),
            ((1_920, 1_080), "1080p 1920x1080, 720p 1280x720, 540p 960x540, 360p 640x360, 234p 416x234"),
            ((1_920, 800), "1080p 1920x800, 720p 1280x534, 540p 960x400, 360p 640x266, 234p 416x174"),
            ((1_080, 1_920), "1080p 1080x1920, 720p 720x1280, 540p 540x960, 360p 360x640, 234p 234x416"),
            ((1_300, 730), "732p 1300x730, 540p 960x540, 360p 640x360, 234p 416x234"),
            ((853, 480), "480p 852x480, 360p 640x360, 234p 416x234"),
            ((800, 360), "450p 800x360, 360p 640x288, 234p 416x188"),
            ((640, 480), "480p 640x480, 360p 480x360, 234p 312x234"),
            ((320, 180), "180p 320x180"),
            ((64, 48), "48p 64x48"),
            ((33, 17), "18p 32x16"),
            ((2_000, 2_000), "1080p 1080x1080, 720p 720x720, 540p 540x540, 360p 360x360, 234p 234x234"),
        ];
        for ((width, height), expected) in rows {
            let rungs = ladder(Size { width, height });
            let told: Vec<_> = rungs
                .iter()
                .map(|rung| format!("{} {}x{}", rung.name(), rung.size.width, rung.size.height))
                .collect();
            assert_eq!(told.join(", "), expected, "{width}x{height}");
        }
    }
}
