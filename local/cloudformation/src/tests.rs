use serde_json::{Value, json};

use super::Template;

const HEAD: &str = r#"
Parameters:
  Name: {Type: String, Default: ""}
  Size: {Type: Number, Default: 5}
  Names: {Type: CommaDelimitedList, Default: "a, b"}
Conditions:
  Named: !Not [!Equals [!Ref Name, ""]]
  Small: !Equals [!Ref Size, 5]
  NamedAndSmall: !And [!Condition Named, !Condition Small]
  NamedOrSmall: !Or [!Condition Named, !Condition Small]
  FirstIsA: !Equals [!Select [0, !Ref Names], a]
"#;

const RESOURCES: &str = "Resources:
  Bucket: {Type: AWS::S3::Bucket}
  Function: {Type: AWS::Serverless::Function, Properties: {FunctionUrlConfig: {AuthType: AWS_IAM}}}
  FunctionRoleless: {Type: AWS::Serverless::Function, Properties: {Role: 'arn:aws:iam::000000000000:role/r'}}
  Other: {Type: AWS::S3::Bucket, Condition: Named}
";

/// The evaluated property `P` of a resource; the template also has a bucket, a few parameters and conditions.
fn evaluated(property: &str, name: &str) -> Result<Value, String> {
    let text = format!("{HEAD}{RESOURCES}  R:\n    Properties:\n      Q: 1\n      P: {property}\n");
    let template = Template::parse("t", &text).map_err(|error| error.to_string())?;
    let stack = template.with_parameters([("Name", name)]).map_err(|error| error.to_string())?;
    let resource = stack.resource("R").expect("the resource");
    Ok(resource["Properties"].get("P").cloned().unwrap_or_default())
}

#[test]
fn functions_of_parameters_are_evaluated() {
    let rows = [
        ("!Ref Name", json!("usher")),
        ("!Ref Size", json!("5")),
        ("!Ref Names", json!(["a", "b"])),
        ("!Ref AWS::Region", json!("us-east-1")),
        ("!Ref AWS::NoValue", Value::Null),
        ("[1, !Ref AWS::NoValue, 2]", json!([1, 2])),
        ("!If [Named, yes, no]", json!("yes")),
        ("!If [Small, !If [Named, {a: 1}, []], x]", json!({"a": 1})),
        ("!If [NamedAndSmall, [!If [NamedOrSmall, !Ref AWS::NoValue, 1]], x]", json!([])),
        ("!If [FirstIsA, !Ref Name, !Ref Nothing]", json!("usher")),
        ("!Sub 'x-${Name}-${AWS::URLSuffix}-${!Name}-${Size}'", json!("x-usher-amazonaws.com-${Name}-5")),
        ("!Sub ['${A}${Name}', {A: !Ref Size}]", json!("5usher")),
        ("!Sub 'no variable, $ {x}'", json!("no variable, $ {x}")),
        ("!Join [', ', [a, !Ref Name, 3, true]]", json!("a, usher, 3, true")),
        ("!Join ['', !Ref Names]", json!("ab")),
        ("!Select [1, !Ref Names]", json!("b")),
        ("!Select ['2', !Split ['/', 'https://host/path']]", json!("host")),
        ("!Split [',', !Join [',', !Ref Names]]", json!(["a", "b"])),
        (
            "{Condition: {StringEquals: {a: !Ref Name}}}",
            json!({"Condition": {"StringEquals": {"a": "usher"}}}),
        ),
    ];
    for (property, expected) in rows {
        assert_eq!(evaluated(property, "usher"), Ok(expected), "{property}");
    }
}

