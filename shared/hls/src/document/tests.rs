mod properties;

use super::*;

const HERE: &str = "https://media.example.com/";
const QUERY: &str = "Policy=p~-_&Signature=s&Key-Pair-Id=K&Hash-Algorithm=SHA256";

/// Signs what is on our host, and what is relative, as the caller's resolver does.
fn sign(uri: &str) -> Option<String> {
    let ours = uri.starts_with(HERE) || !uri.contains(':');
    let bare = uri.split("?Policy=").next()?;
    ours.then(|| format!("{bare}?{QUERY}"))
}

fn clone_parameters(host: &str) -> Option<CloneParameters> {
    match host {
        "media.example.com" => Some(CloneParameters::Signed(QUERY.to_owned())),
        "unknown.example" => None,
        _ => Some(CloneParameters::Withheld),
    }
}

fn rewritten(json: &str) -> Option<Rewritten> {
    let rewritten = |json: &[u8]| rewrite(json, &mut sign, &mut clone_parameters).unwrap();
    let once = rewritten(json.as_bytes())?;
    assert_eq!(rewritten(&once.json).unwrap().json, once.json, "signing twice equals signing once");
    let untouched = rewrite(json.as_bytes(), &mut |_| None, &mut |_| None).unwrap().unwrap();
    assert_eq!(untouched.json, json.as_bytes(), "what is not signed is not touched");
    Some(once)
}

/// The text of a document.
fn signed(json: &str) -> String {
    String::from_utf8(rewritten(json).unwrap().json).unwrap()
}

fn refused(json: &[u8]) -> Option<DocumentError> {
    rewrite(json, &mut sign, &mut clone_parameters).err()
}

#[test]
fn each_asset_on_our_host_is_signed_and_no_other_byte_changes() {
    let list = |first: &str, second: &str| {
        format!(
            "\u{FEFF} {{\r\n\t\"X-ID\" : 1.50, \"ASSETS\" : [ {{\"DURATION\":1e1, \"URI\" : {first}}} ,\n\
             {{\"URI\":{second},\"DURATION\":5,\"X-URI\":\"https://media.example.com/x\"}}, 7, {{}} ],\
             \"SKIP-CONTROL\":{{\"OFFSET\":2}},\"RELOAD-URI\":\"a\" }} \n"
        )
    };
    let theirs = "\"https://ads.example/a.m3u8\"";
    assert_eq!(
        signed(&list("\"https://media.example.com/video/ad/a.m3u8\"", theirs)),
        list(&format!("\"https://media.example.com/video/ad/a.m3u8?{QUERY}\""), theirs)
    );
}

