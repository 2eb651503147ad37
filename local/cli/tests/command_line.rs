//! The command line as a user sees it: standard output, standard error, exit code.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

#[path = "../../../tests/corpus.rs"]
mod corpus;

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use self::corpus::corpus;

const SEGMENT: &str = "https://d111111abcdef8.cloudfront.net/video/m/s001.ts";

fn usher(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_usher")).args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn stdout(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A refused input: nothing on standard output, one line on standard error, exit code 2.
fn error_line(arguments: &[&str]) -> String {
    let output = usher(arguments);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (output.status.code(), output.stdout.len(), stderr.lines().count()),
        (Some(2), 0, 1),
        "{stderr}"
    );
    stderr.trim_end().to_owned()
}

struct Keys {
    folder: TempDir,
}

impl Keys {
    fn new(kind: &str) -> Self {
        let folder = TempDir::new().unwrap();
        stdout(&usher(&["keygen", "--type", kind, "--out", folder.path().to_str().unwrap()]));
        Self { folder }
    }

    fn private(&self) -> String {
        self.folder.path().join("private_key.pem").to_str().unwrap().to_owned()
    }

    fn public(&self) -> String {
        format!("K1={}", self.folder.path().join("public_key.pem").to_str().unwrap())
    }

    fn sign(&self, more: &[&str]) -> String {
        let private = self.private();
        let mut arguments = vec!["sign", "--key-pair-id", "K1", "--private-key", &private];
        arguments.extend(more);
        stdout(&usher(&arguments)).trim_end().to_owned()
    }

    fn explain(&self, url: &str, more: &[&str]) -> Output {
        let public = self.public();
        let mut arguments = vec!["explain", "--url", url, "--public-key", &public];
        arguments.extend(more);
        usher(&arguments)
    }
}

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors")
}

#[test]
fn what_is_signed_is_admitted_until_it_expires() {
    for kind in ["rsa", "ecdsa"] {
        let keys = Keys::new(kind);
        for hash in ["SHA1", "SHA256"] {
            let signed =
                keys.sign(&["--url", SEGMENT, "--date-less-than", "2026-11-21", "--hash-algorithm", hash]);
            let admitted = keys.explain(&signed, &["--now", "2026-11-20T23:59:59Z"]);
            assert_eq!(stdout(&admitted).lines().next(), Some("admitted"));
            let refused = keys.explain(&signed, &["--now", "2026-11-21T00:00:00Z"]);
            assert_eq!(refused.status.code(), Some(1));
        }
    }
}

#[test]
fn explain_tells_the_checks_in_their_order() {
    let keys = Keys::new("rsa");
    let signed =
        keys.sign(&["--url", SEGMENT, "--date-less-than", "1790000000", "--ip-address", "192.0.2.7"]);
    let text = |output: Output| String::from_utf8(output.stdout).unwrap();
    let policy = format!(
        "resource: {SEGMENT}\nuntil:    2026-09-21T14:13:20Z (1790000000), 10 seconds from \
         2026-09-21T14:13:10Z (1789999990)\nfrom:     192.0.2.7/32\nchecked in this order:\n"
    );
    let questions = [
        "  is the request signed?                      yes\n",
        "  is the key trusted?                         yes\n",
        "  are all parts there, once, and decodable?   yes\n",
        "  can the policy be read?                     yes\n",
        "  does the signature fit?                     yes\n",
        "  does the policy cover the URL?              yes\n",
        "  is it valid already?                        yes\n",
        "  is it valid still?                          yes\n",
    ];
    let admitted = keys.explain(&signed, &["--now", "1789999990", "--ip-address", "192.0.2.7"]);
    assert_eq!(
        text(admitted),
        format!(
            "admitted\nby:       a signed URL of key pair K1\n{policy}{}  is the viewer's address allowed?            yes\n",
            questions.concat()
        )
    );
    let refused = keys.explain(&signed, &["--now", "1789999990", "--ip-address", "192.0.2.8"]);
    assert_eq!(
        text(refused),
        format!(
            "refused:  AccessDenied\nmessage:  Access denied\nreason:   the policy admits viewers from \
             192.0.2.7/32 only, and this one has the address 192.0.2.8\nby:       a signed URL\n{policy}{}  \
             is the viewer's address allowed?            no\n",
            questions.concat()
        )
    );
    let unsigned = keys.explain(SEGMENT, &[]);
    assert_eq!(
        text(unsigned),
        "refused:  MissingKey\nmessage:  Missing Key-Pair-Id query parameter or cookie value\nreason:   the request \
         is not signed: neither its URL nor its cookies name a key pair id\nchecked in this order:\n  \
         is the request signed?                      no\n"
    );
}

