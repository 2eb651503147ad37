mod changes;

use super::{uri_attributes::URI_ATTRIBUTES, *};

const PLAYLIST_URL: &str = "https://media.example.com/video/m/low.m3u8?token=x&host=other.example";
const MARK: &str = "Policy=p&Signature=s&Key-Pair-Id=K";

/// Signs the references on the playlist's host with `MARK`, twice, and returns what both runs gave.
fn sign(playlist: &str) -> (String, RewriteCounts) {
    let (once, summary) = sign_with(playlist, MARK);
    let (twice, _) = sign_with(&once, MARK);
    assert_eq!(twice, once, "signing twice equals signing once");
    (once, summary)
}

fn sign_with(playlist: &str, parameters: &str) -> (String, RewriteCounts) {
    let url = Url::parse(PLAYLIST_URL).unwrap();
    let mut out = Vec::new();
    let summary = rewrite(playlist.as_bytes(), &url, &mut out, |reference| ours(reference, parameters));
    (String::from_utf8(out).unwrap(), summary)
}

fn ours(reference: &Reference<'_>, parameters: &str) -> Result<String, SkipReason> {
    let ours = ["https://media.example.com", "http://media.example.com:8080"].contains(&reference.origin);
    if ours { Ok(parameters.to_owned()) } else { Err(SkipReason::OtherHost) }
}

/// Every reference for which the scan calls `sign`.
fn references(playlist: &str) -> Vec<(ReferenceKind, String)> {
    let url = Url::parse(PLAYLIST_URL).unwrap();
    let mut found = Vec::new();
    let mut out = Vec::new();
    rewrite(playlist.as_bytes(), &url, &mut out, |reference| {
        found.push((reference.kind, format!("{}{}", reference.origin, reference.path)));
        Err(SkipReason::OtherHost)
    });
    assert_eq!(out, playlist.as_bytes(), "what is not signed is not touched");
    found
}

fn signed(count: usize) -> RewriteCounts {
    let mut summary = RewriteCounts::default();
    summary.signed = count;
    summary
}

fn with_left(mut summary: RewriteCounts, left: SkipReason) -> RewriteCounts {
    summary.count(Err(left), 1);
    summary
}

