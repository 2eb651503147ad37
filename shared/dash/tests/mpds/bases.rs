//! What a URI is relative to.

use hls_rewrite::{Authority, Style, ViewerPolicy};
use url::Url;

use crate::{
    signing::{Viewer, grant, time, tree},
    written::{assert_signed_at_the_marks, signed},
};

const INLINE: Style = Style::Inline { asked_for: false };
const URL: &str = "https://d111111abcdef8.cloudfront.net/video/m/film.mpd";

fn assert_unsigned(mpd: &str, counts: &str) {
    let signed = signed(mpd, INLINE);
    assert_eq!(signed.text(), mpd);
    assert_eq!(signed.counts.to_string(), counts, "{mpd}");
}

#[test]
fn base_urls_are_nested() {
    assert_signed_at_the_marks(
        "<MPD><BaseURL>https://other.example/</BaseURL><BaseURL>a</BaseURL><Period>\
         <BaseURL>https://d111111abcdef8.cloudfront.net/video/</BaseURL>\
         <AdaptationSet><BaseURL>m/v/?x=1</BaseURL><SegmentTemplate media=\"$Number$.m4s?¶\"/><Representation id=\"1\"/></AdaptationSet>\
         <AdaptationSet><BaseURL>n/</BaseURL><SegmentTemplate media=\"../m/$Number$.m4s?¶\"/><Representation id=\"1\"><BaseURL>x</BaseURL></Representation></AdaptationSet>\
         </Period></MPD>",
    );
}

#[test]
fn a_base_url_that_follows_what_it_applies_to_counts() {
    assert_unsigned(
        "<MPD><Period><AdaptationSet><Representation id=\"1\"><SegmentTemplate media=\"$Number$.m4s\"/>\
         <BaseURL>v/</BaseURL></Representation></AdaptationSet></Period>\
         <BaseURL>https://other.example/video/m/</BaseURL></MPD>",
        "0 signed, 1 left: 1 on another host",
    );
}

#[test]
fn a_relative_uri_with_a_foreign_alternative_is_left() {
    let other = "<BaseURL serviceLocation=\"b\">https://other.example/video/m/</BaseURL>";
    for bases in [
        format!("<BaseURL>v/</BaseURL>{other}"),
        format!("{other}<BaseURL>v/</BaseURL>"),
        // Some players do not read these.
        "<BaseURL>https://other.example/</BaseURL></Period><Period><x:BaseURL>/video/m/</x:BaseURL>"
            .to_owned(),
    ] {
        let mpd = format!(
            "<MPD><BaseURL>https://other.example/</BaseURL><BaseURL>/video/m/</BaseURL><Period>{bases}<AdaptationSet>\
             <SegmentTemplate media=\"$Number$.m4s\"/><Representation id=\"1\"/></AdaptationSet></Period></MPD>"
        );
        assert_unsigned(&mpd, "0 signed, 1 left: 1 on another host");
    }
    assert_signed_at_the_marks(
        "<MPD><BaseURL>https://other.example/</BaseURL><BaseURL>a/</BaseURL><Period><AdaptationSet><SegmentList>\
         <SegmentURL media=\"/video/m/a\"/><SegmentURL media=\"https://d111111abcdef8.cloudfront.net/video/m/a?¶\"/>\
         </SegmentList><Representation id=\"1\"/></AdaptationSet></Period></MPD>",
    );
}

#[test]
fn a_base_that_some_players_do_not_read_is_an_alternative() {
    for base in ["<BaseURL><![CDATA[/video/m/]]></BaseURL>", "<x:BaseURL>/video/m/</x:BaseURL>"] {
        let mpd = |outer: &str| {
            format!(
                "<MPD><BaseURL>{outer}</BaseURL><Period>{base}<AdaptationSet><SegmentTemplate media=\"$Number$.m4s\"/>\
                 <Representation id=\"1\"/></AdaptationSet></Period></MPD>"
            )
        };
        assert_unsigned(&mpd("https://other.example/"), "0 signed, 1 left: 1 on another host");
        assert_eq!(signed(&mpd("v/"), INLINE).counts.to_string(), "1 signed, 0 left");
    }
}

#[test]
fn a_base_that_is_not_certain_makes_what_is_relative_to_it_uncertain() {
    for (base, reason) in [
        ("a<!-- b -->c/", "1 ambiguous"),
        ("https:a/", "1 ambiguous"),
        ("a\nb/", "1 ambiguous"),
        ("data:,", "1 of another scheme"),
        ("https://[/", "1 invalid"),
    ] {
        assert_unsigned(
            &format!(
                "<MPD><BaseURL>{base}</BaseURL><Period><AdaptationSet><SegmentTemplate media=\"$Number$.m4s\"/>\
                 <Representation id=\"1\"/></AdaptationSet></Period></MPD>"
            ),
            &format!("0 signed, 1 left: {reason}"),
        );
    }
}

#[test]
fn each_alternative_of_a_file_is_signed_by_itself() {
    assert_signed_at_the_marks(
        "<MPD><Period><AdaptationSet><Representation id=\"1\"><BaseURL>a.mp4?¶</BaseURL>\
         <BaseURL>https://other.example/a.mp4</BaseURL><BaseURL>/video/m/a.mp4?¶</BaseURL><BaseURL>folder/</BaseURL>\
         <BaseURL/></Representation></AdaptationSet></Period></MPD>",
    );
}