#[test]
fn references_to_resources_stay_symbolic() {
    let rows = [
        ("!Ref Bucket", json!({"Ref": "Bucket"})),
        ("!GetAtt Bucket.Arn", json!({"Fn::GetAtt": ["Bucket", "Arn"]})),
        ("!Ref FunctionRole", json!({"Ref": "FunctionRole"})),
        ("!GetAtt FunctionUrl.FunctionUrl", json!({"Fn::GetAtt": ["FunctionUrl", "FunctionUrl"]})),
        ("!Sub '${Bucket}'", json!({"Ref": "Bucket"})),
        (
            "!Sub '${Bucket.Arn}/${Name}/x/${!y}'",
            json!({"Fn::Join": ["", [{"Fn::GetAtt": ["Bucket", "Arn"]}, "/usher/x/${y}"]]}),
        ),
        (
            "!Join ['-', [a, !Sub '${Name}.${Bucket}.', !Ref Name]]",
            json!({"Fn::Join": ["", ["a-usher.", {"Ref": "Bucket"}, ".-usher"]]}),
        ),
        (
            "!Select [2, !Split ['/', !GetAtt FunctionUrl.FunctionUrl]]",
            json!({"Fn::Select": [2, {"Fn::Split": ["/", {"Fn::GetAtt": ["FunctionUrl", "FunctionUrl"]}]}]}),
        ),
        ("!Select [0, [!Ref Bucket]]", json!({"Ref": "Bucket"})),
        ("!If [Named, !Ref Other, '']", json!({"Ref": "Other"})),
        ("!Base64 {Fn::Sub: '${Name}'}", json!({"Fn::Base64": "usher"})),
    ];
    for (property, expected) in rows {
        assert_eq!(evaluated(property, "usher"), Ok(expected), "{property}");
    }
}

#[test]
fn what_cannot_be_evaluated_is_one_sentence() {
    let rows = [
        ("!Ref Nothing", "t: Resources/R: it refers to Nothing, which is neither a parameter nor a resource"),
        ("!Ref Bucke", "t: Resources/R: it refers to Bucke, which is neither a parameter nor a resource"),
        (
            "!Ref BucketTypo",
            "t: Resources/R: it refers to BucketTypo, which is neither a parameter nor a resource",
        ),
        (
            "!GetAtt BucketUrl.FunctionUrl",
            "t: Resources/R: it refers to BucketUrl, which is neither a parameter nor a resource",
        ),
        (
            "!Ref FunctionRoleTypo",
            "t: Resources/R: it refers to FunctionRoleTypo, which is neither a parameter nor a resource",
        ),
        (
            "!Ref FunctionRolelessRole",
            "t: Resources/R: it refers to FunctionRolelessRole, which is neither a parameter nor a resource",
        ),
        (
            "!Sub '${FunctionRolelessUrl.FunctionUrl}'",
            "t: Resources/R: it refers to FunctionRolelessUrl, which is neither a parameter nor a resource",
        ),
        ("!Ref Other", "t: Resources/R: it refers to Other, which is not there with these parameters"),
        (
            "!Sub '${Other.Arn}'",
            "t: Resources/R: it refers to Other, which is not there with these parameters",
        ),
        ("!If [Unknown, 1, 2]", "t: Resources/R: there is no condition Unknown"),
        ("!If [Named, 1]", "t: Resources/R: Fn::If takes a condition and two values"),
        ("!GetAtt Bucket", "t: Resources/R: Fn::GetAtt takes a resource and the name of an attribute"),
        (
            "!Sub '${Name'",
            "t: Resources/R: Fn::Sub takes a text whose ${…} are closed, or such a text and an object of values",
        ),
        ("!Sub '${Names}'", "t: Resources/R: Fn::Sub takes texts and numbers as values"),
        ("!Join [',', x]", "t: Resources/R: Fn::Join takes a delimiter and a list of texts"),
        (
            "!Select [2, !Ref Names]",
            "t: Resources/R: Fn::Select takes an index and a list that is longer than that",
        ),
        ("!Split [',', [a]]", "t: Resources/R: Fn::Split takes a delimiter and a text"),
        ("{Ref: Name, Default: x}", "t: Resources/R: Ref takes no other member beside it"),
        (
            "!Join [',', [!Ref AWS::NoValue, {a: 1}]]",
            "t: Resources/R: Fn::Join takes a delimiter and a list of texts",
        ),
    ];
    for (property, sentence) in rows {
        assert_eq!(evaluated(property, ""), Err(sentence.to_owned()), "{property}");
    }
}

#[test]
fn conditions_that_cannot_be_evaluated_are_one_sentence() {
    let rows = [
        ("{A: !Not [!Condition A]}", "t: Conditions/A: the condition A depends on itself"),
        (
            "{A: !Or [!Condition B, !Condition B], B: !Not [!Condition A]}",
            "t: Conditions/A: the condition A depends on itself",
        ),
        (
            "{A: !Equals [!Ref R, '']}",
            "t: Conditions/A: a condition takes parameters and texts, nothing of a resource",
        ),
        ("{A: !Equals ['']}", "t: Conditions/A: Fn::Equals takes two values"),
        ("{A: !Or []}", "t: Conditions/A: Fn::Or takes a list of conditions"),
        ("{A: 'true'}", "t: Conditions/A: a condition takes conditions, and functions such as Fn::Equals"),
    ];
    for (conditions, sentence) in rows {
        let text = format!("Conditions: {conditions}\nResources: {{R: {{Type: AWS::S3::Bucket}}}}");
        let template = Template::parse("t", &text).expect("YAML");
        let error = template.with_parameters([("", ""); 0]).expect_err("no stack");
        assert_eq!(error.to_string(), sentence, "{text}");
    }
}

