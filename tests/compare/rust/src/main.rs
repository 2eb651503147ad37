//! Times this project's crate, the bare operations below it, and the crate `cloudfront_sign`.
//!
//! Prints a line `program<TAB>measure<TAB>microseconds` for each measure; see `../run`.

mod ours;
mod peer;

use std::{error::Error, fs, hint::black_box, time::Duration};

use rustix::time::{ClockId, clock_gettime};

/// The input that every program signs.
struct Input {
    rsa_pem: String,
    p256_pem: String,
    url: String,
    wildcard: String,
    key_pair_id: String,
    expires: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [program, rsa, p256, url, wildcard, key_pair_id, expires] = arguments.as_slice() else {
        return Err(
            "usage: compare ours|cloudfront_sign RSA_PEM P256_PEM URL WILDCARD KEY_PAIR_ID EXPIRES".into()
        );
    };
    let input = Input {
        rsa_pem: fs::read_to_string(rsa)?,
        p256_pem: fs::read_to_string(p256)?,
        url: url.clone(),
        wildcard: wildcard.clone(),
        key_pair_id: key_pair_id.clone(),
        expires: expires.parse()?,
    };
    match program.as_str() {
        "ours" => ours::run(&input),
        "cloudfront_sign" => peer::run(&input),
        _ => Err("there are two programs here: ours and cloudfront_sign".into()),
    }
}

impl Input {
    /// The thousand URLs under the wildcard.
    fn segments(&self) -> Vec<String> {
        let folder = self.wildcard.trim_end_matches('*');
        (0..1_000).map(|number| format!("{folder}s{number:04}.ts")).collect()
    }
}

/// Prints the mean over at least half a second.
fn report<T>(program: &str, measure: &str, call: impl FnMut() -> T) {
    report_for(Duration::from_millis(500), program, measure, call);
}

fn report_for<T>(time: Duration, program: &str, measure: &str, mut call: impl FnMut() -> T) {
    let (mut calls, mut taken) = (1_u32, time_of(1, &mut call));
    while taken < time {
        let factor = (1.1 * time.as_secs_f64() / taken.as_secs_f64()).min(10.0);
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

/// As `openssl speed` counts: other work on the machine does not count.
fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}
