//! What the folder of a film was made of, so that a second run knows what it need not make again.

use std::{
    collections::BTreeMap,
    fs::{self, Metadata},
    io,
    path::Path,
    time::UNIX_EPOCH,
};

use serde::{Deserialize, Serialize};

/// The record in a package's folder.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Record {
    pub(super) source: Identity,
    /// The outputs, and how each is made.
    pub(super) steps: BTreeMap<String, Vec<String>>,
}

/// A file as it was when it was read.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Identity {
    pub(super) name: String,
    pub(super) bytes: u64,
    /// Nanoseconds since 1970.
    pub(super) modified: u128,
}

impl Identity {
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let metadata: Metadata = fs::metadata(path)?;
        let modified = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { name, bytes: metadata.len(), modified })
    }
}

impl Record {
    /// The outputs of this record that the other one would make otherwise, or not at all.
    pub(super) fn outdated<'a>(&'a self, now: &Self) -> Vec<&'a str> {
        let is_kept = |name: &String, step: &Vec<String>| {
            self.source == now.source && now.steps.get(name) == Some(step)
        };
        let old = self.steps.iter().filter(|(name, step)| !is_kept(name, step));
        old.map(|(name, _)| name.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(modified: u128, steps: &[(&str, &str)]) -> Record {
        let source = Identity { name: "film.mp4".to_owned(), bytes: 7, modified };
        let steps = steps.iter().map(|(name, step)| ((*name).to_owned(), vec![(*step).to_owned()])).collect();
        Record { source, steps }
    }

    #[test]
    fn what_is_made_otherwise_now_is_outdated() {
        let old = record(1, &[("360p", "-crf 21"), ("720p", "-crf 21"), ("film.mp4", "copy")]);
        assert_eq!(old.outdated(&old), [""; 0]);
        let now = record(1, &[("360p", "-crf 21"), ("720p", "-crf 23"), ("audio-en", "aac")]);
        assert_eq!(old.outdated(&now), ["720p", "film.mp4"]);
        let changed = Record { source: Identity { modified: 2, ..old.source.clone() }, ..old.clone() };
        assert_eq!(old.outdated(&changed), ["360p", "720p", "film.mp4"]);
    }

    #[test]
    fn a_record_reads_as_it_was_written() {
        let record = record(1_700_000_000_123_456_789, &[("360p", "-crf 21")]);
        let text = serde_json::to_string(&record).expect("a record");
        assert_eq!(serde_json::from_str::<Record>(&text).expect("a record"), record);
    }
}
