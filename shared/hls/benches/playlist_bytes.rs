//! Checks that the rewriter writes the same bytes as quick-m3u8, and that its memory grows no faster than the
//! playlist. Part of `tests/compare/run`.
//!
//! Usage: `playlist_bytes FOLDER`. It writes the playlists to the folder, for the peers in other languages.

mod playlists;

use std::{error::Error, fs, path::PathBuf, process::ExitCode};

use cloudfront_signing::{Grant, HashAlgorithm};
use hls_rewrite::Style;
use peak_alloc::PeakAlloc;

use self::playlists::{Parameters, Sample, quick_m3u8, samples};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

#[expect(clippy::disallowed_methods, reason = "other programs read the files; the crate itself stays pure")]
fn main() -> Result<ExitCode, Box<dyn Error>> {
    let folder: PathBuf = std::env::args_os().nth(1).ok_or("usage: playlist_bytes FOLDER")?.into();
    let grant = playlists::folder_grant(&playlists::signer(HashAlgorithm::Sha256));
    let samples = samples();
    println!("Playlists, rewritten with quick-m3u8 and here");
    let mut failures = 0;
    for Sample { name, playlist } in &samples {
        fs::write(folder.join(format!("{name}.m3u8")), playlist)?;
        let (ours, theirs) = rewritten(playlist, &grant);
        let same = ours == theirs;
        failures += usize::from(!same);
        let verdict = if same { "the same" } else { "FAILED: not the same" };
        println!("  {name}: {} bytes, {verdict}", ours.len());
    }
    println!("Memory for the plan and the pieces, beside the playlist from the bucket");
    for sample in &samples {
        let (peak, allowed) = (peak(sample, &grant), FIXED + TIMES * sample.playlist.len());
        println!("  {sample}: at most {peak} bytes at once, of {allowed} that are allowed");
        failures += usize::from(peak > allowed);
    }
    Ok(if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn rewritten(playlist: &[u8], grant: &Grant) -> (Vec<u8>, Vec<u8>) {
    let parameters = Parameters::new(grant, INLINE);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    playlists::rewrite(playlist, &parameters, &mut ours);
    quick_m3u8::rewrite(playlist, &parameters.text, quick_m3u8::few_tags(), &mut theirs);
    (ours, theirs)
}

/// The most memory that is allocated at one time, from the playlist to the last byte of its answer. The answer
/// itself is not kept.
fn peak(Sample { playlist, .. }: &Sample, grant: &Grant) -> usize {
    let grants = [grant.clone()];
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    playlists::write(playlist, playlists::plan(playlist), &grants, INLINE, &mut std::io::sink());
    ALLOCATOR.peak_usage() - before
}

const INLINE: Style = Style::Inline { asked_for: false };

/// Bytes for the parameters.
const FIXED: usize = 200_000;
/// Factor of the playlist's size: the plan of a segment with a short name is larger than its line.
const TIMES: usize = 3;
