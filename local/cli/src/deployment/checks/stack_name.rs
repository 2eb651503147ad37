//! The stack's name.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-using-console-create-stack-parameters.html>

use crate::deployment::Finding;

const NAME: &str = "stack name";

pub(super) fn check(stack_name: Option<&str>) -> Finding {
    let Some(stack_name) = stack_name else {
        return Finding::wrong(NAME, "samconfig.toml has no stack_name", "run usher init");
    };
    match problem(stack_name) {
        Some(problem) => Finding::wrong(NAME, format!("{stack_name:?} {problem}"), "choose another one"),
        None => Finding::ok(NAME, stack_name),
    }
}

/// Why no stack of Usher can have this name.
pub(crate) fn problem(stack_name: &str) -> Option<&'static str> {
    let is_name = stack_name.starts_with(|first: char| first.is_ascii_alphabetic())
        && stack_name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !is_name {
        Some("must be letters, digits and hyphens, and begin with a letter")
    } else if stack_name.len() > LONGEST {
        Some("must have 30 characters at most, because the names of CloudFront's resources contain it")
    } else {
        None
    }
}

const LONGEST: usize = 30;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stacks_name_fits_into_the_names_of_its_resources() {
        for stack_name in ["usher", "Usher-2", &"a".repeat(30)] {
            assert_eq!(check(Some(stack_name)), Finding::ok(NAME, stack_name));
        }
        let letters = "must be letters, digits and hyphens, and begin with a letter";
        let long = "must have 30 characters at most, because the names of CloudFront's resources contain it";
        let many = "a".repeat(31);
        for (stack_name, problem) in
            [("", letters), ("2usher", letters), ("my_stack", letters), (&*many, long)]
        {
            let found = format!("{stack_name:?} {problem}");
            assert_eq!(check(Some(stack_name)), Finding::wrong(NAME, found, "choose another one"));
        }
        assert_eq!(check(None), Finding::wrong(NAME, "samconfig.toml has no stack_name", "run usher init"));
    }
}
