//! The environment of a function, and the settings that it reads there.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use issue_cookies::{PlainHttp, http_client};
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
            Some(issue_cookies::Config::read(look_up, &|| Ok(CLIENT.clone()), PlainHttp::Refused).map(drop))
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
    // For a laptop: in AWS, no key is a file, and no secret is a setting.
    known.remove("PRIVATE_KEY_FILE");
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

/// 32 bytes in hexadecimal, which is also a text of 64.
const SECRET: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// What is required, and what makes a function read other settings: without `DJANGO_KEYS`, for example, it does not
/// ask for `DJANGO_FORMAT`. No other setting belongs here.
const EVERYTHING: [(&str, &str); 11] = [
    ("BUCKET", "media"),
    ("DJANGO_KEYS", SECRET),
    ("JWT_AUDIENCE", "video"),
    ("JWT_ISSUER", "https://id.example.com"),
    ("JWT_SECRET", SECRET),
    ("KEY_PAIR_ID", "K1"),
    ("KMS_KEY_ID", "key"),
    ("ORIGIN_SECRET", SECRET),
    ("PLONE_JWT_KEYS", SECRET),
    ("PLONE_TICKET_KEYS", SECRET),
    ("SIMPLEJWT_KEYS", SECRET),
];
