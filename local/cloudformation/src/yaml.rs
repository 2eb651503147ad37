//! YAML's short tags (`!Ref`, `!GetAtt`) become CloudFormation's long form (`{"Ref": …}`), so that the rest
//! is plain JSON.

use saphyr::{LoadableYamlNode as _, ScanError, YamlOwned};
use serde_json::{Map, Value, json};

use super::Problem;

pub(super) fn long_form(text: &str) -> Result<Value, Problem> {
    match first_document(text)?.as_ref().map(value) {
        Some(document) if document.is_object() => Ok(document),
        Some(Value::Null) | None => Err(Problem::Empty),
        Some(_) => Err(Problem::Yaml("it must be a mapping with Resources in it".to_owned())),
    }
}

/// The members of a mapping, in their order.
pub(super) fn members(text: &str) -> Result<Vec<(String, Value)>, Problem> {
    let document = first_document(text).map_err(|problem| odd_line(text).unwrap_or(problem))?;
    match document {
        Some(YamlOwned::Mapping(members)) => Ok(members.iter().filter_map(member).collect()),
        Some(node) if !scalar(&node).is_null() || matches!(node, YamlOwned::Sequence(_)) => {
            Err(Problem::Yaml("it must be a mapping of names and values".to_owned()))
        }
        _ => Err(Problem::Empty),
    }
}

fn first_document(text: &str) -> Result<Option<YamlOwned>, Problem> {
    // The parser stops where it no longer can go on, which may be behind the mistake, and behind the last line.
    let problem = |error: ScanError| {
        let line = error.marker().line().min(text.lines().count());
        Problem::Yaml(format!("{}, in line {line} or above it", error.info()))
    };
    let documents = YamlOwned::load_from_str(text).map_err(problem)?;
    Ok(documents.into_iter().next())
}

/// The first line that explains why the text is no mapping: the parser often names another one, and in its own words.
fn odd_line(text: &str) -> Option<Problem> {
    let mut lines = (1..).zip(text.lines());
    lines.find_map(|(line, text)| Some(Problem::Yaml(format!("line {line} {}", oddity(text)?))))
}

/// What an editor may not show comes first.
fn oddity(line: &str) -> Option<&'static str> {
    if line.trim_start_matches(' ').starts_with('\t') && !line.trim().is_empty() {
        return Some("begins with a tab, and YAML takes spaces there");
    }
    if !line.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return None;
    }
    match line.split_once(':').map(|(_, after)| after.chars().next()) {
        Some(None | Some(' ')) => None,
        Some(Some('\t')) => Some("has a tab after its colon, and YAML takes a space there"),
        Some(Some('\u{a0}')) => Some("has a no-break space after its colon, and YAML takes a space there"),
        _ => (!line.contains(": ")).then_some("is not of the form Name: value"),
    }
}

fn member((name, node): (&YamlOwned, &YamlOwned)) -> Option<(String, Value)> {
    Some((text(&scalar(name))?, value(node)))
}

fn value(node: &YamlOwned) -> Value {
    match node {
        YamlOwned::Tagged(tag, node) => function(&tag.suffix, value(node)),
        YamlOwned::Sequence(nodes) => nodes.iter().map(value).collect(),
        YamlOwned::Mapping(members) => object(members.iter().filter_map(member).collect()),
        scalar_node => scalar(scalar_node),
    }
}

fn function(name: &str, argument: Value) -> Value {
    match name {
        "Ref" | "Condition" => json!({ name: argument }),
        _ => object(Map::from_iter([(format!("Fn::{name}"), argument)])),
    }
}

/// `Fn::GetAtt: Bucket.Arn` means the same as a list of both parts.
fn object(mut members: Map<String, Value>) -> Value {
    if let Some(attribute) = members.get_mut("Fn::GetAtt")
        && let Some((resource, name)) = attribute.as_str().and_then(|text| text.split_once('.'))
    {
        *attribute = json!([resource, name]);
    }
    Value::Object(members)
}

fn scalar(node: &YamlOwned) -> Value {
    if let Some(text) = node.as_str() {
        Value::from(text)
    } else if let Some(number) = node.as_integer() {
        Value::from(number)
    } else if let Some(number) = node.as_floating_point() {
        Value::from(number)
    } else {
        node.as_bool().map_or(Value::Null, Value::from)
    }
}

/// A scalar as CloudFormation writes it into a string.
pub(super) fn text(scalar: &Value) -> Option<String> {
    match scalar {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_tags_become_the_long_form() {
        let rows = [
            ("A: !Ref B", json!({"A": {"Ref": "B"}})),
            ("A: !GetAtt B.C.D", json!({"A": {"Fn::GetAtt": ["B", "C.D"]}})),
            ("A: {Fn::GetAtt: B.C}", json!({"A": {"Fn::GetAtt": ["B", "C"]}})),
            ("A: !If [C, !Sub '${D}', 1.5]", json!({"A": {"Fn::If": ["C", {"Fn::Sub": "${D}"}, 1.5]}})),
            ("A: !Condition C", json!({"A": {"Condition": "C"}})),
            ("200: [true, ~, '1', 2]", json!({"200": [true, null, "1", 2]})),
        ];
        for (text, expected) in rows {
            assert_eq!(long_form(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_template_is_an_error() {
        assert_eq!(long_form(""), Err(Problem::Empty));
        assert_eq!(
            long_form("a").expect_err("no mapping").to_string(),
            "it must be a mapping with Resources in it"
        );
        assert!(matches!(long_form("A: 1\nA: 2"), Err(Problem::Yaml(_))), "a member stands twice");
        assert!(matches!(long_form("A: ["), Err(Problem::Yaml(_))));
    }

    #[test]
    fn a_mistake_is_in_the_line_that_is_named_or_above_it() {
        let rows = [
            ("A: 1\nB 2\nC: 3\n", "line 2 is not of the form Name: value"),
            ("A: 1\nB:2\n# more\n\nC: 3\n", "line 2 is not of the form Name: value"),
            ("A\nB: 2\n", "line 1 is not of the form Name: value"),
            ("A: |\n x\n y\nB\nC:\n", "line 4 is not of the form Name: value"),
            ("A=1\nB: https://b.example\n", "line 1 is not of the form Name: value"),
            ("A: 1\nB:\t2\n", "line 2 has a tab after its colon, and YAML takes a space there"),
            (
                "A: 1\nB:\u{a0}2\n",
                "line 2 has a no-break space after its colon, and YAML takes a space there",
            ),
            ("A: 1\n\n\tB: 2\n", "line 3 begins with a tab, and YAML takes spaces there"),
            ("A: 'x\nB: 1\n", "invalid indentation in quoted scalar, in line 1 or above it"),
            (
                "A: {\"a\": 1\nB: 2\n",
                "while parsing a flow mapping, did not find expected ',' or '}', in line 2 or above it",
            ),
        ];
        for (text, expected) in rows {
            assert_eq!(members(text).expect_err("no YAML").to_string(), expected, "{text}");
        }
    }
}
