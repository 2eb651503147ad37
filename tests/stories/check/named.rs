//! What a report names, for comparison as a whole.

use usher_check::{Outcome, Report};

use super::differing;

/// The differences from a house in which everything is correct, a line each.
pub(crate) fn named(report: &Report, url: &str) -> Vec<String> {
    let differing = differing(report);
    let is_cured = |outcome| matches!(outcome, Outcome::Advice | Outcome::Wrong);
    assert!(differing.iter().all(|check| check.cure.is_some() == is_cured(check.outcome)));
    let lines = differing.iter().map(|check| format!("{:?} {}: {}", check.outcome, check.name, check.found));
    lines.map(|line| line.replace(url, "http://HOST")).collect()
}

/// The same with cures.
pub(crate) fn cured(report: &Report, url: &str) -> Vec<String> {
    let lines = named(report, url).into_iter().zip(differing(report));
    let lines = lines.filter_map(|(line, check)| Some((line, check.cure.as_ref()?)));
    lines.map(|(line, cure)| format!("{line} -> {}", cure.replace(url, "http://HOST"))).collect()
}

pub(crate) fn lines(parts: &[&[&str]]) -> Vec<String> {
    parts.concat().into_iter().map(str::to_owned).collect()
}

pub(crate) const NOT_SIGNED_IN: [&str; 10] = [
    "Unknown playlist: nobody is signed in",
    "Unknown playlist caching: nobody is signed in",
    "Unknown nested playlists: nobody is signed in",
    "Unknown segments: nobody is signed in",
    "Unknown content types: nobody is signed in",
    "Unknown segment caching: nobody is signed in",
    "Unknown range: nobody is signed in",
    "Unknown headers: nobody is signed in",
    "Unknown changed cookie: no segment was served",
    "Unknown encoded names: no segment was served",
];
pub(crate) const NO_COOKIE: [&str; 12] = [
    "Unknown playlist: no cookie goes to the playlist",
    "Unknown playlist caching: no cookie goes to the playlist",
    "Unknown nested playlists: no cookie goes to the playlist",
    "Unknown segments: no cookie goes to the playlist",
    "Unknown content types: no cookie goes to the playlist",
    "Unknown segment caching: no cookie goes to the playlist",
    "Unknown range: no cookie goes to the playlist",
    "Unknown headers: no cookie goes to the playlist",
    "Unknown changed cookie: no segment was served",
    "Unknown encoded names: no segment was served",
    "Unknown names with spaces: no cookie goes to the playlist",
    "Unknown names with plus: no cookie goes to the playlist",
];
pub(crate) const NOT_SERVED: [&str; 9] = [
    "Unknown playlist caching: no playlist was served",
    "Unknown nested playlists: no playlist was served",
    "Unknown segments: no segment was served",
    "Unknown content types: no segment was served",
    "Unknown segment caching: no segment was served",
    "Unknown range: no segment was served",
    "Unknown headers: no playlist was served",
    "Unknown changed cookie: no segment was served",
    "Unknown encoded names: no segment was served",
];
pub(crate) const NO_URL: [&str; 9] = [
    "Unknown signed playlist: no URL was signed",
    "Unknown reach of playlists: no URL was signed",
    "Unknown renewal: no URL was signed",
    "Unknown visible signatures: no URL was signed",
    "Unknown function headers: no URL was signed",
    "Unknown signed segment: no URL was signed",
    "Unknown other manifests: no URL was signed",
    "Unknown changed url: no URL was signed",
    "Unknown other asset: no URL was signed",
];
pub(crate) const NOT_PLAYED: [&str; 4] = [
    "Unknown gzip: no playlist was served",
    "Unknown playlist hits: no playlist was served",
    "Unknown not modified: no playlist was served",
    "Unknown head: no playlist was served",
];
pub(crate) const NOT_LOOKED_UP: [&str; 2] = [
    "Unknown names with spaces: no file is looked up with these cookies",
    "Unknown names with plus: no file is looked up with these cookies",
];
pub(crate) const NOBODY_LOOKS: [&str; 2] =
    ["Unknown names with spaces: nobody is signed in", "Unknown names with plus: nobody is signed in"];
