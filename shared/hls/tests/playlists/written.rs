//! Playlists written by hand, for everything that public ones lack.

use hls_rewrite::{AssetTree, Style, policy_copy};
use url::Url;

use crate::signing::{Signed, ask, grant, sign};

const URL: &str = "https://d111111abcdef8.cloudfront.net/video/m/v0/low.m3u8?x=1";

fn signed(playlist: &str, style: Style) -> Signed {
    sign(playlist.as_bytes(), &Url::parse(URL).unwrap(), &AssetTree::new("/video/*", 1).unwrap(), style)
}

/// Signs a playlist in which `¶` marks every place where parameters are expected; `§` marks those of a nested
/// playlist or document, which keep the style and the policy.
fn assert_signed_at_the_marks(marked: &str) {
    let grant = grant("https://d111111abcdef8.cloudfront.net/video/m/*");
    let query = grant.query().to_owned();
    let nested = format!("usher-style=inline&{query}&{}", policy_copy(&grant));
    let plain =
        ["?¶", "&¶", "?§", "&§", "¶"].iter().fold(marked.to_owned(), |text, mark| text.replace(mark, ""));
    let expected = marked.replace('¶', &query).replace('§', &nested);
    let style = Style::Inline { asked_for: true };
    let once = signed(&plain, style);
    assert_eq!(str::from_utf8(&once.playlist), Ok(expected.as_str()));
    assert_eq!(once.counts.signed, marked.matches(['¶', '§']).count());
    let twice = signed(&expected, style);
    assert_eq!(twice.playlist, once.playlist);
}

#[test]
fn a_multivariant_playlist_with_everything() {
    assert_signed_at_the_marks(
        "\u{feff}#EXTM3U\r\n\
         #EXT-X-VERSION:12\r\n\
         #EXT-X-DEFINE:NAME=\"base\",VALUE=\"/video/m\"\r\n\
         #EXT-X-CONTENT-STEERING:SERVER-URI=\"steering.json?§\",PATHWAY-ID=\"a\"\r\n\
         #EXT-X-SESSION-DATA:DATA-ID=\"com.example.a\",URI=\"data.json?§\",LANGUAGE=\"en\"\r\n\
         #EXT-X-SESSION-DATA:DATA-ID=\"com.example.b\",VALUE=\"https://d111111abcdef8.cloudfront.net/video/m/x\"\r\n\
         #EXT-X-SESSION-KEY:METHOD=AES-128,URI=\"{$base}/key?¶\",IV=0x1\r\n\
         #EXT-X-SESSION-KEY:METHOD=SAMPLE-AES,URI=\"skd://asset\",KEYFORMAT=\"com.apple.streamingkeydelivery\"\r\n\
         #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"x,URI=\",URI=\"../audio/en.m3u8?§\"\r\n\
         #EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"c\",NAME=\"en\",INSTREAM-ID=\"CC1\"\r\n\
         #EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"a\"\r\n\
         \r\n\
         # a comment with URI=\"a\"\r\n\
         ../v1/low.m3u8?y=%7E&§  \r\n\
         #EXT-X-STREAM-INF:BANDWIDTH=2,PATHWAY-ID=\"b\"\r\n\
         https://backup.example.com/video/m/v2/low.m3u8\r\n\
         #EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"iframes.m3u8?§\"\r\n\
         #EXT-X-IMAGE-STREAM-INF:BANDWIDTH=1,RESOLUTION=1x1,CODECS=\"jpeg\",URI=\"images.m3u8?§\"\r\n\
         #EXT-X-VENDOR:URI=\"a\"",
    );
}

