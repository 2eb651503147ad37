use proptest::prelude::*;

use super::*;

const HERE: &str = "https://media.example.com/";
const QUERY: &str = "Policy=p~-_&Signature=s&Key-Pair-Id=K&Hash-Algorithm=SHA256";

/// Signs what is on our host, and what is relative, as the caller's resolver would.
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

fn rewritten(json: &str, generation: u64) -> Option<Rewritten> {
    let rewritten = |json: &[u8]| rewrite(json, generation, &mut sign, &mut clone_parameters).unwrap();
    let once = rewritten(json.as_bytes())?;
    assert_eq!(rewritten(&once.json).unwrap().json, once.json, "signing twice equals signing once");
    let untouched = rewrite(json.as_bytes(), generation, &mut |_| None, &mut |_| None).unwrap().unwrap();
    assert_eq!(untouched.json, json.as_bytes(), "what is not signed is not touched");
    assert_eq!(untouched.signed, 0);
    Some(once)
}

/// The text of a document in generation 7, how many references were signed, and how many left.
fn signed(json: &str) -> (String, usize, usize) {
    let Rewritten { json, signed, left, .. } = rewritten(json, 7).unwrap();
    (String::from_utf8(json).unwrap(), signed, left)
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
        (list(&format!("\"https://media.example.com/video/ad/a.m3u8?{QUERY}\""), theirs), 1, 1)
    );
}

#[test]
fn a_string_keeps_its_escapes_before_what_is_added() {
    let rows = [
        // As written, and signed.
        (r"https:\/\/media.example.com\/a\u0062", r"https:\/\/media.example.com\/a\u0062?QUERY"),
        (
            r"\u0068ttps://media.example.com/\ud83c\udfac",
            r"\u0068ttps://media.example.com/\ud83c\udfac?QUERY",
        ),
        (r"https://media.example.com/é\\\t", r"https://media.example.com/é\\\t?QUERY"),
        // Replaced: the escapes are ours.
        (r#"https://media.example.com\/a\"é?Policy=1"#, r#"https://media.example.com/a\"é?QUERY"#),
        // Relative, empty, of another scheme: the base is in doubt, or nothing is fetched.
        ("a.m3u8", "a.m3u8"),
        ("//media.example.com/a", "//media.example.com/a"),
        ("", ""),
        ("data:,", "data:,"),
        // Half a surrogate pair is not text.
        (r"https://media.example.com/\ud83c", r"https://media.example.com/\ud83c"),
    ];
    for (written, expected) in rows {
        let list = |uri: &str| format!(r#"{{"ASSETS":[{{"URI":"{uri}"}}]}}"#);
        assert_eq!(signed(&list(written)).0, list(&expected.replace("QUERY", QUERY)), "{written}");
    }
}

#[test]
fn what_sign_answers_is_escaped() {
    let list = br#"{"ASSETS":[{"URI":"https://h/a"}]}"#;
    let answer = rewrite(list, 0, &mut |uri| Some(format!("{uri}?\"\\\n\u{1}é")), &mut |_| None);
    assert_eq!(
        String::from_utf8(answer.unwrap().unwrap().json).unwrap(),
        r#"{"ASSETS":[{"URI":"https://h/a?\"\\\n\u0001é"}]}"#
    );
}

#[test]
fn a_steering_manifest_is_signed_and_its_clones_are_renewed() {
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
  "PATHWAY-PRIORITY": ["again-usher-7", "theirs", "base"],
  "PATHWAY-CLONES": [
    {"BASE-ID": "base", "ID": "again-usher-7", "URI-REPLACEMENT": {"HOST": "media.example.com","PARAMS":PARAMS}},
    {"BASE-ID": "again-usher-7", "ID": "theirs", "URI-REPLACEMENT": {"HOST": "other.example", "PARAMS": {"t": "1","Signature":""}}},
    {"BASE-ID": "base", "ID": "each-usher-7", "URI-REPLACEMENT": {
      "PER-VARIANT-URIS": {"low": "https://media.example.com/low.m3u8?QUERY", "hi": "https://other.example/hi.m3u8"},
      "PER-RENDITION-URIS": {"en": "https://media.example.com/en.m3u8?QUERY", "de": "de.m3u8"}}},
    {"BASE-ID": "base", "ID": "here", "URI-REPLACEMENT": {"PARAMS": {"t": "1"}}}
  ]
}"#;
    assert_eq!(signed(manifest), (with_parameters(expected), 4, 3));
    let rewritten = rewritten(manifest, 7).unwrap();
    assert_eq!(rewritten.kind.content_type(), "application/vnd.apple.steering-list");
}

/// Puts our parameters in the place of PARAMS and QUERY.
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
    ];
    for (before, after) in rows {
        let ours = "\"media.example.com\"";
        assert_eq!(
            signed(&clone_of(ours, before, "c")),
            (clone_of(ours, &with_parameters(after), "c-usher-7"), 1, 0),
            "{before}"
        );
    }
}

