//! WebVTT files whose cues are pictures, and image playlists.

use std::fs;

use bytes::Bytes;
use hls_rewrite::{
    AssetTree, Assets, Authority, Host, Permission, PolicyCopies, Scan, SignedPlaylist, SigningPlan, Style,
    is_web_vtt,
};
use url::Url;

use crate::{
    published,
    signing::{Signed, ask, grant, sign, time},
};

const URL: &str = "https://d111111abcdef8.cloudfront.net/video/m/v0/thumbnails.vtt";

/// Signs the pictures of a file, if it has any.
fn sign_pictures(vtt: &[u8], style: Style) -> Option<Signed> {
    let url = Url::parse(URL).unwrap();
    let origin = url.origin().ascii_serialization();
    let tree = AssetTree::new("/video/*", 1).unwrap();
    let mut assets = Assets::new(vec![Host { written: origin.clone(), origin, tree }]);
    let scan = Scan::read_pictures(vtt, &url, |one| assets.number(one))?;
    let authority = Authority::of_owner(time(1_790_000_100));
    let permission = Permission { authority: &authority, common_assets: &[], own_resource: None };
    let plan = SigningPlan::of_playlist(&assets, &scan, permission);
    let grants: Vec<_> = plan.grants.iter().map(|required| grant(required.resource.as_str())).collect();
    let bytes = Bytes::copy_from_slice(vtt);
    let resigned = SignedPlaylist::new(bytes, scan, style, plan, &grants, PolicyCopies::Carried);
    let mut playlist = Vec::new();
    resigned.write_to(&mut playlist).unwrap();
    Some(Signed { playlist, counts: *resigned.counts(), grants })
}

/// Everything that public files lack. `¶` marks where parameters are expected.
const MARKED: &str = "\u{feff}WEBVTT - thumbnails\r\nKind: metadata\r\n\r\nNOTE\r\n../m/note.jpg\r\n\r\n\
     STYLE\r\n::cue { background: url(a.jpg) }\r\n\r\nREGION\r\nid:a.jpg\r\n\r\n\
     first.jpg\r\n00:00.000 --> 00:05.000 align:left\r\nsprite.jpg?¶#xywh=0,0,160,90\r\n\r\n\
     00:05.000 --> 00:10.000\r\n../v1/sprite.PNG?w=160&¶#xywh=160,0,160,90\r\n\r\n\
     00:10.000 --> 00:15.000\r\n  https://d111111abcdef8.cloudfront.net/video/m/a.webp?¶ \r\n\r\n\
     00:15.000 --> 00:20.000\r\nhttps://other.example/video/m/a.avif\r\n\r\n\
     00:20.000 --> 00:25.000\r\n/elsewhere/a.gif";

#[test]
fn pictures_are_signed_and_keep_their_fragment() {
    let plain = ["?¶", "&¶"].iter().fold(MARKED.to_owned(), |text, mark| text.replace(mark, ""));
    let query = grant("https://d111111abcdef8.cloudfront.net/video/m/*").query().to_owned();
    let expected = MARKED.replace('¶', &query);
    // There is no place for definitions: `define` signs inline.
    for style in [Style::Inline { asked_for: true }, Style::Define] {
        let once = sign_pictures(plain.as_bytes(), style).unwrap();
        assert_eq!(str::from_utf8(&once.playlist), Ok(expected.as_str()));
        assert_eq!(once.counts.to_string(), "3 signed, 2 left: 1 on another host, 1 outside of the scope");
        assert_eq!(sign_pictures(&once.playlist, style).unwrap().playlist, once.playlist);
    }
}

#[test]
fn subtitles_have_no_pictures() {
    let subtitles = MARKED.replace("sprite.jpg?¶#xywh=0,0,160,90", "The picture is at a.jpg");
    assert_eq!(sign_pictures(subtitles.as_bytes(), Style::Define).map(|signed| signed.playlist), None);
}

#[test]
fn every_public_file_of_pictures_is_signed_losslessly() {
    const CLAIM: &str = "every_public_file_of_pictures_is_signed_losslessly";
    let Some(folder) = published::corpus(CLAIM) else { return };
    let mut others = Vec::new();
    for project in fs::read_dir(folder.join("vtt")).unwrap() {
        for file in fs::read_dir(project.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let vtt = fs::read(&path).unwrap();
            assert!(is_web_vtt(&vtt), "{}", path.display());
            let Some(signed) = sign_pictures(&vtt, Style::Inline { asked_for: false }) else {
                others.push(path.file_name().unwrap().to_owned());
                continue;
            };
            assert!(signed.taken_off() == vtt, "{}", path.display());
            let text = String::from_utf8(signed.playlist).unwrap();
            for line in text.lines().filter(|line| line.contains(".jpg")) {
                let mut url = Url::parse(URL).unwrap().join(line.trim()).unwrap();
                url.set_fragment(None);
                let is_ours = url.host_str() == Some("d111111abcdef8.cloudfront.net");
                assert_eq!(ask(url.as_str()).is_ok(), is_ours, "{url}");
            }
        }
    }
    // A backslash before the fragment: the path ends in `.jpg\`.
    assert_eq!(others, ["thumbnails.vtt"]);
}

#[test]
fn an_image_playlist_is_signed() {
    let playlist = |query: &str| {
        format!(
            "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-VERSION:7\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-IMAGES-ONLY\n\
             #EXTINF:60,\n#EXT-X-TILES:RESOLUTION=320x180,LAYOUT=5x4,DURATION=3\n1.jpg{query}\n#EXTINF:60,\n\
             #EXT-X-TILES:RESOLUTION=320x180,LAYOUT=5x4,DURATION=3\n../images/2.webp{query}\n#EXT-X-ENDLIST\n"
        )
    };
    let url = Url::parse("https://d111111abcdef8.cloudfront.net/video/m/v0/images.m3u8").unwrap();
    let tree = AssetTree::new("/video/*", 1).unwrap();
    let query = format!("?{}", grant("https://d111111abcdef8.cloudfront.net/video/m/*").query());
    let signed = sign(playlist("").as_bytes(), &url, &tree, Style::Inline { asked_for: false });
    assert_eq!(str::from_utf8(&signed.playlist), Ok(playlist(&query).as_str()));
}