#[test]
fn a_representation_puts_its_own_values_into_a_template() {
    let mpd = |ids: [&str; 2]| {
        let [one, two] = ids;
        format!(
            "<MPD><Period><AdaptationSet><SegmentTemplate media=\"$RepresentationID$/$Number$.m4s\"/>\
             <Representation id=\"{one}\"/><Representation id=\"{two}\"/></AdaptationSet></Period></MPD>"
        )
    };
    let rows = [
        (["v0", "v1"], "1 signed, 0 left"),
        (["v0", "../n"], "0 signed, 1 left: 1 ambiguous"),
        (["v0", "https://other.example"], "0 signed, 1 left: 1 on another host"),
        (["v0", "//other.example"], "0 signed, 1 left: 1 on another host"),
        (["v0", "a?b"], "0 signed, 1 left: 1 with an unknown variable"),
        (["../..", "../.."], "0 signed, 1 left: 1 outside of the scope"),
    ];
    for (ids, counts) in rows {
        assert_eq!(signed(&mpd(ids), INLINE).counts.to_string(), counts, "{ids:?}");
    }
}

#[test]
fn a_location_may_replace_the_url_of_the_request() {
    let mpd = |location: &str| {
        format!(
            "<MPD><Location>{location}</Location><Period><AdaptationSet><SegmentTemplate media=\"$Number$.m4s\"/>\
             <Representation id=\"1\"/></AdaptationSet></Period></MPD>"
        )
    };
    let rows = [
        ("film.mpd", "2 signed, 0 left"),
        ("/video/m/live/film.mpd", "2 signed, 0 left"),
        ("/video/n/film.mpd", "1 signed, 1 left: 1 ambiguous"),
        ("https://other.example/video/m/film.mpd", "0 signed, 2 left: 2 on another host"),
    ];
    for (location, counts) in rows {
        assert_eq!(signed(&mpd(location), INLINE).counts.to_string(), counts, "{location}");
    }
}

#[test]
fn an_asset_of_another_viewer_is_left_and_a_common_one_is_signed() {
    let mpd = |common: &str, own: &str| {
        format!(
            "<MPD><Period><AdaptationSet><SegmentList><SegmentURL media=\"/video/n/a.m4s\"/>\
             <SegmentURL media=\"/video/ads/a.m4s{common}\"/><SegmentURL media=\"a.m4s{own}\"/>\
             <SegmentURL media=\"https://cdn.example/video/o/a.m4s\"/></SegmentList><Representation id=\"1\"/>\
             </AdaptationSet></Period></MPD>"
        )
    };
    let resource = "https://d111111abcdef8.cloudfront.net/video/m/*".to_owned();
    let policy = ViewerPolicy::Custom { resource, expires: time(1_790_000_100) };
    let mut viewer = Viewer::new(URL, tree("/video/*", 1));
    viewer.authority = Authority::new(&policy, URL, time(1_790_000_000)).unwrap();
    viewer.common_assets = vec!["/video/ads/*".parse().unwrap()];
    let parameters = |asset: &str| {
        let grant = grant(&format!("https://d111111abcdef8.cloudfront.net/video/{asset}/*"));
        format!("?{}", grant.query().replace('&', "&amp;"))
    };
    let signed = viewer.sign(mpd("", "").as_bytes(), INLINE);
    assert_eq!(signed.text(), mpd(&parameters("ads"), &parameters("m")));
    let counts = "2 signed, 2 left: 1 not covered by the viewer's policy, 1 on another host";
    assert_eq!(signed.counts.to_string(), counts);
}

#[test]
fn alternatives_on_our_hosts_have_no_parameters_in_common() {
    let mpd = "<MPD><BaseURL>https://d111111abcdef8.cloudfront.net/video/m/</BaseURL>\
               <BaseURL>https://cdn.example/video/m/</BaseURL><Period><AdaptationSet>\
               <SegmentTemplate media=\"$Number$.m4s\"/><Representation id=\"1\"/></AdaptationSet></Period></MPD>";
    let mut viewer = Viewer::new(URL, tree("/video/*", 1));
    viewer.hosts.push(("https://cdn.example", tree("/video/*", 1)));
    let signed = viewer.sign(mpd.as_bytes(), INLINE);
    assert_eq!(signed.text(), mpd);
    assert_eq!(signed.counts.to_string(), "0 signed, 1 left: 1 ambiguous");
}

#[test]
fn combinations_have_a_limit() {
    let bases =
        |count: usize| (0..count).map(|number| format!("<BaseURL>{number}/</BaseURL>")).collect::<String>();
    let mpd = |outer: usize, inner: usize| {
        let (outer, inner) = (bases(outer), bases(inner));
        format!(
            "<MPD>{outer}<Period>{inner}<AdaptationSet><SegmentTemplate media=\"a\"/><Representation id=\"1\"/>\
             </AdaptationSet></Period></MPD>"
        )
    };
    let viewer = Viewer::new(URL, tree("/video/*", 1));
    let read = |outer, inner| {
        viewer.try_sign(mpd(outer, inner).as_bytes(), INLINE).map(|signed| signed.counts.signed)
    };
    assert_eq!(read(8, 8), Ok(1));
    assert_eq!(read(8, 9), Err(dash_rewrite::MpdError::TooManyUrls { limit: 64 }));
    assert!(Url::parse(URL).is_ok());
}
