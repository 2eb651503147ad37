//! The same bytes as quick-m3u8, and memory that grows no faster than the playlist; a part of `tests/compare/run`.
//!
//! Usage: `playlist_bytes FOLDER`. It leaves the playlists in the folder, for the peers of other languages.

mod playlists;

use std::{error::Error, fs, path::PathBuf, process::ExitCode};

use cloudfront_signing::{Grant, HashAlgorithm};
use hls_rewrite::Style;
use peak_alloc::PeakAlloc;

use self::playlists::{Parameters, Sample, quick_m3u8, samples};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

#[expect(
    clippy::disallowed_methods,
    reason = "what is written is for other programs; the crate itself stays pure"
)]
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

/// From the playlist to the last byte of its answer, which goes away at once: all that is allocated at one time.
fn peak(Sample { playlist, .. }: &Sample, grant: &Grant) -> usize {
    let grants = [grant.clone()];
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    playlists::write(playlist, playlists::plan(playlist), &grants, INLINE, &mut std::io::sink());
    ALLOCATOR.peak_usage() - before
}

const INLINE: Style = Style::Inline { asked_for: false };

/// The parameters.
const FIXED: usize = 200_000;
/// Of the playlist: the plan of a segment of a few letters is larger than its line.
const TIMES: usize = 3;
