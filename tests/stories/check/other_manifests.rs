//! What may be beside a playlist.

use http::{HeaderValue, header};

use usher_check::Options;

use super::{
    check,
    cures::film,
    front::{Passing, before},
    named::named,
    options,
};
use crate::house::House;

const FILM: [(&str, &str); 4] = [
    ("master.m3u8", "#EXTM3U\n#EXTINF:4,\ns.ts\n#EXT-X-ENDLIST\n"),
    ("s.ts", "segment"),
    (
        "manifest.mpd",
        "<MPD><Period><AdaptationSet><SegmentTemplate media=\"$Number$.m4s\"/></AdaptationSet></Period></MPD>",
    ),
    ("thumbnails.vtt", "WEBVTT\n\n00:00.000 --> 00:02.000\n1.jpg#xywh=0,0,160,90\n"),
];

fn of_film(url: &str) -> Options {
    Options { playlist: "/video/m/master.m3u8".to_owned(), ..options(url) }
}

#[tokio::test]
async fn an_mpd_and_thumbnails_that_the_function_does_not_sign_are_named() {
    let media = film(&FILM);
    let house = House::with_media(media.path().to_owned()).await;
    let report = check(&of_film(&house.url)).await;
    let found = report.findings.iter().find(|finding| finding.name == "other manifests").unwrap();
    assert_eq!(found.found, "what is in manifest.mpd and thumbnails.vtt is signed");
    let before_house = named(&report, &house.url);

    let front = before(&house, |passing| {
        let Passing::Answer { path, headers, body, .. } = passing else { return };
        let Some((_, unsigned)) = FILM.iter().find(|(name, _)| path.ends_with(name)) else { return };
        if path.ends_with(".mpd") || path.ends_with(".vtt") {
            *body = (*unsigned).into();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("binary/octet-stream"));
            headers.remove(header::CONTENT_LENGTH);
        }
    });
    let front = front.await;
    let report = check(&of_film(&front.url)).await;
    let more: Vec<String> =
        named(&report, &front.url).into_iter().filter(|line| !before_house.contains(line)).collect();
    let octets = "is \"binary/octet-stream\" and not";
    let expected = format!(
        "Wrong other manifests: /video/m/manifest.mpd {octets} application/dash+xml; nothing in \
         /video/m/manifest.mpd is signed; /video/m/thumbnails.vtt {octets} text/vtt; and 1 more"
    );
    assert_eq!(more, [expected]);
}