#[test]
fn parameters_stand_in_botocores_order_and_sha1_goes_unnamed() {
    let keys = Keys::new("rsa");
    let names = |url: &str| -> Vec<String> {
        let query = url.split_once('?').unwrap().1;
        query.split('&').map(|pair| pair.split_once('=').unwrap().0.to_owned()).collect()
    };
    let canned = keys.sign(&["--url", &format!("{SEGMENT}?x=1"), "--date-less-than", "1790000000"]);
    assert_eq!(names(&canned), ["x", "Expires", "Signature", "Key-Pair-Id", "Hash-Algorithm"]);
    let custom = keys.sign(&[
        "--url",
        SEGMENT,
        "--date-less-than",
        "1790000000",
        "--ip-address",
        "192.0.2.7",
        "--hash-algorithm",
        "SHA1",
    ]);
    assert_eq!(names(&custom), ["Policy", "Signature", "Key-Pair-Id"]);
    let explained = keys.explain(&custom, &["--now", "1", "--ip-address", "192.0.2.7", "--output", "json"]);
    let explained: Value = serde_json::from_str(&stdout(&explained)).unwrap();
    assert_eq!(
        explained,
        json!({
            "admitted": true,
            "code": null,
            "message": null,
            "reason": null,
            "policy": {"Statement": [{"Resource": SEGMENT, "Condition": {
                "DateLessThan": {"AWS:EpochTime": 1_790_000_000},
                "IpAddress": {"AWS:SourceIp": "192.0.2.7/32"},
            }}]},
            "expires_in": 1_789_999_999,
        })
    );
}

