//! Public playlists.

use std::{
    fs,
    path::{Path, PathBuf},
};

use cloudfront_signing::Grant;
use hls_rewrite::{AssetTree, Definitions, Style, is_playlist};
use url::Url;

use crate::{
    published,
    reader::references,
    signing::{Signed, ask, replace, sign},
};

const INLINE: Style = Style::Inline { asked_for: false };

#[test]
fn taking_off_what_was_added_gives_every_playlist_back() {
    for (path, playlist) in corpus("taking_off_what_was_added_gives_every_playlist_back") {
        for place in places(&playlist) {
            let signed = place.sign(&playlist, INLINE);
            assert!(signed.taken_off() == playlist, "{} at {}", path.display(), place.url);
        }
    }
}

#[test]
fn a_playlist_in_the_style_define_differs_by_its_definition_version_and_references() {
    const CLAIM: &str = "a_playlist_in_the_style_define_differs_by_its_definition_version_and_references";
    for (path, playlist) in corpus(CLAIM) {
        for place in places(&playlist).into_iter().filter(|_| is_playlist(&playlist)) {
            let inline = place.sign(&playlist, INLINE);
            let define = place.sign(&playlist, Style::Define);
            assert_eq!(define.counts, inline.counts, "{}", path.display());
            let mut expanded = replace(&define.playlist, b"usher-style=define&", b"");
            let definitions = Definitions::new(define.grants.iter().map(Grant::query));
            for (grant, reference) in define.grants.iter().zip(definitions.references()) {
                let name = reference.trim_start_matches("{$").trim_end_matches('}');
                let line = format!("#EXT-X-DEFINE:NAME=\"{name}\",VALUE=\"{}\"", grant.query());
                expanded = replace(&expanded, format!("{line}\r\n").as_bytes(), b"");
                expanded = replace(&expanded, format!("{line}\n").as_bytes(), b"");
                expanded = replace(&expanded, reference.as_bytes(), grant.query().as_bytes());
            }
            let without_version = |text: &[u8]| {
                let lines = text.split_inclusive(|byte| *byte == b'\n');
                lines.filter(|line| !line.starts_with(b"#EXT-X-VERSION:")).collect::<Vec<_>>().concat()
            };
            assert!(
                without_version(&expanded) == without_version(&inline.playlist),
                "{} at {}",
                path.display(),
                place.url
            );
        }
    }
}

#[test]
fn signing_every_playlist_twice_equals_signing_it_once() {
    for (path, playlist) in corpus("signing_every_playlist_twice_equals_signing_it_once") {
        for place in places(&playlist) {
            for style in [INLINE, Style::Inline { asked_for: true }, Style::Define] {
                let once = place.sign(&playlist, style);
                let twice = place.sign(&once.playlist, style);
                assert!(twice.playlist == once.playlist, "{} {style:?}", path.display());
                assert_eq!(twice.counts, once.counts, "{} {style:?}", path.display());
            }
        }
    }
}

#[test]
fn each_reference_of_ours_that_another_reader_finds_is_signed_and_admitted() {
    const CLAIM: &str = "each_reference_of_ours_that_another_reader_finds_is_signed_and_admitted";
    let (mut signed_total, mut left_total) = (0, 0);
    for (path, playlist) in corpus(CLAIM) {
        for place in places(&playlist) {
            let signed = place.sign(&playlist, INLINE);
            let (before, after) = (references(&playlist), references(&signed.playlist));
            assert_eq!(before.len(), after.len(), "{}", path.display());
            let mut count = 0;
            for (before, after) in before.iter().zip(&after) {
                let Some(mut url) = place.is_ours(before).then(|| place.url.join(after).unwrap()) else {
                    assert_eq!(after, before, "{}", path.display());
                    continue;
                };
                url.set_fragment(None);
                assert_eq!(ask(url.as_str()).map_err(|denial| denial.to_string()), Ok(()), "{url}");
                count += 1;
            }
            // The other reader stops at an odd quote before the URI; hls.js does not, and this crate does not
            // either.
            let is_odd = path.ends_with("m3u8_sample-playlists_media-playlist-with-key.m3u8");
            let expected = (count, before.len() - count + if is_odd { 2 } else { 0 });
            assert_eq!((signed.counts.signed, signed.counts.left()), expected, "{}", path.display());
            signed_total += expected.0;
            left_total += expected.1;
        }
    }
    eprintln!("{CLAIM}: {signed_total} signed, {left_total} left");
}

#[test]
fn only_the_files_without_the_tag_are_no_playlists() {
    let files = corpus("only_the_files_without_the_tag_are_no_playlists");
    let others = files.iter().filter(|(_, playlist)| !is_playlist(playlist));
    let others: Vec<_> = others.map(|(path, _)| path.file_name().unwrap()).collect();
    let expected = [
        "test_manifests_manifestNoExtM3u.m3u8",
        "test_fixtures_integration_empty.m3u8",
        "test_fixtures_integration_manifestNoExtM3u.m3u8",
    ];
    assert!(files.is_empty() || others == expected, "{others:?}");
}

/// Where a playlist may be.
struct Place {
    url: Url,
    tree: AssetTree,
    prefix: &'static str,
}

/// On a host that no playlist names; a playlist with absolute references also on the host of the first of them.
fn places(playlist: &[u8]) -> Vec<Place> {
    let tree = |pattern, depth| AssetTree::new(pattern, depth).unwrap();
    let url = Url::parse("https://d111111abcdef8.cloudfront.net/video/m/v0/low.m3u8").unwrap();
    let mut places = vec![Place { url, tree: tree("/video/*", 1), prefix: "/video/" }];
    let mut absolute = references(playlist).into_iter().filter_map(|text| Url::parse(&text).ok());
    if let Some(url) = absolute.find(|url| matches!(url.scheme(), "http" | "https")) {
        places.push(Place { url: url.join("/playlist.m3u8").unwrap(), tree: tree("/*", 0), prefix: "/" });
    }
    places
}

impl Place {
    fn sign(&self, playlist: &[u8], style: Style) -> Signed {
        sign(playlist, &self.url, &self.tree, style)
    }

    /// Whether an expanded reference is certain to be on our host.
    fn is_ours(&self, text: &str) -> bool {
        !text.contains("{$")
            && !text.is_empty()
            && self.url.join(text).is_ok_and(|url| {
                url.origin() == self.url.origin()
                    && url.path().starts_with(self.prefix)
                    && !url.path().ends_with(".m3u")
            })
    }
}

/// Every playlist of the corpus; nothing if the corpus is missing.
fn corpus(claim: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let Some(folder) = published::corpus(claim) else { return Vec::new() };
    let mut files = Vec::new();
    collect(&folder.join("hls"), &mut files);
    files.sort_by(|(one, _), (other, _)| one.cmp(other));
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "m3u8") {
            let playlist = fs::read(&path).unwrap();
            files.push((path, playlist));
        }
    }
}
