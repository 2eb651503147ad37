//! Wrong usage: one sentence, exit code 2, and nothing on standard output.

use std::fs;

use crate::{
    keys::Keys,
    program::{error_line, run},
};

/// Each command line, and what standard error says after `error: `. `{sign}` is a complete `sign` but for its
/// time, and `{private}` its key.
const WRONG: [(&str, &str); 65] = [
    ("fly", "unrecognized subcommand 'fly'"),
    ("sing", "unrecognized subcommand 'sing'; a similar subcommand exists: 'sign'"),
    ("chek https://h", "unrecognized subcommand 'chek'; a similar subcommand exists: 'check'"),
    ("serv", "unrecognized subcommand 'serv'; a similar subcommand exists: 'serve'"),
    (
        "uplaod {folder} s3://b/video/m",
        "unrecognized subcommand 'uplaod'; a similar subcommand exists: 'upload'",
    ),
    ("help fly", "unrecognized subcommand 'fly'"),
    ("--lisen 8080", "unexpected argument '--lisen' found; a similar argument exists: '--listen'"),
    ("--media", "a value is required for '--media <MEDIA>' but none was supplied"),
    (
        "--media {folder}/nowhere --listen 0 --bucket-listen 0 --state {folder}/state",
        "the media folder {folder}/nowhere is not a folder",
    ),
    ("serve --medai {folder}", "unexpected argument '--medai' found; a similar argument exists: '--media'"),
    ("serve {folder}", "unexpected argument '{folder}' found"),
    (
        "serve --listen laptop.local:8080",
        "invalid value 'laptop.local:8080' for '--listen <[HOST:]PORT>': it is neither a port such as 8080, \
         nor an address such as localhost:8080 or 0.0.0.0:8080",
    ),
    (
        "serve --listen 99999",
        "invalid value '99999' for '--listen <[HOST:]PORT>': a port is a number from 0 to 65535",
    ),
    (
        "serve --listen 127.0.0.1",
        "invalid value '127.0.0.1' for '--listen <[HOST:]PORT>': it is neither a port such as 8080, nor an \
         address such as localhost:8080 or 0.0.0.0:8080",
    ),
    (
        "serve --bucket-listen http://localhost:8081",
        "invalid value 'http://localhost:8081' for '--bucket-listen <[HOST:]PORT>': it is neither a port such \
         as 8080, nor an address such as localhost:8080 or 0.0.0.0:8080",
    ),
    ("serve --quiet --verbose", "the argument '--quiet' cannot be used with '--verbose'"),
    ("serve --quiet --quiet", "the argument '--quiet' cannot be used multiple times"),
    (
        "serve --website 127.0.0.1:8000",
        "invalid value '127.0.0.1:8000' for '--website <URL>': it is not of the form http://127.0.0.1:8000",
    ),
    (
        "serve --host laptop.local:8080",
        "invalid value 'laptop.local:8080' for '--host <NAME>': it is no name or address without a port, such \
         as laptop.local",
    ),
    (
        "serve --parameter-overrides DomainName",
        "invalid value 'DomainName' for '--parameter-overrides <NAME=VALUE>...': it is not of the form \
         NAME=VALUE",
    ),
    (
        "serve --template {folder}/nowhere --listen 0 --bucket-listen 0 --state {folder}/state",
        "{folder}/nowhere cannot be read: No such file or directory (os error 2)",
    ),
    (
        "sign",
        "the following required arguments were not provided: --url <U> --key-pair-id <K> --private-key <FILE> \
         --date-less-than <T>",
    ),
    ("{sign}", "a value is required for '--date-less-than <T>' but none was supplied"),
    (
        "{sign} soon",
        "invalid value 'soon' for '--date-less-than <T>': it is neither Unix seconds, nor ISO 8601 such as \
         2026-11-21T20:00:00Z, nor a time from now such as 1h",
    ),
    (
        "{sign} 1790000000000",
        "invalid value '1790000000000' for '--date-less-than <T>': the time 1790000000000 is in milliseconds: \
         CloudFront counts in seconds",
    ),
    (
        "{sign} 1mo",
        "invalid value '1mo' for '--date-less-than <T>': months and years differ in length: count in days",
    ),
    (
        "{sign} 99999999999h",
        "invalid value '99999999999h' for '--date-less-than <T>': it is neither Unix seconds, nor ISO 8601 \
         such as 2026-11-21T20:00:00Z, nor a time from now such as 1h",
    ),
    (
        "{sign} 1h --hash-algorithm MD5",
        "invalid value 'MD5' for '--hash-algorithm <SHA1|SHA256>': the hash algorithm \"MD5\" is not one of \
         SHA1 and SHA256",
    ),
    (
        "{sign} 1h --ip-address 300.0.0.1",
        "the IP address \"300.0.0.1\" is not an IPv4 address or CIDR such as 192.0.2.0/24",
    ),
    (
        "{sign} 20 --date-greater-than 20",
        "the window is empty: it opens after 1970-01-01T00:00:20Z (20) and closes at 1970-01-01T00:00:20Z (20)",
    ),
    ("{sign} 1h --policy-resource https://h/b/*", "the resource https://h/b/* does not cover https://h/a"),
    ("{sign} 1h --url https://h/b", "the argument '--url <U>' cannot be used multiple times"),
    (
        "{sign} 1h --key-pair K1",
        "unexpected argument '--key-pair' found; a similar argument exists: '--key-pair-id'",
    ),
    (
        "sign --url https://h/a --key-pair-id K1 --private-key {folder}/nowhere --date-less-than 1h",
        "{folder}/nowhere cannot be read: No such file or directory (os error 2)",
    ),
    (
        "sign --url https://h/a --key-pair-id K1 --private-key {folder}/public_key.pem --date-less-than 1h",
        "{folder}/public_key.pem: this is a public key: signing needs the private key",
    ),
    (
        "sign --url https://h/a --key-pair-id K/1 {private} --date-less-than 1h",
        "invalid value 'K/1' for '--key-pair-id <K>': the key pair id \"K/1\" is not a CloudFront public key \
         id such as K2JCJMDEHXQW5F",
    ),
    (
        "sign-cookies --resource https://h/* --key-pair-id K1 {private} --expires 1h --output xml",
        "invalid value 'xml' for '--output <OUTPUT>' [possible values: json, set-cookie]",
    ),
    (
        "explain --url https://h/a",
        "the following required arguments were not provided: --public-key <K=FILE>",
    ),
    (
        "explain --url https://h/a --public-key K1",
        "invalid value 'K1' for '--public-key <K=FILE>': it is not of the form ID=FILE",
    ),
    (
        "explain --url https://h/a --public-key K1={folder}/nowhere",
        "{folder}/nowhere cannot be read: No such file or directory (os error 2)",
    ),
    (
        "explain --url https://h/a --public-key K1={folder}/public_key.pem --now yesterday",
        "invalid value 'yesterday' for '--now <T>': it is neither Unix seconds, nor ISO 8601 such as \
         2026-11-21T20:00:00Z, nor a time from now such as 1h",
    ),
    (
        "explain --url https://h/a --public-key K1={folder}/public_key.pem --ip-address 192.0.2",
        "invalid value '192.0.2' for '--ip-address <A>': invalid IP address syntax",
    ),
    ("entitle", "the following required arguments were not provided: --token <FILE>"),
    (
        "entitle --token {folder}/nowhere",
        "{folder}/nowhere cannot be read: No such file or directory (os error 2)",
    ),
    (
        "entitle --token {folder}/token",
        "the token is neither a JSON Web Token (three parts with dots between) nor a JSON object",
    ),
    (
        "entitle --token {folder}/token --country germany",
        "invalid value 'germany' for '--country <CODE>': it is no code of two capital letters, such as DE",
    ),
    (
        "entitle --token {folder}/token --authenticator oauth",
        "invalid value 'oauth' for '--authenticator <NAME>' [possible values: django, jwt, plone-online, \
         plone-ticket, plone-token, simplejwt]",
    ),
    (
        "rewrite --url https://h/video/m/p.m3u8 --key-pair-id K1 {private} --expires 1h --style bold",
        "invalid value 'bold' for '--style <STYLE>' [possible values: inline, define, plain]",
    ),
    (
        "rewrite --url https://h/video/m/p.m3u8 --key-pair-id K1 {private} --expires 1h --scope-depth many",
        "invalid value 'many' for '--scope-depth <NUMBER>': it is no number of path segments such as 1",
    ),
    ("keygen", "the following required arguments were not provided: --out <DIR>"),
    (
        "keygen --type dsa --out {folder}",
        "invalid value 'dsa' for '--type <rsa|ecdsa>': the type of a key is rsa or ecdsa",
    ),
    (
        "init my_stack",
        "invalid value 'my_stack' for '[NAME]': it must be letters, digits and hyphens, and begin with a letter",
    ),
    ("init --set Plone={}", "the following required arguments were not provided: --region <REGION>"),
    (
        "init --set Plone --region us-east-1",
        "invalid value 'Plone' for '--set <NAME=VALUE>': it is not of the form NAME=VALUE",
    ),
    (
        "init --region cn-north-1",
        "invalid value 'cn-north-1' for '--region <REGION>': it is in China or GovCloud, where CloudFront has no key \
         groups and no origin access control",
    ),
    ("doctor", "there is no template.yaml here: run this in the folder of the checkout"),
    ("check", "the following required arguments were not provided: <URL>"),
    ("check h", "invalid value 'h' for '<URL>': it is no URL such as https://video.example.com"),
    (
        "check https://h --playlist p.m3u8",
        "invalid value 'p.m3u8' for '--playlist <PATH>': it is no path such as /video/m/master.m3u8",
    ),
    (
        "check https://h --bearer-file {folder}/token --cookie-file {folder}/token",
        "the argument '--bearer-file <FILE>' cannot be used with '--cookie-file <FILE>'",
    ),
    ("upload {folder}", "the following required arguments were not provided: <s3://BUCKET/PREFIX>"),
    (
        "upload {folder} https://films/video/m",
        "the destination \"https://films/video/m\" is not of the form s3://BUCKET/video/NAME",
    ),
    (
        "upload {folder} s3://films/m",
        "nobody could watch what lies below \"m\": the bucket policy opens video/* only (and public/* with \
         PublicPaths), so upload to s3://BUCKET/video/NAME, or say --any-prefix",
    ),
    (
        "completions tcsh",
        "invalid value 'tcsh' for '<SHELL>' [possible values: bash, elvish, fish, powershell, zsh]; a similar \
         value exists: 'zsh'",
    ),
    (
        "man fly",
        "usher has no command \"fly\": it has serve, sign, sign-cookies, explain, entitle, rewrite, keygen, \
         init, doctor, check, package, upload, completions, man",
    ),
];

