//! `usher entitle`: what a token may watch, and why.

use std::{io::Write as _, process::Stdio};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::program::{command, run, told};

const RULES: &str =
    r#"["/video/{tenant}/*", {"resource": "/video/premium/*", "if": {"scope": "video:watch"}}]"#;

/// The exit code, standard output and standard error, with the token on standard input.
fn entitle(settings: &[(&str, &str)], arguments: &[&str], token: &str) -> (Option<i32>, String, String) {
    let mut command = command(&["entitle", "--token", "-"]);
    command.args(arguments).env_clear().envs(settings.iter().copied());
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A usage error ends the program before it reads.
    let _ = child.stdin.take().unwrap().write_all(token.as_bytes());
    told(child.wait_with_output().unwrap())
}

/// The exit code and standard output without an error.
fn explained(settings: &[(&str, &str)], arguments: &[&str], token: &str) -> (i32, String) {
    let (code, stdout, stderr) = entitle(settings, arguments, token);
    assert_eq!(stderr, "");
    (code.unwrap(), stdout)
}

fn jwt(claims: &Value) -> String {
    format!("eyJhbGciOiJSUzI1NiJ9.{}.AAAA", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

#[test]
fn a_token_is_explained_rule_by_rule() {
    let settings = [("ENTITLEMENTS", RULES)];
    let claims = json!({"sub": "anna", "tenant": "acme", "scope": "openid"});
    let rules = "rule 0: \"/video/{tenant}/*\"\n  gives /video/acme/*\n\
                 rule 1: {\"resource\": \"/video/premium/*\", \"if\": {\"scope\": \"video:watch\"}}\n  \
                 gives nothing: the condition {\"scope\":\"video:watch\"} is not met: the claim is \"openid\"\n";
    let unverified = "not verified: these are the claims that the token contains\n  alg \"RS256\"\n  iss is missing\n  \
                      aud is missing\n  sub \"anna\"\n  exp is missing\n";
    let watches = "may watch /video/acme/*\n";
    assert_eq!(explained(&settings, &[], &jwt(&claims)), (0, format!("{unverified}{rules}{watches}")));
    assert_eq!(explained(&settings, &[], &format!("{claims}\n")), (0, format!("{rules}{watches}")));
    // The option takes precedence.
    let overridden = ["--entitlements", r#"["/video/{film}/*"]"#];
    let missing = "the claim film is missing, or is not one plain path segment";
    assert_eq!(
        explained(&settings, &overridden, &claims.to_string()),
        (
            1,
            format!(
                "rule 0: \"/video/{{film}}/*\"\n  gives nothing: {missing}\nmay watch nothing: {missing}\n"
            )
        )
    );
    assert_eq!(
        explained(&[], &[], "{}"),
        (0, "rule 0: \"/video/*\"\n  gives /video/*\nmay watch /video/*\n".to_owned())
    );
}

#[test]
fn one_path_is_permitted_or_not_however_many_there_are() {
    let films: Vec<u32> = (0..200).collect();
    let claims = json!({"film": films}).to_string();
    let settings = [("ENTITLEMENTS", r#"["/films/{film}/*"]"#), ("RESOURCE_PATH", "/films/*")];
    let rule = "rule 0: \"/films/{film}/*\"\n  gives nothing: the rules give the viewer too many resources\n";
    let rows = [
        ("/films/199/master.m3u8?a=b", 0, "may watch /films/199/master.m3u8\n"),
        (
            "/films/200/master.m3u8",
            1,
            "may not watch /films/200/master.m3u8: no rule gives the viewer a resource\n",
        ),
    ];
    for (path, code, verdict) in rows {
        assert_eq!(
            explained(&settings, &["--path", path], &claims),
            (code, format!("{rule}{verdict}")),
            "{path}"
        );
    }
}

#[test]
fn what_the_token_does_not_say_is_an_option() {
    let rules = |conditions: Value| json!([{"resource": "/video/*", "if": conditions}]).to_string();
    let claims = json!({"@country": "DE", "authenticator": "django"}).to_string();
    let rows: [(Value, &[&str], i32); 7] = [
        (json!({"@country": "DE"}), &[], 1),
        (json!({"@country": "DE"}), &["--country", "DE"], 0),
        (json!({"@country": "DE"}), &["--country", "AT"], 1),
        (json!({"@asn": 3320}), &["--asn", "3320"], 0),
        (json!({"authenticator": "jwt"}), &[], 0),
        (json!({"authenticator": "django"}), &[], 1),
        (json!({"authenticator": "django"}), &["--authenticator", "django"], 0),
    ];
    for (conditions, arguments, code) in rows {
        let rules = rules(conditions);
        assert_eq!(
            explained(&[("ENTITLEMENTS", &rules)], arguments, &claims).0,
            code,
            "{rules} {arguments:?}"
        );
    }
}

#[test]
fn paths_of_the_token_count_where_the_site_signs() {
    let claims = json!({"paths": ["/video/a/*", "/video/b/*"]}).to_string();
    let rule = "rule 0: \"/video/*\"\n  gives /video/*\n";
    let foreign = "path and paths have no effect, unless the site itself signs the token (--site-signs)\n";
    assert_eq!(explained(&[], &[], &claims), (0, format!("{rule}{foreign}may watch /video/*\n")));
    let allowed = "the site allows: /video/a/*, /video/b/*\n";
    assert_eq!(
        explained(&[], &["--site-signs"], &claims),
        (0, format!("{rule}{allowed}may watch /video/a/*, /video/b/*\n"))
    );
    assert_eq!(
        explained(&[], &["--site-signs"], r#"{"paths": []}"#),
        (
            1,
            format!(
                "{rule}the site allows: nothing\nmay watch nothing: no rule gives the viewer a resource\n"
            )
        )
    );
}

#[test]
fn what_cannot_be_read_is_one_line() {
    let form =
        "error: the token is neither a JSON Web Token (three parts with dots between) nor a JSON object\n";
    let rows: [(&[&str], &str, &str); 9] = [
        (
            &[],
            r#"{"access_token": "a.b.c"}"#,
            "error: the file has no token but a JSON object that contains one: keep only the text of access_token\n",
        ),
        (&[], "opaque", form),
        (&[], "a.b", form),
        (&[], "a.e30.c.d.e", form),
        (&[], "a.!.c", form),
        (&[], "a.e30x.c", "error: the claims cannot be read: trailing characters at line 1 column 3\n"),
        (
            &[],
            r#"{"a": 1, "a": 2}"#,
            "error: the claims cannot be read: a claim appears twice at line 1 column 16\n",
        ),
        (
            &["--site-signs"],
            r#"{"path": 1}"#,
            "error: the function rejects this token: path must be a text, or paths a list of texts\n",
        ),
        (
            &["--entitlements", "[]"],
            "{}",
            "error: the configuration cannot be used: ENTITLEMENTS is empty: nobody could watch anything\n",
        ),
    ];
    for (arguments, token, problem) in rows {
        assert_eq!(entitle(&[], arguments, token), (Some(2), String::new(), problem.to_owned()), "{token}");
    }
    let (code, stdout, stderr) = entitle(&[], &["--country", "Germany"], "{}");
    assert_eq!(
        (code, stdout.as_str(), stderr.as_str()),
        (
            Some(2),
            "",
            "error: invalid value 'Germany' for '--country <CODE>': it is no code of two capital letters, such as DE\n"
        )
    );
    assert_eq!(run(&["entitle", "--token", "/none"]).0, Some(2));
}

#[test]
fn what_decides_about_a_token_is_shown_escaped() {
    let claims =
        json!({"iss": "a\n\u{202e}", "aud": ["account"], "azp": "page", "sub": "anna", "exp": "soon"});
    let output = explained(&[], &[], &jwt(&claims)).1;
    let shown: Vec<_> = output.lines().skip(1).take(6).collect();
    let expected = [
        "alg \"RS256\"",
        r#"iss "a\n\u{202e}""#,
        r#"aud ["account"]"#,
        "azp \"page\"",
        "sub \"anna\"",
        "exp \"soon\"",
    ];
    assert_eq!(shown, expected.map(|line| format!("  {line}")));
    let output = explained(&[], &[], &jwt(&json!({"exp": 60}))).1;
    assert!(output.contains("\n  exp 1970-01-01T00:01:00Z (60), expired "), "{output}");
}
