//! What holds for every playlist, and for every text that is none.

use proptest::{prelude::*, sample::select};
use resign_manifest::{
    Style,
    rewrite::{Kind, Left, References, rewrite},
};
use url::Url;
use usher_runtime::Scope;

use crate::signing::{ask, replace, sign};

const PIECES: [&str; 44] = [
    "#EXTM3U",
    "\n",
    "\r\n",
    "\n\n",
    "#EXTINF:4,",
    "#EXTINF:4,title",
    "a.ts",
    "b/c.m4s",
    "../n/d.ts",
    "/video/m/e.ts",
    "//h/f.ts",
    "https://d111111abcdef8.cloudfront.net/video/o/g.ts",
    "https://other.example/h.ts",
    "skd://i",
    "?",
    "&",
    "x=1",
    "Policy=p",
    "Signature=s&Key-Pair-Id=K",
    "%50olicy=1",
    "#",
    "#t=1",
    "#EXT-X-KEY:METHOD=AES-128,URI=\"",
    "#EXT-X-MAP:URI=\"",
    "\"",
    ",",
    "#EXT-X-MEDIA:NAME=\"",
    "URI=\"",
    "#EXT-X-DEFINE:NAME=\"v\",VALUE=\"",
    "#EXT-X-DEFINE:QUERYPARAM=\"q\"",
    "#EXT-X-DEFINE:NAME=\"usher\",VALUE=\"Policy=1&Signature=2&Key-Pair-Id=3\"",
    "{$v}",
    "{$usher}",
    "{$q}",
    "{$",
    "}",
    "#EXT-X-STREAM-INF:BANDWIDTH=1",
    "low.m3u8",
    "#EXT-X-VERSION:3",
    " ",
    "\t",
    "\\",
    "\u{feff}",
    "é",
];

/// Playlists and what looks like them: lines of pieces, and anything in between.
fn playlists() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        20 => select(PIECES.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..4),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn url() -> Url {
    Url::parse("https://d111111abcdef8.cloudfront.net/video/m/v0/low.m3u8").unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn signing_twice_equals_signing_once(playlist in playlists()) {
        let scope = Scope::new("/video/*", 1).unwrap();
        for style in [Style::Inline { asked_for: false }, Style::Inline { asked_for: true }, Style::Define] {
            let once = sign(&playlist, &url(), &scope, style);
            let twice = sign(&once.playlist, &url(), &scope, style);
            prop_assert_eq!(String::from_utf8_lossy(&twice.playlist), String::from_utf8_lossy(&once.playlist));
        }
    }

    #[test]
    fn a_text_of_which_everything_is_left_stays_as_it_is(playlist in playlists()) {
        // A definition of an earlier signing gives way, even where nothing takes its place.
        let playlist = replace(&playlist, b"usher", b"other");
        let mut out = Vec::new();
        let summary = rewrite(&playlist, &url(), &mut out, |_| Err::<&str, _>(Left::OtherHost));
        prop_assert_eq!(out, playlist);
        prop_assert_eq!(summary.signed, 0);
    }

    /// A browser's reading of a reference is the reading that was signed.
    #[test]
    fn a_signed_reference_is_admitted_where_a_browser_takes_it(
        pieces in proptest::collection::vec(select(vec![
            "a", ".ts", "/", "//", "..", ".", "?", "&", "x=1", "%2e", "%2F", "%41", "%", ":", "@", "https:", "http:", "\\", " ",
            "d111111abcdef8.cloudfront.net", "other.example", "video", "m", "n", "*", "é", "{", "}", "#", "Policy=1", ";", "+", "~",
        ]), 0..12),
    ) {
        let text = pieces.concat();
        let scope = Scope::new("/video/*", 1).unwrap();
        let origin = url().origin().ascii_serialization();
        let mut references = References::new(&url());
        let mut resource = None;
        let signed = references.sign(&text, Kind::Media, |reference| {
            let pattern = scope.of(reference.path).filter(|_| reference.origin == origin).ok_or(Left::OutOfScope)?;
            let grant = crate::signing::grant(&format!("{origin}{pattern}"));
            resource = Some(pattern);
            Ok(grant.query().to_owned())
        });
        if let Ok(signed) = signed {
            let mut read = url().join(&signed.to_string()).unwrap();
            read.set_fragment(None);
            prop_assert_eq!(read.origin().ascii_serialization(), origin);
            prop_assert_eq!(ask(read.as_str()).map_err(|denial| denial.to_string()), Ok(()), "{} for {:?}", read, resource);
        }
    }
}
