//! MPDs written by hand, for everything that public ones lack.

use dash_rewrite::{MpdError, Position, is_mpd};
use hls_rewrite::{Style, policy_copy};

use crate::signing::{Signed, Viewer, ask, grant, tree};

const URL: &str = "https://d111111abcdef8.cloudfront.net/video/m/film.mpd?x=1";

pub(crate) fn signed(mpd: &str, style: Style) -> Signed {
    Viewer::new(URL, tree("/video/*", 1)).sign(mpd.as_bytes(), style)
}

/// Signs an MPD in which `¶` marks every place where parameters are expected; `§` marks those of a manifest or
/// document, which keep the style and the policy. Both are written as `?¶` or `&amp;¶`, in CDATA `&¶`.
pub(crate) fn assert_signed_at_the_marks(marked: &str) {
    let grant = grant("https://d111111abcdef8.cloudfront.net/video/m/*");
    let query = grant.query();
    let nested = format!("usher-style=inline&{query}&{}", policy_copy(&grant));
    let marks = ["?¶", "&amp;¶", "&¶", "?§", "&amp;§"];
    let plain = marks.iter().fold(marked.to_owned(), |text, mark| text.replace(mark, ""));
    assert!(!plain.contains(['¶', '§']), "{plain}");
    let expected = marked
        .replace("&¶", &format!("&{query}"))
        .replace('¶', &query.replace('&', "&amp;"))
        .replace('§', &nested.replace('&', "&amp;"));
    let style = Style::Inline { asked_for: true };
    let once = signed(&plain, style);
    assert_eq!(once.text(), expected);
    assert_eq!(once.counts.signed, marked.matches(['¶', '§']).count());
    assert_eq!(signed(&expected, style).text(), expected, "signing twice equals signing once");
}