#[test]
fn a_string_keeps_its_escapes_before_what_is_added() {
    let rows = [
        // Signed, with its escapes kept.
        (r"https:\/\/media.example.com\/a\u0062", r"https:\/\/media.example.com\/a\u0062?QUERY"),
        (
            r"\u0068ttps://media.example.com/\ud83c\udfac",
            r"\u0068ttps://media.example.com/\ud83c\udfac?QUERY",
        ),
        (r"https://media.example.com/é\\\t", r"https://media.example.com/é\\\t?QUERY"),
        // The old query is replaced: the escapes are ours.
        (r#"https://media.example.com\/a\"é?Policy=1"#, r#"https://media.example.com/a\"é?QUERY"#),
        // Relative, empty, of another scheme: the base is uncertain, or a player requests nothing.
        ("a.m3u8", "a.m3u8"),
        ("//media.example.com/a", "//media.example.com/a"),
        ("", ""),
        ("data:,", "data:,"),
        // Half a surrogate pair is not text.
        (r"https://media.example.com/\ud83c", r"https://media.example.com/\ud83c"),
    ];
    for (written, expected) in rows {
        let list = |uri: &str| format!(r#"{{"ASSETS":[{{"URI":"{uri}"}}]}}"#);
        assert_eq!(signed(&list(written)), list(&expected.replace("QUERY", QUERY)), "{written}");
    }
}

#[test]
fn what_sign_answers_is_escaped() {
    let list = br#"{"ASSETS":[{"URI":"https://h/a"}]}"#;
    let answer = rewrite(list, &mut |uri| Some(format!("{uri}?\"\\\n\u{1}é")), &mut |_| None);
    assert_eq!(
        String::from_utf8(answer.unwrap().unwrap().json).unwrap(),
        r#"{"ASSETS":[{"URI":"https://h/a?\"\\\n\u0001é"}]}"#
    );
}

#[test]
fn a_steering_manifest_is_signed_with_its_clones() {
    let manifest = r#"{
  "VERSION": 1, "TTL": 300, "RELOAD-URI": "steering.json?x=1",
  "PATHWAY-PRIORITY": ["again", "theirs", "base"],
  "PATHWAY-CLONES": [
    {"BASE-ID": "base", "ID": "again", "URI-REPLACEMENT": {"HOST": "media.example.com"}},
    {"BASE-ID": "again", "ID": "theirs", "URI-REPLACEMENT": {"HOST": "other.example", "PARAMS": {"t": "1"}}},
    {"BASE-ID": "base", "ID": "each", "URI-REPLACEMENT": {
      "PER-VARIANT-URIS": {"low": "https://media.example.com/low.m3u8", "hi": "https://other.example/hi.m3u8"},
      "PER-RENDITION-URIS": {"en": "https://media.example.com/en.m3u8", "de": "de.m3u8"}}},
    {"BASE-ID": "base", "ID": "here", "URI-REPLACEMENT": {"PARAMS": {"t": "1"}}}
  ]
}"#;
    let expected = r#"{
  "VERSION": 1, "TTL": 300, "RELOAD-URI": "steering.json?x=1?QUERY",
  "PATHWAY-PRIORITY": ["again", "theirs", "base"],
  "PATHWAY-CLONES": [
    {"BASE-ID": "base", "ID": "again", "URI-REPLACEMENT": {"HOST": "media.example.com","PARAMS":PARAMS}},
    {"BASE-ID": "again", "ID": "theirs", "URI-REPLACEMENT": {"HOST": "other.example", "PARAMS": {"t": "1","Signature":"","usher-Signature":""}}},
    {"BASE-ID": "base", "ID": "each", "URI-REPLACEMENT": {
      "PER-VARIANT-URIS": {"low": "https://media.example.com/low.m3u8?QUERY", "hi": "https://other.example/hi.m3u8"},
      "PER-RENDITION-URIS": {"en": "https://media.example.com/en.m3u8?QUERY", "de": "de.m3u8"}}},
    {"BASE-ID": "base", "ID": "here", "URI-REPLACEMENT": {"PARAMS": {"t": "1"}}}
  ]
}"#;
    assert_eq!(signed(manifest), with_parameters(expected));
    let rewritten = rewritten(manifest).unwrap();
    assert_eq!(rewritten.kind.content_type(), "application/vnd.apple.steering-list");
}

/// Replaces PARAMS and QUERY with our parameters.
fn with_parameters(text: &str) -> String {
    text.replace(":PARAMS", &format!(":{{{MEMBERS}}}")).replace("MEMBERS", MEMBERS).replace("QUERY", QUERY)
}

const MEMBERS: &str = r#""Policy":"p~-_","Signature":"s","Key-Pair-Id":"K","Hash-Algorithm":"SHA256""#;

fn clone_of(host: &str, rest: &str, id: &str) -> String {
    format!(
        r#"{{"PATHWAY-CLONES":[{{"ID":"{id}","URI-REPLACEMENT":{{"HOST":{host}{rest}}},"BASE-ID":"b"}}]}}"#
    )
}