#[test]
fn cookies_are_printed_as_json_and_as_set_cookie_lines() {
    let keys = Keys::new("rsa");
    let private = keys.private();
    let resource = "https://d111111abcdef8.cloudfront.net/video/*";
    let arguments = [
        "sign-cookies",
        "--resource",
        resource,
        "--key-pair-id",
        "K1",
        "--private-key",
        &private,
        "--date-less-than",
        "1790000000",
    ];
    let cookies: Value = serde_json::from_str(&stdout(&usher(&arguments))).unwrap();
    let pairs: Vec<String> = cookies
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| format!("{name}={}", value.as_str().unwrap()))
        .collect();
    let admitted = keys.explain(SEGMENT, &["--cookie", &pairs.join("; "), "--now", "1789999999"]);
    assert_eq!(stdout(&admitted).lines().next(), Some("admitted"));

    let lines = stdout(&usher(&[&arguments[..], &["--output", "set-cookie"]].concat()));
    let expected: Vec<String> = ["Policy", "Signature", "Key-Pair-Id", "Hash-Algorithm"]
        .iter()
        .map(|name| {
            let name = format!("CloudFront-{name}");
            let value = cookies[&name].as_str().unwrap();
            format!("Set-Cookie: {name}={value}; HttpOnly; SameSite=Lax; Secure; Path=/video/")
        })
        .collect();
    assert_eq!(lines.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn a_key_pair_is_private_and_never_overwritten() {
    let keys = Keys::new("rsa");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(keys.private()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let folder = keys.folder.path().to_str().unwrap();
    let before = fs::read(keys.private()).unwrap();
    assert_eq!(
        error_line(&["keygen", "--out", folder]),
        format!("error: {folder} already holds a key: nothing was overwritten")
    );
    assert_eq!(fs::read(keys.private()).unwrap(), before);
}

#[test]
fn bad_input_is_one_line_and_exit_code_2() {
    let keys = Keys::new("rsa");
    let private = keys.private();
    let public = keys.folder.path().join("public_key.pem").to_str().unwrap().to_owned();
    let missing = keys.folder.path().join("missing.pem").to_str().unwrap().to_owned();
    let sign = |url: &str, key: &str, more: &[&str]| {
        let mut arguments = vec!["sign", "--url", url, "--key-pair-id", "K1", "--private-key", key];
        arguments.extend(if more.is_empty() { &["--date-less-than", "1790000000"] } else { more });
        error_line(&arguments)
    };
    let rows = [
        (
            sign("https://h/a b", &private, &[]),
            "error: a space at byte 11 is not allowed in a signed URL: percent-encode it first".to_owned(),
        ),
        (
            sign("https://h/a?Policy=1", &private, &[]),
            "error: the query parameter Policy at byte 12 is reserved by CloudFront".to_owned(),
        ),
        (
            sign("https://h/a", &public, &[]),
            format!("error: {public}: this is a public key: signing needs the private key"),
        ),
        (
            sign("https://h/a", &missing, &[]),
            format!("error: {missing} cannot be read: No such file or directory (os error 2)"),
        ),
        (
            sign("https://h/a", &private, &["--date-less-than", "1790000000000"]),
            "error: invalid value '1790000000000' for '--date-less-than <T>': the time 1790000000000 is in \
             milliseconds: CloudFront counts in seconds"
                .to_owned(),
        ),
        (
            sign("https://h/a", &private, &["--date-less-than", "20", "--date-greater-than", "20"]),
            "error: the window is empty: it opens after 1970-01-01T00:00:20Z (20) and closes at \
             1970-01-01T00:00:20Z (20)"
                .to_owned(),
        ),
        (
            sign("https://h/a", &private, &["--date-less-than", "20", "--ip-address", "::1"]),
            "error: the IP address \"::1\" is not an IPv4 address or CIDR such as 192.0.2.0/24".to_owned(),
        ),
        (
            sign("https://h/a", &private, &["--date-less-than", "20", "--policy-resource", "https://h/b/*"]),
            "error: the resource https://h/b/* does not cover https://h/a".to_owned(),
        ),
        (
            error_line(&["sign"]),
            "error: the following required arguments were not provided: --url <U> --key-pair-id <K> \
             --private-key <FILE> --date-less-than <T>"
                .to_owned(),
        ),
        (error_line(&["fly"]), "error: unrecognized subcommand 'fly'".to_owned()),
    ];
    for (line, expected) in rows {
        assert_eq!(line, expected);
    }
}

#[test]
fn serve_says_what_is_missing() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (nowhere, state) = (path("nowhere"), path("state"));
    let serve = |more: &[&str]| {
        let mut arguments = vec!["serve", "--listen", "127.0.0.1:0", "--bucket-listen", "127.0.0.1:0"];
        arguments.extend(more);
        error_line(&arguments)
    };
    assert_eq!(
        serve(&["--state", &state, "--media", &nowhere]),
        format!("error: the media folder {nowhere} is not a folder")
    );
    assert_eq!(
        serve(&["--state", &state, "--template", &nowhere]),
        format!("error: {nowhere} cannot be read: No such file or directory (os error 2)")
    );
    // Other machines could reach the demo sign-in, so it is off, and no other issuer is configured.
    assert_eq!(
        error_line(&["--listen", "0.0.0.0:0", "--bucket-listen", "127.0.0.1:0", "--state", &state]),
        "error: issue-cookies: the configuration cannot be used: no authenticator is configured: set JWT_ISSUER, \
         PLONE_SITE, PLONE_JWT_KEYS, PLONE_TICKET_KEYS, DJANGO_KEYS or SIMPLEJWT_KEYS; the \
         demo sign-in is off, since others can reach 0.0.0.0:0: to let everybody there sign in, add --demo"
    );
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert_eq!(
        error_line(&["--listen", &address, "--state", &state]),
        format!("error: cannot listen on {address}: Address already in use (os error 98)")
    );
    fs::create_dir(folder.path().join("damaged")).unwrap();
    fs::write(folder.path().join("damaged/private_key.pem"), "not a key").unwrap();
    let damaged = path("damaged");
    assert_eq!(
        serve(&["--state", &damaged]),
        format!(
            "error: the key pair in the state folder cannot be used: {damaged}/private_key.pem: this is not a \
             PEM file: it should start with -----BEGIN …-----"
        )
    );
}

#[test]
fn both_urls_of_the_article_are_admitted_and_one_second_late_refused_with_both_times() {
    let article: Value =
        serde_json::from_slice(&fs::read(vectors().join("article-2014.json")).unwrap()).unwrap();
    let key = format!("APKAJAJZQHPKZI6OK5UQ={}", vectors().join("article-2014-public-key.pem").display());
    let expiries = [
        (1_406_023_941, "2014-07-22T10:12:21Z (1406023941)", "2014-07-22T10:12:22Z (1406023942)"),
        (1_406_899_201, "2014-08-01T13:20:01Z (1406899201)", "2014-08-01T13:20:02Z (1406899202)"),
    ];
    let urls = article["urls"].as_array().unwrap();
    assert_eq!(urls.len(), expiries.len());
    for (url, (expires, expiry, late)) in urls.iter().zip(expiries) {
        let explain = |now: i64, output: &str| {
            let now = now.to_string();
            usher(&[
                "explain",
                "--url",
                url.as_str().unwrap(),
                "--public-key",
                &key,
                "--now",
                &now,
                "--output",
                output,
            ])
        };
        assert_eq!(stdout(&explain(expires - 1, "text")).lines().next(), Some("admitted"));
        let refused = explain(expires + 1, "json");
        assert_eq!(refused.status.code(), Some(1));
        let refused: Value = serde_json::from_slice(&refused.stdout).unwrap();
        assert_eq!(refused["reason"], json!(format!("it expired at {expiry}, and now it is {late}")));
        assert_eq!(refused["expires_in"], json!(-1));
    }
}

/// A policy of the vectors as arguments; `None` if arguments cannot express it: white space, JSON injection.
fn arguments_for(policy: &str) -> Option<Vec<String>> {
    let document: Value = serde_json::from_str(policy).ok()?;
    let statement = &document["Statement"][0];
    let (resource, condition) = (statement["Resource"].as_str()?, &statement["Condition"]);
    let time = |name: &str| condition[name]["AWS:EpochTime"].as_u64();
    let address = condition["IpAddress"]["AWS:SourceIp"].as_str();
    if policy.contains([' ', '\n', '\\']) {
        return None;
    }
    let mut arguments = vec!["--date-less-than".to_owned(), time("DateLessThan")?.to_string()];
    if let Some(opens) = time("DateGreaterThan") {
        arguments.extend(["--date-greater-than".to_owned(), opens.to_string()]);
    }
    if let Some(address) = address {
        arguments.extend(["--ip-address".to_owned(), address.to_owned()]);
    }
    if resource.contains('*') {
        arguments.extend(["--policy-resource".to_owned(), resource.to_owned()]);
    }
    arguments.extend(["--url".to_owned(), resource.replace('*', "x")]);
    Some(arguments)
}

#[test]
fn sign_reproduces_every_rsa_signature_that_it_can_express() {
    let file: Value =
        serde_json::from_slice(&fs::read(vectors().join("cloudfront-signatures.json")).unwrap()).unwrap();
    let folder = TempDir::new().unwrap();
    let mut reproduced = Vec::new();
    for vector in file["vectors"].as_array().unwrap() {
        let key = &file["keys"][vector["key"].as_str().unwrap()];
        let Some(arguments) = arguments_for(vector["policy"].as_str().unwrap()) else {
            continue;
        };
        if key["type"] != "RSA" {
            continue;
        }
        let pem = folder.path().join("key.pem");
        let label = key["pem_label"].as_str().unwrap();
        let der = key["der_base64"].as_str().unwrap();
        fs::write(&pem, format!("-----BEGIN {label}-----\n{der}\n-----END {label}-----\n")).unwrap();
        let mut command = vec![
            "sign",
            "--key-pair-id",
            "APKAEXAMPLE",
            "--private-key",
            pem.to_str().unwrap(),
            "--hash-algorithm",
            vector["hash"].as_str().unwrap(),
        ];
        command.extend(arguments.iter().map(String::as_str));
        let output = usher(&command);
        let signed = stdout(&output);
        let signature = signed.split("Signature=").nth(1).unwrap().split('&').next().unwrap();
        assert_eq!(signature, vector["signature"].as_str().unwrap(), "{}", vector["id"]);
        let warning =
            format!("warning: this RSA key has {} bits, and CloudFront takes 2048 only\n", key["bits"]);
        let expected = if key["bits"] == 2_048 { String::new() } else { warning };
        assert_eq!(String::from_utf8(output.stderr).unwrap(), expected);
        reproduced.push(vector["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(reproduced.len(), 12, "{reproduced:?}");
}

fn rewrite(keys: &Keys, style: &str, playlist: &[u8]) -> Vec<u8> {
    let output = try_rewrite(keys, style, playlist);
    assert_eq!(output.status.code(), Some(0));
    output.stdout
}

fn try_rewrite(keys: &Keys, style: &str, playlist: &[u8]) -> Output {
    let private = keys.private();
    let mut child = Command::new(env!("CARGO_BIN_EXE_usher"))
        .args(["rewrite", "--url", "https://h.example/video/m/master.m3u8", "--key-pair-id", "K1"])
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
        for text in ["", "a.ts\n", "<?xml version=\"1.0\"?>\n<MPD/>\n"] {
            let output = try_rewrite(&keys, style, text.as_bytes());
            assert_eq!((output.status.code(), output.stdout), (Some(2), Vec::new()), "{style} {text}");
            let told = String::from_utf8(output.stderr).unwrap();
            assert_eq!(told, "error: this is not a playlist: it does not start with #EXTM3U\n");
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
