//! The check names signatures that cover more than the viewer's own policy, and signatures that are missing.

use std::fs;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::header;
use tempfile::TempDir;
use usher_check::Options;

use super::{
    check,
    front::{Passing, before},
    named::{cured, lines, named},
    options,
};
use crate::house::{House, START};

type Change = fn(Passing<'_>);

/// Changes the policy in the key's URI of each media playlist; no test here requests a key by its signed URL.
fn change_policy_of_keys(passing: Passing<'_>, from: &str, to: &str) {
    let Passing::Answer { path, headers, body, .. } = passing else { return };
    if !path.ends_with("/playlist.m3u8") || headers.contains_key(header::CONTENT_ENCODING) {
        return;
    }
    let changed = |line: &str| {
        let (before, policy) =
            line.strip_prefix("#EXT-X-KEY:").and_then(|line| line.split_once("?Policy="))?;
        let (policy, after) = policy.split_once('&')?;
        let json = STANDARD.decode(policy.replace('-', "+").replace('_', "=").replace('~', "/")).unwrap();
        let json = String::from_utf8(json).unwrap();
        assert!(json.contains(from), "{json}");
        let policy =
            STANDARD.encode(json.replace(from, to)).replace('+', "-").replace('=', "_").replace('/', "~");
        Some(format!("#EXT-X-KEY:{before}?Policy={policy}&{after}"))
    };
    let playlist = String::from_utf8(std::mem::take(body)).unwrap();
    let lines = playlist.lines().map(|line| changed(line).unwrap_or_else(|| line.to_owned()) + "\n");
    *body = lines.collect::<String>().into_bytes();
}

#[tokio::test]
async fn another_asset_that_a_playlist_opens_is_named_unless_it_is_common_to_all() {
    let house = House::open().await;
    let front = before(&house, |passing| change_policy_of_keys(passing, "clock-ts", "other")).await;
    let wrong = "Wrong reach of playlists: /video/clock-ts/360p/key.bin is signed for http://HOST/video/other/*; \
                 /video/clock-ts/180p/key.bin is signed for http://HOST/video/other/* -> deploy this version of \
                 ResignManifestFunction, which signs nothing beyond the viewer's own policy \
                 (http://HOST/video/clock-ts/*) and CommonAssets; if every viewer may get this, name its path with \
                 --common-assets";
    let rows: [(&[&str], &[&str]); 4] = [
        (&[], &[wrong]),
        (&["/video/ads/*"], &[wrong]),
        (&["/video/ads/*", "/video/other/*"], &[]),
        (&["/video/o*"], &[]),
    ];
    for (common, expected) in rows {
        let common_assets = common.iter().map(|&pattern| pattern.parse().unwrap()).collect();
        let options = Options { common_assets, ..options(&front.url) };
        assert_eq!(cured(&check(&options).await, &front.url), expected, "{common:?}");
    }
}

#[tokio::test]
async fn a_signature_that_outlives_the_url_is_named() {
    let house = House::open().await;
    let signed = house.signed_url("/video/clock-ts/master.m3u8").await;
    assert!(signed.contains("Policy="));
    for (to, expected) in [
        ("\"AWS:EpochTime\":1790000000", vec![]),
        (
            "\"AWS:EpochTime\":1790099999",
            vec![
                "Wrong renewal: /video/clock-ts/360p/key.bin is signed for 78599 seconds longer than the URL; \
                 /video/clock-ts/180p/key.bin is signed for 78599 seconds longer than the URL -> deploy this version of \
                 ResignManifestFunction, which signs nothing for longer than the viewer's own policy",
            ],
        ),
    ] {
        let front = before(&house, move |passing| change_policy_of_keys(passing, URL_ENDS, to)).await;
        assert_eq!(cured(&check(&options(&front.url)).await, &front.url), expected, "{to}");
    }
}

#[tokio::test]
async fn it_is_told_whether_the_function_sees_signatures_and_both_are_right() {
    for (house, expected) in [
        (House::open().await, "the viewer-request function sees signatures, and passes on their policy"),
        (
            House::with_hidden_signatures().await,
            "the viewer-request function does not see signatures: playlists are signed by the copy in the URL",
        ),
    ] {
        let front = before(&house, |_| {}).await;
        let report = check(&options(&front.url)).await;
        assert_eq!(named(&report, &front.url), Vec::<String>::new());
        let seen = report.findings.iter().find(|finding| finding.name == "visible signatures").unwrap();
        assert_eq!(seen.found, expected);
    }
}

#[tokio::test]
async fn protections_that_are_gone_are_named() {
    let rows: [(&str, Change, Vec<String>); 4] = [
        (
            "encoded names are not rejected",
            |passing| {
                let Passing::Request(parts) = passing else { return };
                if parts.uri.query().is_some_and(|query| query.contains("%50olicy")) {
                    parts.uri = parts.uri.path().parse().unwrap();
                }
            },
            lines(&[&[
                "Wrong encoded names: %50olicy: 200 application/vnd.apple.mpegurl; usher-%50olicy: 200 \
                 application/vnd.apple.mpegurl -> associate ViewerRequestFunction of this version with the behavior \
                 /video/*.m3u8: it rejects CloudFront's parameters under percent-encoded names",
            ]]),
        ),
        (
            "content types are sniffed",
            |passing| {
                let Passing::Answer { headers, .. } = passing else { return };
                headers.remove(header::X_CONTENT_TYPE_OPTIONS);
            },
            lines(&[&[
                "Wrong headers: /video/clock-ts/master.m3u8 has no X-Content-Type-Options: nosniff; \
                 /video/clock-ts/360p/segment000.ts has no X-Content-Type-Options: nosniff -> the behaviors \
                 /video/*.m3u8 and /video/* need the response headers policy VideoHeaders",
            ]]),
        ),
        (
            "segments have no content security policy",
            |passing| {
                let Passing::Answer { path, headers, .. } = passing else { return };
                if path.ends_with(".ts") {
                    headers.remove(header::CONTENT_SECURITY_POLICY);
                }
            },
            lines(&[&[
                "Wrong headers: /video/clock-ts/360p/segment000.ts has no sandbox in Content-Security-Policy; \
                 /video/clock-ts/360p/segment000.ts has no default-src 'none' in Content-Security-Policy -> the \
                 behaviors /video/*.m3u8 and /video/* need the response headers policy VideoHeaders",
            ]]),
        ),
        (
            "URLs hold their policy once",
            |passing| {
                let Passing::Answer { path: "/auth/urls", body, .. } = passing else { return };
                let text = String::from_utf8(std::mem::take(body)).unwrap();
                // The URL is the last member.
                let (before, _) = text.split_once("&usher-Policy=").unwrap();
                *body = format!("{before}\"}}").into_bytes();
            },
            lines(&[&[
                "Wrong visible signatures: the URL holds its policy once -> deploy this version of IssueCookiesFunction: \
                 a playlist is not signed where the function does not see its viewer's signature",
            ]]),
        ),
    ];
    let house = House::open().await;
    for (what, change, expected) in rows {
        let front = before(&house, change).await;
        assert_eq!(cured(&check(&options(&front.url)).await, &front.url), expected, "{what}");
    }
}

#[tokio::test]
async fn what_is_left_unsigned_on_this_host_is_named_with_its_reason() {
    let left = |what: &str, cure: &str| {
        format!("Wrong signed playlist: /video/m/in.m3u8 has URIs that are not signed: 1 {what} -> {cure}")
    };
    let rows = [
        ("#EXT-X-KEY:METHOD=AES-128,URI=key.bin\n#EXTINF:4,\ns0.ts\n", None),
        (
            "#EXTINF:4,\nhttps://HOST/video/m/s0.ts\n",
            Some(left(
                "on this host by the other protocol, http or https",
                "write relative URIs into the playlist, or those of the viewers' own protocol: the distribution answers \
                 https alone",
            )),
        ),
        (
            "#EXTINF:4,\n{$folder}/s0.ts\n",
            Some(left(
                "with an unknown variable",
                "write the URI without variables: the player alone knows what they become",
            )),
        ),
        (
            "#EXTINF:4,\n/\\other/../video/m/s0.ts\n",
            Some(left(
                "ambiguous",
                "write the URI so that all players read it alike: percent-encoded, and in straight quotes in a tag",
            )),
        ),
        (
            "#EXT-X-VENDOR:URI=\"/video/m/a.bin\"\n#EXTINF:4,\ns0.ts\n",
            Some(left(
                "in an unknown tag",
                "the tag is known to some players alone: what it names plays by cookies, or stands in no playlist of \
                 yours",
            )),
        ),
    ];
    let media = TempDir::new().unwrap();
    let folder = media.path().join("video/m");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("s0.ts"), "one segment").unwrap();
    fs::write(folder.join("key.bin"), "0123456789abcdef").unwrap();
    let house = House::with_media(media.path().to_owned()).await;
    let front = before(&house, |_| {}).await;
    let host = front.url.strip_prefix("http://").unwrap();
    let options = Options { playlist: "/video/m/in.m3u8".to_owned(), ..options(&front.url) };
    for (at, (text, expected)) in (0..).zip(rows) {
        // An earlier answer may be in the cache for a bucket.
        house.set_time(START + at * 301);
        let playlist =
            format!("#EXTM3U\n#EXT-X-TARGETDURATION:4\n{text}#EXT-X-ENDLIST\n").replace("HOST", host);
        fs::write(folder.join("in.m3u8"), &playlist).unwrap();
        let found = cured(&check(&options).await, &front.url);
        let found: Vec<_> = found.into_iter().filter(|line| line.contains(" signed playlist: ")).collect();
        assert_eq!(found, Vec::from_iter(expected), "{playlist}");
    }
}

#[tokio::test]
async fn a_playlist_without_anything_to_sign_is_not_called_right() {
    let media = TempDir::new().unwrap();
    fs::create_dir_all(media.path().join("video/m")).unwrap();
    let playlist =
        "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nhttps://other.example/s0.ts\n#EXT-X-ENDLIST\n";
    fs::write(media.path().join("video/m/in.m3u8"), playlist).unwrap();
    let house = House::with_media(media.path().to_owned()).await;
    let front = before(&house, |_| {}).await;
    let options = Options { playlist: "/video/m/in.m3u8".to_owned(), ..options(&front.url) };
    let report = check(&options).await;
    assert!(!report.is_right());
    let unknown = "Unknown signed playlist: the playlists name nothing below /video/ on this host".to_owned();
    assert!(named(&report, &front.url).contains(&unknown));
}

/// Six hours after the start, rounded down to a bucket.
const URL_ENDS: &str = "\"AWS:EpochTime\":1790021400";