#[test]
fn an_mpd_with_everything() {
    assert_signed_at_the_marks(
        "\u{feff}<?xml version='1.0' encoding=\"utf-8\"?>\r\n\
         <!-- <BaseURL>a</BaseURL> -->\r\n\
         <?a-processing instruction media=\"a\"?>\r\n\
         <MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" type='dynamic'>\r\n\
         <ProgramInformation moreInformationURL=\"about.html\"><Source>https://d111111abcdef8.cloudfront.net/video/m/a</Source></ProgramInformation>\r\n\
         <Location>film.mpd?§</Location>\r\n\
         <PatchLocation ttl=\"60\">film.mpp?publishTime=1&amp;§</PatchLocation>\r\n\
         <ServiceDescription><ContentSteering defaultServiceLocation=\"a\">steering.json?§</ContentSteering></ServiceDescription>\r\n\
         <InitializationSet id=\"1\" initialization=\"sets/init.mp4?¶\"/>\r\n\
         <EssentialProperty schemeIdUri=\"urn:mpeg:dash:chaining:2016\" value=\"next.mpd?§\"/>\r\n\
         <SupplementalProperty schemeIdUri='urn:mpeg:dash:fallback:2016' value='one.mpd?§ https://other.example/video/m/two.mpd\n/video/m/three.mpd?§'/>\r\n\
         <Period xlink:href=\"remote/period.xml?§\" xlink:actuate=\"onLoad\"/>\r\n\
         <Period xlink:href=\"urn:mpeg:dash:resolve-to-zero:2013\"/>\r\n\
         <Period><SegmentTemplate media=\"period-$Number$.m4s?¶\"/><AdaptationSet><Representation/></AdaptationSet></Period>\r\n\
         <Period id=\"p\"><ImportedMPD> linked.mpd?§ </ImportedMPD>\r\n\
         <BaseURL>media/</BaseURL>\r\n\
         <EventStream schemeIdUri=\"urn:mpeg:dash:event:alternativeMPD:replace:2025\">\
         <Event><ReplacePresentation url=\"/video/m/ad.mpd?§\"/><BaseURL>a</BaseURL></Event>\
         <Event>/video/m/callback</Event></EventStream>\r\n\
         <AdaptationSet><ContentProtection schemeIdUri=\"urn:mpeg:dash:sea:2012\">\
         <dashif:Laurl>https://d111111abcdef8.cloudfront.net/video/m/licence</dashif:Laurl>\
         <sea:CryptoPeriod keyUriTemplate=\"/video/m/key?¶\" IVUriTemplate='/video/m/iv?¶'/></ContentProtection>\r\n\
         <SupplementalProperty schemeIdUri=\"urn:dvb:dash:fontdownload:2014\" dvb:url=\"/video/m/font.woff2?¶\" value=\"1\"/>\r\n\
         <SegmentTemplate media = 'v/$RepresentationID$/$Number%05d$-$Time$-$SubNumber$$$.m4s?a=1&#38;b=2&amp;¶' \
         initialization=\"v/$RepresentationID$/$Bandwidth$/init.mp4?¶#t=1\" index=\"v/index?¶\" bitstreamSwitching=\"v/switch?¶\"/>\r\n\
         <Representation id=\"1\" bandwidth=\"5000\"><BaseURL>low/</BaseURL></Representation>\r\n\
         <Representation id='2' bandwidth='6000'/></AdaptationSet>\r\n\
         <AdaptationSet><SegmentList><Initialization sourceURL=\"init.mp4?¶\"/><BitstreamSwitching sourceURL='b.mp4?¶'></BitstreamSwitching>\
         <SegmentURL media=\"1.m4s?¶\" index=\"1.sidx?¶\"/><SegmentURL mediaRange=\"0-1\" media='$2$.m4s?¶'/></SegmentList>\
         <Representation id=\"3\"/></AdaptationSet>\r\n\
         <AdaptationSet><Representation id=\"4\"><BaseURL>\n  audio.mp4?¶\n</BaseURL><SegmentBase indexRange=\"0-1\">\
         <Initialization range=\"0-1\"/><RepresentationIndex sourceURL=\"audio.sidx?¶\"/></SegmentBase></Representation>\r\n\
         <Representation id=\"5\"><BaseURL><![CDATA[/video/m/more.mp4?x&y=1&¶]]></BaseURL></Representation></AdaptationSet>\r\n\
         <AdaptationSet><BaseURL>subtitles.vtt?¶</BaseURL><Representation id=\"6\"/></AdaptationSet>\r\n\
         </Period>\r\n\
         <UTCTiming schemeIdUri=\"urn:mpeg:dash:utc:http-iso:2014\" value=\"https://time.example/?iso&amp;ms /video/m/time?¶\"/>\r\n\
         <UTCTiming schemeIdUri=\"urn:mpeg:dash:utc:direct:2014\" value=\"2026-01-01T00:00:00Z\"/>\r\n\
         <Metrics><Reporting schemeIdUri=\"a\" reportingUrl=\"/video/m/report\"/></Metrics>\r\n\
         </MPD>\r\n\
         <!-- the end -->",
    );
}

#[test]
fn elements_may_have_a_prefix() {
    assert_signed_at_the_marks(
        "<mpd:MPD xmlns:mpd=\"urn:mpeg:dash:schema:mpd:2011\"><mpd:Period><mpd:AdaptationSet>\
         <mpd:SegmentTemplate media=\"a$Number$.m4s?¶\"/><mpd:Representation id=\"1\"/></mpd:AdaptationSet></mpd:Period></mpd:MPD>",
    );
}

#[test]
fn what_is_not_ours_stays() {
    let template = |media: &str| {
        format!(
            "<MPD><Period><AdaptationSet><SegmentTemplate media=\"{media}\"/><Representation id=\"r\" \
             bandwidth=\"1\"/></AdaptationSet></Period></MPD>"
        )
    };
    let rows = [
        ("https://other.example/video/m/$Number$.m4s", "1 on another host"),
        ("//other.example/video/m/$Number$.m4s", "1 on another host"),
        (
            "http://d111111abcdef8.cloudfront.net/video/m/$Number$.m4s",
            "1 on this host by the other protocol, http or https",
        ),
        ("/elsewhere/$Number$.m4s", "1 outside of the scope"),
        ("../../elsewhere/$Number$.m4s", "1 outside of the scope"),
        ("data:,$Number$", "1 of another scheme"),
        ("", "1 to the playlist itself"),
        ("https:$Number$.m4s", "1 ambiguous"),
        ("a\\..\\..\\$Number$.m4s", "1 ambiguous"),
        ("a&#9;b.m4s", "1 ambiguous"),
        ("a$Numbers$.m4s", "1 with an unknown variable"),
        ("a$Number$$.m4s", "1 with an unknown variable"),
        ("a?b=$Number", "1 with an unknown variable"),
        // The number decides which asset, or which host, a segment is on.
        ("/video/$Number$/a.m4s", "1 ambiguous"),
        ("/video/$Number$.m4s", "1 ambiguous"),
        ("https://d111111abcdef8.cloudfront.net:44$Number$/video/m/a", "1 on another host"),
        ("https://d111111abcdef$Number$.cloudfront.net/video/m/a", "1 on another host"),
    ];
    for (media, reason) in rows {
        let mpd = template(media);
        let signed = signed(&mpd, Style::Inline { asked_for: false });
        assert_eq!(signed.text(), mpd);
        assert_eq!(signed.counts.to_string(), format!("0 signed, 1 left: {reason}"), "{media}");
        assert_eq!(signed.grants, [], "{media}");
    }
}

