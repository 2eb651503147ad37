//! Changes beside the references: definitions, the version, server control.

use super::*;

/// The name of the variable for `MARK`.
const NAME: &str = "ushers000000000000000";
/// The name of the variable for a signature `o`.
const OTHER: &str = "ushero000000000000000";

/// Signs our references in the style `define`, then signs the result again.
fn define(playlist: &str, values: &[&str]) -> String {
    let once = define_once(playlist, values);
    assert_eq!(define_once(&once, values), once, "signing twice equals signing once");
    once
}

/// References to `media.example.com` get the first value, those to `other.example` the second.
fn define_once(playlist: &str, values: &[&str]) -> String {
    let definitions = Definitions::new(values.iter().copied());
    let references: Vec<_> = definitions.references().collect();
    change(playlist, Origin::AsStated, &definitions, &references)
}

/// Rewrites the playlist with the given parameters for the two hosts.
fn change(playlist: &str, origin: Origin, definitions: &Definitions, parameters: &[String]) -> String {
    let mut out = Vec::new();
    let url = Url::parse(PLAYLIST_URL).unwrap();
    let scan = Scan::read(playlist.as_bytes(), &url, origin, None, |reference| {
        let host = ["https://media.example.com", "https://other.example"];
        let host = host.iter().position(|host| *host == reference.origin);
        host.filter(|host| *host < parameters.len()).ok_or(SkipReason::OtherHost)
    });
    let parameters = |host, _| parameters.get::<usize>(host).map(String::as_str);
    scan.append(playlist.as_bytes(), definitions, parameters, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn the_parameters_stand_once_and_every_reference_names_them() {
    let rows = [
        (
            "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-MAP:URI=\"i.mp4\"\n#EXTINF:4,\na.m4s?x=1\n",
            format!(
                "#EXTM3U\n#EXT-X-DEFINE:NAME=\"{NAME}\",VALUE=\"{MARK}\"\n#EXT-X-VERSION:8\n\
                 #EXT-X-MAP:URI=\"i.mp4?{{${NAME}}}\"\n#EXTINF:4,\na.m4s?x=1&{{${NAME}}}\n"
            ),
        ),
        // No version, other line ends, a byte order mark, and text that some authors write after the header.
        (
            "\u{feff}#EXTM3U url=\"http://x\"\r\n#EXTINF:4,\r\na.m4s",
            format!(
                "\u{feff}#EXTM3U url=\"http://x\"\r\n#EXT-X-DEFINE:NAME=\"{NAME}\",VALUE=\"{MARK}\"\r\n\
                 #EXT-X-VERSION:8\r\n#EXTINF:4,\r\na.m4s?{{${NAME}}}"
            ),
        ),
        // A version that allows variables, and the author's own variable.
        (
            "# note\n#EXTM3U\n#EXT-X-DEFINE:NAME=\"d\",VALUE=\"v0\"\n#EXT-X-VERSION: 11 \n{$d}/a.m4s\n",
            format!(
                "# note\n#EXTM3U\n#EXT-X-DEFINE:NAME=\"{NAME}\",VALUE=\"{MARK}\"\n\
                 #EXT-X-DEFINE:NAME=\"d\",VALUE=\"v0\"\n#EXT-X-VERSION: 11 \n{{$d}}/a.m4s?{{${NAME}}}\n"
            ),
        ),
    ];
    for (playlist, expected) in rows {
        assert_eq!(define(playlist, &[MARK]), expected);
    }
}

#[test]
fn each_host_has_a_variable_of_its_own() {
    let other = "Policy=o&Signature=o&Key-Pair-Id=O";
    let expected = format!(
        "#EXTM3U\n#EXT-X-DEFINE:NAME=\"{NAME}\",VALUE=\"{MARK}\"\n\
         #EXT-X-DEFINE:NAME=\"{OTHER}\",VALUE=\"{other}\"\n#EXT-X-VERSION:8\n\
         https://other.example/a.ts?{{${OTHER}}}\nhttps://third.example/a.ts\na.ts?{{${NAME}}}\n"
    );
    let playlist = "#EXTM3U\nhttps://other.example/a.ts\nhttps://third.example/a.ts\na.ts\n";
    assert_eq!(define(playlist, &[MARK, other]), expected);
}

#[test]
fn a_playlist_in_which_nothing_is_signed_stays_as_it_is() {
    let playlist = "#EXTM3U\n#EXT-X-VERSION:3\nhttps://other.example/a.ts\n";
    assert_eq!(define(playlist, &[]), playlist);
}

#[test]
fn a_playlist_that_was_signed_in_one_style_can_be_signed_in_the_other() {
    let plain = "#EXTM3U\n#EXT-X-VERSION:8\n#EXTINF:4,\na.ts\n#EXTINF:4,\nb.ts?x=1\n";
    let defined = define(plain, &[MARK]);
    let inline = plain.replace("a.ts", &format!("a.ts?{MARK}")).replace("x=1", &format!("x=1&{MARK}"));
    assert_eq!(sign(&defined), (inline.clone(), signed(2)));
    assert_eq!(define(&inline, &[MARK]), defined);
}

#[test]
fn a_definition_before_the_header_is_not_of_an_earlier_signing() {
    let playlist = format!("#EXT-X-DEFINE:NAME=\"{NAME}\",VALUE=\"{MARK}\"\n\u{feff}#a.ts\n");
    assert_eq!(
        sign(&playlist),
        (format!("#EXT-X-DEFINE:NAME=\"{NAME}\",VALUE=\"{MARK}\"\n\u{feff}?{MARK}#a.ts\n"), signed(1))
    );
}

#[test]
fn only_a_low_version_is_raised() {
    for (stated, expected) in [
        ("1", "8"),
        (" 3 ", " 8 "),
        ("007", "8"),
        ("8", "8"),
        ("12", "12"),
        ("", ""),
        ("three", "three"),
        ("-1", "-1"),
        ("99999999999999999999", "99999999999999999999"),
    ] {
        let playlist = |version| format!("#EXTM3U\n#EXT-X-VERSION:{version}\na.ts\n");
        let definition = format!("#EXTM3U\n#EXT-X-DEFINE:NAME=\"{NAME}\",VALUE=\"{MARK}\"\n");
        let expected = playlist(expected)
            .replace("#EXTM3U\n", &definition)
            .replace("a.ts", &format!("a.ts?{{${NAME}}}"));
        assert_eq!(define(&playlist(stated), &[MARK]), expected);
    }
}

#[test]
fn a_bucket_does_not_claim_what_only_a_server_can() {
    let unsigned = |playlist, origin| change(playlist, origin, &Definitions::default(), &[]);
    let rows = [
        (
            "#EXTM3U\r\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,HOLD-BACK=12.0\r\na.ts\r\n",
            "#EXTM3U\r\n#EXT-X-SERVER-CONTROL:HOLD-BACK=12.0\r\na.ts\r\n",
        ),
        ("#EXTM3U\n#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=12.0\na.ts\n", "#EXTM3U\na.ts\n"),
        ("#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=12.0", ""),
        ("#EXT-X-SERVER-CONTROL:HOLD-BACK=1\n", "#EXT-X-SERVER-CONTROL:HOLD-BACK=1\n"),
    ];
    for (playlist, expected) in rows {
        assert_eq!(unsigned(playlist, Origin::Static), expected);
        assert_eq!(unsigned(playlist, Origin::AsStated), playlist);
    }
}

#[test]
fn the_tags_of_a_date_range_share_its_class() {
    let interstitial = "CLASS=\"com.apple.hls.interstitial\"";
    let range = "#EXT-X-DATERANGE:ID=\"1\",X-ASSET-URI=\"a\"\n";
    let rows = [
        (format!("#EXT-X-DATERANGE:ID=\"1\",{interstitial}\n{range}"), 1),
        (format!("#EXT-X-DATERANGE:{interstitial},ID=\"1\"\n{range}{range}"), 2),
        (format!("#EXT-X-DATERANGE:ID=\"2\",{interstitial}\n{range}"), 0),
        (format!("#EXT-X-DATERANGE:{interstitial}\n#EXT-X-DATERANGE:X-ASSET-URI=\"a\"\n"), 0),
        (format!("#EXT-X-DATERANGE:ID=\"1\",CLASS=\"com.example\"\n{range}"), 0),
        (
            format!(
                "#EXT-X-DATERANGE:ID=\"1\",{interstitial}\n\
                 #EXT-X-DATERANGE:ID=\"1\",CLASS=\"other\",X-ASSET-URI=\"a\"\n"
            ),
            0,
        ),
    ];
    for (playlist, count) in rows {
        assert_eq!(sign(&playlist).1, signed(count), "{playlist}");
    }
}

#[test]
fn a_playlist_tells_whether_it_ends_and_where_it_may_send_its_player() {
    let rows = [
        ("", PlaylistInfo::default()),
        ("  #EXT-X-ENDLIST  ", PlaylistInfo { ended: true, ..PlaylistInfo::default() }),
        ("#EXT-X-PLAYLIST-TYPE: VOD ", PlaylistInfo { ended: true, ..PlaylistInfo::default() }),
        ("#EXT-X-PLAYLIST-TYPE:EVENT", PlaylistInfo::default()),
        ("#EXT-X-VERSION:3", PlaylistInfo { has_version: true, ..PlaylistInfo::default() }),
        ("#EXT-X-CONTENT-STEERING:SERVER-URI=\"s.json?x\"", PlaylistInfo::default()),
        (
            "#EXT-X-CONTENT-STEERING:SERVER-URI=\"s.txt\"",
            PlaylistInfo { is_steered_elsewhere: true, ..PlaylistInfo::default() },
        ),
        (
            "#EXT-X-CONTENT-STEERING:SERVER-URI=\"data:application/json;base64,e30\"",
            PlaylistInfo {
                is_steered_elsewhere: true,
                has_children_elsewhere: true,
                ..PlaylistInfo::default()
            },
        ),
        (
            "#EXT-X-STREAM-INF:BANDWIDTH=1\nhttps://other.example/a.m3u8",
            PlaylistInfo { has_children_elsewhere: true, ..PlaylistInfo::default() },
        ),
        ("https://other.example/a.ts", PlaylistInfo::default()),
    ];
    let url = Url::parse(PLAYLIST_URL).unwrap();
    for (playlist, expected) in rows {
        let scan =
            Scan::read(playlist.as_bytes(), &url, Origin::AsStated, None, |one| ours(one, MARK).map(drop));
        assert_eq!(scan.info, expected, "{playlist}");
    }
}
