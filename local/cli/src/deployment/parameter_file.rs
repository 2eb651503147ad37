//! `deploy/NAME.yaml`: the parameters of a stack, with a few words about each.

use usher_cloudformation::{Template, protected};

/// The text of the file. The same parameters give the same bytes.
pub(crate) fn text(template: &Template, stack_name: &str, parameters: &[(String, String)]) -> String {
    let mut lines = vec![
        format!("# Parameters of the stack {stack_name}, for `sam build && sam deploy`."),
        "# docs/settings.md describes all of them; `usher doctor` checks them.".to_owned(),
    ];
    for (name, value) in parameters {
        lines.push(String::new());
        lines.extend(words(template, name).map(|words| format!("# {words}")));
        lines.push(format!("{name}: {}", scalar(value)));
    }
    if !parameters.iter().any(|(name, _)| name == "Entitlements") {
        lines.push(WITHOUT_RULES.to_owned());
    }
    lines.join("\n") + "\n"
}

/// The first part of a parameter's description, which says what it is.
fn words(template: &Template, name: &str) -> Option<String> {
    let pointer = format!("/Parameters/{name}/Description");
    let description = template.document().pointer(&pointer)?.as_str()?;
    let ends = ENDS.iter().filter_map(|end| description.find(end));
    Some(
        description
            .get(..ends.min().unwrap_or(description.len()))?
            .trim_end_matches('.')
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" "),
    )
}

/// A YAML scalar of which SAM makes this value.
fn scalar(value: &str) -> String {
    let value = &*protected(value);
    if is_plain(value) {
        value.to_owned()
    } else if value.contains(|character: char| character.is_control()) {
        // A text in JSON is one in YAML, too.
        serde_json::Value::from(value).to_string()
    } else {
        format!("'{}'", value.replace('\'', "''"))
    }
}

/// Whether a text needs no quotes, as names, ARNs and URLs do. A number is passed on as it is written.
fn is_plain(value: &str) -> bool {
    let is_number = !value.starts_with('0') && value.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = value.starts_with(|first: char| first.is_ascii_alphabetic())
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./:".contains(&byte))
        && !value.ends_with(':')
        && !WORDS.iter().any(|word| word.eq_ignore_ascii_case(value));
    !value.is_empty() && (is_number || is_name)
}

/// `usher init` asks for no rules, and viewers may then watch more than an owner may expect.
const WITHOUT_RULES: &str = r#"
# Without rules, every viewer may watch everything. For rules such as these, delete the # (docs/entitlements.md):
# Entitlements: '["/video/free/*", {"resource": "/video/premium/*", "if": {"groups": "premium"}}]'"#;
/// What ends the first part of a description.
const ENDS: [&str; 5] = [";", ":", ". ", ", such as", " such as"];
/// What a YAML parser reads as a boolean or as nothing: SAM's, by YAML 1.2, or another one by 1.1.
const WORDS: [&str; 9] = ["false", "n", "no", "null", "off", "on", "true", "y", "yes"];

#[cfg(test)]
mod tests {
    use usher_cloudformation::parameter_file;

    use super::*;

    const TEMPLATE: &str = "Parameters:
  Plone: {Type: String, Default: '', Description: \"The Plone site to ask; empty for none\"}
  DomainName: {Type: String, Default: '', Description: 'Your own host name, such as a.example. Empty: none'}
  Django: {Type: String, Default: '', Description: 'A JSON object such as {\"keys\": \"django\"}'}
  Silent: {Type: String, Default: ''}
Resources: {}
";

    fn owned(parameters: &[(&str, &str)]) -> Vec<(String, String)> {
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn each_parameter_has_its_words() {
        let template = Template::parse("t", TEMPLATE).expect("a template");
        let parameters = owned(&[
            ("Plone", r#"{"site": "https://www.example.com/Plone"}"#),
            ("DomainName", "video.example.com"),
            ("Django", "{}"),
            ("Silent", "it's"),
        ]);
        let expected = "# Parameters of the stack usher, for `sam build && sam deploy`.\n\
                        # docs/settings.md describes all of them; `usher doctor` checks them.\n\
                        \n\
                        # The Plone site to ask\n\
                        Plone: '{\"site\": \"https://www.example.com/Plone\"}'\n\
                        \n\
                        # Your own host name\n\
                        DomainName: video.example.com\n\
                        \n\
                        # A JSON object\n\
                        Django: '{}'\n\
                        \n\
                        Silent: 'it''s'\n";
        let hint = "\n\
                    # Without rules, every viewer may watch everything. For rules such as these, delete the # \
                    (docs/entitlements.md):\n\
                    # Entitlements: '[\"/video/free/*\", {\"resource\": \"/video/premium/*\", \
                    \"if\": {\"groups\": \"premium\"}}]'\n";
        assert_eq!(text(&template, "usher", &parameters), format!("{expected}{hint}"));
        let rules = owned(&[("Entitlements", "[]")]);
        assert_eq!(
            text(&template, "usher", &[parameters, rules].concat()),
            format!("{expected}\nEntitlements: '[]'\n")
        );
    }

    #[test]
    fn each_value_reads_back_as_it_was() {
        let template = Template::parse("t", TEMPLATE).expect("a template");
        let values = [
            "",
            "3600",
            "0123",
            "1e3",
            "1_000",
            "12:30:45",
            "true",
            "No",
            "~",
            "null",
            "a: b",
            "a #b",
            "'quoted'",
            "\"quoted\"",
            r#"{"a": "b\"c"}"#,
            "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n",
            "a\tb",
            "{\"a\": [\"b\"]}",
            "*",
            "@country",
            "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
            "https://www.example.com:8443,capacitor://localhost",
            "ends:",
            "ümlaut",
            "https://id.example.com/",
        ];
        let parameters: Vec<_> =
            (0..).zip(values).map(|(at, value)| (format!("P{at}"), value.to_owned())).collect();
        assert_eq!(parameter_file(&text(&template, "usher", &parameters)), Ok(parameters));
    }
}
