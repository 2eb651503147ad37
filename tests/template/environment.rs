//! The environment of a function, and the settings that it reads there.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use issue_cookies::http_client;
use serde_json::Value;
use usher_runtime::ConfigError;

/// Runs the function's own reading of its configuration. `None` for a function that is not known here.
pub(crate) fn read_configuration(
    code: &str,
    look_up: &dyn Fn(&str) -> Option<String>,
) -> Option<Result<(), ConfigError>> {
    static CLIENT: LazyLock<reqwest::Client> =
        LazyLock::new(|| http_client(reqwest::Client::builder()).expect("a client"));
    match code {
        "functions/issue-cookies" => {
            Some(issue_cookies::Config::check(look_up, &|| Ok(CLIENT.clone())).map(drop))
        }
        // This function reads no settings.
        "functions/publish-key" => Some(Ok(())),
        "functions/resign-manifest" => Some(resign_manifest::Config::read(look_up).map(drop)),
        _ => None,
    }
}

/// The settings that each function knows, by the folder of its code.
pub(crate) static KNOWN_SETTINGS: LazyLock<BTreeMap<&str, BTreeSet<String>>> = LazyLock::new(|| {
    let functions = ["functions/issue-cookies", "functions/publish-key", "functions/resign-manifest"];
    functions.into_iter().filter_map(|code| Some((code, known_settings(code)?))).collect()
});

/// Found by what a function looks up: once with no setting, and once with every setting that makes it look up
/// others.
fn known_settings(code: &str) -> Option<BTreeSet<String>> {
    let asked = RefCell::new(BTreeSet::new());
    let nothing = |name: &str| {
        asked.borrow_mut().insert(name.to_owned());
        None
    };
    read_configuration(code, &nothing)?.ok();
    let everything = |name: &str| {
        asked.borrow_mut().insert(name.to_owned());
        EVERYTHING.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    };
    // An error could end the reading early.
    read_configuration(code, &everything)?.expect("a configuration with everything in it");
    let mut known = asked.into_inner();
    known.retain(|name| !is_for_a_laptop(name));
    // In AWS, no secret is a setting.
    let secrets: Vec<String> =
        known.iter().filter_map(|name| name.strip_suffix("_ARN")).map(str::to_owned).collect();
    known.retain(|name| !secrets.contains(name));
    Some(known)
}

/// The text values in the environment of a deployed function.
pub(crate) fn deployed_variables(function: &Value) -> BTreeMap<String, String> {
    let variables = function["Properties"]["Environment"]["Variables"].as_object();
    variables.into_iter().flatten().map(|(name, value)| (name.clone(), deployed(value))).collect()
}

/// A value of an evaluated template as a string, with stand-ins for values that only AWS knows.
pub(crate) fn deployed(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(_) if value["Ref"].is_string() => {
            value["Ref"].as_str().unwrap_or_default().to_uppercase()
        }
        Value::Object(_) if value["Fn::Join"][0] == "" => {
            value["Fn::Join"][1].as_array().into_iter().flatten().map(deployed).collect()
        }
        Value::Object(_) => {
            let parts = value["Fn::GetAtt"].as_array().into_iter().flatten().filter_map(Value::as_str);
            format!("arn:aws:stand-in:us-east-1:000000000000:{}", parts.collect::<Vec<_>>().join("."))
        }
        other => other.to_string(),
    }
}

/// What the template never sets: keys are no files there, the members of JSON have no settings of their own, and the
/// defaults of the functions apply.
fn is_for_a_laptop(name: &str) -> bool {
    let of_json = ["DJANGO_", "JWT_", "PLONE_", "SIMPLEJWT_"];
    ["HASH_ALGORITHM", "MAX_PLAYLIST_BYTES", "PRIVATE_KEY_FILE"].contains(&name)
        || (name != "JWT_ISSUERS" && of_json.iter().any(|prefix| name.starts_with(prefix)))
}

/// What is required, and what makes a function read other settings: without keys in `DJANGO`, for example, it does not
/// ask for `VIEWER_SECRET_ARN`. No other setting belongs here.
const EVERYTHING: [(&str, &str); 6] = [
    ("BUCKET", "media"),
    ("DJANGO", r#"{"keys": "django"}"#),
    ("KEY_PAIR_ID", "K1"),
    ("KMS_KEY_ID", "key"),
    ("ORIGIN_SECRET", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"),
    ("VIEWER_SECRET_ARN", "viewers"),
];