#[test]
fn a_media_playlist_with_everything() {
    assert_signed_at_the_marks(
        "#EXTM3U\n\
         #EXT-X-TARGETDURATION:4\n\
         #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.0\n\
         #EXT-X-KEY:METHOD=AES-128,URI=\"../key?¶\",IV=0x1\n\
         #EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"data:text/plain;base64,AA==\",KEYFORMAT=\"urn:uuid:edef8ba9\"\n\
         #EXT-X-KEY:METHOD=NONE\n\
         #EXT-X-MAP:BYTERANGE=\"10@0\", URI=\"init.mp4?¶\" ,X-VENDOR=\"URI=\"\n\
         #EXT-X-DATERANGE:ID=\"1\",X-ASSET-URI=\"https://d111111abcdef8.cloudfront.net/video/m/ad.m3u8?§\",\
         CLASS=\"com.apple.hls.interstitial\"\n\
         #EXT-X-DATERANGE:ID=\"2\",CLASS=\"com.apple.hls.interstitial\",X-ASSET-LIST=\"/video/m/ads.json?a=b&§\"\n\
         #EXT-X-DATERANGE:ID=\"3\",CLASS=\"com.apple.hls.preload\",X-URI=\"/video/m/ads.json?a=b&§\"\n\
         #EXT-X-DATERANGE:ID=\"4\",CLASS=\"com.example\",X-COM-EXAMPLE=\"/video/m/a\",X-URI=\"/video/m/a\"\n\
         #EXTINF:4,\"a title, with URI=\\\"a\\\"\"\n\
         #EXT-X-BYTERANGE:10@0\n\
         all.ts?¶\n\
         #EXTINF:4,\n\
         #EXT-X-BYTERANGE:10\n\
         all.ts?¶\n\
         #EXT-X-GAP\n\
         \t./../v0//seg_12:00%22.ts?¶#t=1 \n\
         //d111111abcdef8.cloudfront.net/video/m/%C3%A4.ts?¶\n\
         //other.example/video/m/a.ts\n\
         https://d111111abcdef8.cloudfront.net:443/video/m/a.ts?¶\n\
         https://d111111abcdef8.cloudfront.net:8443/video/m/a.ts\n\
         https://d111111abcdef8.cloudfront.net.evil.example/video/m/a.ts\n\
         https://user@evil.example/video/m/a.ts\n\
         seg12:00.ts\n\
         /elsewhere/a.ts\n\
         ../../../elsewhere/a.ts\n\
         #EXT-X-PART:DURATION=1,URI=\"p1.m4s?¶\",INDEPENDENT=YES\n\
         #EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"p2.m4s?¶\"\n\
         #EXT-X-RENDITION-REPORT:URI=\"../v1/low.m3u8?§\",LAST-MSN=1,LAST-PART=2\n\
         #EXT-X-RENDITION-REPORT:URI=\"/video/m/v2/low.m3u8?§\",LAST-MSN=1\n\
         #EXT-X-ENDLIST\n",
    );
}

#[test]
fn a_signature_that_stands_there_is_replaced_and_every_url_is_admitted() {
    let old = "Policy=old&Signature=old&Key-Pair-Id=KOLD";
    let playlist = format!(
        "#EXTM3U\n#EXTINF:4,\na.ts?{old}\n#EXTINF:4,\nb.ts?x=1&{old}&y=2#t\n#EXTINF:4,\n\
         c.ts?Expires=1&Signature=old&Key-Pair-Id=KOLD&Hash-Algorithm=SHA1\n\
         #EXTINF:4,\nhttps://other.example/d.ts?{old}\n"
    );
    let style = Style::Inline { asked_for: false };
    let Signed { playlist, counts, grants } = signed(&playlist, style);
    let query = grants.first().unwrap().query();
    let expected = format!(
        "#EXTM3U\n#EXTINF:4,\na.ts?{query}\n#EXTINF:4,\nb.ts?x=1&y=2&{query}#t\n#EXTINF:4,\nc.ts?{query}\n\
         #EXTINF:4,\nhttps://other.example/d.ts?{old}\n"
    );
    assert_eq!(str::from_utf8(&playlist), Ok(expected.as_str()));
    assert_eq!(counts.to_string(), "3 signed, 1 left: 1 on another host");
    let base = Url::parse(URL).unwrap();
    for uri in expected.lines().filter(|line| !line.starts_with('#')).take(3) {
        let mut url = base.join(uri).unwrap();
        url.set_fragment(None);
        assert_eq!(ask(url.as_str()).map_err(|denial| denial.to_string()), Ok(()), "{url}");
    }
}

