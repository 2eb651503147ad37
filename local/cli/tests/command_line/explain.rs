//! `usher explain`

use std::{fs, process::Output};

use serde_json::{Value, json};

use crate::{
    SEGMENT,
    keys::Keys,
    program::{stdout, usher},
    vectors::vectors,
};

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

#[test]
fn what_clients_do_not_send_and_what_was_copied_is_said() {
    let keys = Keys::new("ecdsa");
    let signed = keys.sign(&["--url", SEGMENT, "--date-less-than", "1790000000"]);
    let explain = |url: &str| {
        let output = keys.explain(url, &["--now", "1"]);
        let verdict = stdout(&output).lines().next().map(str::to_owned);
        (verdict, String::from_utf8(output.stderr).unwrap())
    };
    let admitted = |warning: String| (Some("admitted".to_owned()), warning);
    let length = signed.len();
    assert_eq!(
        explain(&format!("{signed}#t=10")),
        admitted(format!(
            "warning: clients do not send the fragment, from byte {length} of the URL on: it is left out here\n"
        ))
    );
    let at = signed.find('&').unwrap();
    for (escape, language) in [("&amp;", "HTML"), ("\\u0026", "JSON")] {
        assert_eq!(
            explain(&signed.replace('&', escape)),
            admitted(format!(
                "warning: the URL has {escape} at byte {at}, as {language} writes &: it is read as & here, and a client \
                 must send &\n"
            ))
        );
    }
    let own = keys.sign(&["--url", &format!("{SEGMENT}?a=1&amp;b=2"), "--date-less-than", "1790000000"]);
    assert_eq!(explain(&own), admitted(String::new()), "it was signed with it");
}

#[test]
fn a_policy_with_two_statements_counts_for_nothing() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let keys = Keys::new("ecdsa");
    let statement = r#"{"Condition":{"DateLessThan":{"AWS:EpochTime":1790000000}}}"#;
    let policy = STANDARD.encode(format!(r#"{{"Statement":[{statement},{statement}]}}"#));
    let policy = policy.replace('+', "-").replace('=', "_").replace('/', "~");
    let url = format!("{SEGMENT}?Policy={policy}&Signature=AAAA&Key-Pair-Id=K1");
    let text = String::from_utf8(keys.explain(&url, &["--now", "1"]).stdout).unwrap();
    assert_eq!(
        text.lines().find(|line| line.starts_with("reason:")),
        Some(
            "reason:   the policy cannot be read: Statement has 2 entries, but a policy must have exactly one: none of \
             them counts"
        )
    );
}
