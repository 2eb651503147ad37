//! The examples of deploy/, which `sam deploy` takes by `parameter_overrides = "file://deploy/plone.yaml"`.

use usher_cloudformation::parameter_file;

use crate::parameter_sets::ParameterSet;

/// Each file: one parameter per member.
pub(crate) fn all() -> Vec<ParameterSet> {
    FILES.iter().map(|(name, text)| example(name, text)).collect()
}

fn example(name: &str, text: &str) -> ParameterSet {
    ParameterSet { name: name.to_owned(), overrides: parameter_file(text).expect("names and values") }
}

const FILES: [(&str, &str); 5] = [
    ("auth0.yaml", include_str!("../../deploy/auth0.yaml")),
    ("cognito.yaml", include_str!("../../deploy/cognito.yaml")),
    ("django.yaml", include_str!("../../deploy/django.yaml")),
    ("keycloak.yaml", include_str!("../../deploy/keycloak.yaml")),
    ("plone.yaml", include_str!("../../deploy/plone.yaml")),
];