#[test]
fn what_a_player_adds_to_a_playlist_url_leaves_it_admitted() {
    let Signed { playlist, .. } = signed(
        "#EXTM3U\n#EXT-X-RENDITION-REPORT:URI=\"../v1/low.m3u8\",LAST-MSN=1\n",
        Style::Inline { asked_for: false },
    );
    let text = String::from_utf8(playlist).unwrap();
    let uri = text.split('"').nth(1).unwrap();
    let url = Url::parse(URL).unwrap().join(uri).unwrap();
    for added in ["_HLS_msn=3", "_HLS_msn=3&_HLS_part=1", "_HLS_skip=YES", "_HLS_pathway=a&_HLS_throughput=1"]
    {
        let url = format!("{url}&{added}");
        assert_eq!(ask(&url).map_err(|denial| denial.to_string()), Ok(()), "{url}");
        // In the order that the specification requires.
        let mut sorted: Vec<_> = url.split_once('?').unwrap().1.split('&').collect();
        sorted.sort_unstable();
        let url = format!("{}?{}", url.split_once('?').unwrap().0, sorted.join("&"));
        assert_eq!(ask(&url).map_err(|denial| denial.to_string()), Ok(()), "{url}");
    }
}

#[test]
fn one_reference_that_no_policy_can_cover_does_not_spoil_the_others() {
    let folder = "x".repeat(9_000);
    let playlist = format!("#EXTM3U\n#EXTINF:4,\n../../{folder}/a.ts\n#EXTINF:4,\nb.ts\n");
    let Signed { playlist: text, counts, grants } = signed(&playlist, Style::Inline { asked_for: false });
    let expected = playlist.replace("b.ts", &format!("b.ts?{}", grants.first().unwrap().query()));
    assert_eq!(str::from_utf8(&text), Ok(expected.as_str()));
    assert_eq!(counts.to_string(), "1 signed, 1 left: 1 invalid");
}

#[test]
fn in_the_style_define_a_child_that_is_not_signed_could_import_the_signature() {
    let query = grant("https://d111111abcdef8.cloudfront.net/video/m/*").query().to_owned();
    for child in [
        "#EXT-X-STREAM-INF:BANDWIDTH=1\nhttps://other.example/a.m3u8\n",
        "#EXT-X-STREAM-INF:BANDWIDTH=1\n/elsewhere/a.m3u8\n",
        "#EXT-X-MEDIA:TYPE=AUDIO,URI=\"//other.example/a.m3u8\"\n",
        "#EXT-X-MEDIA:TYPE=AUDIO,URI=\"{$imported}/a.m3u8\"\n",
        "#EXT-X-SESSION-DATA:DATA-ID=\"a\",URI=\"data:,\"\n",
    ] {
        let playlist = format!("#EXTM3U\n{child}#EXT-X-SESSION-KEY:METHOD=AES-128,URI=\"key.bin\"\n");
        let Signed { playlist: text, .. } = signed(&playlist, Style::Define);
        let expected = playlist.replace("key.bin", &format!("key.bin?{query}"));
        assert_eq!(str::from_utf8(&text), Ok(expected.as_str()));
    }
}

#[test]
fn a_steering_server_that_is_not_ours_gets_no_signature_of_another_asset() {
    let playlist = |server: &str, low: &str, other: &str| {
        format!(
            "#EXTM3U\n#EXT-X-CONTENT-STEERING:SERVER-URI=\"{server}\"\n\
             #EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8{low}\n\
             #EXT-X-STREAM-INF:BANDWIDTH=2\n/video/n/high.m3u8{other}\n"
        )
    };
    let nested = |asset: &str| {
        let grant = grant(&format!("https://d111111abcdef8.cloudfront.net/video/{asset}/*"));
        format!("?{}&{}", grant.query(), policy_copy(&grant))
    };
    let inline = Style::Inline { asked_for: false };
    let ours = format!("steering.json{}", nested("m"));
    for (server, signed_server, other) in [
        ("steering.json", ours.as_str(), nested("n")),
        ("https://other.example/steering.json", "https://other.example/steering.json", String::new()),
        ("data:application/json;base64,e30=", "data:application/json;base64,e30=", String::new()),
    ] {
        let Signed { playlist: text, .. } = signed(&playlist(server, "", ""), inline);
        let expected = playlist(signed_server, &nested("m"), &other);
        assert_eq!(str::from_utf8(&text), Ok(expected.as_str()), "{server}");
    }
}
