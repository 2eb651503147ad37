//! The time and memory that a playlist costs: `cargo bench -p hls-rewrite`.
//!
//! `tests/compare/run` measures the peers in the same run, and has targets.

mod playlists;

use std::hint::black_box;

use cloudfront_signing::{Grant, HashAlgorithm};
use divan::{AllocProfiler, Bencher, counter::BytesCount};
use hls_rewrite::Style;

use self::playlists::{Parameters, Sample, quick_m3u8, samples};

// It counts allocations, which slows down the code that allocates. Only quick-m3u8 allocates for each line;
// `tests/compare` times it without the counter.
#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

#[divan::bench(args = samples())]
fn rewrite_inline(bencher: Bencher, sample: &Sample) {
    rewrite(bencher, sample, INLINE);
}

#[divan::bench(args = samples())]
fn rewrite_define(bencher: Bencher, sample: &Sample) {
    rewrite(bencher, sample, Style::Define);
}

fn rewrite(bencher: Bencher, sample: &Sample, style: Style) {
    let (parameters, mut out) = (parameters(style), Vec::new());
    playlists::rewrite(&sample.playlist, &parameters, &mut out);
    bencher
        .counter(BytesCount::of_slice(&out))
        .bench_local(|| playlists::rewrite(black_box(&sample.playlist), &parameters, &mut out));
}

/// The bytes of `rewrite_inline`.
#[divan::bench(args = samples())]
fn memcpy_inline(bencher: Bencher, sample: &Sample) {
    let mut result = Vec::new();
    playlists::rewrite(&sample.playlist, &parameters(INLINE), &mut result);
    let mut out = result.clone();
    bencher
        .counter(BytesCount::of_slice(&result))
        .bench_local(|| playlists::copy(black_box(&result), black_box(&mut out)));
}

#[divan::bench(args = samples())]
fn quick_m3u8_inline(bencher: Bencher, sample: &Sample) {
    let (parameters, mut out) = (parameters(INLINE), Vec::new());
    let mut rewrite = || {
        let options = quick_m3u8::all_tags();
        quick_m3u8::rewrite(black_box(&sample.playlist), &parameters.text, options, &mut out);
        out.len()
    };
    let bytes = BytesCount::new(rewrite());
    bencher.counter(bytes).bench_local(rewrite);
}

#[divan::bench(args = samples())]
fn plan(bencher: Bencher, sample: &Sample) {
    bencher
        .counter(BytesCount::of_slice(&sample.playlist))
        .bench_local(|| playlists::plan(black_box(&sample.playlist)));
}

/// Writes piece by piece. `max alloc` is the memory that a request needs beside the playlist from the bucket.
#[divan::bench(args = samples())]
fn write_inline(bencher: Bencher, sample: &Sample) {
    let grants = [grant()];
    let mut out = Vec::<u8>::new();
    let mut write = || {
        out.clear();
        playlists::write(&sample.playlist, playlists::plan(&sample.playlist), &grants, INLINE, &mut out);
        out.len()
    };
    bencher.counter(BytesCount::new(write())).bench_local(write);
}

fn parameters(style: Style) -> Parameters {
    Parameters::new(&grant(), style)
}

fn grant() -> Grant {
    playlists::folder_grant(&playlists::signer(HashAlgorithm::Sha256))
}

const INLINE: Style = Style::Inline { asked_for: false };