#[test]
fn an_mpd_that_the_distribution_does_not_sign_is_left() {
    let mpd = "<MPD><Location>film.MPD</Location></MPD>";
    let signed = signed(mpd, Style::Inline { asked_for: false });
    assert_eq!(signed.text(), mpd);
    let counts = "0 signed, 1 left: 1 to a playlist or MPD whose name does not end in .m3u8 or .mpd";
    assert_eq!(signed.counts.to_string(), counts);
}

#[test]
fn a_signature_that_stands_there_is_replaced_and_other_parameters_keep_their_bytes() {
    let old = "Policy=old&amp;Signature=old&#38;Key-Pair-Id=KOLD";
    let mpd = |one: &str, two: &str, three: &str| {
        format!(
            "<MPD><Period><AdaptationSet><SegmentList><SegmentURL media=\"a?x=1&#38;{one}#t\"/>\
             <SegmentURL media='b?{two}'/><SegmentURL media=\"c?x=%7E&amp;&#x26;y=&lt;{three}\"/></SegmentList>\
             <Representation id=\"1\"/></AdaptationSet></Period></MPD>"
        )
    };
    let plain = mpd(&format!("{old}&amp;y=2"), old, &format!("&amp;{old}"));
    let inline = Style::Inline { asked_for: false };
    let Signed { mpd: text, counts, grants } = signed(&plain, inline);
    let query = grants.first().unwrap().query().replace('&', "&amp;");
    let expected = mpd(&format!("y=2&amp;{query}"), &query, &format!("&amp;{query}"));
    assert_eq!(str::from_utf8(&text), Ok(expected.as_str()));
    assert_eq!(counts.to_string(), "3 signed, 0 left");
    assert_eq!(signed(&expected, inline).text(), expected);
}

#[test]
fn what_a_player_makes_of_a_template_is_admitted() {
    let mpd = "<MPD><Period><AdaptationSet><SegmentTemplate media=\"$RepresentationID$/$Number%03d$.m4s\"/>\
               <Representation id=\"v1\"/></AdaptationSet></Period></MPD>";
    let signed = signed(mpd, Style::Inline { asked_for: false });
    let media = signed.text().split('"').nth(1).unwrap().replace("&amp;", "&");
    assert_eq!(media.matches('$').count(), 4);
    let media = media.replace("$RepresentationID$", "v1").replace("$Number%03d$", "042");
    let url = url::Url::parse(URL).unwrap().join(&media).unwrap();
    assert_eq!(ask(url.as_str()).map_err(|denial| denial.to_string()), Ok(()), "{url}");
}

#[test]
fn a_steering_server_that_is_not_ours_gets_no_signature_of_another_asset() {
    let mpd = |server: &str, own: &str, other: &str| {
        format!(
            "<MPD><ContentSteering>{server}</ContentSteering><Period><AdaptationSet><SegmentList>\
             <SegmentURL media=\"a.m4s{own}\"/><SegmentURL media=\"/video/n/a.m4s{other}\"/></SegmentList>\
             <Representation id=\"1\"/></AdaptationSet></Period></MPD>"
        )
    };
    let grants =
        ["m", "n"].map(|asset| grant(&format!("https://d111111abcdef8.cloudfront.net/video/{asset}/*")));
    let [own, other] = grants.each_ref().map(|grant| format!("?{}", grant.query().replace('&', "&amp;")));
    let copy = policy_copy(&grants[0]).replace('&', "&amp;");
    let rows = [
        ("steering.json", format!("steering.json{own}&amp;{copy}"), other.clone()),
        ("steering.dcsm", format!("steering.dcsm{own}&amp;{copy}"), String::new()),
        ("https://other.example/s.json", "https://other.example/s.json".to_owned(), String::new()),
        ("", String::new(), String::new()),
    ];
    for (server, signed_server, other) in rows {
        let signed = signed(&mpd(server, "", ""), Style::Inline { asked_for: false });
        assert_eq!(signed.text(), mpd(&signed_server, &own, &other), "{server}");
    }
}