#[test]
fn every_place_is_signed_as_what_it_is() {
    use ReferenceKind::{Document, Key, Media, Playlist};
    let rows = [
        ("~", Media),
        ("#EXTINF:2,\n~", Media),
        ("#EXT-X-GAP\n~", Media),
        ("#EXT-X-TILES:RESOLUTION=1x1,LAYOUT=1x1,DURATION=1\n~", Media),
        ("#EXT-X-STREAM-INF:BANDWIDTH=1\n~", Playlist),
        ("#EXT-X-STREAM-INF:BANDWIDTH=1\r\n\r\n# note\r\n~", Playlist),
        ("#EXT-X-STREAM-INF:BANDWIDTH=1\n~\n#EXT-X-ENDLIST", Playlist),
        (r#"#EXT-X-CONTENT-STEERING:SERVER-URI="~",PATHWAY-ID="a""#, Document),
        (r#"#EXT-X-DATERANGE:ID="1",CLASS="com.apple.hls.interstitial",X-ASSET-URI="~""#, Document),
        (r#"#EXT-X-DATERANGE:X-ASSET-LIST="~",CLASS="com.apple.hls.interstitial""#, Document),
        (r#"#EXT-X-DATERANGE:ID="1",X-URI="~",CLASS="com.apple.hls.preload""#, Document),
        (r#"#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="~""#, Playlist),
        (r#"#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=1,CODECS="jpeg",URI="~""#, Playlist),
        (r#"#EXT-X-KEY:METHOD=AES-128,URI="~",IV=0x1"#, Key),
        (r#"#EXT-X-MAP:URI="~",BYTERANGE="1@0",X-VENDOR="1""#, Media),
        (r#"#EXT-X-MEDIA:TYPE=AUDIO,NAME="URI=,",URI="~""#, Playlist),
        (r#"#EXT-X-PART:DURATION=1,INDEPENDENT=YES,URI="~""#, Media),
        (r#"#EXT-X-PRELOAD-HINT:TYPE=PART,URI="~",BYTERANGE-START=1"#, Media),
        (r#"#EXT-X-RENDITION-REPORT:URI="~",LAST-MSN=1"#, Playlist),
        (r#"#EXT-X-SESSION-DATA:DATA-ID="a",URI="~",LANGUAGE="en""#, Document),
        (r#"#EXT-X-SESSION-KEY:METHOD=AES-128,URI="~""#, Key),
        ("  #EXT-X-MAP:URI=\"~\"  ", Media),
        // As packagers write them, and players read them.
        ("#EXT-X-KEY:METHOD=AES-128,URI=~,IV=0x1", Key),
        ("#EXT-X-MAP:URI=~", Media),
        ("#EXT-X-MAP:URI='~',BYTERANGE=1@0", Media),
        ("#EXT-X-MAP:BYTERANGE=1@0,URI=\"~", Media),
        ("#EXT-X-MAP:uri=\"~\"", Media),
        (r#"#EXT-X-MEDIA:TYPE=AUDIO,NAME="7" mix",URI="~""#, Playlist),
        ("#EXT-X-PREFETCH:~", Media),
        ("#EXT-X-TWITCH-PREFETCH: ~ ", Media),
    ];
    for place in URI_ATTRIBUTES {
        let [tag, attribute] = [place.tag, place.attribute].map(|name| str::from_utf8(name).unwrap());
        let (start, reference) = (format!("#{tag}:"), format!("{attribute}=\"~\""));
        let is_here = rows.iter().any(|(row, _)| row.starts_with(&start) && row.contains(&reference));
        assert!(is_here, "there is no row for {tag}, {attribute}: add one");
    }
    for (template, kind) in rows {
        for end in ["", "\n", "\r\n"] {
            let playlist = format!("#EXTM3U\n{template}{end}");
            let of = |text: &str| playlist.replace('~', text);
            let (text, summary) = sign(&of("a"));
            assert_eq!(text, of(&format!("a?{MARK}")));
            assert_eq!(summary, signed(1), "{template}");
            let url = "https://media.example.com/video/m/a".to_owned();
            assert_eq!(references(&of("a")), [(kind, url)], "{template}");
            let url = "https://media.example.com/video/m/a.m3u8".to_owned();
            assert_eq!(references(&of("a.m3u8?x")), [(ReferenceKind::Playlist, url)], "{template}");
        }
    }
}

#[test]
fn every_row_of_the_table_is_found() {
    let lines = URI_ATTRIBUTES.iter().map(|place| {
        let [tag, attribute, class] = [place.tag, place.attribute, place.class.unwrap_or_default()]
            .map(|name| str::from_utf8(name).unwrap());
        format!("#{tag}:CLASS=\"{class}\",{attribute}=\"a\"\n")
    });
    let playlist: String = lines.collect();
    let (text, summary) = sign(&playlist);
    assert_eq!(text, playlist.replace("=\"a\"", &format!("=\"a?{MARK}\"")));
    assert_eq!(summary, signed(URI_ATTRIBUTES.len()));
}

#[test]
fn what_is_no_reference_is_not_touched() {
    let rows = [
        "",
        "\n \r\n\t",
        "#EXTM3U",
        "# a comment with URI=\"a\"",
        "#EXT-X-VENDOR:X-URI=\"a\"",
        "#EXT-X-VENDOR:URI=",
        "#ext-x-key:URI=\"a\"",
        "#EXT-X-KEY",
        "#EXT-X-KEY:METHOD=NONE",
        "#EXT-X-KEY:METHOD=AES-128,X-URI=\"a\",SERVER-URI=\"b\"",
        "#EXT-X-MEDIA:NAME=\"x,URI=\",GROUP-ID=\"y\"",
        "#EXT-X-CONTENT-STEERING:URI=\"a\"",
        "#EXT-X-STREAM-INF:BANDWIDTH=1,URI=\"a\"",
        "#EXT-X-DATERANGE:ID=\"1\",X-ASSET-URI=\"a\",X-ASSET-LIST=\"b\",X-URI=\"c\"",
        "#EXT-X-DATERANGE:CLASS=\"com.example\",X-ASSET-URI=\"a\",X-URI=\"b\"",
        "#EXT-X-DATERANGE:CLASS=\"com.apple.hls.interstitial\",X-URI=\"a\",X-COM-A=\"b\"",
        "#EXT-X-DATERANGE:CLASS=\"com.apple.hls.preload\",X-ASSET-URI=\"a\"",
    ];
    for playlist in rows {
        assert_eq!(sign(playlist), (playlist.to_owned(), signed(0)));
    }
}

#[test]
fn what_must_not_be_signed_is_left_and_the_reason_counted() {
    let rows = [
        ("https://other.example/a.ts", SkipReason::OtherHost),
        ("//other.example/a.ts", SkipReason::OtherHost),
        ("http:///other.example/a.ts", SkipReason::Ambiguous),
        ("https:other.example/a.ts", SkipReason::Ambiguous),
        ("https:/video/m/a.ts", SkipReason::Ambiguous),
        ("http://media.example.com/a.ts", SkipReason::OtherHost),
        ("low.M3U8", SkipReason::NotResigned),
        ("low.m3u?x", SkipReason::NotResigned),
        ("https://other.example/low.m3u", SkipReason::OtherHost),
        ("https://media.example.com:8443/a.ts", SkipReason::OtherHost),
        ("https://media.example.com.evil.example/a.ts", SkipReason::OtherHost),
        ("https://media.example.com@other.example/a.ts", SkipReason::OtherHost),
        ("skd://media.example.com/a", SkipReason::OtherScheme),
        ("data:text/plain;base64,AA==", SkipReason::OtherScheme),
        ("urn:uuid:1", SkipReason::OtherScheme),
        ("ftp://media.example.com/a", SkipReason::OtherScheme),
        ("seg12:00.ts", SkipReason::OtherScheme),
        ("https://media.example.com:x/a", SkipReason::Invalid),
        ("https://[media.example.com/a", SkipReason::Invalid),
        (r"https://media.example.com\@other.example/a.ts", SkipReason::Ambiguous),
        (r"\\other.example\a.ts", SkipReason::Ambiguous),
        (r"/\other.example\a.ts", SkipReason::Ambiguous),
        (r"https:\\other.example\a.ts", SkipReason::Ambiguous),
        ("a\tb.ts", SkipReason::Ambiguous),
        ("a #t", SkipReason::Ambiguous),
        ("a\u{7f}.ts", SkipReason::Ambiguous),
        ("é\u{85}.ts", SkipReason::Ambiguous),
        ("https://{$host}/a.ts", SkipReason::UnknownVariable),
        ("//{$host}/a.ts", SkipReason::UnknownVariable),
        ("{$imported}.ts", SkipReason::UnknownVariable),
        ("a{$imported}?x", SkipReason::UnknownVariable),
        ("{$undefined}", SkipReason::UnknownVariable),
        ("{$token}.ts", SkipReason::UnknownVariable),
        ("{$token}/a.ts?x=1", SkipReason::UnknownVariable),
        ("{$fragment}", SkipReason::Ambiguous),
        ("a?x={$fragment}", SkipReason::Ambiguous),
        ("a?{$signed}", SkipReason::SignedByVariable),
        ("a?{$signed}&x=1", SkipReason::SignedByVariable),
        ("a?%50{$olicy}", SkipReason::SignedByVariable),
        ("", SkipReason::Itself),
        // The player repeats the query that it sent.
        ("#t=1", SkipReason::Itself),
    ];
    let define = "#EXT-X-DEFINE:IMPORT=\"imported\"\n\
                  #EXT-X-DEFINE:QUERYPARAM=\"host\"\n\
                  #EXT-X-DEFINE:QUERYPARAM=\"token\"\n\
                  #EXT-X-DEFINE:NAME=\"fragment\",VALUE=\"a#b\"\n\
                  #EXT-X-DEFINE:NAME=\"olicy\",VALUE=\"olicy=1\"\n\
                  #EXT-X-DEFINE:NAME=\"signed\",VALUE=\"x=1&Policy=1&Signature=2\"\n";
    for (text, left) in rows {
        let playlist = format!("{define}#EXT-X-MAP:URI=\"{text}\"");
        assert_eq!(sign(&playlist), (playlist, with_left(signed(0), left)), "{text}");
    }
}

#[test]
fn parameters_are_put_where_the_query_ends() {
    // `@` marks what is added; the text without it is the input.
    let rows = [
        ("a.ts?@", "https://media.example.com/video/m/a.ts"),
        ("./a.ts?@", "https://media.example.com/video/m/a.ts"),
        ("../n/a.ts?@", "https://media.example.com/video/n/a.ts"),
        ("/a.ts?@", "https://media.example.com/a.ts"),
        ("//media.example.com/a?@", "https://media.example.com/a"),
        ("http://media.example.com:8080/a?@", "http://media.example.com:8080/a"),
        ("HTTPS://MEDIA.example.com?@", "https://media.example.com/"),
        ("seg_12:00.ts?@", "https://media.example.com/video/m/seg_12:00.ts"),
        ("./seg12:00.ts?@", "https://media.example.com/video/m/seg12:00.ts"),
        ("%61 é'.ts?@", "https://media.example.com/video/m/%61%20%C3%A9'.ts"),
        ("a&b=c.ts?@", "https://media.example.com/video/m/a&b=c.ts"),
        ("a?x=1&@", "https://media.example.com/video/m/a"),
        ("a?x=/?y&@", "https://media.example.com/video/m/a"),
        ("a?x=1&&y=2&@", "https://media.example.com/video/m/a"),
        ("?x=1&@", "https://media.example.com/video/m/low.m3u8"),
        ("a?@#t=1?2", "https://media.example.com/video/m/a"),
        ("a?x=1&@#t=1", "https://media.example.com/video/m/a"),
        ("  \ta?@ ", "https://media.example.com/video/m/a"),
        ("a?x={$imported}&@", "https://media.example.com/video/m/a"),
        ("a?x={$token}&@", "https://media.example.com/video/m/a"),
        ("{$base}/{$file}.ts?@", "https://media.example.com/video/1/2.ts"),
        ("a{$query}&@", "https://media.example.com/video/m/a"),
        ("a{$query}2&x&@#{$token}", "https://media.example.com/video/m/a"),
        ("a{$empty}&@", "https://media.example.com/video/m/a"),
        ("scene*1.ts?@", "https://media.example.com/video/m/scene*1.ts"),
    ];
    let define = "#EXT-X-DEFINE:NAME=\"base\",VALUE=\"https://media.example.com/video/1\"\n\
                  #EXT-X-DEFINE:NAME=\"file\",VALUE=\"2\"\n\
                  #EXT-X-DEFINE:NAME=\"query\",VALUE=\"?q=1\"\n\
                  #EXT-X-DEFINE:NAME=\"empty\",VALUE=\"?\"\n\
                  #EXT-X-DEFINE:IMPORT=\"imported\"\n\
                  #EXT-X-DEFINE:QUERYPARAM=\"token\"\n";
    for (template, url) in rows {
        let text = ["?@", "&@"].iter().fold(template.to_owned(), |text, at| text.replace(at, ""));
        let line = |text: &str| format!("{define}#EXT-X-MAP:URI=\"{text}\"\n{text}\n");
        let expected = line(&template.replace('@', MARK));
        assert_eq!(sign(&line(&text)), (expected, signed(2)));
        let both = references(&line(&text)).into_iter().map(|(_, url)| url);
        assert_eq!(both.collect::<Vec<_>>(), [url, url], "{template}");
        let again = references(&line(&template.replace('@', MARK))).into_iter();
        assert_eq!(again.map(|(_, url)| url).collect::<Vec<_>>(), [url, url], "{template}");
    }
}

#[test]
fn a_value_that_players_end_in_different_places_is_left() {
    for line in [
        "#EXT-X-KEY:METHOD=AES-128,URI=\"a,IV=0x1",
        "#EXT-X-KEY:URI=\"a\"b",
        "#EXT-X-KEY:URI=\"a\"b\",IV=0x1",
        "#EXT-X-KEY:URI='a,b'",
        "#EXT-X-KEY:URI='a",
        "#EXT-X-KEY:URI=a\"b",
    ] {
        let playlist = format!("#EXTM3U\n{line}\n");
        assert_eq!(sign(&playlist), (playlist.clone(), with_left(signed(0), SkipReason::Ambiguous)));
    }
}

#[test]
fn a_uri_in_an_unknown_tag_is_left_and_told() {
    for line in ["#EXT-X-VENDOR:URI=\"a\"", "#EXT-X-KEYS:X=1,uri=a", "#EXTVENDOR:URI='a'"] {
        let playlist = format!("#EXTM3U\n{line}\n");
        assert_eq!(sign(&playlist), (playlist.clone(), with_left(signed(0), SkipReason::UnknownTag)));
    }
}

#[test]
fn lines_that_end_with_a_carriage_return_alone_are_signed_as_others() {
    let playlist = |key: &str, segment: &str| {
        format!(
            "#EXTM3U\r#EXT-X-KEY:METHOD=AES-128,URI=\"key.bin{key}\"\r#EXTINF:4,\rs0.ts{segment}\r#EXT-X-ENDLIST\r"
        )
    };
    let added = format!("?{MARK}");
    assert_eq!(sign(&playlist("", "")), (playlist(&added, &added), signed(2)));
    // In a file with line feeds a CR does not end a line: readers do not agree where such a reference ends.
    let mixed = "#EXTM3U\n//media.example.com\r.evil.example/a.ts\n";
    assert_eq!(sign(mixed), (mixed.to_owned(), with_left(signed(0), SkipReason::Ambiguous)));
}

#[test]
fn a_backslash_is_signed_where_it_does_not_matter_what_it_means() {
    let url = Url::parse("https://media.example.com/video/m/low.m3u8").unwrap();
    // A grant is for the first folder below /video/.
    let sign = |text: &str| {
        let mut out = Vec::new();
        let counts = rewrite(text.as_bytes(), &url, &mut out, |reference| {
            let folder = reference.path.strip_prefix("/video/").and_then(|rest| rest.split_once('/'));
            let folder = folder.filter(|_| reference.origin == "https://media.example.com");
            folder.map(|(folder, _)| format!("Policy={folder}")).ok_or(SkipReason::OtherHost)
        });
        (String::from_utf8(out).unwrap(), counts)
    };
    for (text, expected) in [
        (r"v0\s0.ts", Ok(r"v0\s0.ts?Policy=m")),
        (r"v0\s0.ts?x=\&y", Ok(r"v0\s0.ts?x=\&y&Policy=m")),
        (r"..\n\s0.ts", Err(SkipReason::Ambiguous)),
        (r"..\..\..\s0.ts", Err(SkipReason::Ambiguous)),
        (r"\\media.example.com\video\m\s0.ts", Ok(r"\\media.example.com\video\m\s0.ts?Policy=m")),
        (r"\\evil.example\video\m\s0.ts", Err(SkipReason::Ambiguous)),
        (r"https://media.example.com\.evil.example/video/m/a.ts", Err(SkipReason::Ambiguous)),
        (r"https://evil.example\s0.ts", Err(SkipReason::Ambiguous)),
        (r"https://evil.example/a\s0.ts", Err(SkipReason::OtherHost)),
    ] {
        let expected = match expected {
            Ok(text) => (text.to_owned(), signed(1)),
            Err(reason) => (text.to_owned(), with_left(signed(0), reason)),
        };
        assert_eq!(sign(text), expected, "{text}");
    }
}

#[test]
fn no_ampersand_is_doubled_behind_a_query_that_is_open() {
    let rows = [
        ("a?", "a?@", "https://media.example.com/video/m/a"),
        ("a?#t", "a?@#t", "https://media.example.com/video/m/a"),
        ("?", "?@", "https://media.example.com/video/m/low.m3u8"),
        ("a?x=1&", "a?x=1&@", "https://media.example.com/video/m/a"),
    ];
    for (text, expected, url) in rows {
        assert_eq!(sign(&format!("{text}\n")), (format!("{expected}\n").replace('@', MARK), signed(1)));
        let urls: Vec<_> = references(text).into_iter().map(|(_, url)| url).collect();
        assert_eq!(urls, [url], "{text}");
    }
}

#[test]
fn an_earlier_signature_is_replaced() {
    let url = "https://media.example.com/video/m/a";
    let rows = [
        ("a?Policy=1&Signature=2&Key-Pair-Id=3", "a?@", url),
        ("a?Expires=1&Signature=2&Key-Pair-Id=3&Hash-Algorithm=SHA256", "a?@", url),
        ("a?x=1&Expires=1&Signature=2&Key-Pair-Id=3", "a?x=1&@", url),
        ("a?Expires=1&x=1&Signature=2&Key-Pair-Id=3#t", "a?x=1&@#t", url),
        ("a?%50olicy=1", "a?@", url),
        ("a?Policy={$p}&Signature={$s}&Key-Pair-Id=3", "a?@", url),
        ("?Policy=1", "?@", "https://media.example.com/video/m/low.m3u8"),
    ];
    for (text, expected, url) in rows {
        assert_eq!(sign(text), (expected.replace('@', MARK), signed(1)));
        let urls: Vec<_> = references(text).into_iter().map(|(_, url)| url).collect();
        assert_eq!(urls, [url], "{text}");
    }
    let foreign = "https://other.example/a?Policy=1&Signature=2&Key-Pair-Id=3";
    assert_eq!(sign(foreign), (foreign.to_owned(), with_left(signed(0), SkipReason::OtherHost)));
}

#[test]
fn a_parameter_of_the_same_name_as_the_nested_one_is_replaced_on_playlists_and_documents() {
    let url = Url::parse(PLAYLIST_URL).unwrap();
    let rows = [
        ("a.m3u8?usher-style=define", "a.m3u8?@"),
        ("a.m3u8?x=usher-style&usher%2Dstyle=plain&y", "a.m3u8?x=usher-style&y&@"),
        ("a.ts?usher-style=define", "a.ts?usher-style=define&@"),
    ];
    for (text, expected) in rows {
        let mut references = References::new(&url, Some("usher-style=inline"));
        let place = references.place(text, ReferenceKind::Media, |_| Ok(())).unwrap();
        assert_eq!(place.with("@"), expected);
    }
}

#[test]
fn a_variable_is_known_from_its_definition_on() {
    let playlist = "{$v}.ts\n#EXT-X-DEFINE:NAME=\"v\",VALUE=\"a\"\n{$v}.ts\n\
                    #EXT-X-DEFINE:NAME=\"v\",VALUE=\"b\"\n{$v}.ts\n";
    let expected = playlist.replacen("\"a\"\n{$v}.ts", &format!("\"a\"\n{{$v}}.ts?{MARK}"), 1);
    assert_eq!(
        sign(playlist),
        (expected, with_left(with_left(signed(1), SkipReason::UnknownVariable), SkipReason::UnknownVariable))
    );
}

#[test]
fn bytes_that_are_no_text_stay() {
    let playlist = b"\xEF\xBB\xBF#EXTM3U\r\n#\xFF\r\n\xFF.ts\r\n#EXT-X-MAP:X=\"\xFF\",URI=\"a\"\n \n\
                     #EXT-X-MEDIA:NAME=\"\xFF\",URI=\"\xFF\",GROUP-ID=\"\xFF\"\r\n\r\n  b ";
    let mut out = b"before".to_vec();
    let url = Url::parse(PLAYLIST_URL).unwrap();
    let summary = rewrite(playlist, &url, &mut out, |_| Ok("Expires=1".to_owned()));
    let expected: &[u8] = b"before\xEF\xBB\xBF#EXTM3U\r\n#\xFF\r\n\xFF.ts\r\n\
        #EXT-X-MAP:X=\"\xFF\",URI=\"a?Expires=1\"\n \n\
        #EXT-X-MEDIA:NAME=\"\xFF\",URI=\"\xFF\",GROUP-ID=\"\xFF\"\r\n\r\n  b?Expires=1 ";
    assert_eq!(out, expected);
    assert_eq!(summary, with_left(with_left(signed(2), SkipReason::Invalid), SkipReason::Invalid));
}

#[test]
fn a_reference_of_a_playlist_without_http_url_is_left() {
    for (base, left) in [
        ("file:///video/low.m3u8", SkipReason::OtherScheme),
        ("data:,x", SkipReason::Invalid),
        ("urn:a", SkipReason::Invalid),
    ] {
        let mut out = Vec::new();
        let summary = rewrite(b"a.ts", &Url::parse(base).unwrap(), &mut out, |_| Ok("x".to_owned()));
        assert_eq!((out.as_slice(), summary), (&b"a.ts"[..], with_left(signed(0), left)), "{base}");
    }
}

#[test]
fn a_playlist_begins_with_its_tag() {
    let rows: [(&[u8], bool); 15] = [
        (b"#EXTM3U", true),
        (b"#EXTM3U\n#EXT-X-ENDLIST\n", true),
        (b"#EXTM3U\r\n", true),
        (b"#EXTM3U\r#EXT-X-ENDLIST\r", true),
        (b"#EXTM3U x-tvg-url=\"a\"\n", true),
        (b"\xEF\xBB\xBF#EXTM3U\n", true),
        (b"\r\n  #EXTM3U\n", true),
        (b"# note\n\n#EXTM3U\n", true),
        (b"", false),
        (b"# note\n# EXTM3U", false),
        (b"#EXTM3U8\n", false),
        (b"#extm3u\n", false),
        (b"#EXTINF:2,\na.ts\n#EXTM3U\n", false),
        (b"<?xml version=\"1.0\"?><Error/>", false),
        (b"\xFF\xFE#\0E\0X\0T\0M\x003\0U\0", false),
    ];
    for (body, expected) in rows {
        assert_eq!(is_playlist(body), expected, "{}", body.escape_ascii());
    }
}
