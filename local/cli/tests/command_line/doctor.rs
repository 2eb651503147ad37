//! `usher doctor`

use crate::checkout::Checkout;

const PARAMETERS: &str = "Simplejwt: '{\"keys\": \"simplejwt\"}'
ViewerSecretArn: arn:aws:secretsmanager:eu-central-1:123456789012:secret:viewers-AbCdEf
";
const SAMCONFIG: &str = "version = 0.1
[default.global.parameters]
stack_name = 'usher'
region = 'eu-central-1'
parameter_overrides = 'file://deploy/usher.yaml'
";

/// One that is ready for `sam deploy`.
fn ready() -> Checkout {
    let checkout = Checkout::new();
    checkout.write("deploy/usher.yaml", PARAMETERS);
    checkout.write("samconfig.toml", SAMCONFIG);
    checkout
}

/// The lines that are not ok, but for the last one; and the exit code.
fn not_ok(checkout: &Checkout, arguments: &[&str]) -> (Option<i32>, Vec<String>) {
    let (code, stdout, stderr) = checkout.run(&[&["doctor"], arguments].concat());
    assert_eq!(stderr, "");
    let mut lines: Vec<String> = stdout.lines().map(str::to_owned).collect();
    let last = lines.pop().unwrap();
    let ok = lines.iter().filter(|line| line.starts_with("ok ")).count();
    assert!(last.starts_with(&format!("{ok} ok, ")), "{stdout}");
    lines.retain(|line| !line.starts_with("ok "));
    (code, lines)
}

#[test]
fn a_checkout_that_is_ready_has_a_line_for_each_check() {
    let (code, stdout, stderr) = ready().run(&["doctor"]);
    let expected = "ok       file         deploy/usher.yaml
ok       sam          1.170.0
ok       cargo-lambda 1.9.2
ok       zig          0.17.1
ok       rust target  aarch64-unknown-linux-gnu
ok       cargo config no target-cpu=native
ok       stack name   usher
ok       region       eu-central-1
ok       parameters   2, which fit the template and its rules
ok       settings     the functions can start with them
ok       environment  about BYTES of 4096 bytes
11 ok, 0 wrong, 0 to be considered, 0 unknown
";
    // How many bytes it has depends on the template.
    let (before, after) = stdout.split_once("about ").unwrap();
    let (bytes, after) = after.split_once(' ').unwrap();
    assert!(bytes.parse::<u32>().is_ok_and(|bytes| bytes > 500), "{bytes}");
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert_eq!(format!("{before}about BYTES {after}"), expected);
}

#[test]
fn each_tool_that_is_missing_or_old_is_a_line_with_its_cure() {
    let checkout = ready();
    checkout.write_tool("sam", "SAM CLI, version 1.150.0");
    checkout.remove_tool("zig");
    checkout.write_tool("rustc", "/nowhere");
    checkout.write(".cargo/config.toml", "[build]\nrustflags = ['-C', 'target-cpu=native']\n");
    let cargo_config = format!(
        "wrong    cargo config {} has target-cpu=native, by which the functions would not run on Lambda's processor: \
         remove it there",
        checkout.path(".cargo/config.toml").display()
    );
    let expected = [
        "wrong    sam          1.150.0 does not read parameters from a file (file://), 1.153 does: \
         pip install --upgrade aws-sam-cli",
        "wrong    zig          it is not on the PATH: pip install ziglang",
        "wrong    rust target  aarch64-unknown-linux-gnu is not installed: install Rust by rustup, \
         see https://rustup.rs, or set Architecture to x86_64",
        &cargo_config,
    ];
    assert_eq!(not_ok(&checkout, &[]), (Some(1), expected.map(str::to_owned).to_vec()));
}