/// That many conditions, each of which but the last names the next one twice, and a resource with the first.
fn chain(length: usize) -> Template {
    let conditions: String = (2..=length)
        .map(|next| format!("  C{}: !And [!Condition C{next}, !Condition C{next}]\n", next - 1))
        .collect();
    let last = format!("  C{length}: !Equals [!Ref Name, x]\n");
    let resources = "Resources: {R: {Type: T, Condition: C1}}";
    Template::parse("t", &format!("{HEAD}{conditions}{last}{resources}")).expect("YAML")
}

/// If every name were evaluated again, the last condition would be evaluated 2^99 times.
#[test]
fn conditions_are_evaluated_once() {
    for (name, is_there) in [("x", true), ("y", false)] {
        let stack = chain(100).with_parameters([("Name", name)]).expect("a stack");
        assert_eq!(stack.resource("R").is_some(), is_there, "{name}");
    }
}

#[test]
fn conditions_that_are_nested_too_deeply_are_an_error() {
    let error = chain(10_000).with_parameters([("Name", "x")]).expect_err("no stack");
    assert_eq!(error.to_string(), "t: Conditions/C1: the condition C101 is nested too deeply in others");
}

#[test]
fn resources_and_outputs_of_false_conditions_are_not_there() {
    let text = format!(
        "{HEAD}Resources: {{A: {{Type: T}}, B: {{Type: T, Condition: Named}}}}\nOutputs: {{O: {{Value: !Ref B, \
         Condition: Named}}, P: {{Value: !Ref A}}}}\nGlobals: {{Function: {{Timeout: !Ref Size}}}}"
    );
    let template = Template::parse("t", &text).expect("YAML");
    let seen = |name: &str| {
        let stack = template.with_parameters([("Name", name)]).expect("a stack");
        let ids: Vec<String> = stack.resources().map(|(id, _)| id.to_owned()).collect();
        (ids, Value::from(stack.outputs().clone()), stack.globals().clone())
    };
    let globals = json!({"Function": {"Timeout": "5"}});
    let p = json!({"Value": {"Ref": "A"}});
    let o = json!({"Value": {"Ref": "B"}, "Condition": "Named"});
    assert_eq!(seen(""), (vec!["A".to_owned()], json!({"P": p}), globals.clone()));
    assert_eq!(seen("x"), (vec!["A".to_owned(), "B".to_owned()], json!({"O": o, "P": p}), globals));
}

#[test]
fn a_violated_rule_says_what_it_asks_for() {
    let rules = "Rules: {Both: {RuleCondition: !Contains [[x, y], !Ref Name], Assertions: [{Assert: !Equals [!Ref \
                 Size, 6], AssertDescription: with x and y the size is 6}]}}\n";
    let template = Template::parse("t", &format!("{HEAD}{rules}")).expect("YAML");
    let rows = [
        ([("Name", "z"), ("Size", "5")], Ok(())),
        ([("Name", "x"), ("Size", "6")], Ok(())),
        ([("Name", "x"), ("Size", "5")], Err("t: with x and y the size is 6 (rule Both)".to_owned())),
    ];
    for (parameters, expected) in rows {
        let stack = template.with_parameters(parameters).expect("a stack");
        assert_eq!(stack.check_rules().map_err(|error| error.to_string()), expected, "{parameters:?}");
    }
}

#[test]
fn the_deployed_template_has_a_stack_for_its_defaults() {
    let template = Template::parse("template.yaml", include_str!("../../../template.yaml")).expect("YAML");
    let stack = template.with_parameters([("", ""); 0]).expect("a stack");
    let distribution = stack.resource("Distribution").expect("a distribution");
    assert_eq!(distribution["Properties"]["DistributionConfig"]["Enabled"], json!(true));
    let demo = template.with_parameters([("JwtIssuers", "[]")]).expect("a stack");
    assert_eq!((stack.check_rules().is_err(), demo.check_rules().is_err()), (true, false));
}
