//! What may be beside a playlist.

use http::{HeaderValue, header};
use usher_check::{Finding, Options, Outcome};

use super::{
    check,
    cures::film,
    front::{Passing, before},
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

async fn other_manifests(url: &str) -> Finding {
    let options = Options { playlist: "/video/m/master.m3u8".to_owned(), ..options(url) };
    let report = check(&options).await;
    report.findings.into_iter().find(|finding| finding.name == "other manifests").unwrap()
}

#[tokio::test]
async fn an_mpd_and_thumbnails_that_the_function_does_not_sign_are_named() {
    let media = film(&FILM);
    let house = House::with_media(media.path().to_owned()).await;
    let found = other_manifests(&house.url).await;
    let signed = "signatures in manifest.mpd and thumbnails.vtt".to_owned();
    assert_eq!((found.outcome, found.found), (Outcome::Right, signed));

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
    let found = other_manifests(&front.url).await;
    let octets = "is \"binary/octet-stream\" and not";
    let expected = format!(
        "/video/m/manifest.mpd {octets} application/dash+xml; nothing in /video/m/manifest.mpd is signed; \
         /video/m/thumbnails.vtt {octets} text/vtt; and 1 more"
    );
    assert_eq!((found.outcome, found.found), (Outcome::Wrong, expected));
}

#[tokio::test]
async fn an_mpd_that_the_function_refuses_is_not_taken_for_absent() {
    let media = film(&[FILM[0], FILM[1], ("manifest.mpd", "<MPD><Period>")]);
    let house = House::with_media(media.path().to_owned()).await;
    let found = other_manifests(&house.url).await;
    assert_eq!(
        (found.outcome, found.found.as_str()),
        (Outcome::Wrong, "/video/m/manifest.mpd: 502: the MPD ends before its elements are closed",)
    );
}