#[test]
fn what_is_wrong_with_the_file_is_told_before_aws_would() {
    const SEE: &str = "docs/settings.md describes each parameter";
    let rows = [
        ("Simplejwt: {}", "file         deploy/usher.yaml: the value of Simplejwt is neither a text nor a number nor a list of them: write lines such as Name: value, and JSON within single quotes".to_owned()),
        ("", "file         deploy/usher.yaml: it is empty: write lines such as Name: value, and JSON within single quotes".to_owned()),
        (
            "Simplejtw: '{}'\nCertificateArn: arn:aws:acm:eu-central-1:123456789012:certificate/1\n",
            format!(
                "parameters   there is no parameter Simplejtw, but Simplejwt; the parameter CertificateArn must be the ARN of a \
                 certificate in us-east-1, or empty: {SEE}"
            ),
        ),
        (
            "Simplejwt: '{\"keys\": \"simplejwt\"}'\nViewerSecretArn: the ARN of the secret\n",
            "secret       ViewerSecretArn is still \"the ARN of the secret\": create the secret, and write its ARN \
             there"
                .to_owned(),
        ),
        (
            "Simplejwt: '{\"keys\": \"simplejwt\"}'\nDomainName: video.invalid\nViewerSecretArn: \
             arn:aws:secretsmanager:eu-central-1:123456789012:secret:v-AbCdEf\n",
            format!(
                "rules        DomainName and CertificateArn go together, set both or neither (rule \
                 DomainAndCertificateGoTogether): {SEE}"
            ),
        ),
    ];
    for (text, expected) in rows {
        let checkout = ready();
        checkout.write("deploy/usher.yaml", text);
        let (code, lines) = not_ok(&checkout, &[]);
        assert_eq!(code, Some(1), "{text}");
        assert!(lines.contains(&format!("wrong    {expected}")), "{lines:#?}");
    }
}

#[test]
fn the_functions_own_settings_are_judged_too() {
    let checkout = ready();
    checkout.write("deploy/usher.yaml", &format!("{PARAMETERS}Entitlements: '[\"/video/*/x\"]'\n"));
    let (code, lines) = not_ok(&checkout, &[]);
    assert_eq!((code, lines.len()), (Some(1), 1), "{lines:#?}");
    assert!(lines[0].starts_with("wrong    settings     Entitlements"), "{lines:#?}");

    let long = format!("{PARAMETERS}Entitlements: '[{}]'\n", vec!["\"/video/a/*\""; 150].join(","));
    let common = format!("CommonAssets: '[{}]'\n", vec!["\"/video/a/*\""; 150].join(","));
    checkout.write("deploy/usher.yaml", &(long + &common));
    let (_, lines) = not_ok(&checkout, &[]);
    assert_eq!(lines, Vec::<String>::new(), "each function has one of them");
}

#[test]
fn the_file_is_the_one_of_samconfig_or_of_the_command_line() {
    let checkout = ready();
    checkout.write("deploy/other.yaml", PARAMETERS);
    checkout.write("deploy/usher.yaml", "");
    assert_eq!(not_ok(&checkout, &["deploy/other.yaml"]), (Some(0), Vec::new()));
    let no_file = |samconfig: &str| {
        checkout.write("samconfig.toml", samconfig);
        not_ok(&checkout, &[]).1.remove(0)
    };
    assert_eq!(
        no_file("version = 0.1\n"),
        "wrong    file         samconfig.toml names no file of parameters: run usher init"
    );
    assert_eq!(
        no_file(&SAMCONFIG.replace("usher.yaml", "nothing.yaml")),
        "wrong    file         deploy/nothing.yaml cannot be read (No such file or directory (os error 2)): run usher \
         init"
    );
    assert_eq!(
        no_file(&SAMCONFIG.replace("'file://deploy/usher.yaml'", "'DomainName=a.example'")),
        "unknown  file         samconfig.toml has parameters in itself, or in several files: name the file to check, \
         as in usher doctor deploy/usher.yaml"
    );
    checkout.write("samconfig.toml", "version = 0.1\n");
    let lines = not_ok(&checkout, &["deploy/other.yaml"]);
    let expected = [
        "wrong    stack name   samconfig.toml has no stack_name: run usher init",
        "wrong    region       samconfig.toml has no region, so sam deploy uses that of the shell: run usher init, or \
         add region = \"…\"",
    ];
    assert_eq!(lines, (Some(1), expected.map(str::to_owned).to_vec()));
}

