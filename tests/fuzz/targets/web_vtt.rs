//! WebVTT files: only the lines of pictures change, signing twice equals signing once, and everything that is not signed
//! keeps its bytes.
#![no_main]

use hls_rewrite::{Definitions, Reference, Scan, SkipReason};
use url::Url;

const MARK: &str = "Policy=1&Signature=2&Key-Pair-Id=3";

libfuzzer_sys::fuzz_target!(|vtt: &[u8]| {
    let url = Url::parse("https://h/video/m/thumbnails.vtt").expect("a URL");
    let sign = |vtt: &[u8]| {
        let ours =
            |one: &Reference<'_>| if one.origin == "https://h" { Ok(()) } else { Err(SkipReason::OtherHost) };
        let scan = Scan::read_pictures(vtt, &url, ours)?;
        let [mut signed, mut left] = [Vec::new(), Vec::new()];
        scan.append(vtt, &Definitions::default(), |(), _| Some(MARK), &mut signed);
        scan.append(vtt, &Definitions::default(), |(), _| None, &mut left);
        assert_eq!(left, vtt);
        Some(signed)
    };
    let Some(once) = sign(vtt) else { return };
    assert_eq!(sign(&once).expect("pictures"), once);
    let changed = once
        .split(|byte| *byte == b'\n')
        .zip(vtt.split(|byte| *byte == b'\n'))
        .filter(|(one, two)| one != two);
    for (line, _) in changed {
        assert!(line.windows(MARK.len()).any(|window| window == MARK.as_bytes()));
    }
});
