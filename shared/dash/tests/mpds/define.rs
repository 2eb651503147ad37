//! The style `define`: the parameters once, as Annex I describes them.

use hls_rewrite::{Style, policy_copy};

use crate::{signing::grant, written::signed};

const INLINE: Style = Style::Inline { asked_for: false };

fn query() -> String {
    grant("https://d111111abcdef8.cloudfront.net/video/m/*").query().replace('&', "&amp;")
}

fn description(prefix: &str) -> String {
    format!(
        "<{prefix}EssentialProperty schemeIdUri=\"urn:mpeg:dash:urlparam:2014\" \
         xmlns:up=\"urn:mpeg:dash:schema:urlparam:2014\"><up:UrlQueryInfo queryTemplate=\"$querypart$\" \
         queryString=\"{}\"/></{prefix}EssentialProperty>",
        query()
    )
}

/// An MPD with a template, and these texts in an adaptation set, after the period, and behind a reference.
fn mpd(set: &str, after: &str, reference: &str) -> String {
    format!(
        "<MPD><Location>film.mpd</Location><Period/><Period><AdaptationSet>{set}<SegmentTemplate \
         media=\"v/$Number$.m4s{reference}\"/><Representation id=\"1\"/></AdaptationSet></Period>{after}<Metrics/></MPD>"
    )
}

/// The `Location` of an MPD with the parameters that a manifest gets.
fn with_location(mpd: &str) -> String {
    let grant = grant("https://d111111abcdef8.cloudfront.net/video/m/*");
    let copy = policy_copy(&grant).replace('&', "&amp;");
    mpd.replace("film.mpd<", &format!("film.mpd?usher-style=define&amp;{}&amp;{copy}<", query()))
}

#[test]
fn the_parameters_of_all_segments_are_described_once() {
    let expected = with_location(&mpd("", &description(""), ""));
    let once = signed(&mpd("", "", ""), Style::Define);
    assert_eq!(once.text(), expected);
    assert_eq!(once.counts.to_string(), "2 signed, 0 left");
    assert_eq!(signed(&expected, Style::Define).text(), expected, "signing twice equals signing once");

    // A later signing in another style removes the description.
    let inline = signed(&expected, INLINE);
    assert_eq!(inline.text().matches("EssentialProperty").count(), 0);
    assert_eq!(inline.text().matches(&format!("m4s?{}", query())).count(), 1);
}

#[test]
fn the_description_has_the_prefix_of_the_other_elements() {
    let before = "<x:MPD><x:Period><x:AdaptationSet><x:SegmentTemplate media=\"a\"/><x:Representation/></x:AdaptationSet></x:Period>";
    let signed = signed(&format!("{before}</x:MPD>"), Style::Define);
    assert_eq!(signed.text(), format!("{before}{}</x:MPD>", description("x:")));
}

#[test]
fn what_cannot_be_described_gets_its_parameters_inline() {
    let rows = [
        "<AdaptationSet><SegmentList><SegmentURL media=\"/video/n/a\"/></SegmentList><Representation/></AdaptationSet>",
        "<AdaptationSet><SegmentList><SegmentURL media=\"https://other.example/a\"/></SegmentList><Representation/></AdaptationSet>",
        "<AdaptationSet><Representation><BaseURL>a.mp4</BaseURL></Representation></AdaptationSet>",
        "<AdaptationSet contentType=\"image\"/>",
        "<AdaptationSet><Representation mimeType=\"image/jpeg\"/></AdaptationSet>",
        "<AdaptationSet xlink:href=\"a.xml\"/>",
        "<EventStream><Event>https://other.example/callback</Event></EventStream>",
        "<ImportedMPD>a.mpd</ImportedMPD>",
        "<EssentialProperty schemeIdUri=\"urn:mpeg:dash:urlparam:2016\"/>",
        "<SupplementalProperty schemeIdUri=\"urn:mpeg:dash:urlparam:2014\"><up:UrlQueryInfo queryTemplate=\"$querypart$\" queryString=\"a=1\"/></SupplementalProperty>",
        "<RequestParam queryTemplate=\"$querypart$\" queryString=\"a=1\"/>",
    ];
    for more in rows {
        let text = mpd("", "", "").replace("<Period/>", &format!("<Period>{more}</Period>"));
        let signed = signed(&text, Style::Define);
        assert_eq!(signed.text().matches("v/$Number$.m4s?Policy=").count(), 1, "{more}");
        assert_eq!(signed.text().matches("xmlns:up").count(), 0, "{more}");
    }
}

#[test]
fn a_player_that_adds_the_query_of_the_mpd_needs_no_parameters() {
    let property = |template: &str| {
        format!(
            "<EssentialProperty schemeIdUri=\"urn:mpeg:dash:urlparam:2014\"><up:UrlQueryInfo \
             queryTemplate=\"{template}\" useMPDUrlQuery=\"true\"/></EssentialProperty>"
        )
    };
    let text = mpd(&property("$querypart$"), "", "");
    let counts = "1 signed, 1 left: 1 signed by the player";
    assert_eq!(signed(&text, INLINE).counts.to_string(), counts);
    // A token of the author's own, which CloudFront does not read.
    let text = mpd(&property("$query:token$"), "", "");
    assert_eq!(signed(&text, INLINE).counts.to_string(), "2 signed, 0 left");
}

#[test]
fn only_what_an_earlier_signing_wrote_is_removed() {
    for property in [
        "<EssentialProperty schemeIdUri=\"urn:mpeg:dash:urlparam:2014\"/>",
        "<EssentialProperty schemeIdUri=\"urn:mpeg:dash:urlparam:2014\"><up:UrlQueryInfo queryTemplate=\"$querypart$\" queryString=\"a=1\"/></EssentialProperty>",
        "<EssentialProperty schemeIdUri=\"urn:mpeg:dash:urlparam:2014\"><up:UrlQueryInfo queryTemplate=\"$querypart$\" queryString=\"Policy=1&amp;Signature=2\"/><x/></EssentialProperty>",
        "<SupplementalProperty schemeIdUri=\"urn:mpeg:dash:urlparam:2016\"><up:UrlQueryInfo queryTemplate=\"$querypart$\" queryString=\"Policy=1&amp;Signature=2\"/></SupplementalProperty>",
    ] {
        let signed = signed(&mpd("", property, ""), INLINE);
        assert_eq!(signed.text().matches(property).count(), 1, "{property}");
    }
}
