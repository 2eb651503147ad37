//! `usher sign`

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    SEGMENT,
    keys::Keys,
    program::{error_line, stdout, usher},
    vectors::vectors,
};

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
    ];
    for (line, expected) in rows {
        assert_eq!(line, expected);
    }
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
        let bits =
            format!("warning: this RSA key has {} bits, and CloudFront accepts only 2048\n", key["bits"]);
        let bits = if key["bits"] == 2_048 { String::new() } else { bits };
        let expected = bits + &past(arguments[1].parse().unwrap());
        assert_eq!(String::from_utf8(output.stderr).unwrap(), expected);
        reproduced.push(vector["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(reproduced.len(), 12, "{reproduced:?}");
}

/// The vectors are years old.
fn past(expires: u64) -> String {
    let expires = cloudfront_signing::UnixTime::new(expires).unwrap();
    format!(
        "warning: --date-less-than {expires} is in the past: CloudFront rejects every request with this signature\n"
    )
}

#[test]
fn what_a_client_would_change_is_not_signed() {
    let keys = Keys::new("ecdsa");
    let private = keys.private();
    let sign = |url: &str, more: &[&str]| {
        let mut arguments = vec!["sign", "--key-pair-id", "K1", "--private-key", &private, "--url", url];
        arguments.extend(["--date-less-than", "2199-01-01"]);
        arguments.extend(more);
        error_line(&arguments)
    };
    let encode = |what, offset| {
        format!("error: {what} at byte {offset} is not allowed in a signed URL: percent-encode it first")
    };
    let changes = |what, offset, cure| {
        format!("error: a client changes {what} at byte {offset} before it sends the URL: {cure}")
    };
    let scheme = |url| {
        format!(
            "error: there is no scheme at byte 0 of {url}: begin with https://, or add --stream if this is the name of \
             an RTMP stream"
        )
    };
    let rows = [
        ("https://h/a?x='", changes("the ' in the query", 14, "write %27")),
        ("https://h/{a", encode("a curly bracket", 10)),
        ("https://h/a}", encode("a curly bracket", 11)),
        ("https://h/a?<", encode("an angle bracket", 12)),
        ("https://h/>", encode("an angle bracket", 10)),
        ("https://h/a b", encode("a space", 11)),
        ("https://h/a\\b", encode("a backslash", 11)),
        ("https://h/\u{e9}", encode("a character outside ASCII", 10)),
        (
            "https://h/a#t=1",
            "error: the fragment at byte 11 is never sent to CloudFront: remove it".to_owned(),
        ),
        ("https://Host/a", changes("the upper-case H of the host", 8, "write it in lower case")),
        ("https://h:443/a", changes("the default port", 9, "leave it out")),
        ("http://h:80/a", changes("the default port", 8, "leave it out")),
        ("https://h/a/../b", changes("the dot segment", 12, "leave it out")),
        ("https://h/%2E/b", changes("the dot segment", 10, "leave it out")),
        ("https://h", changes("the missing path", 9, "write /")),
        (
            "https://h:/",
            changes("the port", 9, "write a number from 0 to 65535 without leading zeros, or no colon"),
        ),
        ("https://127.1/a", changes("the host", 8, "write it as the address bar of a browser does")),
        ("https://Host/*", changes("the upper-case H of the host", 8, "write it in lower case")),
        ("HTTPS://h/a", "error: the URL must start with http://, https:// or rtmp://".to_owned()),
        ("d111111abcdef8.cloudfront.net/a.ts", scheme("d111111abcdef8.cloudfront.net/a.ts")),
        ("localhost:8080/a.ts", scheme("localhost:8080/a.ts")),
        ("//h/a.ts", scheme("//h/a.ts")),
        ("/video/a.ts", scheme("/video/a.ts")),
    ];
    for (url, line) in rows {
        assert_eq!(sign(url, &[]), line);
    }
    assert_eq!(
        sign("https://h/a", &["--policy-resource", "https://h:443/*"]),
        changes("the default port", 9, "leave it out")
    );
    assert_eq!(
        sign("https://h/a", &["--stream"]),
        "error: --stream is for the name of an RTMP stream, and https://h/a is a URL"
    );
}

#[test]
fn streams_of_2014_are_signed_with_and_without_stream() {
    let keys = Keys::new("ecdsa");
    for (url, more) in [
        ("video/a.mp4", &[][..]),
        ("a.mp4", &[]),
        ("mp4:video/a.mp4", &[]),
        ("rtmp://h.example/cfx/st/&mp4:video/a.mp4", &[]),
        ("video/a.mp4", &["--stream"]),
        ("v1.2/a.mp4", &["--stream"]),
        ("rtmp://h.example/cfx/st/video/a", &["--stream"]),
    ] {
        let mut arguments = vec!["--url", url, "--date-less-than", "2199-01-01"];
        arguments.extend(more);
        let signed = keys.sign(&arguments);
        assert_eq!(stdout(&keys.explain(&signed, &[])).lines().next(), Some("admitted"), "{url}");
    }
}

#[test]
fn a_warning_says_what_s3_makes_of_a_plus_and_that_a_date_is_past() {
    let keys = Keys::new("ecdsa");
    let private = keys.private();
    let warnings = |url: &str, expires: &str| {
        let key = ["--key-pair-id", "K1", "--private-key", &private];
        let arguments = [&["sign", "--url", url, "--date-less-than", expires], &key[..]].concat();
        let output = usher(&arguments);
        stdout(&output);
        String::from_utf8(output.stderr).unwrap()
    };
    let plus =
        "warning: S3 reads the + at byte 11 as a space: if the object's name contains a +, write %2B\n";
    assert_eq!(warnings("https://h/a+b", "2199-01-01"), plus);
    assert_eq!(warnings("https://h/a%2Bb?x=+", "2199-01-01"), "");
    assert_eq!(warnings("https://h/a", "1790000000"), past(1_790_000_000));
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
