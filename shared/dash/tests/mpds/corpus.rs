//! Public MPDs.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use dash_rewrite::{MpdError, Position, is_mpd};
use hls_rewrite::Style;
use url::Url;

use crate::{
    published, reader,
    signing::{Viewer, ask, tree},
};

const INLINE: Style = Style::Inline { asked_for: false };

#[test]
fn taking_off_what_was_added_gives_every_mpd_back() {
    for (path, mpd) in corpus("taking_off_what_was_added_gives_every_mpd_back") {
        for place in places(&mpd) {
            let Ok(signed) = place.viewer.try_sign(&mpd, INLINE) else { continue };
            assert!(signed.taken_off() == mpd, "{} at {}", path.display(), place.viewer.url);
        }
    }
}

#[test]
fn signing_every_mpd_twice_equals_signing_it_once() {
    for (path, mpd) in corpus("signing_every_mpd_twice_equals_signing_it_once") {
        for place in places(&mpd) {
            for style in [INLINE, Style::Inline { asked_for: true }, Style::Define] {
                let Ok(once) = place.viewer.try_sign(&mpd, style) else { continue };
                let twice = place.viewer.sign(&once.mpd, style);
                assert!(twice.mpd == once.mpd, "{} {style:?}", path.display());
                assert_eq!(twice.counts, once.counts, "{} {style:?}", path.display());
            }
        }
    }
}

#[test]
fn each_uri_of_ours_that_another_reader_finds_is_signed_and_admitted() {
    const CLAIM: &str = "each_uri_of_ours_that_another_reader_finds_is_signed_and_admitted";
    let (mut signed_total, mut left_total, mut unread) = (0, 0, 0);
    for (path, mpd) in corpus(CLAIM) {
        for place in places(&mpd) {
            let Ok(signed) = place.viewer.try_sign(&mpd, INLINE) else { continue };
            let read = |mpd: &[u8]| reader::references(str::from_utf8(mpd).unwrap(), &place.viewer.url);
            let (Some(before), Some(after)) = (read(&mpd), read(&signed.mpd)) else {
                unread += 1;
                continue;
            };
            assert_eq!(before.len(), after.len(), "{}", path.display());
            let player_adds = memchr::memmem::find(&mpd, b"useMPDUrlQuery=\"true\"").is_some();
            let mut count = 0;
            for (before, after) in before.iter().zip(&after) {
                let is_ours =
                    place.has_one_asset(&before.urls(["1", "2"])) && !(before.is_segment && player_adds);
                if !is_ours {
                    assert_eq!(after.text, before.text, "{} {before:?}", path.display());
                    continue;
                }
                assert!(after.text.contains("Signature="), "{} {before:?}", path.display());
                for url in after.urls(["1", "2"]) {
                    let url = url.unwrap();
                    let answer = ask(url.as_str()).map_err(|denial| denial.to_string());
                    assert_eq!(answer, Ok(()), "{} {url}", path.display());
                }
                count += 1;
            }
            let expected = (count, before.len() - count);
            assert_eq!((signed.counts.signed, signed.counts.left()), expected, "{}", path.display());
            signed_total += expected.0;
            left_total += expected.1;
        }
    }
    eprintln!(
        "{CLAIM}: {signed_total} signed, {left_total} left, {unread} signings not read by the other reader"
    );
}

#[test]
fn in_the_style_define_no_segment_has_parameters_where_they_are_described() {
    let mut described = 0;
    for (path, mpd) in corpus("in_the_style_define_no_segment_has_parameters_where_they_are_described") {
        for place in places(&mpd) {
            let (Ok(define), Ok(inline)) =
                (place.viewer.try_sign(&mpd, Style::Define), place.viewer.try_sign(&mpd, INLINE))
            else {
                continue;
            };
            assert_eq!(define.counts, inline.counts, "{}", path.display());
            let Some(found) = reader::references(define.text(), &place.viewer.url) else { continue };
            if memchr::memmem::find(
                &define.mpd,
                b"up:UrlQueryInfo queryTemplate=\"$querypart$\" queryString=",
            )
            .is_some()
            {
                described += 1;
                let signed = found.iter().filter(|one| one.is_segment && one.text.contains("Signature="));
                assert_eq!(signed.count(), 0, "{}", path.display());
            }
        }
    }
    eprintln!("{described} described");
}

#[test]
fn only_what_is_not_well_formed_is_refused() {
    let files = corpus("only_what_is_not_well_formed_is_refused");
    let refused = files.iter().filter_map(|(path, mpd)| {
        let viewer = Viewer::new("https://h.example/video/m/film.mpd", tree("/video/*", 1));
        assert!(is_mpd(mpd), "{}", path.display());
        let error = viewer.try_sign(mpd, INLINE).err()?;
        Some((path.file_name().unwrap().to_str().unwrap(), error))
    });
    let refused: Vec<_> = refused.collect();
    let expected = [
        ("mpd_testdata_go-dash-fixtures_invalid.mpd", MpdError::Unclosed),
        (
            "cmd_livesim2_app_testdata_assets_testpic_2s_Manifest.mpd",
            MpdError::Syntax(Position { line: 2, column: 161 }),
        ),
    ];
    assert!(files.is_empty() || refused == expected, "{refused:?}");
}

/// Where an MPD may be.
struct Place {
    viewer: Viewer,
    prefix: &'static str,
}

/// On a host that no MPD names; an MPD with absolute URLs also on the host of the first of them.
fn places(mpd: &[u8]) -> Vec<Place> {
    let viewer = Viewer::new("https://d111111abcdef8.cloudfront.net/video/m/film.mpd", tree("/video/*", 1));
    let own = viewer.url.clone();
    let mut places = vec![Place { viewer, prefix: "/video/" }];
    let text = str::from_utf8(mpd).unwrap_or_default();
    let found = reader::references(text, &own).unwrap_or_default();
    let elsewhere = |candidate: &Url| candidate.origin() != own.origin();
    let absolute = found.iter().flat_map(|one| one.urls(["1", "2"])).flatten().find(elsewhere);
    if let Some(absolute) = absolute {
        let url = absolute.join("/film.mpd").unwrap();
        places.push(Place { viewer: Viewer::new(url.as_str(), tree("/*", 0)), prefix: "/" });
    }
    places
}

impl Place {
    /// Whether all URLs are certain to be in the same asset of ours.
    fn has_one_asset(&self, urls: &[Option<Url>]) -> bool {
        let assets: BTreeSet<_> =
            urls.iter().map(|url| url.as_ref().and_then(|url| self.asset(url))).collect();
        assets.len() == 1 && !assets.contains(&None)
    }

    fn asset(&self, url: &Url) -> Option<String> {
        let below =
            url.path().strip_prefix(self.prefix).filter(|_| url.origin() == self.viewer.url.origin())?;
        if self.prefix == "/" {
            return Some(String::new());
        }
        let (folder, rest) = below.split_once('/').unwrap_or((below, "file"));
        (rest != "file" || folder.contains('.')).then(|| folder.to_owned())
    }
}

/// Every MPD of the corpus; nothing if the corpus is missing.
fn corpus(claim: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let Some(folder) = published::corpus(claim) else { return Vec::new() };
    let mut files = Vec::new();
    collect(&folder.join("dash"), &mut files);
    files.sort_by(|(one, _), (other, _)| one.cmp(other));
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            let mpd = fs::read(&path).unwrap();
            files.push((path, mpd));
        }
    }
}