#[test]
fn each_wrong_usage_is_one_sentence_and_exit_code_2() {
    let keys = Keys::new("rsa");
    let folder = keys.folder.path().to_str().unwrap();
    fs::write(keys.folder.path().join("token"), "not a token\n").unwrap();
    let replaced =
        |text: &str| text.replace("{sign}", SIGN).replace("{private}", PRIVATE).replace("{folder}", folder);
    for (line, expected) in WRONG {
        let line = replaced(line);
        let arguments: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(error_line(&arguments), format!("error: {}", replaced(expected)), "usher {line}");
    }
}

#[test]
fn help_has_an_example_for_each_command_that_its_grammar_accepts() {
    let commands = [
        "serve",
        "sign",
        "sign-cookies",
        "explain",
        "entitle",
        "rewrite",
        "keygen",
        "init",
        "doctor",
        "check",
        "package",
        "upload",
        "completions",
        "man",
    ];
    for command in commands {
        let (code, help, _) = run(&[command, "--help"]);
        assert_eq!(code, Some(0), "{command}");
        let (_, examples) =
            help.split_once("\nExample").unwrap_or_else(|| panic!("{command} has no example"));
        assert!(examples.contains(&format!("  usher {command} ")), "{command}");
    }
}

#[test]
fn a_shell_gets_its_completions_and_man_its_pages() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let (code, script, stderr) = run(&["completions", shell]);
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "{shell}");
        assert!(script.contains("sign-cookies") && script.contains("date-less-than"), "{shell}");
    }
    for (arguments, title) in [(&["man"][..], ".TH usher 1 "), (&["man", "sign"], ".TH usher-sign 1 ")] {
        let (code, page, stderr) = run(arguments);
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "{arguments:?}");
        assert!(page.lines().any(|line| line.starts_with(title)), "{page}");
    }
}

const SIGN: &str = "sign --url https://h/a --key-pair-id K1 {private} --date-less-than";
const PRIVATE: &str = "--private-key {folder}/private_key.pem";
