//! `usher rewrite`

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use crate::{corpus::corpus, keys::Keys, program::command};

#[test]
fn rewriting_every_playlist_loses_nothing() {
    let Some(corpus) = corpus("rewriting_every_playlist_loses_nothing") else { return };
    let keys = Keys::new("rsa");
    let found = playlists(&corpus);
    assert_eq!(found.len(), 239);
    let (mut changed, mut refused) = (0, 0);
    for file in found {
        let playlist = fs::read(&file).unwrap();
        if !playlist.windows(7).any(|window| window == b"#EXTM3U") {
            refused += 1;
            continue;
        }
        let signed = rewrite(&keys, "inline", &playlist);
        assert_eq!(without_signatures(&signed), playlist, "{}", file.display());
        changed += usize::from(signed != playlist);
    }
    // The others contain no URI, or none on their own host below the prefix.
    assert_eq!((changed, refused), (198, 3));
}

#[test]
fn plain_is_the_playlist_itself_and_foreign_bytes_pass() {
    let keys = Keys::new("rsa");
    for playlist in [&b"#EXTM3U\r\n#EXTINF:4,\r\ns.ts"[..], b"#EXTM3U\n\xff\xfe\n"] {
        assert_eq!(rewrite(&keys, "plain", playlist), playlist);
    }
}

#[test]
fn what_is_no_playlist_is_refused_and_what_is_left_is_told() {
    let keys = Keys::new("rsa");
    for style in ["inline", "define", "plain"] {
        for text in ["", "a.ts\n", "<?xml version=\"1.0\"?>\n<html/>\n"] {
            let output = try_rewrite(&keys, style, text.as_bytes());
            assert_eq!((output.status.code(), output.stdout), (Some(2), Vec::new()), "{style} {text}");
            let told = String::from_utf8(output.stderr).unwrap();
            assert_eq!(told, NO_MANIFEST);
        }
    }
    let playlist = "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"key.bin,IV=0x1\n#EXTINF:4,\nhttp://h.example/video/m/a.ts\n\
                    #EXTINF:4,\nb.ts\n#EXT-X-VENDOR:URI=\"c\"\n";
    let output = try_rewrite(&keys, "inline", playlist.as_bytes());
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(without_signatures(&output.stdout), playlist.as_bytes());
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        told,
        "warning: 3 of 4 references are not signed: 1 ambiguous, \
         1 on this host by the other protocol, http or https, 1 in an unknown tag\n"
    );
}

#[test]
fn in_the_style_define_the_parameters_stand_once() {
    let keys = Keys::new("rsa");
    let playlist = "#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:4,\ns.ts\n#EXTINF:4,\nt.ts?x=1\n#EXT-X-ENDLIST\n";
    let signed = String::from_utf8(rewrite(&keys, "define", playlist.as_bytes())).unwrap();
    let definition = signed.lines().nth(1).unwrap();
    let (name, value) = definition.split_once("\",VALUE=\"").unwrap();
    let name = name.strip_prefix("#EXT-X-DEFINE:NAME=\"").unwrap();
    let value = value.trim_end_matches('"');
    assert_eq!(without_signatures(format!("?{value}").as_bytes()), b"");
    assert_eq!(
        signed,
        format!(
            "#EXTM3U\n{definition}\n#EXT-X-VERSION:8\n#EXTINF:4,\ns.ts?{{${name}}}\n#EXTINF:4,\n\
             t.ts?x=1&{{${name}}}\n#EXT-X-ENDLIST\n"
        )
    );
}

#[test]
fn an_mpd_and_pictures_are_signed_by_the_same_rules() {
    let keys = Keys::new("rsa");
    let mpd = "<MPD><Period><AdaptationSet><SegmentTemplate media=\"$Number$.m4s?a=1\" initialization=\"i.mp4\"/>\
               </AdaptationSet></Period></MPD>\n";
    let signed = rewrite(&keys, "inline", mpd.as_bytes());
    let escaped = String::from_utf8(signed).unwrap().replace("&amp;", "&");
    assert_eq!(escaped.matches("Signature=").count(), 2, "{escaped}");
    assert_eq!(without_signatures(escaped.as_bytes()), mpd.as_bytes());

    let pictures = "WEBVTT\n\n00:00.000 --> 00:02.000\n1.jpg#xywh=0,0,160,90\n";
    let signed = rewrite(&keys, "inline", pictures.as_bytes());
    assert!(signed.ends_with(b"#xywh=0,0,160,90\n"));
    assert_ne!(signed, pictures.as_bytes());
    assert_eq!(without_signatures(&signed), pictures.as_bytes());

    let captions = "WEBVTT\n\n00:00.000 --> 00:02.000\nSee 1.jpg\n";
    assert_eq!(rewrite(&keys, "inline", captions.as_bytes()), captions.as_bytes());
    let output = try_rewrite(&keys, "inline", b"<MPD><Period>");
    assert_eq!((output.status.code(), output.stdout), (Some(2), Vec::new()));
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(told, "error: the MPD ends before its elements are closed\n");
}

const NO_MANIFEST: &str = "error: this is not a playlist: it does not start with #EXTM3U, and it is neither an MPD nor \
                           WebVTT\n";

fn rewrite(keys: &Keys, style: &str, playlist: &[u8]) -> Vec<u8> {
    let output = try_rewrite(keys, style, playlist);
    assert_eq!(output.status.code(), Some(0));
    output.stdout
}

fn try_rewrite(keys: &Keys, style: &str, playlist: &[u8]) -> Output {
    let private = keys.private();
    let mut child =
        command(&["rewrite", "--url", "https://h.example/video/m/master.m3u8", "--key-pair-id", "K1"])
            .args(["--private-key", &private, "--date-less-than", "1790000000", "--style", style])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = playlist.to_vec();
    // A command that rejects the key or the URL does not read its input.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

/// Removes what was added: every `?` or `&` with a whole signature after it.
fn without_signatures(playlist: &[u8]) -> Vec<u8> {
    const BEGIN: &[u8] = b"Policy=";
    const END: &[u8] = b"&Key-Pair-Id=K1&Hash-Algorithm=SHA256";
    let mut out = Vec::new();
    let mut rest = playlist;
    while let Some(begin) = rest.windows(BEGIN.len()).position(|window| window == BEGIN) {
        let length = rest[begin..].windows(END.len()).position(|window| window == END).unwrap() + END.len();
        out.extend_from_slice(&rest[..begin - 1]);
        rest = &rest[begin + length..];
    }
    out.extend_from_slice(rest);
    out
}

fn playlists(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            found.extend(playlists(&entry));
        } else if entry.extension().is_some_and(|extension| extension == "m3u8") {
            found.push(entry);
        }
    }
    found
}