#[test]
fn a_clone_that_cannot_be_renewed_for_certain_is_left() {
    let rows = [
        // The host, what follows it, how many references are counted as left.
        (r#""unknown.example""#, "", 1),
        (r#""other.example""#, r#","PARAMS":{"Signature":"theirs"}"#, 1),
        (r#""media.example.com""#, r#","PARAMS":[]"#, 1),
        (r#""media.example.com""#, r#","PARAMS":{"a":1,"a":2}"#, 1),
        (r#""media.example.com""#, r#","PER-VARIANT-URIS":{"low":"https://other.example/low"}"#, 2),
        (r#""media.example.com""#, r#","PER-VARIANT-URIS":{"low":7}"#, 1),
        (r#""media.example.com""#, r#","PER-RENDITION-URIS":{"en":"","en":""}"#, 1),
        (r#""media.example.com","HOST":"other.example""#, "", 0),
        (r#""""#, "", 0),
        ("null", "", 0),
        ("7", r#","PARAMS":{}"#, 0),
    ];
    for (host, rest, left) in rows {
        let manifest = clone_of(host, rest, "c");
        assert_eq!(signed(&manifest), (manifest.clone(), 0, left), "{manifest}");
    }
    for clone in [r#"{"ID":7,"URI-REPLACEMENT":{"HOST":"media.example.com"}}"#, r#"{"ID":"c"}"#, "{}", "0"] {
        let manifest = format!(r#"{{"PATHWAY-CLONES":[{clone}]}}"#);
        assert_eq!(signed(&manifest), (manifest.clone(), 0, 0), "{manifest}");
    }
}

#[test]
fn a_signature_does_not_travel_to_another_host() {
    let theirs = "\"other.example\"";
    let rows = [
        ("", r#","PARAMS":{"Signature":""}"#),
        (r#","PARAMS":{"Policy":"theirs"}"#, r#","PARAMS":{"Policy":"theirs","Signature":""}"#),
    ];
    for (before, after) in rows {
        assert_eq!(signed(&clone_of(theirs, before, "c")), (clone_of(theirs, after, "c"), 0, 1));
    }
}

#[test]
fn a_new_generation_takes_the_place_of_the_old_name() {
    let ours = "\"media.example.com\"";
    for (id, renewed) in [
        ("c", "c-usher-8"),
        ("c-usher-7", "c-usher-8"),
        ("c-usher-", "c-usher--usher-8"),
        ("c-usher-x", "c-usher-x-usher-8"),
        ("", "-usher-8"),
    ] {
        let renewed = clone_of(ours, &with_parameters(r#","PARAMS":PARAMS"#), renewed);
        let seventh = rewritten(&clone_of(ours, "", id), 7).unwrap().json;
        for source in [clone_of(ours, "", id), String::from_utf8(seventh).unwrap()] {
            let eighth = rewritten(&source, 8).unwrap();
            assert_eq!(String::from_utf8(eighth.json).unwrap(), renewed, "{id}");
        }
    }
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
        r#"{"ASSETS":[],"ASSETS":[]}"#,
        r#"{"\ud800":1,"ASSETS":[]}"#,
        r#"[{"ASSETS":[{"URI":"https://media.example.com/a"}]}]"#,
        r#"[{"chapter":1,"start-time":0,"metadata":[]}]"#,
    ];
    for json in rows {
        assert_eq!(rewritten(json, 7), None, "{json}");
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
        let answer = rewrite(json, 7, &mut sign, &mut clone_parameters);
        assert_eq!(answer, Err(error), "{}", String::from_utf8_lossy(json));
    }
}

#[test]
fn nesting_does_not_end_the_stack() {
    let deep = format!("{}{}", "[".repeat(1 << 20), "]".repeat(1 << 20));
    assert_eq!(rewritten(&deep, 7), None);
    let list = |uri: &str| format!(r#"{{"X":{deep},"ASSETS":[{{"URI":"{HERE}a{uri}","X":{deep}}}]}}"#);
    assert_eq!(signed(&list("")), (list(&format!("?{QUERY}")), 1, 0));
    let objects = "{\"ASSETS\":[".repeat(100_000);
    let answer = rewrite(objects.as_bytes(), 7, &mut sign, &mut clone_parameters);
    assert_eq!(answer, Err(DocumentError::Syntax { line: 1, column: objects.len() }));
}

/// JSON with the names that count in every place, valid or nearly so.
fn documents() -> impl Strategy<Value = String> {
    let text = prop_oneof![
        Just(String::from("media.example.com")),
        Just(String::from("other.example")),
        Just(format!("{HERE}a")),
        Just(format!("{HERE}a?Policy=1")),
        Just(String::from("c-usher-1")),
        ".{0,6}",
    ];
    let name = prop::sample::select(vec![
        "ASSETS",
        "URI",
        "RELOAD-URI",
        "PATHWAY-PRIORITY",
        "PATHWAY-CLONES",
        "ID",
        "BASE-ID",
        "HOST",
        "URI-REPLACEMENT",
        "PARAMS",
        "PER-VARIANT-URIS",
        "PER-RENDITION-URIS",
        "Policy",
        "Signature",
        "X",
    ]);
    let leaf = prop_oneof![
        text.prop_map(|text| splice::quoted(&text)),
        prop::sample::select(vec!["0", "null", "\"\\ud800\"", "\"\\u0041\\/\"", "[]", "{}", " { } "])
            .prop_map(str::to_owned),
    ];
    let blank = prop::sample::select(vec!["", " ", "\r\n\t"]);
    leaf.prop_recursive(6, 64, 4, move |inner| {
        let member = (name.clone(), blank.clone(), inner.clone())
            .prop_map(|(name, blank, value)| format!("{blank}\"{name}\"{blank}:{blank}{value}{blank}"));
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|elements| format!("[{}]", elements.join(","))),
            prop::collection::vec(member, 0..5).prop_map(|members| format!("{{{}}}", members.join(","))),
        ]
    })
}

/// A steering manifest with one clone of random parts.
fn manifests() -> impl Strategy<Value = String> {
    (documents(), documents(), documents(), documents()).prop_map(|(id, host, params, uris)| {
        format!(
            r#"{{"PATHWAY-PRIORITY":[{id}],"PATHWAY-CLONES":[{{"ID":"c","URI-REPLACEMENT":{{"HOST":{host},"PARAMS":{params},"PER-VARIANT-URIS":{uris}}}}},{{"ID":{id},"BASE-ID":"c","URI-REPLACEMENT":{uris}}}]}}"#
        )
    })
}

proptest! {
    /// `rewritten` asserts that signing is idempotent and that nothing else changes.
    #[test]
    fn a_document_stays_json_and_signs_once(json in prop_oneof![documents(), manifests()]) {
        if let Some(rewritten) = rewritten(&json, 7) {
            let text = String::from_utf8(rewritten.json).unwrap();
            prop_assert!(serde_json::from_str::<&RawValue>(&text).is_ok(), "{}", text);
        }
    }

    #[test]
    fn any_bytes_are_taken(json in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = rewrite(&json, 7, &mut sign, &mut clone_parameters);
    }

    /// What a reader of JSON makes of the string is what `sign` answered.
    #[test]
    fn every_text_survives_the_escapes(path in ".{0,12}", added in ".{0,12}") {
        let uri = format!("{HERE}{path}");
        let list = serde_json::json!({"ASSETS": [{"URI": uri}]}).to_string();
        let mut seen = None;
        let answer = rewrite(
            list.as_bytes(),
            7,
            &mut |uri| {
                seen = Some(uri.to_owned());
                Some(format!("{uri}{added}"))
            },
            &mut |_| None,
        );
        let json = answer.unwrap().unwrap().json;
        prop_assert_eq!(seen.as_ref(), Some(&uri));
        let read: serde_json::Value = serde_json::from_slice(&json).unwrap();
        prop_assert_eq!(read, serde_json::json!({"ASSETS": [{"URI": format!("{uri}{added}")}]}));
    }
}
