//! The parameters, as CloudFormation would judge them.

use usher_cloudformation::{Stack, Template};

use crate::deployment::{Deployment, Finding, PLACEHOLDER, finding::PLACEHOLDER_NAME};

/// The placeholders that are left.
pub(super) fn placeholders(deployment: &Deployment) -> Vec<Finding> {
    let left = deployment.parameters.iter().filter(|(_, value)| value == PLACEHOLDER);
    let finding = |(name, _): &(String, String)| {
        let found = format!("{name} is still \"{PLACEHOLDER}\"");
        Finding::wrong(PLACEHOLDER_NAME, found, "create the secret, and write its ARN there")
    };
    left.map(finding).collect()
}

/// With the stack, if the parameters make one. Instead of a placeholder, an ARN is judged with the others.
pub(super) fn check(template: &Template, deployment: &Deployment) -> (Finding, Option<Stack>) {
    let parameters = deployment.parameters.iter().map(|(name, value)| {
        let value = if value == PLACEHOLDER { STAND_IN } else { value };
        (name.as_str(), value)
    });
    let problems = parameters.clone().filter_map(|(name, value)| template.check_parameter(name, value).err());
    let problems: Vec<String> = problems.map(|problem| problem.to_string()).collect();
    if !problems.is_empty() {
        return (Finding::wrong(NAME, problems.join("; "), CURE), None);
    }
    let stack = match template.with_parameters(parameters) {
        Ok(stack) => stack,
        Err(error) => return (Finding::wrong(NAME, error.problem, CURE), None),
    };
    let count = deployment.parameters.len();
    let finding = match stack.check_rules() {
        Ok(()) => Finding::ok(NAME, format!("{count}, which fit the template and its rules")),
        Err(error) => Finding::wrong("rules", error.problem, CURE),
    };
    (finding, Some(stack))
}

const NAME: &str = "parameters";
const CURE: &str = "docs/settings.md describes each parameter";
const STAND_IN: &str = "arn:aws:secretsmanager:us-east-1:000000000000:secret:viewers-AbCdEf";

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "Parameters:
  Name: {Type: String, Default: '', AllowedPattern: '[a-z]*', ConstraintDescription: letters}
  Size: {Type: Number, Default: 1, MaxValue: 9}
  ViewerSecretArn: {Type: String, Default: '', AllowedPattern: '(arn:aws:secretsmanager:.+)?'}
Rules:
  Named: {Assertions: [{Assert: !Not [!Equals [!Ref Name, '']], AssertDescription: set Name}]}
Resources: {}
";

    fn deployment(parameters: &[(&str, &str)]) -> Deployment {
        let parameters =
            parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Deployment { parameters, ..Deployment::default() }
    }

    fn judged(parameters: &[(&str, &str)]) -> (Finding, bool) {
        let template = Template::parse("t", TEMPLATE).expect("a template");
        let (finding, stack) = check(&template, &deployment(parameters));
        (finding, stack.is_some())
    }

    #[test]
    fn names_values_and_rules_are_the_templates() {
        let ok = Finding::ok(NAME, "2, which fit the template and its rules");
        assert_eq!(judged(&[("Name", "a"), ("Size", "2")]), (ok, true));
        let all = "there is no parameter Nmae, but Name; the parameter Name must be letters; \
                   the parameter Size must be a number of 9 or less";
        let wrong = Finding::wrong(NAME, all, CURE);
        assert_eq!(judged(&[("Nmae", "a"), ("Name", "A"), ("Size", "10")]), (wrong, false));
        assert_eq!(judged(&[]), (Finding::wrong("rules", "set Name (rule Named)", CURE), true));
    }

    #[test]
    fn a_placeholder_is_told_and_judged_as_what_will_be_there() {
        let found = "ViewerSecretArn is still \"the ARN of the secret\"";
        let expected = Finding::wrong(PLACEHOLDER_NAME, found, "create the secret, and write its ARN there");
        let parameters = [("Name", "a"), ("ViewerSecretArn", PLACEHOLDER)];
        assert_eq!(placeholders(&deployment(&parameters)), [expected]);
        assert_eq!(placeholders(&deployment(&[("Name", "a")])), []);
        let ok = Finding::ok(NAME, "2, which fit the template and its rules");
        assert_eq!(judged(&parameters), (ok, true));
        let others = judged(&[("ViewerSecretArn", "another text")]);
        assert!(others.0.is_wrong() && !others.1);
    }
}
