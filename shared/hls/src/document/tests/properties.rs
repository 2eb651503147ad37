use proptest::prelude::*;

use super::*;

/// JSON with the names that the module looks for, in any place, valid or nearly so.
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

/// Whether a player that keeps the query of the base would send a signature in it to another host.
fn leaks(clone: &serde_json::Value) -> bool {
    let replacement = &clone["URI-REPLACEMENT"];
    let host = &replacement["HOST"];
    let stays = host.is_null() || ["", "media.example.com"].into_iter().any(|ours| host == ours);
    let params = &replacement["PARAMS"];
    !stays && !["Signature", "usher-Signature"].into_iter().all(|name| params[name].is_string())
}

proptest! {
    /// `rewritten` asserts that signing is idempotent and that nothing else changes.
    #[test]
    fn a_document_stays_json_and_signs_once(json in prop_oneof![documents(), manifests()]) {
        prop_assume!(refused(json.as_bytes()).is_none());
        if let Some(rewritten) = rewritten(&json) {
            let text = String::from_utf8(rewritten.json).unwrap();
            prop_assert!(serde_json::from_str::<&RawValue>(&text).is_ok(), "{}", text);
        }
    }

    #[test]
    fn no_clone_takes_a_signature_to_another_host(json in prop_oneof![documents(), manifests()]) {
        prop_assume!(refused(json.as_bytes()).is_none());
        let json = rewritten(&json).map_or(json.into_bytes(), |rewritten| rewritten.json);
        // The parser rejects half a surrogate pair.
        if let Ok(document) = serde_json::from_slice::<serde_json::Value>(&json) {
            let clones = document["PATHWAY-CLONES"].as_array();
            prop_assert!(!clones.into_iter().flatten().any(leaks), "{}", document);
        }
    }

    #[test]
    fn any_bytes_are_taken(json in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = rewrite(&json, &mut sign, &mut clone_parameters);
    }

    /// A JSON parser reads exactly what `sign` returned.
    #[test]
    fn every_text_survives_the_escapes(path in ".{0,12}", added in ".{0,12}") {
        let uri = format!("{HERE}{path}");
        let list = serde_json::json!({"ASSETS": [{"URI": uri}]}).to_string();
        let mut seen = None;
        let answer = rewrite(
            list.as_bytes(),
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
