//! Playlists as bytes: signing twice equals signing once, what is left is not touched, pieces make the whole.
#![no_main]

use fuzz::resign_manifest::rewrite::{
    Changes, Definitions, Facts, Left, Origin, Reference, Rewriter, is_playlist, rewrite,
};
use url::Url;

libfuzzer_sys::fuzz_target!(|playlist: &[u8]| {
    let url = Url::parse("https://h/video/m/low.m3u8").expect("a URL");
    let ours =
        |reference: &Reference<'_>| reference.origin == "https://h" && reference.path.starts_with("/video/");

    let mut inline = Vec::new();
    let sign = |one: &Reference<'_>| {
        if ours(one) { Ok("Policy=1&Signature=2&Key-Pair-Id=3") } else { Err(Left::OtherHost) }
    };
    let summary = rewrite(playlist, &url, &mut inline, sign);
    let mut again = Vec::new();
    assert_eq!(rewrite(&inline, &url, &mut again, sign), summary);
    assert_eq!(again, inline);

    let mut pieces = Vec::new();
    let mut rewriter = Rewriter::new(&url, Changes::default());
    let mut enough = 1;
    while rewriter.advance(playlist, &mut pieces, enough, sign) {
        enough = pieces.len() + 1;
    }
    assert_eq!((pieces, *rewriter.summary()), (inline, summary));

    let define = |playlist: &[u8]| {
        let (mut facts, mut left) = (Facts::read(playlist), Vec::new());
        let bucket = || Changes { origin: Origin::Static, ..Changes::default() };
        Rewriter::new(&url, bucket()).advance(playlist, &mut left, usize::MAX, sign);
        facts.leave_to_author(&left);
        let definitions = Definitions::new(["Policy=1&Signature=2&Key-Pair-Id=3"], &facts);
        let variable = definitions.references().next().expect("a variable");
        let mut out = Vec::new();
        let mut rewriter = Rewriter::new(&url, Changes { definitions, ..bucket() });
        rewriter.advance(playlist, &mut out, usize::MAX, |one| {
            if ours(one) { Ok(&variable) } else { Err(Left::OtherHost) }
        });
        out
    };
    // Without a header there is no place for a definition.
    if is_playlist(playlist) {
        let once = define(playlist);
        assert_eq!(define(&once), once);
    }

    if !playlist.windows(5).any(|window| window == b"usher") {
        let mut left = Vec::new();
        rewrite(playlist, &url, &mut left, |_| Err::<&str, _>(Left::OtherHost));
        assert_eq!(left, playlist);
    }
});
