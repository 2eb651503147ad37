//! Logs in the form that a function's [logging configuration] asks for.
//!
//! [logging configuration]: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html

use tracing::level_filters::LevelFilter;

/// From here on, events go to standard output: one JSON object a line, or text.
///
/// The Lambda runtime's own subscriber has filters by module as well, for which two engines for regular
/// expressions were 0.4 MB of a function's program.
///
/// # Panics
/// Where there is a subscriber already.
pub fn init_logging() {
    let setting = |name| std::env::var(name).ok();
    let level = setting("AWS_LAMBDA_LOG_LEVEL").or_else(|| setting("RUST_LOG"));
    // Lambda adds the time.
    let subscriber = tracing_subscriber::fmt()
        .with_target(false)
        .without_time()
        .with_max_level(max_level(level.as_deref()));
    if setting("AWS_LAMBDA_LOG_FORMAT").is_some_and(|format| format.eq_ignore_ascii_case("JSON")) {
        subscriber.json().init();
    } else {
        subscriber.init();
    }
}

fn max_level(name: Option<&str>) -> LevelFilter {
    match name {
        // Lambda has a level above all of ours; and no level at all would be read as ERROR.
        Some("FATAL") => LevelFilter::ERROR,
        Some("") | None => LevelFilter::INFO,
        Some(name) => name.parse().unwrap_or(LevelFilter::INFO),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_those_of_lambda() {
        let table = [
            (Some("TRACE"), LevelFilter::TRACE),
            (Some("DEBUG"), LevelFilter::DEBUG),
            (Some("INFO"), LevelFilter::INFO),
            (Some("WARN"), LevelFilter::WARN),
            (Some("ERROR"), LevelFilter::ERROR),
            (Some("FATAL"), LevelFilter::ERROR),
            (Some("warn"), LevelFilter::WARN),
            (Some("usher=debug"), LevelFilter::INFO),
            (Some(""), LevelFilter::INFO),
            (None, LevelFilter::INFO),
        ];
        for (name, level) in table {
            assert_eq!(max_level(name), level, "{name:?}");
        }
    }
}
