//! The steps of a rotation (docs/operate.md): what each adds, changes and removes, and that no viewer notices.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use usher_cloudformation::{Stack, Template};

use crate::{
    TEMPLATE,
    breakages::changed,
    parameter_sets::{SECRET, set},
    resources::{Resource, items, resources},
    rules::{allows, functions, variables},
};

/// Forwards and back, from and to an existing key, and back from a step that went wrong.
const PLANS: [&[&str]; 4] = [
    &["A", "A+B", "B+A", "B", "B+A", "A+B", "A"],
    &["Existing", "Existing+A", "A+Existing", "A"],
    &["Existing", "Existing+B", "B+Existing", "B"],
    &["A+B", "B+A", "A+B"],
];

fn stack(text: &str, phase: &str) -> Stack {
    let parameters =
        [("KeyPhase", phase), ("ExistingPublicKeyId", "K2EXAMPLE"), ("ExistingPrivateKeySecret", SECRET)];
    let template = Template::parse("template.yaml", text).expect("YAML");
    template.with_parameters(set("", &parameters).overrides).expect("a stack")
}

/// A line for each resource that a deployment adds (`+`), changes (`~`) or removes (`-`).
fn plan(before: &Stack, after: &Stack) -> Vec<String> {
    let ids: BTreeSet<&str> = before.resources().chain(after.resources()).map(|(id, _)| id).collect();
    let line = |id: &str| match (before.resource(id), after.resource(id)) {
        (None, _) => Some(format!("+ {id}")),
        (_, None) => Some(format!("- {id}")),
        (one, other) if one != other => Some(format!("~ {id}")),
        _ => None,
    };
    ids.into_iter().filter_map(line).collect()
}

/// What viewers would notice while `before` becomes `after`. CloudFormation changes roles first; instances of a function
/// run on with their previous settings, and edges learn of a key group later than others.
fn problems(before: &Stack, after: &Stack) -> Vec<String> {
    let trusted = |stack: &Stack| -> Vec<Value> {
        let groups = resources(stack, "AWS::CloudFront::KeyGroup");
        groups.flat_map(|group| items(&group.property("KeyGroupConfig")["Items"]).to_vec()).collect()
    };
    let (trusted_before, trusted_after) = (trusted(before), trusted(after));
    let mut found = Vec::new();
    for function in functions(before) {
        let id = function.id;
        let settings = variables(&function);
        let Some(signer) = settings.get("KEY_PAIR_ID") else { continue };
        if !trusted_after.contains(signer) {
            found
                .push(format!("{id}: CloudFront no longer trusts the key with which running instances sign"));
        }
        let Some(whole) = after.resource(id) else {
            found.push(format!("{id}: it is removed"));
            continue;
        };
        let next = Resource { id, whole };
        let next_signer = variables(&next).get("KEY_PAIR_ID").copied();
        if next_signer.is_some_and(|signer| !trusted_before.contains(signer)) {
            found.push(format!("{id}: it signs with a key that not all edges know yet"));
        }
        for (setting, action) in
            [("KMS_KEY_ID", "kms:Sign"), ("PRIVATE_KEY_SECRET_ID", "secretsmanager:GetSecretValue")]
        {
            let key = settings.get(setting).filter(|key| ***key != "");
            if key.is_some_and(|key| !allows(&next, action, key)) {
                found.push(format!("{id}: running instances may no longer use their {setting}"));
            }
        }
    }
    let used = |id: &str| {
        let of_function = |function: Resource<'_>| {
            let settings = variables(&function);
            ["KEY_PAIR_ID", "KMS_KEY_ID"]
                .iter()
                .filter_map(|name| settings.get(name))
                .any(|value| **value == json!({"Ref": id}) || value["Fn::GetAtt"][0] == id)
        };
        functions(before).any(of_function)
    };
    let removed = before.resources().filter(|(id, _)| after.resource(id).is_none());
    found.extend(
        removed.filter(|(id, _)| used(id)).map(|(id, _)| format!("{id}: it is removed and still used")),
    );
    found
}

fn problems_of_plans(text: &str) -> BTreeSet<String> {
    let steps = PLANS.iter().flat_map(|plan| plan.windows(2));
    let problems = steps.flat_map(|step| {
        let [before, after] = step else { return Vec::new() };
        let found = problems(&stack(text, before), &stack(text, after));
        found.into_iter().map(|problem| format!("{before} to {after}: {problem}")).collect()
    });
    problems.collect()
}

