//! What is changed beside the references: definitions, the version, what a bucket cannot do.

use super::*;

/// Signs what is ours in the style `define`, and once more what came out.
fn define(playlist: &str, values: &[&str]) -> String {
    let once = define_once(playlist, values);
    assert_eq!(define_once(&once, values), once, "signing twice equals signing once");
    once
}

/// References to `media.example.com` get the first value, those to `other.example` the second.
fn define_once(playlist: &str, values: &[&str]) -> String {
    let url = Url::parse(PLAYLIST_URL).unwrap();
    let mut facts = Facts::read(playlist.as_bytes());
    let mut left = Vec::new();
    rewrite(playlist.as_bytes(), &url, &mut left, |reference| match reference.origin {
        "https://media.example.com" | "https://other.example" => Ok("Signature=1"),
        _ => Err(Left::OtherHost),
    });
    facts.leave_to_author(&left);
    let definitions = Definitions::new(values, &facts);
    let references: Vec<_> = definitions.references().collect();
    let changes = Changes { definitions, origin: Origin::AsStated };
    change(playlist, changes, |reference| {
        let host = ["https://media.example.com", "https://other.example"];
        let host = host.iter().position(|host| *host == reference.origin);
        host.and_then(|host| references.get(host)).ok_or(Left::OtherHost)
    })
}

fn change<S: AsRef<str>>(
    playlist: &str,
    changes: Changes,
    sign: impl FnMut(&Reference<'_>) -> Result<S, Left>,
) -> String {
    let mut out = Vec::new();
    let url = Url::parse(PLAYLIST_URL).unwrap();
    Rewriter::new(&url, changes).advance(playlist.as_bytes(), &mut out, usize::MAX, sign);
    String::from_utf8(out).unwrap()
}

#[test]
fn the_parameters_stand_once_and_every_reference_names_them() {
    let rows = [
        (
            "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-MAP:URI=\"i.mp4\"\n#EXTINF:4,\na.m4s?x=1\n",
            format!(
                "#EXTM3U\n#EXT-X-DEFINE:NAME=\"usher\",VALUE=\"{MARK}\"\n#EXT-X-VERSION:8\n\
                 #EXT-X-MAP:URI=\"i.mp4?{{$usher}}\"\n#EXTINF:4,\na.m4s?x=1&{{$usher}}\n"
            ),
        ),
        // No version, other line ends, a byte order mark, what some authors write behind the header.
        (
            "\u{feff}#EXTM3U url=\"http://x\"\r\n#EXTINF:4,\r\na.m4s",
            format!(
                "\u{feff}#EXTM3U url=\"http://x\"\r\n#EXT-X-DEFINE:NAME=\"usher\",VALUE=\"{MARK}\"\r\n\
                 #EXT-X-VERSION:8\r\n#EXTINF:4,\r\na.m4s?{{$usher}}"
            ),
        ),
        // A version that knows variables, and the author's own.
        (
            "# note\n#EXTM3U\n#EXT-X-DEFINE:NAME=\"d\",VALUE=\"v0\"\n#EXT-X-VERSION: 11 \n{$d}/a.m4s\n",
            format!(
                "# note\n#EXTM3U\n#EXT-X-DEFINE:NAME=\"usher\",VALUE=\"{MARK}\"\n\
                 #EXT-X-DEFINE:NAME=\"d\",VALUE=\"v0\"\n#EXT-X-VERSION: 11 \n{{$d}}/a.m4s?{{$usher}}\n"
            ),
        ),
        // A reference that is left must not come to mean a signature.
        (
            "#EXTM3U\n#EXT-X-VERSION:8\nhttps://third.example/a.ts?{$usher}\na.ts\n",
            format!(
                "#EXTM3U\n#EXT-X-DEFINE:NAME=\"usher_\",VALUE=\"{MARK}\"\n#EXT-X-VERSION:8\n\
                 https://third.example/a.ts?{{$usher}}\na.ts?{{$usher_}}\n"
            ),
        ),
        // The name is taken.
        (
            "#EXTM3U\n#EXT-X-VERSION:8\n#EXT-X-DEFINE:NAME=\"usher\",VALUE=\"1\"\na.m4s?{$usher}\n",
            format!(
                "#EXTM3U\n#EXT-X-DEFINE:NAME=\"usher_\",VALUE=\"{MARK}\"\n#EXT-X-VERSION:8\n\
                 #EXT-X-DEFINE:NAME=\"usher\",VALUE=\"1\"\na.m4s?{{$usher}}&{{$usher_}}\n"
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
        "#EXTM3U\n#EXT-X-DEFINE:NAME=\"usher\",VALUE=\"{MARK}\"\n\
         #EXT-X-DEFINE:NAME=\"usher2\",VALUE=\"{other}\"\n#EXT-X-VERSION:8\n\
         https://other.example/a.ts?{{$usher2}}\nhttps://third.example/a.ts\na.ts?{{$usher}}\n"
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
    let playlist = format!("#EXT-X-DEFINE:NAME=\"usher\",VALUE=\"{MARK}\"\n\u{feff}#a.ts\n");
    assert_eq!(
        sign(&playlist),
        (format!("#EXT-X-DEFINE:NAME=\"usher\",VALUE=\"{MARK}\"\n\u{feff}?{MARK}#a.ts\n"), signed(1))
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
        let definition = format!("#EXTM3U\n#EXT-X-DEFINE:NAME=\"usher\",VALUE=\"{MARK}\"\n");
        let expected = playlist(expected).replace("#EXTM3U\n", &definition).replace("a.ts", "a.ts?{$usher}");
        assert_eq!(define(&playlist(stated), &[MARK]), expected);
    }
}

#[test]
fn a_bucket_does_not_claim_what_only_a_server_can() {
    let bucket = || Changes { origin: Origin::Static, ..Changes::default() };
    let nothing = |_: &Reference<'_>| Err::<&str, _>(Left::OtherHost);
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
        assert_eq!(change(playlist, bucket(), nothing), expected);
        assert_eq!(change(playlist, Changes::default(), nothing), playlist);
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
fn a_rewriting_that_pauses_gives_the_same_bytes() {
    let playlist = "\u{feff}#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-STREAM-INF:BANDWIDTH=1\na/b.m3u8\n\n\
                    #EXT-X-DEFINE:NAME=\"v\",VALUE=\"x\"\n{$v}.ts\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\nlast.ts";
    let url = Url::parse(PLAYLIST_URL).unwrap();
    let (whole, summary) = sign(playlist);
    for enough in [1, 2, 10, 50, 200, 1_000] {
        let mut rewriter = Rewriter::new(&url, Changes::default());
        let mut pieces = Vec::new();
        loop {
            let mut piece = Vec::new();
            let more = rewriter.advance(playlist.as_bytes(), &mut piece, enough, |one| ours(one, MARK));
            assert!(piece.len() >= enough.min(whole.len() - pieces.len()), "a piece has what was asked for");
            pieces.extend(piece);
            if !more {
                break;
            }
        }
        assert_eq!((str::from_utf8(&pieces), rewriter.summary()), (Ok(whole.as_str()), &summary), "{enough}");
    }
}
