//! Properties of every playlist, and of every text that is not a playlist.

use cloudfront_signing::{Grant, Policy, UrlPattern};
use hls_rewrite::{
    AssetTree, Authority, PathPattern, ReferenceKind, References, SkipReason, Style, ViewerPolicy, rewrite,
};
use proptest::{prelude::*, sample::select};
use url::Url;

use crate::signing::{ask, replace, sign, sign_for, time};

const PIECES: [&str; 56] = [
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
    "#EXT-X-DEFINE:NAME=\"usher0123456789abcdef\",VALUE=\"Policy=1&Signature=2&Key-Pair-Id=3\"",
    "{$v}",
    "{$usher0123456789abcdef}",
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
    "\r",
    "'",
    "uri=",
    "#EXT-X-KEY:URI=",
    "#EXT-X-PREFETCH:",
    "#EXT-X-VENDOR:URI=\"",
    "*",
    "v0\\s0.ts",
    "#EXT-X-CONTENT-STEERING:SERVER-URI=\"s.json\"",
    "#EXT-X-CONTENT-STEERING:SERVER-URI=\"https://other.example/s.json\"",
    "#EXT-X-MEDIA:TYPE=AUDIO,URI=\"",
    "/video/ads/i.ts",
];

/// Playlists and similar text: lines of pieces, and anything in between.
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
        let tree = AssetTree::new("/video/*", 1).unwrap();
        for style in [Style::Inline { asked_for: false }, Style::Inline { asked_for: true }, Style::Define] {
            let once = sign(&playlist, &url(), &tree, style);
            let twice = sign(&once.playlist, &url(), &tree, style);
            prop_assert_eq!(String::from_utf8_lossy(&twice.playlist), String::from_utf8_lossy(&once.playlist));
        }
    }

    #[test]
    fn a_text_of_which_everything_is_left_stays_as_it_is(playlist in playlists()) {
        // A definition of an earlier signing is removed, even if nothing replaces it.
        let playlist = replace(&playlist, b"usher", b"other");
        let mut out = Vec::new();
        let summary = rewrite(&playlist, &url(), &mut out, |_| Err(SkipReason::OtherHost));
        prop_assert_eq!(out, playlist);
        prop_assert_eq!(summary.signed, 0);
    }

    /// A signed reference is admitted at the URL to which a browser resolves it.
    #[test]
    fn a_signed_reference_is_admitted_where_a_browser_takes_it(
        pieces in proptest::collection::vec(select(vec![
            "a", ".ts", "/", "//", "..", ".", "?", "&", "x=1", "%2e", "%2F", "%41", "%", ":", "@", "https:", "http:", "\\", " ",
            "d111111abcdef8.cloudfront.net", "other.example", "video", "m", "n", "*", "é", "{", "}", "#", "Policy=1", ";", "+", "~",
        ]), 0..12),
    ) {
        let text = pieces.concat();
        let tree = AssetTree::new("/video/*", 1).unwrap();
        let origin = url().origin().ascii_serialization();
        let mut references = References::new(&url(), None);
        let place = references.place(&text, ReferenceKind::Media, |reference| {
            let pattern = tree.of(reference.path).filter(|_| reference.origin == origin);
            pattern.ok_or(SkipReason::OutOfScope)
        });
        if let Ok(place) = place {
            let grant = crate::signing::grant(&format!("{origin}{}", place.target));
            let signed = place.with(grant.query());
            let mut read = url().join(&signed).unwrap();
            read.set_fragment(None);
            prop_assert_eq!(read.origin().ascii_serialization(), origin);
            prop_assert_eq!(ask(read.as_str()).map_err(|denial| denial.to_string()), Ok(()), "{} for {}", read, place.target);
        }
    }
}

/// No signature in a viewer's playlist covers more, or lives longer, than that viewer's policy.
fn assert_within(
    playlist: &[u8],
    authority: &Authority,
    resource: &str,
    style: Style,
    common: &[PathPattern],
) {
    let tree = AssetTree::new("/video/*", 1).unwrap();
    let signed = sign_for(authority, playlist, &url(), &tree, style, common);
    for grant in &signed.grants {
        let Policy::Custom(policy) = grant.policy() else { panic!("{grant:?}") };
        let covered = UrlPattern::new(policy.resource().as_str()).unwrap();
        let is_common = |pattern: &PathPattern| {
            covered.is_within(&format!("https://d111111abcdef8.cloudfront.net{pattern}"))
        };
        assert!(covered.is_within(resource) || common.iter().any(is_common), "{covered} for {resource}");
        assert!(grant.policy().date_less_than() <= authority.expires());
    }
    // Only these grants are in the playlist.
    let without = signed
        .grants
        .iter()
        .fold(signed.playlist.clone(), |text, grant| replace(&text, signature(grant).as_bytes(), b""));
    let foreign = crate::signing::grant("https://d111111abcdef8.cloudfront.net/video/o/*");
    let is_signed_for_others = memchr::memmem::find(&without, signature(&foreign).as_bytes()).is_some();
    assert!(!is_signed_for_others, "{}", without.escape_ascii());
}

fn signature(grant: &Grant) -> &str {
    grant.query().split('&').find(|pair| pair.starts_with("Signature=")).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn nothing_is_signed_beyond_the_viewers_policy_or_what_all_may_get(
        playlist in playlists(),
        resource in select(vec![
            "https://d111111abcdef8.cloudfront.net/video/*",
            "https://d111111abcdef8.cloudfront.net/video/m/*",
            "https://d111111abcdef8.cloudfront.net/video/m/v0/low.m3u8",
            "https://d111111abcdef8.cloudfront.net/video/m*",
            "https://*/video/m/*",
            "*://d111111abcdef8.cloudfront.net/*/m/*",
            "*",
        ]),
        style in select(vec![Style::Inline { asked_for: false }, Style::Inline { asked_for: true }, Style::Define]),
        common in select(vec![vec![], vec!["/video/ads/*".parse().unwrap()], vec!["/video/o/*".parse().unwrap()]]),
    ) {
        let policy = ViewerPolicy::Custom { resource: resource.to_owned(), expires: time(1_790_000_100) };
        let now = time(1_790_000_000);
        let authority = Authority::new(&policy, url().as_str(), now).unwrap();
        assert_within(&playlist, &authority, resource, style, &common);
    }
}
