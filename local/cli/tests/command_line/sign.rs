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
        let warning =
            format!("warning: this RSA key has {} bits, and CloudFront accepts only 2048\n", key["bits"]);
        let expected = if key["bits"] == 2_048 { String::new() } else { warning };
        assert_eq!(String::from_utf8(output.stderr).unwrap(), expected);
        reproduced.push(vector["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(reproduced.len(), 12, "{reproduced:?}");
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
