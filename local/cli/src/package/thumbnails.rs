//! Thumbnails for the player's timeline: sheets of small pictures, and WebVTT that says which part shows which time.

use std::fmt::Write as _;

use super::ladder::Size;

/// How the thumbnails of a film are arranged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sheets {
    pub(super) size: Size,
    /// Seconds from one to the next.
    pub(super) every: u32,
    pub(super) count: u32,
    seconds: f64,
}

impl Sheets {
    /// About a hundred in a short film, and one each ten seconds in a long one.
    pub(super) fn of(picture: Size, seconds: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
        let whole = |number: f64| number.round() as u32;
        let every = whole(seconds / 100.0).clamp(2, 10);
        let count = whole(seconds / f64::from(every)).max(1);
        let size = picture.within(THUMBNAIL.turned_as(picture));
        Self { size, every, count, seconds }
    }

    /// Columns and rows of a sheet.
    pub(super) fn grid(&self) -> (u32, u32) {
        (self.count.min(SIDE), self.count.div_ceil(SIDE).min(SIDE))
    }

    /// The WebVTT, for as many sheets as there are in the folder.
    pub(super) fn written(&self, folder: &str, sheets: u32) -> String {
        let (columns, rows) = self.grid();
        let Size { width, height } = self.size;
        let mut text = "WEBVTT\n".to_owned();
        let count = self.count.min(sheets * columns * rows);
        for number in 0..count {
            let (sheet, place) = (number / (columns * rows) + 1, number % (columns * rows));
            let (left, top) = (place % columns * width, place / columns * height);
            let start = f64::from(number * self.every);
            let end = if number + 1 == count {
                self.seconds.max(start + 0.001)
            } else {
                start + f64::from(self.every)
            };
            let (start, end) = (clock(start), clock(end));
            // Writing to a String cannot fail.
            let _ = write!(
                text,
                "\n{start} --> {end}\n{folder}/{sheet}.jpg#xywh={left},{top},{width},{height}\n"
            );
        }
        text
    }
}

fn clock(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
    let milliseconds = (seconds * 1_000.0).round() as u64;
    let (seconds, milliseconds) = (milliseconds / 1_000, milliseconds % 1_000);
    format!("{:02}:{:02}:{:02}.{milliseconds:03}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

const SIDE: u32 = 10;
const THUMBNAIL: Size = Size { width: 160, height: 90 };

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: Size = Size { width: 640, height: 360 };

    #[test]
    fn each_time_has_its_part_of_a_sheet() {
        let sheets = Sheets::of(WIDE, 24.5);
        assert_eq!((sheets.every, sheets.count, sheets.grid()), (2, 12, (10, 2)));
        let text = sheets.written("thumbnails", 1);
        let cues: Vec<_> = text.split("\n\n").collect();
        assert_eq!(cues.len(), 13);
        assert_eq!(cues[..2], ["WEBVTT", "00:00:00.000 --> 00:00:02.000\nthumbnails/1.jpg#xywh=0,0,160,90"]);
        assert_eq!(cues[11], "00:00:20.000 --> 00:00:22.000\nthumbnails/1.jpg#xywh=0,90,160,90");
        assert_eq!(cues[12], "00:00:22.000 --> 00:00:24.500\nthumbnails/1.jpg#xywh=160,90,160,90\n");
    }

    #[test]
    fn no_cue_names_a_sheet_that_is_not_there() {
        let sheets = Sheets::of(WIDE, 7_200.0);
        assert_eq!((sheets.every, sheets.count, sheets.grid()), (10, 720, (10, 10)));
        let last = |text: &str| text.lines().last().map(str::to_owned);
        assert_eq!(last(&sheets.written("t", 8)), Some("t/8.jpg#xywh=1440,90,160,90".to_owned()));
        assert_eq!(last(&sheets.written("t", 7)), Some("t/7.jpg#xywh=1440,810,160,90".to_owned()));
    }

    #[test]
    fn a_short_or_upright_film_has_thumbnails_too() {
        let short = Sheets::of(Size { width: 64, height: 48 }, 0.6);
        assert_eq!((short.count, short.grid(), short.size), (1, (1, 1), Size { width: 64, height: 48 }));
        assert_eq!(
            Sheets::of(Size { width: 720, height: 1_280 }, 60.0).size,
            Size { width: 90, height: 160 }
        );
    }
}