#[test]
fn what_is_not_certain_xml_is_refused() {
    let at = |line, column| Position { line, column };
    let deep = format!("<MPD>{}{}</MPD>", "<a>".repeat(64), "</a>".repeat(64));
    let large = " ".repeat((16 << 20) + 1);
    let rows: [(&[u8], MpdError); 27] = [
        (b"", MpdError::NotMpd),
        (b"<a/>", MpdError::NotMpd),
        (b"<Patch/>", MpdError::NotMpd),
        (b"#EXTM3U\n", MpdError::Syntax(at(1, 1))),
        (b"<MPD>", MpdError::Unclosed),
        (b"<MPD><Period></MPD>", MpdError::Syntax(at(1, 14))),
        (b"<MPD/></MPD>", MpdError::Syntax(at(1, 7))),
        (b"<MPD/>\n<MPD/>", MpdError::SeveralRoots(at(2, 1))),
        (b"<MPD/>text", MpdError::Syntax(at(1, 7))),
        (b"text<MPD/>", MpdError::Syntax(at(1, 1))),
        (b"<MPD a='1' a='2'/>", MpdError::AttributeTwice(at(1, 1))),
        (b"<MPD a=1/>", MpdError::Syntax(at(1, 1))),
        (b"<MPD a/>", MpdError::Syntax(at(1, 1))),
        (b"<MPD a='1'b='2'/>", MpdError::Syntax(at(1, 11))),
        (b"<MPD a='<'/>", MpdError::Syntax(at(1, 6))),
        (b"<MPD><1/></MPD>", MpdError::Syntax(at(1, 6))),
        (b"<MPD><a\"b\"/></MPD>", MpdError::Syntax(at(1, 6))),
        (b"<!DOCTYPE MPD [<!ENTITY a 'b'>]><MPD/>", MpdError::Doctype(at(1, 1))),
        (b"<MPD>\n&a;</MPD>", MpdError::UnknownEntity(at(2, 1))),
        (b"<MPD a='&a;'/>", MpdError::UnknownEntity(at(1, 9))),
        (b"<MPD>a & b</MPD>", MpdError::UnknownEntity(at(1, 8))),
        (b"<MPD>\0</MPD>", MpdError::Syntax(at(1, 6))),
        (b"<MPD>\xff</MPD>", MpdError::NotUtf8 { valid_up_to: 5 }),
        (b"\xff\xfe<\0M\0", MpdError::NotUtf8 { valid_up_to: 0 }),
        (b"<?xml version='1.0' encoding='ISO-8859-1'?><MPD/>", MpdError::OtherEncoding),
        (deep.as_bytes(), MpdError::TooDeep { limit: 64 }),
        (large.as_bytes(), MpdError::TooLarge { limit: 16 << 20 }),
    ];
    for (mpd, error) in rows {
        let found = Viewer::new(URL, tree("/video/*", 1)).try_sign(mpd, Style::Inline { asked_for: false });
        let start = String::from_utf8_lossy(mpd).chars().take(60).collect::<String>();
        assert_eq!(found.map(|signed| signed.mpd.len()), Err(error), "{start}");
    }
}

#[test]
fn an_mpd_is_known_by_its_root_element() {
    let rows = [
        ("<MPD/>", true),
        ("\u{feff}<?xml version='1.0'?>\n<!-- a --><x:MPD a='1'>", true),
        ("<mpd/>", false),
        // Not well-formed, but meant as an MPD: it is refused, not served as something else.
        ("<MPD a=1 b/>", true),
        ("<MPD a='1'b='2'>&", true),
        ("<html><MPD/></html>", false),
        ("#EXTM3U", false),
        ("", false),
    ];
    for (body, expected) in rows {
        assert_eq!(is_mpd(body.as_bytes()), expected, "{body}");
    }
}