#[test]
fn each_step_of_a_rotation_adds_changes_and_removes_what_it_should() {
    // Roles change with the functions.
    let functions = ["~ IssueCookiesFunction", "~ ResignManifestFunction"];
    let rows: [(&str, &str, &[&str]); 6] = [
        (
            "A",
            "A+B",
            &[
                "~ IssueCookiesFunction",
                "~ KeyGroup",
                "+ PublicKeyB",
                "+ PublicPemB",
                "~ PublishKeyFunction",
                "~ ResignManifestFunction",
                "+ SigningKeyB",
            ],
        ),
        ("A+B", "B+A", &functions),
        (
            "B+A",
            "B",
            &[
                "~ IssueCookiesFunction",
                "~ KeyGroup",
                "- PublicKeyA",
                "- PublicPemA",
                "~ PublishKeyFunction",
                "~ ResignManifestFunction",
                "- SigningKeyA",
            ],
        ),
        (
            "Existing",
            "Existing+A",
            &[
                "~ IssueCookiesFunction",
                "~ KeyGroup",
                "+ PublicKeyA",
                "+ PublicPemA",
                "+ PublishKeyFunction",
                "+ PublishKeyLogs",
                "~ ResignManifestFunction",
                "+ SigningKeyA",
            ],
        ),
        ("Existing+A", "A+Existing", &functions),
        ("A+Existing", "A", &["~ IssueCookiesFunction", "~ KeyGroup", "~ ResignManifestFunction"]),
    ];
    for (before, after, expected) in rows {
        let planned = plan(&stack(TEMPLATE, before), &stack(TEMPLATE, after));
        assert_eq!(planned, expected, "{before} to {after}");
    }
}

/// The page is what people rotate by.
#[test]
fn the_documented_steps_are_tested() {
    let page = include_str!("../../docs/operate.md");
    let table = page.split("\n\n").find(|part| part.starts_with("| Step | `KeyPhase` |")).expect("the table");
    let phases = table.lines().skip(2).filter_map(|line| line.split('`').nth(1));
    assert_eq!(phases.collect::<Vec<_>>(), PLANS[0][..4]);
}

#[test]
fn no_viewer_notices_a_step_of_a_rotation() {
    assert_eq!(problems_of_plans(TEMPLATE), BTreeSet::new());
}

/// The way for a stolen key, which ends its signatures at once.
#[test]
fn the_direct_way_to_another_key_ends_signatures_at_once() {
    let expected = [
        "IssueCookiesFunction: CloudFront no longer trusts the key with which running instances sign",
        "IssueCookiesFunction: it signs with a key that not all edges know yet",
        "IssueCookiesFunction: running instances may no longer use their KMS_KEY_ID",
        "ResignManifestFunction: CloudFront no longer trusts the key with which running instances sign",
        "ResignManifestFunction: it signs with a key that not all edges know yet",
        "ResignManifestFunction: running instances may no longer use their KMS_KEY_ID",
        "PublicKeyA: it is removed and still used",
        "SigningKeyA: it is removed and still used",
    ];
    assert_eq!(problems(&stack(TEMPLATE, "A"), &stack(TEMPLATE, "B")), expected);
}

#[test]
fn a_broken_step_of_a_rotation_is_refused() {
    let rows: [(&str, &str, &str, &[&str]); 3] = [
        (
            "  KeyGroup:\n",
            "          - !If [HasKeyB, !Ref PublicKeyB, !Ref AWS::NoValue]\n",
            "          - !If [SignsWithB, !Ref PublicKeyB, !Ref AWS::NoValue]\n",
            &[
                "A+B to B+A: IssueCookiesFunction: it signs with a key that not all edges know yet",
                "A+B to B+A: ResignManifestFunction: it signs with a key that not all edges know yet",
                "B+A to A+B: IssueCookiesFunction: CloudFront no longer trusts the key with which running instances sign",
                "B+A to A+B: ResignManifestFunction: CloudFront no longer trusts the key with which running instances sign",
                "Existing+B to B+Existing: IssueCookiesFunction: it signs with a key that not all edges know yet",
                "Existing+B to B+Existing: ResignManifestFunction: it signs with a key that not all edges know yet",
            ],
        ),
        (
            "  IssueCookiesFunction:\n",
            "            - !If\n              - HasKeyA\n",
            "            - !If\n              - SignsWithA\n",
            &["A+B to B+A: IssueCookiesFunction: running instances may no longer use their KMS_KEY_ID"],
        ),
        (
            "Conditions:\n",
            "MaySignWithExisting: !And [!Condition TrustsExisting,",
            "MaySignWithExisting: !And [!Condition SignsWithExisting,",
            &[
                "Existing+A to A+Existing: IssueCookiesFunction: running instances may no longer use their PRIVATE_KEY_SECRET_ID",
                "Existing+A to A+Existing: ResignManifestFunction: running instances may no longer use their PRIVATE_KEY_SECRET_ID",
                "Existing+B to B+Existing: IssueCookiesFunction: running instances may no longer use their PRIVATE_KEY_SECRET_ID",
                "Existing+B to B+Existing: ResignManifestFunction: running instances may no longer use their PRIVATE_KEY_SECRET_ID",
            ],
        ),
    ];
    for (behind, text, becomes, expected) in rows {
        let found = problems_of_plans(&changed(behind, text, becomes));
        assert_eq!(found, expected.iter().map(|line| (*line).to_owned()).collect(), "{text}");
    }
}