#[test]
fn pages_that_would_keep_no_cookies_are_a_warning() {
    let checkout = ready();
    let rows = [
        ("Plone: '{\"site\": \"https://127.0.0.1:1/Plone\"}'\n", "no page of the Plone site can get cookies"),
        (
            "Simplejwt: '{\"keys\": \"simplejwt\"}'\nWebsiteDomainName: origin.example.com\n",
            "without DomainName, ",
        ),
        (
            "Simplejwt: '{\"keys\": \"simplejwt\"}'\nAllowedOrigins: https://a.example\n",
            "https://a.example is on another site than the distribution",
        ),
    ];
    let arn = PARAMETERS.lines().last().unwrap();
    for (parameters, expected) in rows {
        checkout.write("deploy/usher.yaml", &format!("{parameters}{arn}\n"));
        let (code, lines) = not_ok(&checkout, &[]);
        let warnings: Vec<&String> = lines.iter().filter(|line| line.starts_with("warning ")).collect();
        assert_eq!((code, warnings.len()), (Some(0), 1), "{lines:#?}");
        assert!(warnings[0].contains(expected), "{warnings:?}");
    }
}

#[test]
fn what_no_rule_of_the_template_can_say_is_told_too() {
    let checkout = ready();
    let arn = PARAMETERS.lines().last().unwrap();
    let pool = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_1";
    let rows = [
        (
            format!("Simplejwt: '{{\"keys\": \"simplejwt\"}}'\n{}\n", arn.replace("eu-central-1", "us-east-1")),
            "wrong    region       ViewerSecretArn is of us-east-1, and the stack of eu-central-1: make it in the \
             stack's region, or choose its region for the stack"
                .to_owned(),
        ),
        (
            format!("Django: '{{\"keys\": \"a\"}}'\nCookieTtlSeconds: 3600\n{arn}\n"),
            "warning  lifetimes    CookieTtlSeconds is longer than the 900 seconds of a value of Django, and nothing \
             lasts longer than that: raise max_age_seconds in Django, and VIDEO_SECONDS on the site"
                .to_owned(),
        ),
        (
            format!("JwtIssuers: '[{{\"issuer\": \"{pool}\", \"audience\": \"1\"}}]'\n"),
            format!(
                "warning  issuer       {pool} has no token_use, so its ID tokens open the videos, and its access \
                 tokens do not: add \"token_use\": \"access\""
            ),
        ),
    ];
    for (parameters, expected) in rows {
        checkout.write("deploy/usher.yaml", &parameters);
        let (_, lines) = not_ok(&checkout, &[]);
        assert!(lines.contains(&expected), "{lines:#?}");
    }
    checkout.write("deploy/usher.yaml", &format!("{PARAMETERS}WebsiteDomainName: localhost\n"));
    let (_, lines) = not_ok(&checkout, &[]);
    let website = lines.last().unwrap();
    assert!(website.starts_with("warning  website      localhost does not answer from here: "), "{lines:#?}");
    let cure = ": CloudFront must reach it on port 443, with a certificate for localhost";
    assert!(website.ends_with(cure), "{lines:#?}");
}

#[test]
fn an_issuer_that_cannot_be_asked_is_unknown_and_a_name_in_the_way_wrong() {
    let checkout = ready();
    let certificate = "CertificateArn: arn:aws:acm:us-east-1:123456789012:certificate/1\n";
    checkout.write(
        "deploy/usher.yaml",
        &format!(
            "JwtIssuers: '[{{\"issuer\": \"https://127.0.0.1:1\", \"audience\": \"video\"}}]'\n\
             Plone: '{{\"site\": \"https://127.0.0.1:1/Plone\"}}'\nDomainName: localhost.localhost\n{certificate}"
        ),
    );
    let (code, lines) = not_ok(&checkout, &[]);
    assert_eq!(code, Some(0), "{lines:#?}");
    assert!(lines[0].starts_with("warning  pages        no page of the Plone site"), "{lines:#?}");
    assert!(
        lines[1].starts_with("unknown  issuer       https://127.0.0.1:1/.well-known/openid-configuration: ")
    );
    assert!(lines[1].ends_with(": is the name right, and is this machine online?"), "{lines:#?}");
    assert!(
        lines[2].starts_with(
            "unknown  site         https://127.0.0.1:1/Plone: the Plone site cannot be reached: "
        )
    );
}
