//! Times the rewriter beside a copy of its result and beside quick-m3u8. Part of `tests/compare/run`.
//!
//! Prints a line `program<TAB>measure<TAB>microseconds` for each measure.

mod playlists;

use std::{hint::black_box, time::Duration};

use cloudfront_signing::HashAlgorithm;
use hls_rewrite::Style;
use rustix::time::{ClockId, clock_gettime};

use self::playlists::{Parameters, Sample, quick_m3u8, samples};

fn main() {
    let signers = [HashAlgorithm::Sha1, HashAlgorithm::Sha256].map(|hash| (hash, playlists::signer(hash)));
    let [_, (_, signer)] = &signers;
    let grant = playlists::folder_grant(signer);
    for sample @ Sample { name, playlist } in &samples() {
        println!("size\tsegments, {name}\t{}", String::from_utf8_lossy(playlist).matches("#EXTINF").count());
        for style in [Style::Inline { asked_for: false }, Style::Define] {
            let parameters = Parameters::new(&grant, style);
            beside_a_copy(sample, &parameters, style.as_str());
            let grants = [grant.clone()];
            let mut out = Vec::<u8>::new();
            let write = || {
                out.clear();
                playlists::write(playlist, playlists::plan(playlist), &grants, style, &mut out);
            };
            report("ours", &format!("plan and write {}, {name}", style.as_str()), write);
        }
        report("ours", &format!("plan, {name}"), || playlists::plan(playlist));
        for (hash, signer) in &signers {
            let (style, mut out) = (Style::Inline { asked_for: false }, Vec::<u8>::new());
            let sign = || {
                out.clear();
                playlists::sign_and_write(playlist, signer, style, &mut out);
            };
            report("ours", &format!("sign {hash} and write, {name}"), sign);
        }
    }
}

fn beside_a_copy(Sample { name, playlist }: &Sample, parameters: &Parameters, style: &str) {
    let measure = format!("rewrite {style}, {name}");
    let mut out = Vec::new();
    report("ours", &measure, || playlists::rewrite(black_box(playlist), parameters, &mut out));
    println!("size\tbytes {style}, {name}\t{}", out.len());
    let result = out.clone();
    report("memcpy", &measure, || playlists::copy(black_box(&result), black_box(&mut out)));
    if style == "define" {
        // quick-m3u8 does not know where the definition belongs.
        return;
    }
    for (program, options) in [
        ("quick-m3u8", quick_m3u8::all_tags as fn() -> _),
        ("quick-m3u8 with few tags", quick_m3u8::few_tags),
    ] {
        report(program, &measure, || {
            quick_m3u8::rewrite(black_box(playlist), &parameters.text, options(), &mut out);
        });
    }
}

/// Prints the mean over at least half a second.
fn report<T>(program: &str, measure: &str, mut call: impl FnMut() -> T) {
    // The first call may allocate memory.
    call();
    let (mut calls, mut taken) = (1_u32, time_of(1, &mut call));
    while taken < SECONDS {
        let factor = (1.1 * SECONDS.as_secs_f64() / taken.as_secs_f64()).min(10.0);
        calls = (f64::from(calls) * factor) as u32 + 1;
        taken = time_of(calls, &mut call);
    }
    println!("{program}\t{measure}\t{:.4}", taken.as_secs_f64() / f64::from(calls) * 1e6);
}

fn time_of<T>(calls: u32, call: &mut impl FnMut() -> T) -> Duration {
    let started = processor_time();
    for _ in 0..calls {
        black_box(call());
    }
    processor_time().saturating_sub(started)
}

/// The time of this process alone, as in the rest of the comparison: other work on the machine does not count.
fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

const SECONDS: Duration = Duration::from_millis(500);
