//! Playlists as bytes: signing twice equals signing once, everything that is not signed keeps its bytes, and no
//! signature covers more than the viewer's own policy and the common assets.
#![no_main]

use cloudfront_signing::UrlPattern;
use fuzz::plan_for;
use hls_rewrite::{Definitions, Origin, Reference, Scan, SkipReason, is_playlist, rewrite};
use url::Url;

const MARK: &str = "Policy=1&Signature=2&Key-Pair-Id=3";

libfuzzer_sys::fuzz_target!(|playlist: &[u8]| {
    let url = Url::parse("https://h/video/m/low.m3u8").expect("a URL");
    let ours = |reference: &Reference<'_>| {
        let is_ours = reference.origin == "https://h" && reference.path.starts_with("/video/");
        if is_ours { Ok(()) } else { Err(SkipReason::OtherHost) }
    };

    let mut inline = Vec::new();
    let sign = |one: &Reference<'_>| ours(one).map(|()| MARK.to_owned());
    let counts = rewrite(playlist, &url, &mut inline, sign);
    let mut again = Vec::new();
    assert_eq!(rewrite(&inline, &url, &mut again, sign), counts);
    assert_eq!(again, inline);

    let define = |playlist: &[u8]| {
        let definitions = Definitions::new([MARK]);
        let variable = definitions.references().next().expect("a variable");
        let mut out = Vec::new();
        let scan = Scan::read(playlist, &url, Origin::Static, None, ours);
        scan.append(playlist, &definitions, |(), _| Some(&variable), &mut out);
        out
    };
    // Without a header, a playlist has no place for a definition.
    if is_playlist(playlist) {
        let once = define(playlist);
        assert_eq!(define(&once), once);
    }

    if !playlist.windows(5).any(|window| window == b"usher") {
        let mut left = Vec::new();
        rewrite(playlist, &url, &mut left, |_| Err(SkipReason::OtherHost));
        assert_eq!(left, playlist);
    }

    for resource in ["https://h/video/m/*", "https://h/video/*", "https://h/video/m/low.m3u8", "*://h/*/m/*"]
    {
        let (plan, common) = plan_for(playlist, &url, resource);
        for grant in &plan.grants {
            let pattern: &UrlPattern = &grant.resource;
            assert!(pattern.is_within(resource) || pattern.is_within(common), "{pattern} for {resource}");
        }
    }
});
