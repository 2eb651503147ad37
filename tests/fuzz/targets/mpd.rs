//! MPDs: signing twice equals signing once, everything that is not signed keeps its bytes, and no signature covers more
//! than the viewer's own policy and the common assets.
#![no_main]

use cloudfront_signing::UrlPattern;
use fuzz::sign_mpd;
use hls_rewrite::Style;

libfuzzer_sys::fuzz_target!(|mpd: &[u8]| {
    for resource in ["https://h/video/m/*", "https://h/video/*", "https://h/video/m/film.mpd", "*://h/*/m/*"]
    {
        for style in [Style::Inline { asked_for: true }, Style::Define] {
            let Some((once, plan, common)) = sign_mpd(mpd, "https://h/video/m/film.mpd", resource, style)
            else {
                return;
            };
            let (twice, ..) = sign_mpd(&once, "https://h/video/m/film.mpd", resource, style).expect("an MPD");
            assert_eq!(twice, once);
            for grant in &plan.grants {
                let pattern: &UrlPattern = &grant.resource;
                assert!(pattern.is_within(resource) || pattern.is_within(common), "{pattern} for {resource}");
            }
        }
    }
    // A description of an earlier signing is removed, even if nothing replaces it.
    if !mpd.windows(8).any(|window| window == b"urlparam") {
        let signed = sign_mpd(mpd, "https://none/film.mpd", "*", Style::Define);
        if let Some((left, plan, _)) = signed
            && plan.grants.is_empty()
        {
            assert_eq!(left, mpd);
        }
    }
});
