//! The requests of a live stream to Lambda, S3 and KMS, and their cost, without and with CloudFront's cache for
//! playlists: `live-costs [TARGET_SECONDS]`. By default, segments have 4 seconds.
//!
//! A model, not a measurement. The source of each input is beside it, `documented` or `assumed`.

mod figures;
mod model;
mod table;

use std::{env, process::ExitCode};

use self::table::table;

fn main() -> ExitCode {
    let target_seconds = env::args().nth(1).map_or(Some(TARGET_SECONDS), |text| text.parse().ok());
    match target_seconds.filter(|seconds| (1..=60).contains(seconds)) {
        Some(seconds) => {
            print!("{}", table(seconds));
            ExitCode::SUCCESS
        }
        None => {
            eprintln!("usage: live-costs [TARGET_SECONDS], of 1 to 60");
            ExitCode::from(2)
        }
    }
}

/// As in the table of docs/operate.md.
const TARGET_SECONDS: u32 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_in_the_documentation_is_what_the_program_prints() {
        let section = include_str!("../../../docs/operate.md")
            .split("\n## ")
            .find(|section| section.starts_with("What live viewers cost\n"));
        let rows = section.unwrap_or_default().lines().filter(|line| line.starts_with('|'));
        let rows: String = rows.map(|row| format!("{row}\n")).collect();
        assert_eq!(rows, table(TARGET_SECONDS));
    }
}
