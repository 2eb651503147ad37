//! Times on the command line: a date, or how long from now.

use cloudfront_signing::UnixTime;
use jiff::{Span, SpanRelativeTo, Timestamp, civil, tz::TimeZone};
use usher_runtime::system_clock;

/// Unix seconds, ISO 8601 with an offset or without one, in UTC, or a time from now such as `1h`.
pub(super) fn parse_time(text: &str) -> Result<UnixTime, String> {
    parse_time_at(text, &*system_clock())
}

fn parse_time_at(text: &str, clock: &dyn Fn() -> UnixTime) -> Result<UnixTime, String> {
    let seconds = if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() {
        text.parse().map_err(|_| "the number is too large".to_owned())?
    } else if let Ok(span) = text.parse::<Span>() {
        let days = SpanRelativeTo::days_are_24_hours();
        let duration =
            span.to_duration(days).map_err(|_| "months and years differ in length: count in days")?;
        clock().seconds().checked_add_signed(duration.as_secs()).ok_or("it lies before 1970")?
    } else {
        let in_utc = |time: civil::DateTime| time.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
        let timestamp =
            text.parse::<Timestamp>().or_else(|_| text.parse().and_then(in_utc)).map_err(|_| NEITHER)?;
        u64::try_from(timestamp.as_second()).map_err(|_| "it lies before 1970".to_owned())?
    };
    UnixTime::new(seconds).map_err(|error| error.to_string())
}

const NEITHER: &str = "it is neither Unix seconds, nor ISO 8601 such as 2026-11-21T20:00:00Z, nor a time from now such \
    as 1h";

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> Result<u64, String> {
        parse_time_at(text, &|| UnixTime::new(1_000).expect("seconds")).map(UnixTime::seconds)
    }

    #[test]
    fn a_time_is_unix_seconds_or_iso_8601() {
        for text in ["1406023941", "2014-07-22T10:12:21Z", "2014-07-22T12:12:21+02:00", "2014-07-22T10:12:21"]
        {
            assert_eq!(seconds(text), Ok(1_406_023_941), "{text}");
        }
        assert_eq!(seconds("2014-07-22"), Ok(1_405_987_200));
        for text in ["", "soon", "-1", "1406023941000", "1969-12-31", "99999999999999999999"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_may_be_counted_from_now() {
        let rows = [
            ("1h", 4_600),
            ("90s", 1_090),
            ("30 minutes", 2_800),
            ("1h30m", 6_400),
            ("1 hour, 30 minutes", 6_400),
            ("2d", 173_800),
            ("1w", 605_800),
            ("PT1H", 4_600),
            ("5m ago", 700),
        ];
        for (text, expected) in rows {
            assert_eq!(seconds(text), Ok(expected), "{text}");
        }
        for text in ["1h ago", "1mo", "1 year", "1 hour and a bit", "h", "99999999999h"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