#[test]
fn params_keep_what_is_not_a_signature() {
    let rows = [
        ("", r#","PARAMS":{MEMBERS}"#),
        (r#","PARAMS":{}"#, r#","PARAMS":{MEMBERS}"#),
        (r#", "PARAMS" : { } "#, r#", "PARAMS" : {MEMBERS} "#),
        (r#","PARAMS":{ "a" : "{,}" , "b":2}"#, r#","PARAMS":{ "a" : "{,}" , "b":2,MEMBERS}"#),
        (r#","PARAMS":{"Signature":"old","a":"1\"},"}"#, r#","PARAMS":{"a":"1\"},",MEMBERS}"#),
        (
            r#","PARAMS":{"a":"1","Expires":"1","\u0050olicy":1,"b":[{}]}"#,
            r#","PARAMS":{"a":"1","b":[{}],MEMBERS}"#,
        ),
        (r#","PARAMS":{"a":"1"},"X":1"#, r#","PARAMS":{"a":"1",MEMBERS},"X":1"#),
        (r#","PARAMS":{"\ud800":"1","\ud800":2}"#, r#","PARAMS":{"\ud800":"1","\ud800":2,MEMBERS}"#),
        // `PARAMS` is no object.
        (r#","PARAMS":[] "#, r#","PARAMS":{MEMBERS} "#),
        (r#","PARAMS":null"#, r#","PARAMS":{MEMBERS}"#),
    ];
    for (before, after) in rows {
        let ours = "\"media.example.com\"";
        assert_eq!(
            signed(&clone_of(ours, before, "c")),
            clone_of(ours, &with_parameters(after), "c"),
            "{before}"
        );
    }
}

#[test]
fn a_clone_that_cannot_be_signed_for_certain_is_left() {
    let rows = [
        // The host, and what follows it.
        (r#""unknown.example""#, ""),
        (r#""other.example""#, r#","PARAMS":{"Signature":"theirs","usher-Signature":"theirs"}"#),
        (r#""media.example.com""#, r#","PER-VARIANT-URIS":{"low":"https://other.example/low"}"#),
        (r#""media.example.com""#, r#","PER-VARIANT-URIS":{"low":7}"#),
        (r#""media.example.com""#, r#","PER-RENDITION-URIS":[]"#),
        (r#""""#, ""),
        ("null", ""),
    ];
    for (host, rest) in rows {
        let manifest = clone_of(host, rest, "c");
        assert_eq!(signed(&manifest), manifest);
    }
    for clone in [r#"{"ID":"c"}"#, "{}", "0"] {
        let manifest = format!(r#"{{"PATHWAY-CLONES":[{clone}]}}"#);
        assert_eq!(signed(&manifest), manifest);
    }
}

#[test]
fn a_signature_does_not_travel_to_another_host() {
    let rows = [
        ("", r#","PARAMS":{"Signature":"","usher-Signature":""}"#),
        (
            r#","PARAMS":{"Policy":"theirs"}"#,
            r#","PARAMS":{"Policy":"theirs","Signature":"","usher-Signature":""}"#,
        ),
        (r#","PARAMS":{"\ud800":1}"#, r#","PARAMS":{"\ud800":1,"Signature":"","usher-Signature":""}"#),
        (r#","PARAMS":{"Signature":null}"#, r#","PARAMS":{"Signature":"","usher-Signature":""}"#),
        (r#","PARAMS":null"#, r#","PARAMS":{"Signature":"","usher-Signature":""}"#),
        (r#","PARAMS":"a=1""#, r#","PARAMS":{"Signature":"","usher-Signature":""}"#),
        (r#","PARAMS":[{"Signature":""}]"#, r#","PARAMS":{"Signature":"","usher-Signature":""}"#),
    ];
    for (before, after) in rows {
        // Players interpret values that are no strings in different ways.
        for theirs in [r#""other.example""#, r#"["other.example"]"#, r#""\ud800""#, "7"] {
            assert_eq!(signed(&clone_of(theirs, before, "c")), clone_of(theirs, after, "c"));
        }
    }
}

#[test]
fn nothing_else_in_a_document_saves_a_clone_from_losing_the_signature() {
    let manifest = |rest: &str, params: &str| {
        format!(r#"{{{rest},"URI-REPLACEMENT":{{"HOST":"other.example"{params}}}}}]}}"#)
    };
    for rest in [
        r#""PATHWAY-CLONES":[{"X":1"#,
        r#""PATHWAY-CLONES":[{"ID":7"#,
        r#""PATHWAY-CLONES":[{"ID":"c","\ud800":1"#,
        r#""\ud800":1,"PATHWAY-CLONES":[{"ID":"c""#,
        r#""ASSETS":[],"PATHWAY-CLONES":[{"ID":"c""#,
    ] {
        assert_eq!(
            signed(&manifest(rest, "")),
            manifest(rest, r#","PARAMS":{"Signature":"","usher-Signature":""}"#)
        );
    }
}

#[test]
fn a_name_that_stands_twice_is_refused() {
    let clone = |rest: &str| clone_of(r#""other.example""#, rest, "c");
    let rows = [
        clone(r#","PARAMS":{"a":1,"a":2}"#),
        clone(r#","PARAMS":{"Signature":"","\u0053ignature":""}"#),
        clone(r#","PARAMS":{},"PARAMS":{}"#),
        clone(r#","HOST":"media.example.com""#),
        clone(r#","PER-RENDITION-URIS":{"en":"","en":""}"#),
        clone(r#"},"URI-REPLACEMENT":{"#),
        clone("").replace("\"ID\"", "\"ID\":1,\"ID\""),
        format!(r#"{{"PATHWAY-CLONES":[],{}"#, &clone("")[1..]),
        r#"{"ASSETS":[],"ASSETS":[]}"#.to_owned(),
        r#"{"ASSETS":1,"ASSETS":[]}"#.to_owned(),
        r#"{"ASSETS":[{"URI":"a","URI":"b"}]}"#.to_owned(),
    ];
    for json in rows {
        assert_eq!(refused(json.as_bytes()), Some(DocumentError::NameTwice), "{json}");
    }
}

#[test]
fn a_document_may_have_a_mebibyte() {
    let list = |filling: usize| format!(r#"{{"ASSETS":[],"X":"{}"}}"#, "x".repeat(filling));
    let most = (1 << 20) - list(0).len();
    assert_eq!(refused(list(most).as_bytes()), None);
    let limit = 1 << 20;
    assert_eq!(refused(list(most + 1).as_bytes()), Some(DocumentError::TooLarge { limit }));
}

#[test]
fn other_documents_are_none_of_ours() {
    let rows = [
        "0",
        "null",
        "[]",
        "{}",
        r#""ASSETS""#,
        r#"{"ASSETS":{"URI":"https://media.example.com/a"}}"#,
        r#"{"X":1,"X":2,"\ud800":3}"#,
        r#"[{"ASSETS":[{"URI":"https://media.example.com/a"}]}]"#,
        r#"[{"chapter":1,"start-time":0,"metadata":[]}]"#,
    ];
    for json in rows {
        assert_eq!(rewritten(json), None, "{json}");
    }
}

#[test]
fn what_is_not_json_is_an_error() {
    let syntax = |line, column| DocumentError::Syntax { line, column };
    let rows: [(&[u8], DocumentError); 9] = [
        (b"", syntax(1, 0)),
        (b"#EXTM3U\n", syntax(1, 1)),
        (b"{\"ASSETS\":[\n{\"URI\":\"https://h/a\"}", syntax(2, 21)),
        (b"{\"ASSETS\":[]}}", syntax(1, 14)),
        (b"{\"ASSETS\":[],}", syntax(1, 14)),
        (b"{'ASSETS':[]}", syntax(1, 2)),
        (b"{\"ASSETS\":[\"\n\"]}", syntax(1, 12)),
        (b"{\"ASSETS\":[\"\xff\"]}", DocumentError::NotUtf8 { valid_up_to: 12 }),
        (b"\xff\xfe{\0}\0", DocumentError::NotUtf8 { valid_up_to: 0 }),
    ];
    for (json, error) in rows {
        assert_eq!(refused(json), Some(error), "{}", String::from_utf8_lossy(json));
    }
}

#[test]
fn nesting_does_not_end_the_stack() {
    let deep = format!("{}{}", "[".repeat(1 << 17), "]".repeat(1 << 17));
    assert_eq!(rewritten(&deep), None);
    let list = |uri: &str| format!(r#"{{"X":{deep},"ASSETS":[{{"URI":"{HERE}a{uri}","X":{deep}}}]}}"#);
    assert_eq!(signed(&list("")), list(&format!("?{QUERY}")));
    let objects = "{\"ASSETS\":[".repeat(90_000);
    let unfinished = DocumentError::Syntax { line: 1, column: objects.len() };
    assert_eq!(refused(objects.as_bytes()), Some(unfinished));
}
