//! The rewriter against public playlists, read back by an independent reader.
//!
//! The playlists stand outside of the repository, in the folder that `USHER_SHARED` names.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::HashMap,
    env, fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use quick_m3u8::{HlsLine, Reader, config::ParsingOptionsBuilder};
use resign_manifest::rewrite::{Left, Reference, Summary, is_playlist, rewrite};
use url::Url;

const MARK: &str = "Policy=p&Signature=s&Key-Pair-Id=K";

#[test]
fn taking_off_what_was_added_gives_every_playlist_back() {
    for (path, playlist) in corpus("taking_off_what_was_added_gives_every_playlist_back") {
        let (signed, summary) = sign(&playlist, |_| true);
        let text = str::from_utf8(&signed).unwrap();
        assert_eq!(text.matches(MARK).count(), summary.signed, "{}", path.display());
        let taken_off = text.replace(&format!("?{MARK}"), "").replace(&format!("&{MARK}"), "");
        assert!(taken_off.as_bytes() == playlist, "{}", path.display());
    }
}

#[test]
fn a_playlist_of_which_nothing_is_signed_stays_as_it_is() {
    for (path, playlist) in corpus("a_playlist_of_which_nothing_is_signed_stays_as_it_is") {
        let (out, summary) = sign(&playlist, |_| false);
        assert!(out == playlist, "{}", path.display());
        assert_eq!(summary.signed, 0, "{}", path.display());
    }
}

#[test]
fn signing_every_playlist_twice_equals_signing_it_once() {
    for (path, playlist) in corpus("signing_every_playlist_twice_equals_signing_it_once") {
        let (once, summary) = sign(&playlist, |_| true);
        assert!(sign(&once, |_| true) == (once, summary), "{}", path.display());
    }
}

#[test]
fn each_reference_that_another_reader_finds_is_signed_if_it_is_on_our_host() {
    const CLAIM: &str = "each_reference_that_another_reader_finds_is_signed_if_it_is_on_our_host";
    let mut total = (0, 0);
    for (path, playlist) in corpus(CLAIM) {
        let here = playlist_url();
        let (signed, summary) =
            sign(&playlist, |reference| reference.origin == here.origin().ascii_serialization());
        let (ours, others): (Vec<_>, Vec<_>) =
            references(&signed).into_iter().partition(|text| is_ours(text));
        let unmarked: Vec<_> = ours.iter().filter(|text| !text.contains(MARK)).collect();
        assert!(unmarked.is_empty(), "{}: {unmarked:?}", path.display());
        let leaked: Vec<_> = others.iter().filter(|text| text.contains(MARK)).collect();
        assert!(leaked.is_empty(), "{}: {leaked:?}", path.display());
        assert_eq!((summary.signed, summary.left()), (ours.len(), others.len()), "{}", path.display());
        total.0 += ours.len();
        total.1 += others.len();
    }
    eprintln!("{CLAIM}: {} signed, {} left", total.0, total.1);
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

#[test]
fn the_longest_playlist_is_rewritten_in_well_under_a_second() {
    let files = corpus("the_longest_playlist_is_rewritten_in_well_under_a_second");
    let Some((_, playlist)) = files.iter().max_by_key(|(_, playlist)| playlist.len()) else {
        return;
    };
    let begin = Instant::now();
    let (_, summary) = sign(playlist, |_| true);
    let elapsed = begin.elapsed();
    eprintln!("{} bytes, {summary:?}: {elapsed:?}", playlist.len());
    assert!(elapsed < Duration::from_secs(1), "{elapsed:?}");
}

/// Every playlist of the corpus; none, and a note on stderr, where there is no corpus.
fn corpus(claim: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shared = env::var_os("USHER_SHARED").unwrap_or_else(|| "../shared".into());
    let folder = workspace.join(shared).join("corpus/hls");
    if !folder.is_dir() {
        eprintln!("skipped: {claim}: {} is missing", folder.display());
        return Vec::new();
    }
    let mut files = Vec::new();
    collect(&folder, &mut files);
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

fn playlist_url() -> Url {
    Url::parse("https://example.com/video/m/playlist.m3u8").unwrap()
}

fn sign(playlist: &[u8], accept: impl Fn(&Reference<'_>) -> bool) -> (Vec<u8>, Summary) {
    let mut out = Vec::new();
    let summary = rewrite(playlist, &playlist_url(), &mut out, |reference| {
        if accept(reference) { Ok(MARK) } else { Err(Left::OtherHost) }
    });
    (out, summary)
}

/// Every reference that quick-m3u8 finds: URI lines, and attributes by name in whatever tag.
fn references(playlist: &[u8]) -> Vec<String> {
    let mut reader = Reader::from_bytes(playlist, ParsingOptionsBuilder::new().build());
    let mut variables = HashMap::new();
    let mut found = Vec::new();
    while let Some(line) = reader.read_line().unwrap() {
        match line {
            // The reader takes blank space for a URI, and an indented tag too.
            HlsLine::Uri(text) if matches!(text.trim().as_bytes(), [] | [b'#', ..]) => {}
            HlsLine::Uri(text) => found.push(expand(text.trim(), &variables)),
            HlsLine::UnknownTag(tag) => {
                let list = tag
                    .value()
                    .and_then(|value| value.try_as_ordered_attribute_list().ok())
                    .unwrap_or_default();
                // The reader keeps the blank space that some authors put behind a comma.
                let quoted = |wanted| {
                    let attribute = list.iter().find(|(name, _)| name.trim() == wanted)?;
                    attribute.1.quoted()
                };
                if let ("-X-DEFINE", Some(name), Some(value)) = (tag.name(), quoted("NAME"), quoted("VALUE"))
                {
                    variables.insert(name, value);
                }
                let values = ATTRIBUTES.into_iter().filter_map(quoted);
                found.extend(values.map(|text| expand(text, &variables)));
            }
            _ => {}
        }
    }
    found
}

const ATTRIBUTES: [&str; 5] = ["SERVER-URI", "URI", "X-ASSET-LIST", "X-ASSET-URI", "X-URI"];

fn expand(text: &str, variables: &HashMap<&str, &str>) -> String {
    variables.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{${name}}}"), value))
}

/// Whether an expanded reference is certain to have the origin of the playlist.
fn is_ours(text: &str) -> bool {
    let playlist_url = playlist_url();
    !text.contains("{$") && playlist_url.join(text).is_ok_and(|url| url.origin() == playlist_url.origin())
}
