//! Properties of every MPD, and of every text that is not an MPD.

use cloudfront_signing::{Policy, UrlPattern};
use hls_rewrite::{Authority, Style, ViewerPolicy};
use proptest::{prelude::*, sample::select};

use crate::{
    reader,
    signing::{Viewer, ask, time, tree},
};

const URL: &str = "https://d111111abcdef8.cloudfront.net/video/m/v0/film.mpd";
const INLINE: Style = Style::Inline { asked_for: false };

const URIS: [&str; 32] = [
    "a.m4s",
    "$RepresentationID$/$Number$.m4s",
    "$Time%05d$.m4s",
    "$$",
    "$",
    "b/",
    "../n/c",
    "/video/m/d.mp4",
    "/video/o/e",
    "/video/ads/f",
    "//h/g",
    "https://d111111abcdef8.cloudfront.net/video/m/h",
    "https://other.example/i",
    "skd://j",
    "?",
    "&amp;",
    "&#38;",
    "x=1",
    "Policy=p",
    "Signature=s&amp;Key-Pair-Id=K",
    "%50olicy=1",
    "#t",
    "",
    " ",
    "\\",
    "é",
    "*",
    "film.mpd",
    "<![CDATA[/video/m/k]]>",
    "<!-- -->",
    "{$v}",
    "s.json",
];

/// Elements around a URI, as `~`; and some that open and close others.
const PIECES: [&str; 24] = [
    "<BaseURL>~</BaseURL>",
    "<x:BaseURL>~</x:BaseURL>",
    "<Location>~</Location>",
    "<PatchLocation>~</PatchLocation>",
    "<ContentSteering>~</ContentSteering>",
    "<SegmentTemplate media=\"~\" initialization='~'/>",
    "<SegmentList><SegmentURL media=\"~\"/><Initialization sourceURL=\"~\"/></SegmentList>",
    "<SegmentList><SegmentURL/></SegmentList>",
    "<SegmentBase/>",
    "<UTCTiming schemeIdUri=\"urn:mpeg:dash:utc:http-iso:2014\" value=\"~ ~\"/>",
    "<EventStream><Event><ReplacePresentation url=\"~\"/></Event></EventStream>",
    "<AdaptationSet xlink:href=\"~\"/>",
    "<EssentialProperty schemeIdUri=\"urn:mpeg:dash:urlparam:2014\"><UrlQueryInfo queryTemplate=\"$querypart$\" \
     queryString=\"Policy=1&amp;Signature=2&amp;Key-Pair-Id=K\"/></EssentialProperty>",
    "</Representation><Representation id=\"~\">",
    "</Representation><Representation id=\"1\" bandwidth=\"5\">",
    "</Representation></AdaptationSet><AdaptationSet><Representation id=\"2\">",
    "</Representation></AdaptationSet></Period><Period><AdaptationSet><Representation>",
    "</Representation><SegmentTemplate media=\"~\"/><Representation id=\"3\">",
    "</Representation></AdaptationSet><BaseURL>~</BaseURL><AdaptationSet><Representation id=\"4\">",
    "</Representation></AdaptationSet></Period><BaseURL>~</BaseURL><Location>~</Location><Period><AdaptationSet><Representation>",
    "</Representation></AdaptationSet></Period><ContentSteering>~</ContentSteering><Period><AdaptationSet><Representation>",
    "<!-- ~ -->",
    "~",
    "\r\n",
];

fn uris() -> impl Strategy<Value = String> {
    proptest::collection::vec(select(URIS.to_vec()), 0..4).prop_map(|parts| parts.concat())
}

/// MPDs, most of them well-formed.
fn mpds() -> impl Strategy<Value = String> {
    let piece = (select(PIECES.to_vec()), uris()).prop_map(|(piece, uri)| piece.replace('~', &uri));
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| {
        format!(
            "<MPD xmlns:x=\"urn:x\" xmlns:xlink=\"http://www.w3.org/1999/xlink\"><Period><AdaptationSet><Representation id=\"0\">{}\
             </Representation></AdaptationSet></Period></MPD>",
            pieces.concat()
        )
    })
}

fn viewer() -> Viewer {
    Viewer::new(URL, tree("/video/*", 1))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_bytes_are_signed_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = viewer().try_sign(&bytes, INLINE);
    }

    #[test]
    fn signing_twice_equals_signing_once(mpd in mpds()) {
        for style in [INLINE, Style::Inline { asked_for: true }, Style::Define] {
            let Ok(once) = viewer().try_sign(mpd.as_bytes(), style) else { continue };
            let twice = viewer().sign(&once.mpd, style);
            prop_assert_eq!(twice.text(), once.text());
        }
    }

    #[test]
    fn an_mpd_of_which_everything_is_left_stays_as_it_is(mpd in mpds()) {
        // A description of an earlier signing is removed, even if nothing replaces it.
        let mpd = mpd.replace("urlparam:2014", "urlparam:2016");
        let viewer = Viewer::new("https://unknown.example/film.mpd", tree("/none/*", 1));
        if let Ok(signed) = viewer.try_sign(mpd.as_bytes(), Style::Define) {
            prop_assert_eq!(signed.text(), mpd);
            prop_assert_eq!(signed.counts.signed, 0);
        }
    }

    /// Wherever a player may take a signed URI, CloudFront admits it.
    #[test]
    fn a_signed_uri_is_admitted_wherever_another_reader_takes_it(mpd in mpds()) {
        let Ok(signed) = viewer().try_sign(mpd.as_bytes(), INLINE) else { return Ok(()) };
        let Some(found) = reader::references(signed.text(), &viewer().url) else { return Ok(()) };
        for one in found.iter().filter(|one| one.text.contains("Hash-Algorithm=")) {
            for url in one.urls(["1", "2"]) {
                let mut url = url.unwrap();
                url.set_fragment(None);
                prop_assert_eq!(url.host_str(), Some("d111111abcdef8.cloudfront.net"), "{:?}", &one);
                prop_assert_eq!(ask(url.as_str()).map_err(|denial| denial.to_string()), Ok(()), "{:?}", &one);
            }
        }
    }

    #[test]
    fn nothing_is_signed_beyond_the_viewers_policy_or_what_all_may_get(
        mpd in mpds(),
        resource in select(vec![
            "https://d111111abcdef8.cloudfront.net/video/*",
            "https://d111111abcdef8.cloudfront.net/video/m/*",
            URL,
            "https://*/video/m/*",
            "*://d111111abcdef8.cloudfront.net/*/m/*",
            "*",
        ]),
        style in select(vec![INLINE, Style::Define]),
        common in select(vec![vec![], vec!["/video/ads/*".parse().unwrap()]]),
    ) {
        let policy = ViewerPolicy::Custom { resource: resource.to_owned(), expires: time(1_790_000_100) };
        let authority = Authority::new(&policy, URL, time(1_790_000_000)).unwrap();
        let viewer = Viewer { authority, common_assets: common.clone(), ..viewer() };
        let Ok(signed) = viewer.try_sign(mpd.as_bytes(), style) else { return Ok(()) };
        for grant in &signed.grants {
            let Policy::Custom(policy) = grant.policy() else { panic!("{grant:?}") };
            let covered = UrlPattern::new(policy.resource().as_str()).unwrap();
            let is_common = !common.is_empty()
                && covered.is_within("https://d111111abcdef8.cloudfront.net/video/ads/*");
            prop_assert!(covered.is_within(resource) || is_common, "{covered} for {resource}");
            prop_assert!(grant.policy().date_less_than() <= viewer.authority.expires());
        }
    }
}
