//! Prints a signed URL that works for one hour.
//!
//! ```sh
//! cargo run --example sign_url -- private_key.pem K2JCJMDEHXQW5F https://d111111abcdef8.cloudfront.net/a.mp4
//! ```
#![expect(clippy::disallowed_methods, reason = "a program reads the clock and the disk; the crate does not")]

use std::{
    env,
    error::Error,
    fs,
    time::{SystemTime, UNIX_EPOCH},
};

use cloudfront_signing::{CannedPolicy, ExactUrl, HashAlgorithm, KeyPairId, PrivateKey, Signer, UnixTime};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [key_file, key_pair_id, url] = arguments.as_slice() else {
        return Err("usage: sign_url PRIVATE_KEY_FILE KEY_PAIR_ID URL".into());
    };
    let key = PrivateKey::from_pem(&fs::read_to_string(key_file)?)?;
    let signer = Signer::new(KeyPairId::new(key_pair_id.as_str())?, key, HashAlgorithm::Sha256);

    let now = UnixTime::new(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
    let url = ExactUrl::new(url.as_str())?;
    let grant = signer.sign(CannedPolicy::new(&url, now.plus(3_600)))?;
    println!("{}", grant.url(&url)?);
    Ok(())
}
