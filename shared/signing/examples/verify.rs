//! Says whether CloudFront would admit a signed URL, and if not, why.
//!
//! ```sh
//! cargo run --example verify -- public_key.pem K2JCJMDEHXQW5F 'https://d111111abcdef8.cloudfront.net/a.mp4?Expires=…'
//! ```
#![expect(clippy::disallowed_methods, reason = "a program reads the clock and the disk; the crate does not")]

use std::{
    env,
    error::Error,
    fs,
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use cloudfront_signing::{Check, KeyPairId, PublicKey, Request, UnixTime, Verifier};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [key_file, key_pair_id, url] = arguments.as_slice() else {
        return Err("usage: verify PUBLIC_KEY_FILE KEY_PAIR_ID URL".into());
    };
    let key = PublicKey::from_pem(&fs::read_to_string(key_file)?)?;
    let verifier = Verifier::new([(KeyPairId::new(key_pair_id.as_str())?, key)]);

    let now = UnixTime::new(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
    match verifier.verify(&Request::new(url), now) {
        Ok(admitted) => {
            println!("admitted until {}", admitted.policy.date_less_than);
            Ok(ExitCode::SUCCESS)
        }
        Err(denial) => {
            println!("{denial}");
            for passed in Check::ALL.iter().filter(|check| **check < denial.reason.check()) {
                println!("passed: {}", passed.question());
            }
            Ok(ExitCode::FAILURE)
        }
    }
}
